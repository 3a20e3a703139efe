import type { Frame } from '../model.ts';
import { normalName } from '../names.ts';

/** Innermost first. */
export type Stack = readonly Frame[];

/** A frame as the trace's table has it: its names are numbers of the table of strings. */
export interface RawFrame { readonly func: number; readonly file: number; readonly line: number }

/** What a trace, or one generation of it, says about its own numbers. Both come after the events that use them. */
export interface Tables {
  readonly strings: Map<number, string>;
  readonly stacks: Map<number, readonly RawFrame[]>;
}

export function emptyTables(): Tables {
  return { strings: new Map(), stacks: new Map() };
}

/** Real tables have thousands of entries; more than this is damage or malice, and is left out. */
const MOST_ENTRIES = 1_000_000;

export function addString({ strings }: Tables, id: number, text: string): void {
  if (strings.size < MOST_ENTRIES) strings.set(id, text);
}

export function addStack({ stacks }: Tables, id: number, frames: readonly RawFrame[]): void {
  if (stacks.size < MOST_ENTRIES) stacks.set(id, frames);
}

/**
 * Stacks under numbers that hold for the whole trace. A trace of Go 1.22 or later has tables of its own for every
 * generation, so a local number is good for one of them only; `close` ends it.
 */
export class Stacks {
  #local = new Map<number, number>();
  /** By number: the number of the first equal stack, once it is known. 0 is "no stack". */
  readonly #canonical: number[] = [0];
  readonly #known = new Map<string, number>();
  readonly #frames = new Map<number, Stack>();
  readonly #frameNumbers = new Map<string, number>();
  readonly #allFrames: Frame[] = [];
  /** Stacks that events name and no table has. */
  missing = 0;

  /** The number under which a stack of this generation is known from now on. */
  number(local: number): number {
    if (local === 0) return 0;
    const known = this.#local.get(local);
    if (known !== undefined) return known;
    if (this.#canonical.length > MOST_ENTRIES) return 0;
    const number = this.#canonical.push(0) - 1;
    this.#local.set(local, number);
    return number;
  }

  /** Resolves the stacks that were asked for since the last time. */
  close({ strings, stacks }: Tables): void {
    for (const [local, number] of this.#local) {
      const frames = (stacks.get(local) ?? []).map(raw => this.#frame(normalName(strings.get(raw.func) ?? ''), strings.get(raw.file) ?? '', raw.line));
      if (frames.length) this.#canonical[number] = this.#stack(frames, number);
      else this.missing++;
    }
    this.#local = new Map();
  }

  /** Equal stacks have equal canonical numbers; 0 where the trace does not say. */
  canonical(number: number): number {
    return this.#canonical[number] ?? 0;
  }

  /** Of a canonical number. */
  stack(number: number): Stack {
    return this.#frames.get(number) ?? [];
  }

  #frame(func: string, file: string, line: number): number {
    const key = `${func}\n${file}\n${line}`;
    const known = this.#frameNumbers.get(key);
    if (known !== undefined) return known;
    if (this.#allFrames.length > MOST_ENTRIES) return 0;
    const number = this.#allFrames.push({ func, file, line }) - 1;
    this.#frameNumbers.set(key, number);
    return number;
  }

  #stack(frames: readonly number[], number: number): number {
    const key = frames.join();
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    this.#known.set(key, number);
    this.#frames.set(number, frames.flatMap(n => this.#allFrames[n] ?? []));
    return number;
  }
}
