import { InvalidArgumentError } from 'commander';

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** Milliseconds of `60s`, `500ms`, `5m`; a bare number means seconds. */
export function duration(value: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h)?$/.exec(value);
  const ms = Number(match?.[1]) * (UNITS[match?.[2] ?? 's'] ?? 0);
  if (!match || ms > 86_400_000) throw new InvalidArgumentError('Write it like 60s, 500ms or 5m; a day at most.');
  return ms;
}

/** A whole number from `least`. */
export function wholeNumber(least: number): (value: string) => number {
  return value => {
    if (!/^\d{1,9}$/.test(value) || Number(value) < least) throw new InvalidArgumentError(`A whole number from ${least}.`);
    return Number(value);
  };
}
