/** Writes tiny execution traces, as Go's runtime does, for tests of the reader. */

/** Unsigned LEB128. */
export function uint(n: number): number[] {
  const bytes: number[] = [];
  for (let rest = n; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return [...bytes, rest];
    bytes.push((rest % 128) | 0x80);
  }
}

/** 2^64-1, the runtime's "none". */
export const NONE: readonly number[] = [...new Array<number>(9).fill(0xff), 1];

export interface Call { readonly func: string; readonly file: string; readonly line: number }

const text = (s: string) => [...new TextEncoder().encode(s)];
const header = (version: number) => text(`go 1.${version} trace\0\0\0`);

/** Numbers for texts and stacks, in the order in which they are first used; 0 is none. */
export class Numbered {
  readonly strings: string[] = [];
  readonly stacks: (readonly Call[])[] = [];
  string(s: string): number {
    const at = this.strings.indexOf(s);
    return at >= 0 ? at + 1 : this.strings.push(s);
  }
  stack(...calls: readonly Call[]): number {
    for (const { func, file } of calls) [this.string(func), this.string(file)];
    return this.stacks.push(calls);
  }
  frames(calls: readonly Call[]): number[] {
    return calls.flatMap(({ func, file, line }) => [...uint(0x401000), ...uint(this.string(func)), ...uint(this.string(file)), ...uint(line)]);
  }
}

/** A trace of Go 1.11 to 1.21 from its batches of events, each by a processor. */
export function v1(version: number, names: Numbered, batches: readonly { readonly p: number; readonly time: number; readonly events: readonly (readonly number[])[] }[]): Uint8Array {
  const tables = [
    ...names.strings.flatMap((s, i) => [37, ...uint(i + 1), ...uint(text(s).length), ...text(s)]),
    ...names.stacks.flatMap((calls, i) => long(3, [...uint(i + 1), ...uint(calls.length), ...names.frames(calls)])),
  ];
  return Uint8Array.from([
    ...header(version),
    ...batches.flatMap(({ p, time, events }) => [...v1event(1, p, time), ...events.flatMap(([type = 0, ...args]) => v1event(type, ...args))]),
    ...v1event(2, 1000), ...tables,
  ]);
}

/** `type` and its arguments; more than three of them have their length in front. */
export function v1event(type: number, ...args: readonly number[]): number[] {
  const bytes = args.flatMap(uint);
  return args.length > 3 ? long(type, bytes) : [type | (args.length - 1) << 6, ...bytes];
}

function long(type: number, args: readonly number[]): number[] {
  return [type | 3 << 6, ...uint(args.length), ...args];
}

export interface ThreadBatch { readonly m: number; readonly time: number; readonly events: readonly (readonly (number | readonly number[])[])[] }

/** A trace since Go 1.22 from its generations; the end of each is marked since 1.26. A thousand ticks are a second. */
export function v2(version: number, generations: readonly { readonly names: Numbered; readonly batches: readonly ThreadBatch[] }[]): Uint8Array {
  return Uint8Array.from([...header(version), ...generations.flatMap(({ names, batches }, i) => {
    const batch = (m: readonly number[], time: number, data: readonly number[]) => [1, ...uint(i + 1), ...m, ...uint(time), ...uint(data.length), ...data];
    return [
      ...batches.flatMap(({ m, time, events }) => batch(uint(m), time, events.flatMap(event => event.flatMap(part => typeof part === 'number' ? uint(part) : part)))),
      ...batch(NONE, 0, [4, ...names.strings.flatMap((s, n) => [5, ...uint(n + 1), ...uint(text(s).length), ...text(s)])]),
      ...batch(NONE, 0, [2, ...names.stacks.flatMap((calls, n) => [3, ...uint(n + 1), ...uint(calls.length), ...names.frames(calls)])]),
      ...batch(NONE, 0, version >= 25 ? [50, 8, ...uint(1000), 51, 0, 0, 0, 0] : [8, ...uint(1000)]),
      ...(version >= 26 ? [52] : []),
    ];
  })]);
}
