/** Stacks as every format can give them, so that they compare across formats and Go versions. */
import type { Bucket, Frame, Minutes, Op } from './model.ts';
import { isRuntime, isWrapper } from './names.ts';

/** Without the compiler's wrappers and the runtime's frames; these stay where nothing else would be left. */
export function userFrames(stack: readonly Frame[]): readonly Frame[] {
  const own = stack.filter(({ func }) => !isWrapper(func) && func !== 'runtime.goexit');
  const kept = own.filter(({ func }) => !isRuntime(func));
  return kept.length ? kept : own;
}

/**
 * Go's own rule for the goroutines of the runtime, which only crash texts show: they begin in package runtime. `main` does
 * as well, and a finalizer's goroutine while it runs somebody's code.
 */
export function isSystem(stack: readonly Frame[]): boolean {
  const entry = stack.findLast(({ func }) => func !== 'runtime.goexit');
  return entry !== undefined && entry.func !== 'runtime.main' && isRuntime(entry.func) && stack.every(({ func }) => isRuntime(func));
}

/** One goroutine or several of a kind, before they are counted together. */
export interface Seen {
  readonly count: number;
  readonly state: string;
  readonly op: Op;
  readonly leaked: boolean;
  readonly minutes: number | undefined;
  readonly frames: readonly Frame[];
  readonly createdBy: Frame | undefined;
  readonly labels: ReadonlyMap<string, string>;
  readonly id: number | undefined;
}

interface Counted {
  readonly first: Seen;
  readonly ids: number[];
  count: number;
  minutes: Minutes | undefined;
}

/** Counts goroutines into buckets; equal frames are kept once. */
export class Buckets {
  private readonly byKey = new Map<string, Counted>();
  private readonly frames = new Map<string, { readonly frame: Frame; readonly id: number }>();
  private readonly idOf = new Map<Frame, number>();

  /** The one frame with this name and place. */
  frame(func: string, file: string, line: number): Frame {
    const key = `${func}\n${file}\n${line}`;
    let known = this.frames.get(key);
    if (!known) {
      known = { frame: { func, file, line }, id: this.frames.size };
      this.frames.set(key, known);
      this.idOf.set(known.frame, known.id);
    }
    return known.frame;
  }

  add(seen: Seen): void {
    const key = this.keyOf(seen);
    let counted = this.byKey.get(key);
    if (!counted) {
      counted = { first: seen, ids: [], count: 0, minutes: undefined };
      this.byKey.set(key, counted);
    }
    counted.minutes = counted.count === 0 ? joined(undefined, seen.minutes) : joined(counted.minutes ?? NONE, seen.minutes);
    counted.count += seen.count;
    if (seen.id !== undefined) counted.ids.push(seen.id);
  }

  /** The most frequent first. */
  all(): Bucket[] {
    const buckets = [...this.byKey.values()].map(({ first, count, minutes, ids }): Bucket => ({
      count, state: first.state, op: first.op, leaked: first.leaked, minutes, frames: first.frames, createdBy: first.createdBy, labels: first.labels, ids,
    }));
    return buckets.sort((a, b) => b.count - a.count);
  }

  private keyOf({ state, leaked, frames, createdBy, labels }: Seen): string {
    const ids = frames.map(frame => this.idOf.get(frame)).join(' ');
    const shown = labels.size ? [...labels].map(([k, v]) => `${k}\0${v}`).sort().join('\0') : '';
    return `${state}|${leaked}|${createdBy ? this.idOf.get(createdBy) : ''}|${ids}|${shown}`;
  }
}

const NONE: Minutes = { least: 0, most: 0 };

/** A goroutine without a number has waited for less than a minute, or nobody has noted how long. */
function joined(known: Minutes | undefined, minutes = 0): Minutes | undefined {
  const both = known ? { least: Math.min(known.least, minutes), most: Math.max(known.most, minutes) } : { least: minutes, most: minutes };
  return both.most > 0 ? both : undefined;
}
