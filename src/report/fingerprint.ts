/**
 * GitHub's `primaryLocationLineHash`: for each line a rolling hash of the hundred significant characters that begin
 * there, so that an alert keeps its identity when lines are inserted above it. Defined by github/codeql-action.
 */
const WINDOW = 100;
const MOD = 37n;
const MASK = (1n << 64n) - 1n;
const EOF = 65535;
const FIRST_MOD = power(MOD, WINDOW);

function power(base: bigint, exponent: number): bigint {
  let result = 1n;
  for (let i = 0; i < exponent; i++) result = (result * base) & MASK;
  return result;
}

/** The hashes of all lines, `hex:n`, by one-based line; `n` tells lines with the same hash apart. */
export function lineHashes(text: string): Map<number, string> {
  const hashes = new Map<number, string>();
  const seen = new Map<string, number>();
  const window: number[] = new Array(WINDOW).fill(0);
  const lines: number[] = new Array(WINDOW).fill(-1);
  let at = 0;
  let hash = 0n;
  let line = 0;
  let startsLine = true;
  let afterCr = false;

  const emit = () => {
    const owner = lines[at] ?? -1;
    if (owner < 0) return;
    const hex = hash.toString(16);
    const count = (seen.get(hex) ?? 0) + 1;
    seen.set(hex, count);
    hashes.set(owner, `${hex}:${count}`);
    lines[at] = -1;
  };
  const push = (unit: number) => {
    const evicted = window[at] ?? 0;
    window[at] = unit;
    hash = (MOD * hash + BigInt(unit) - FIRST_MOD * BigInt(evicted)) & MASK;
    at = (at + 1) % WINDOW;
  };
  const process = (code: number) => {
    let unit = code;
    if (unit === 0x20 || unit === 0x09 || (afterCr && unit === 0x0a)) {
      afterCr = false;
      return;
    }
    afterCr = unit === 0x0d;
    if (afterCr) unit = 0x0a;
    emit();
    if (startsLine) {
      startsLine = false;
      line++;
      lines[at] = line;
    }
    if (unit === 0x0a) startsLine = true;
    push(unit);
  };
  for (let i = 0; i < text.length; i++) process(text.charCodeAt(i));
  process(EOF);
  for (let i = 0; i < WINDOW; i++) {
    emit();
    push(0);
  }
  return hashes;
}
