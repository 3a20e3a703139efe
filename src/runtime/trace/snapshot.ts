/** What a trace shows of goroutines, in the types in which dumps and profiles end. */
import type { Bucket, Op, Snapshot } from '../model.ts';
import { opOf } from '../ops.ts';
import { userFrames } from '../stack.ts';
import { type Template, templatesOf } from '../templates.ts';
import { RUNNABLE, RUNNING } from './lives.ts';
import type { Trace } from './read.ts';
import { censusOf, type Site, type Waiting } from './sites.ts';
import type { Stack } from './stacks.ts';

const NOTHING: Snapshot = { name: '', format: 'trace', profile: 'goroutine', buckets: [], total: 0, system: 0, crash: [], unparsed: 0, truncated: false, notes: [] };

/** The goroutines that were created during the trace and wait at its end. */
export function snapshotOf(trace: Trace, name: string): Snapshot {
  const { sites, system } = censusOf(trace, () => false);
  const buckets = sites.flatMap(site => site.waiting.filter(isParked).map(waiting => bucketOf(site, waiting)));
  return {
    ...NOTHING, name, buckets, total: buckets.reduce((sum, b) => sum + b.count, 0), system, truncated: trace.problem !== undefined,
    notes: ['A trace tells of goroutines that were created while it ran; go-leak-lint trace tells more of them.', ...(trace.problem === undefined ? [] : [`Not all of it could be read: ${trace.problem}.`])],
  };
}

/** The goroutines of one site that wait. */
export function templatesOfSite(site: Site): Template[] {
  return templatesOf({ ...NOTHING, buckets: site.waiting.filter(isParked).map(waiting => bucketOf(site, waiting)) });
}

function bucketOf({ createdBy }: Site, { state, frames, count }: Waiting): Bucket {
  return { count, state, op: opIn(state, frames), leaked: false, minutes: undefined, frames: userFrames(frames), createdBy, labels: new Map(), ids: [] };
}

function isParked({ state }: Waiting): boolean {
  return state !== RUNNING && state !== RUNNABLE;
}

/** Reasons that only traces give and that need no look at the stack. */
const REASONS: Readonly<Record<string, Op>> = { 'network': 'io', 'sync.(*Cond).Wait': 'cond', 'system goroutine wait': 'runtime' };

/** What traces call `forever` is a nil channel or `select {}`, and `sync` all of its package: there the stack decides. */
function opIn(state: string, frames: Stack): Op {
  const known = REASONS[state];
  if (known) return known;
  const op = opOf(state, frames);
  if (op !== 'runtime') return op;
  const byStack = opOf('', frames);
  return state === 'forever' && (byStack === 'send' || byStack === 'receive') ? 'nil-channel' : byStack;
}
