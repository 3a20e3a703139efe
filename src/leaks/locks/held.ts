/**
 * Where a body holds a mutex: from each Lock, on every way, to where it is unlocked. A deferred Unlock keeps it to the
 * end. Ways on which somebody unknown may unlock it end early, so what is said to be held is.
 */
import type { Op } from '../../flow/graph.ts';
import { operations, type Place as Point, search, type Turn } from '../../flow/search.ts';
import type { Call, Expr } from '../../syntax/ast.ts';
import type { Body } from '../bodies.ts';
import type { Pass } from '../pass.ts';
import { type Identity, identityOf } from '../places/identities.ts';
import { helperLocksAt } from './helperlocks.ts';
import { type Balance, lockFlowOf, type Target, targetFor } from './lockflow.ts';
import { renaming, statesAt } from './locks.ts';
import { mentionsLocking } from './lockwords.ts';
import { lockCallOf, type Mode } from './mutexes.ts';
import { mutexOf } from './taken.ts';

export { locksTaken, type Taken } from './taken.ts';

/** A mutex that a body locks, and the operations that some way reaches with it locked. */
export interface Holding {
  /** The call that locks, or the one of a function that locks for its caller. */
  readonly call: Call;
  readonly identity: Identity;
  /** How the body writes the mutex, or what it calls to have it locked. */
  readonly mutex: Expr;
  /** Undefined where it is locked through an interface, which may be a read lock as well. */
  readonly mode: Mode | undefined;
  /** Its type is not at hand. */
  readonly isPresumed: boolean;
  /** How often each operation finds it locked; `deferred` is below zero where an Unlock is deferred already. */
  readonly ops: ReadonlyMap<Op, Balance>;
  /** The branches from the Lock to one of the operations. */
  readonly turnsTo: (op: Op) => readonly Turn[];
}

const memo = new WeakMap<Body['block'], readonly Holding[]>();

export function holdingsIn(body: Body, pass: Pass): readonly Holding[] {
  let found = memo.get(body.block);
  if (!found) memo.set(body.block, (found = [...locksIn(body, pass)].map(lock => holdingFrom(lock, body, pass))));
  return found;
}

/** The mutexes that are locked, on some way, when control reaches the operation. */
export function heldAt(op: Op, body: Body, pass: Pass): readonly Holding[] {
  return holdingsIn(body, pass).filter(({ ops }) => ops.has(op));
}

interface Acquired {
  readonly op: Op;
  readonly call: Call;
  readonly after: Point;
  readonly identity: Identity;
  readonly mode: Mode | undefined;
  readonly target: Target;
}

function* locksIn(body: Body, pass: Pass): Generator<Acquired> {
  if (!mentionsLocking(body.info)) return;
  for (const { op, after } of operations(body.graph)) {
    if (op.kind !== 'call') continue;
    const { call } = op;
    const own = lockCallOf(call, body.env);
    const identity = own && identityOf(own.mutex, body.env);
    if (own?.does === 'lock' && identity) yield { op, call, after, identity, mode: own.isLocker ? undefined : own.mode, target: targetFor(own.mutex) };
    if (!own) for (const helper of helperLocksAt(op, after, body, pass)) yield { ...helper, target: targetFor(mutexOf(helper.identity, body)) };
  }
}

function holdingFrom({ op: lock, call, after, identity, mode, target }: Acquired, body: Body, pass: Pass): Holding {
  const flow = lockFlowOf(pass);
  const walk = flow.walk(target, body);
  const ops = new Map<Op, Balance>();
  // `ps := &peerServer{b: b}` where the mutex is one of the receiver.
  const isKnown = typeof identity.root === 'object' && identity.root.role === 'receiver';
  const heldWalk = {
    ...walk,
    op: (op: Op, state: Balance): Balance | undefined | 'arrive' => {
      if (op === lock) return undefined;
      const isOver = op.kind !== 'defer' && (flow.opChange(op, target, body) !== 0 || renaming(op, target, body, isKnown) !== undefined);
      // What is handed the unlock, `s.update(unlock)`, locks again when it has used it.
      const isHanded = isOver && op.kind === 'call' && op.call.args.some(arg => flow.mentionsUnlock(arg, target, body));
      if (!ops.has(op) && !isHanded) ops.set(op, state);
      return isOver ? undefined : walk.op(op, state);
    },
  };
  const starts = statesAt(lock, target, body, flow);
  for (const state of starts) search(after, state, heldWalk);
  const turnsTo = (goal: Op) => {
    for (const state of starts) {
      const way = search(after, state, { ...heldWalk, op: (op, at) => (op === goal ? 'arrive' : heldWalk.op(op, at)) });
      if (way) return way.turns;
    }
    return [];
  };
  const own = lockCallOf(call, body.env);
  return { call, identity, mutex: own?.mutex.expr ?? call.fun, mode, isPresumed: own?.isPresumed === true, ops, turnsTo };
}
