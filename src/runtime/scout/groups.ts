/** The largest groups of goroutines of a snapshot. */
import { createHash } from 'node:crypto';
import type { Bucket, Frame } from '../model.ts';
import type { Kept } from './history.ts';

export interface Group {
  /** The same in every snapshot of every instance, and short. */
  readonly id: string;
  /** The innermost call outside package runtime. */
  readonly frame: Frame;
  readonly count: number;
}

/** Goroutines with the same functions on their stacks, the most numerous first. */
export function topGroups({ buckets }: Kept, most: number): Group[] {
  const groups = new Map<string, Group>();
  for (const bucket of buckets) {
    const [frame] = bucket.frames;
    if (!frame) continue;
    const id = idOf(bucket);
    groups.set(id, { id, frame, count: (groups.get(id)?.count ?? 0) + bucket.count });
  }
  return [...groups.values()].sort((a, b) => b.count - a.count).slice(0, most);
}

/** Lines are left out, so that an edit elsewhere in a file makes no new group. */
function idOf({ frames }: Bucket): string {
  return createHash('sha256').update(frames.map(({ func }) => func).join('\n')).digest('hex').slice(0, 12);
}
