/** One look at one target: two small pages, which take no profile. */
import { fetchBounded, type Fetched } from '../fetch.ts';
import type { Snapshot } from '../model.ts';
import { readSnapshot } from '../read.ts';
import { goroutinesOn, type MemStats, memStatsOf } from './memstats.ts';
import type { Target } from './target.ts';

export type Look =
  | { readonly kind: 'up'; readonly goroutines: number; readonly memory: MemStats | undefined }
  /** `reason` is a phrase without the target. */
  | { readonly kind: 'down'; readonly reason: string };

const INDEX = { maxBytes: 1024 * 1024 };
/** The numbers stand behind the stacks of all allocations, of which a large program has some MiB. */
const HEAP = { maxBytes: 8 * 1024 * 1024 };

export async function look({ base }: Target): Promise<Look> {
  const index = await fetchBounded(base, INDEX);
  if (index.kind !== 'body') return { kind: 'down', reason: reasonOf(index) };
  const goroutines = goroutinesOn(index.body.toString('utf8'));
  if (goroutines === undefined) return { kind: 'down', reason: 'what answers is not the index page of net/http/pprof' };
  const heap = await fetchBounded(new URL('heap?debug=1', base), HEAP);
  return { kind: 'up', goroutines, memory: heap.kind === 'body' ? memStatsOf(heap.body.toString('latin1')) : undefined };
}

/** Why there is no body. */
export function reasonOf(answer: Exclude<Fetched, { readonly kind: 'body' }>): string {
  if (answer.kind === 'failed') return answer.reason;
  const { status } = answer;
  return status >= 300 && status < 400 ? `it answers with a redirect (status ${status}), which is not followed` : `it answers with status ${status}`;
}

const PROFILE = { totalMs: 30_000, maxBytes: 16 * 1024 * 1024 };
/** A text with states stops the whole program while it is written: 0.2 s for this many goroutines. */
const MOST_WITH_STATES = 10_000;

/** What the goroutines do. With `states` also their ids, states and places of creation, where there are few enough. */
export async function takeSnapshot({ base, name }: Target, states: boolean, goroutines: number): Promise<Snapshot | undefined> {
  const answer = await fetchBounded(new URL(states && goroutines < MOST_WITH_STATES ? 'goroutine?debug=2' : 'goroutine', base), PROFILE);
  if (answer.kind !== 'body') return undefined;
  const read = readSnapshot(answer.body, name);
  return read.kind === 'snapshot' ? read.snapshot : undefined;
}
