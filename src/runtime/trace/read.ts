import type { Decoded, Sink } from './decoded.ts';
import { Input, type Read } from './input.ts';
import { Lives } from './lives.ts';
import { Stacks } from './stacks.ts';
import { decodeV1 } from './v1.ts';
import { decodeV2 } from './v2.ts';

const HEADER = /^go 1\.(\d{1,3}) trace\0\0\0$/;
const HEADER_LENGTH = 16;
/** Of a longer trace only the beginning is read. */
export const LARGEST_TRACE = 256 * 1024 * 1024;

/** The formats whose events are known: they are named after the Go version that introduced them. */
const OLDEST = 11, FIRST_V2 = 22, NEWEST = 26;

/** A trace that was read. Times are ticks; `frequency` is how many make a second, 0 where the trace does not say. */
export interface Trace extends Decoded {
  /** The minor version of Go that the format has its number from: 23 for Go 1.23 and 1.24. */
  readonly version: number;
  readonly lives: Lives;
  readonly stacks: Stacks;
}

export function isTrace(start: Uint8Array): boolean {
  return HEADER.test(String.fromCharCode(...start.subarray(0, HEADER_LENGTH)));
}

/** Reads an execution trace as `runtime/trace` and `/debug/pprof/trace` write it; undefined when it is none. Never throws but when `read` does. */
export function readTrace(read: Read, limit = LARGEST_TRACE): Trace | undefined {
  const input = new Input(read, limit);
  if (!input.has(HEADER_LENGTH)) return undefined;
  const version = Number(HEADER.exec(input.cursor.text(HEADER_LENGTH))?.[1] ?? 0);
  if (version < OLDEST) return undefined;
  const sink = { lives: new Lives(), stacks: new Stacks() };
  const decoded = version < FIRST_V2 ? decodeV1(input, sink) : decodeV2(input, version, sink);
  return { ...decoded, problem: problemOf(decoded, input, version, sink), version, ...sink };
}

function problemOf({ problem }: Decoded, input: Input, version: number, { lives, stacks }: Sink): string | undefined {
  if (input.isCut) return 'the trace is longer than what is read at most';
  if (problem !== undefined && version > NEWEST) return `${problem}; the format of Go 1.${version} is newer than this reader`;
  if (lives.lost) return `${lives.lost} goroutines were too many to follow`;
  return problem ?? (stacks.missing ? `the tables lack ${stacks.missing} stacks, so their goroutines have no place` : undefined);
}
