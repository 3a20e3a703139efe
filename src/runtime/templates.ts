/** Goroutines of one snapshot by what they do, whatever labels they carry. */
import type { Bucket, Frame, Minutes, Op, Snapshot } from './model.ts';

export interface Template {
  readonly key: string;
  readonly count: number;
  /** As Go prints it; empty where the format has none. */
  readonly state: string;
  readonly op: Op;
  /** How many of them the runtime proved to be leaked. */
  readonly leaked: number;
  readonly minutes: Minutes | undefined;
  readonly frames: readonly Frame[];
  readonly createdBy: Frame | undefined;
  /** The different sets of labels, without the empty one. */
  readonly labels: readonly ReadonlyMap<string, string>[];
  readonly ids: readonly number[];
}

/** `full`: by stack, place of creation and operation. `stack`: by stack alone, which is what all formats have. */
export type Grain = 'full' | 'stack';

/** Profiles up to Go 1.22 end after 32 frames, of which the runtime's are left out. */
const COMPARED_FRAMES = 24;

/** The most frequent first. */
export function templatesOf(snapshot: Snapshot, grain: Grain = 'full'): Template[] {
  const byKey = new Map<string, Bucket[]>();
  for (const bucket of snapshot.buckets) {
    const key = keyOf(bucket, grain);
    const known = byKey.get(key);
    if (known) known.push(bucket);
    else byKey.set(key, [bucket]);
  }
  return [...byKey].map(([key, buckets]) => merged(key, buckets)).sort((a, b) => b.count - a.count);
}

/** The grain in which snapshots can be compared. */
export function commonGrain(snapshots: readonly Snapshot[]): Grain {
  return new Set(snapshots.map(s => s.format)).size > 1 ? 'stack' : 'full';
}

export function placeOf({ func, file, line }: Frame): string {
  return `${func} ${file}:${line}`;
}

function keyOf({ frames, createdBy, op }: Bucket, grain: Grain): string {
  const stack = frames.slice(0, COMPARED_FRAMES).map(placeOf).join('\n');
  return grain === 'stack' ? stack : `${op}\n${createdBy ? placeOf(createdBy) : ''}\n${stack}`;
}

function merged(key: string, buckets: readonly Bucket[]): Template {
  const sum = (numberOf: (bucket: Bucket) => number) => buckets.reduce((total, bucket) => total + numberOf(bucket), 0);
  const most = buckets.reduce((a, b) => (b.count > a.count ? b : a));
  return {
    key, count: sum(b => b.count), leaked: sum(b => (b.leaked ? b.count : 0)), minutes: minutesOf(buckets),
    state: most.state, op: most.op, frames: most.frames, createdBy: most.createdBy,
    labels: buckets.map(b => b.labels).filter(labels => labels.size > 0), ids: buckets.flatMap(b => b.ids),
  };
}

function minutesOf(buckets: readonly Bucket[]): Minutes | undefined {
  const most = Math.max(...buckets.map(b => b.minutes?.most ?? 0));
  return most > 0 ? { least: Math.min(...buckets.map(b => b.minutes?.least ?? 0)), most } : undefined;
}
