import { Cursor } from './cursor.ts';

const WINDOW = 1 << 20;

/** Copies the next bytes to the start of `into` and says how many; 0 at the end. */
export type Read = (into: Uint8Array) => number;

/** Bytes that are read once and in order; only a window of them is held. `cursor` moves in the window. */
export class Input {
  readonly cursor = new Cursor(new Uint8Array(WINDOW), 0, 0);
  #left: number;
  #ended = false;

  /** `limit`: how many bytes are read at most. */
  constructor(private readonly read: Read, limit: number) {
    this.#left = limit;
  }

  /** Whether the limit, and not the end of the bytes, ended the input. */
  get isCut(): boolean {
    return this.#left === 0 && !this.#ended;
  }

  /** Brings `n` bytes into the window, or all that are left; false when those are fewer. */
  has(n: number): boolean {
    const { cursor } = this;
    if (cursor.end - cursor.at >= n) return true;
    if (n > cursor.bytes.length || cursor.isPast) return false;
    cursor.bytes.copyWithin(0, cursor.at, cursor.end);
    cursor.end -= cursor.at;
    cursor.at = 0;
    while (cursor.end < n && this.#more()) { /* until there are enough */ }
    return cursor.end >= n;
  }

  #more(): boolean {
    if (this.#ended || this.#left === 0) return false;
    const { cursor } = this;
    const room = cursor.bytes.subarray(cursor.end, cursor.end + this.#left);
    const n = this.read(room);
    this.#ended = n === 0;
    this.#left -= n;
    cursor.end += n;
    return n > 0;
  }
}

/** For a trace that is in memory already. */
export function readerOf(bytes: Uint8Array): Read {
  let at = 0;
  return into => {
    const part = bytes.subarray(at, at + into.length);
    into.set(part);
    at += part.length;
    return part.length;
  };
}
