/** Goroutines that are stuck, as findings of the rule that speaks of what they wait for. */
import type { Finding, Step } from '../../finding.ts';
import type { FuncInfo } from '../../program/package.ts';
import { isTest, siteIn } from '../bodies.ts';
import type { Pass } from '../pass.ts';
import { holdersOf } from './liveness.ts';
import { type Stuck, stuckIn } from './scenarios.ts';
import type { Routine, Spot, Wait } from './values.ts';

export type StuckRule = 'double-lock' | 'missing-unlock' | 'lock-order' | 'blocked-under-lock' | 'abandoned-sender' | 'abandoned-receiver' | 'unclosed-range' | 'lost-signal' | 'wait-deadlock';

/** One goroutine that others may wait for, and why it waits. */
interface Cause {
  readonly rule: StuckRule;
  readonly spot: Spot;
  readonly message: string;
  readonly trail: readonly Step[];
}

/**
 * `told`: functions in which another finding lies that says of somebody that he waits for ever. All is decided by what is
 * in the file of the scenario, so that it has the same findings alone and among the others.
 */
export function* stuckFindings(rule: StuckRule, pass: Pass, told: ReadonlySet<FuncInfo | undefined>): Generator<Finding> {
  const seen = new Set<string>();
  for (const stuck of stuckIn(pass)) {
    const { file } = stuck.body.info;
    const waiting = stuck.routines.flatMap(({ wait }) => ('spot' in wait ? wait.spot.info : []));
    if ([stuck.body.info, ...waiting].some(info => info.file === file && told.has(info))) continue;
    for (const cause of causesOf(stuck)) {
      const at = siteIn(cause.spot.info, cause.spot.node);
      const place = `${at.source.path} ${at.start}`;
      if (cause.rule !== rule || seen.has(place) || cause.spot.info.file !== file) continue;
      seen.add(place);
      yield { at, confidence: stuck.isGuessed ? (isTest(stuck.body) ? 'low' : 'medium') : 'high', message: cause.message, trail: cause.trail, ...(isTest(stuck.body) ? { severity: 'warning' } : {}) };
    }
  }
}

/** Of those that wait only because of others nothing is said. */
function causesOf(stuck: Stuck): readonly Cause[] {
  const { routines } = stuck;
  const kinds = [lockedBySelf, lockedForEver, lockCycle, underLock, channels, conds, groups];
  for (const kind of kinds) {
    const found = routines.flatMap(routine => kind(routine, stuck) ?? []);
    if (found.length) return found;
  }
  return [];
}

function started({ start }: Routine): Step[] {
  return start ? [{ at: siteIn(start.info, { start: start.node.start, end: start.node.start + 2 }), note: 'the goroutine starts here' }] : [];
}

const here = (spot: Spot, note: string): Step => ({ at: siteIn(spot.info, spot.node), note });

type LockWait = Wait & { kind: 'lock' };

function lockWait({ wait }: Routine): LockWait | undefined {
  return wait.kind === 'lock' ? wait : undefined;
}

function lockedBySelf(routine: Routine): Cause | undefined {
  const wait = lockWait(routine);
  if (!wait || !isHolding(routine, wait)) return undefined;
  return {
    rule: 'double-lock', spot: wait.spot,
    message: 'The goroutine has this mutex locked already when it comes here, and waits for itself for ever.',
    trail: [...started(routine), ...(wait.lock.lockedAt ? [here(wait.lock.lockedAt, 'the mutex is locked here')] : []), here(wait.spot, 'and once more here')],
  };
}

function lockedForEver(routine: Routine): Cause | undefined {
  const wait = lockWait(routine);
  const by = wait && holdersOf(wait.lock);
  const { lockedAt } = wait?.lock ?? {};
  if (!wait || !by?.length || !lockedAt || !by.every(({ isOver }) => isOver)) return undefined;
  return {
    rule: 'missing-unlock', spot: lockedAt,
    message: 'The goroutine that locks this mutex ends without unlocking it, and others wait for it for ever.',
    trail: [here(lockedAt, 'the mutex is locked here'), here(wait.spot, 'and this waits for it')],
  };
}

function lockCycle(routine: Routine, { routines }: Stuck): Cause | undefined {
  const wait = lockWait(routine);
  const other = wait && holdersOf(wait.lock).find(by => by !== routine && routines.includes(by));
  const back = other && lockWait(other);
  if (!wait || !back || !isHolding(routine, back) || routines.indexOf(other) < routines.indexOf(routine)) return undefined;
  return {
    rule: 'lock-order', spot: wait.spot,
    message: 'Two goroutines lock the same mutexes in another order, and each waits for the one that the other has locked.',
    trail: [...started(routine), here(wait.spot, 'one waits here for what the other has locked'), ...started(other), here(back.spot, 'and the other one here')],
  };
}

/** Who has a mutex locked that others need, and waits for something that only they would do. */
function underLock(routine: Routine, { routines }: Stuck): Cause | undefined {
  const { wait } = routine;
  if (wait.kind !== 'channel' && wait.kind !== 'group' && wait.kind !== 'cond') return undefined;
  const other = routines.find(one => one !== routine && isHolding(routine, lockWait(one)));
  const lock = other && lockWait(other);
  if (!lock) return undefined;
  return {
    rule: 'blocked-under-lock', spot: wait.spot,
    message: 'This waits with a mutex locked that another goroutine needs before it can do its part, so both wait for ever.',
    trail: [...started(routine), ...(lock.lock.lockedAt ? [here(lock.lock.lockedAt, 'the mutex is locked here')] : []), here(wait.spot, 'and this waits with it locked'), ...started(other), here(lock.spot, 'the other side waits here for the mutex')],
  };
}

function isHolding(routine: Routine, wait: LockWait | undefined): boolean {
  return wait !== undefined && holdersOf(wait.lock).includes(routine);
}

function channels(routine: Routine): Cause | undefined {
  const { wait } = routine;
  // A select without cases is meant to wait, what others feed may still come, and contexts are told of by another rule.
  if (wait.kind !== 'channel' || wait.cases.length === 0 || wait.cases.some(({ channel }) => channel?.isFed || channel?.isOfContext)) return undefined;
  const sends = wait.cases.some(({ does }) => does === 'send');
  const rule = wait.how === 'range' ? 'unclosed-range' : sends ? 'abandoned-sender' : 'abandoned-receiver';
  return { rule, spot: wait.spot, message: CHANNEL[rule], trail: [...started(routine), here(wait.spot, 'it waits here for ever')] };
}

const CHANNEL = {
  'unclosed-range': 'The channel that this ranges over is never closed, and nothing is sent any more, so the goroutine waits for ever.',
  'abandoned-sender': 'There is a schedule in which nobody receives this any more, so the goroutine waits for ever.',
  'abandoned-receiver': 'There is a schedule in which nobody sends anything or closes the channel any more, so the goroutine waits for ever.',
};

function conds(routine: Routine): Cause | undefined {
  const { wait } = routine;
  if (wait.kind !== 'cond') return undefined;
  return { rule: 'lost-signal', spot: wait.spot, message: 'There is a schedule in which nobody signals any more after this has begun to wait.', trail: [...started(routine), here(wait.spot, 'it waits here for ever')] };
}

function groups(routine: Routine): Cause | undefined {
  const { wait } = routine;
  if (wait.kind !== 'group') return undefined;
  return { rule: 'wait-deadlock', spot: wait.spot, message: 'Nobody calls Done any more as often as the group was counted up, so this waits for ever.', trail: [...started(routine), here(wait.spot, 'it waits here for ever')] };
}
