/**
 * Waiting with a mutex locked that the other side needs before it can answer: both wait for ever. The other side needs
 * it where it may lock the same mutex before its own send, receive or close, or on the way back to it.
 */
import type { Call, Expr } from '../../syntax/ast.ts';
import { askedBodies, type Body } from '../bodies.ts';
import { condLockerOf } from '../locks/conds.ts';
import { type Holding, holdingsIn } from '../locks/held.ts';
import { mentionsLocking } from '../locks/lockwords.ts';
import { mutexAt } from '../locks/mutexes.ts';
import type { Pass } from '../pass.ts';
import type { Span } from '../paths/reach.ts';
import { type Answer, answersTo } from './answerers.ts';
import { isClosedBefore } from './closedbefore.ts';
import { lockNeededBy } from './lockneeds.ts';
import { leaverFrom } from './subscribers.ts';
import { mayWait, type Wait, type WaitBelow, waitsBelow, type WaitStep } from './waits.ts';

export interface BlockedUnderLock {
  /** Which has the mutex locked. */
  readonly body: Body;
  /** What waits there: the operation itself, or a call that leads to it. */
  readonly node: Span;
  readonly wait: Wait;
  /** From the call in the body down to what waits; empty where it waits itself. */
  readonly steps: readonly WaitStep[];
  readonly holding: Holding;
  /** Where the other side stands, and where it locks. */
  readonly other: Pick<Answer, 'body' | 'isBuffered'>;
  readonly lock: Call;
  /** The other side does not lock to answer, but to take itself out of those who are answered. */
  readonly leaves: boolean;
}

export function* blockedUnderLock(pass: Pass): Generator<BlockedUnderLock> {
  for (const body of askedBodies(pass, info => mentionsLocking(info) && mayWait(info))) {
    for (const holding of holdingsIn(body, pass)) {
      for (const [op, state] of holding.ops) {
        // What was deferred before the Unlock was runs after it.
        if (op.kind === 'go' || (op.kind === 'defer' && state.deferred >= 0)) continue;
        for (const below of waitsBelow(op, holding, body, pass)) {
          const needed = neededFor(below, holding, pass);
          const node = below.steps[0]?.call ?? below.wait.node;
          if (needed && !isClosedBefore(below.wait, pass)) yield { body, node, ...below, holding, ...needed, leaves: false };
          const leaver = needed ? undefined : leaverFrom(below, holding, body, pass);
          if (leaver) yield { body, node, ...below, holding, other: { body: leaver.body }, lock: leaver.lock, leaves: true };
        }
      }
    }
  }
}

/** Somebody of a group, or each who may answer, needs the mutex for it. */
function neededFor(below: WaitBelow, holding: Holding, pass: Pass): { other: Answer; lock: Call } | undefined {
  const { wait } = below;
  if (wait.verb === 'cond' && !staysLockedBy(wait.subject, holding, wait.body)) return undefined;
  const answers = answersTo(wait, pass) ?? [];
  const needs = answers.flatMap(other => {
    const lock = lockNeededBy(other, answers, below, holding, pass);
    return lock ? [{ other, lock }] : [];
  });
  return wait.verb === 'wait' || needs.length === answers.length ? needs[0] : undefined;
}

/** The cond unlocks its own mutex while it waits, and no other. */
function staysLockedBy(cond: Expr, { identity }: Holding, { env }: Body): boolean {
  const { start, end } = cond;
  const locker = condLockerOf({ kind: 'selector', x: cond, sel: { kind: 'ident', start: end, end, name: 'L', entity: undefined }, start, end }, env);
  const own = locker && mutexAt(locker.mutex, locker.env);
  // A variable that the cond is made with may be put into a field as well.
  return own !== undefined && own.place.fields.length > 0 && own.family !== identity.family;
}
