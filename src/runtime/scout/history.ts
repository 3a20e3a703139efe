/** What is remembered of a target: a bounded number of looks and of snapshots, the oldest of which make room. */
import type { Bucket, Snapshot } from '../model.ts';
import type { HeapPoint } from './envelope.ts';
import type { MemStats } from './memstats.ts';
import type { Look } from './probe.ts';
import type { Target } from './target.ts';

/** The last `size` things that were put in. */
export class Ring<T> {
  #items: T[] = [];

  constructor(readonly size: number) {}

  get items(): readonly T[] {
    return this.#items;
  }

  get last(): T | undefined {
    return this.#items.at(-1);
  }

  push(item: T): void {
    this.#items.push(item);
    if (this.#items.length > this.size) this.dropFirst();
  }

  dropFirst(): void {
    this.#items.shift();
  }
}

/** A look that was answered. */
export interface Sample {
  /** Seconds since 1970. */
  readonly at: number;
  readonly goroutines: number;
  readonly memory: MemStats | undefined;
}

/** A snapshot as it is kept: its largest groups, without labels and arguments. */
export interface Kept {
  readonly at: number;
  readonly total: number;
  /** Whether it tells ids, states and places of creation. */
  readonly hasStates: boolean;
  readonly buckets: readonly Bucket[];
}

/** Two hours at two looks a minute. */
const SAMPLES = 240;
const KEPT_BUCKETS = 50;
const KEPT_FRAMES = 24;
const KEPT_IDS = 100;

export class History {
  readonly samples = new Ring<Sample>(SAMPLES);
  readonly snapshots: Ring<Kept>;
  look: Look | undefined;
  /** How long the last look took. */
  seconds = 0;
  /** When the target was there for the last time, in seconds since 1970. */
  seen = 0;

  constructor(public target: Target, keep: number) {
    this.snapshots = new Ring(keep);
  }
}

export function kept(snapshot: Snapshot, at: number): Kept {
  const buckets = [...snapshot.buckets].sort((a, b) => b.count - a.count).slice(0, KEPT_BUCKETS);
  return {
    at, total: snapshot.total, hasStates: snapshot.format === 'goroutine text',
    buckets: buckets.map(b => ({ ...b, frames: b.frames.slice(0, KEPT_FRAMES), ids: b.ids.slice(0, KEPT_IDS), labels: new Map() })),
  };
}

/** What `growthOf` and `floorsOf` look at. */
export function heapPoints({ samples }: History): HeapPoint[] {
  return samples.items.flatMap(({ at, memory }) => memory ? [{ at, allocated: memory.heapAlloc, goal: memory.nextGC, collections: memory.collections }] : []);
}
