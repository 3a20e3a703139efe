/** What the runtime itself proved to be leaked: the profile `goroutineleak` of Go 1.27, in 1.26 an experiment. */
import type { Bucket, Snapshot } from './model.ts';
import { templatesOf } from './templates.ts';

/** Only the leaked goroutines. */
export function leakedOf(snapshot: Snapshot): Snapshot {
  return withBuckets(snapshot, snapshot.buckets.filter(bucket => bucket.leaked));
}

/** Whether a snapshot says which goroutines are leaked. A plain dump looks like one in which none is. */
export function saysLeaked({ profile, format }: Snapshot): 'yes' | 'no' | 'unknown' {
  if (profile === 'goroutineleak') return 'yes';
  return format === 'goroutine text' ? 'unknown' : 'no';
}

/**
 * The goroutines that were leaked in both of two collections. Now and then one comes back to life (golang/go#79452), so
 * one collection alone must not fail a build.
 */
export function leakedInBoth(first: Snapshot, second: Snapshot): Snapshot {
  const before = leakedOf(first);
  const ids = new Set(before.buckets.flatMap(bucket => bucket.ids));
  const counts = new Map(templatesOf(before, 'stack').map(template => [template.key, template.count]));
  return withBuckets(second, leakedOf(second).buckets.flatMap(bucket => {
    if (bucket.ids.length && ids.size) return only(bucket, bucket.ids.filter(id => ids.has(id)));
    const [template] = templatesOf(withBuckets(second, [bucket]), 'stack');
    const left = counts.get(template?.key ?? '') ?? 0;
    const count = Math.min(left, bucket.count);
    counts.set(template?.key ?? '', left - count);
    return count > 0 ? [{ ...bucket, count }] : [];
  }));
}

function only(bucket: Bucket, ids: readonly number[]): Bucket[] {
  return ids.length ? [{ ...bucket, ids, count: ids.length }] : [];
}

function withBuckets(snapshot: Snapshot, buckets: readonly Bucket[]): Snapshot {
  return { ...snapshot, profile: 'goroutineleak', buckets, total: buckets.reduce((sum, bucket) => sum + bucket.count, 0) };
}
