/**
 * Ways on which a mutex stays locked. First, in which states control reaches a Lock: somebody else's lock that the
 * function gave back before, or an unlock that is deferred already, make it no obligation. Then breadth first from the
 * Lock to where the function is left, or to the same Lock once more.
 */
import type { End, FlowGraph, Op } from '../../flow/graph.ts';
import { type Arrival, operations, search, type Turn } from '../../flow/search.ts';
import { calleeOf } from '../../program/callee.ts';
import type { FuncInfo } from '../../program/package.ts';
import { type Call, type Expr, isNil, type Return, unparen } from '../../syntax/ast.ts';
import { walkExpr } from '../../syntax/walk.ts';
import { askedBodies, bodiesOf, type Body } from '../bodies.ts';
import type { Pass } from '../pass.ts';
import { canonicalPlace, holds } from '../places/canonical.ts';
import { helperLocksAt } from './helperlocks.ts';
import { isLastLock } from './lastlocks.ts';
import { type Balance, type DirectLock, lockCallsIn, type LockFlow, lockFlowOf, type Target, targetFor, UNTOUCHED } from './lockflow.ts';
import { isLockHelper } from './lockhelpers.ts';
import { type LockCall, lockCallOf } from './mutexes.ts';
import { mutexOf } from './taken.ts';

export interface KeptLock {
  readonly body: Body;
  readonly call: Call;
  readonly lock: LockCall;
  /** `deferred`: what is deferred is another Lock. `again`: the same Lock is reached once more. */
  readonly why: 'returns' | 'again' | 'deferred';
  readonly turns: readonly Turn[];
  /** Where the mutex stays locked, the nearest first. */
  readonly leaves: readonly { readonly start: number; readonly end: number }[];
  /** The function unlocks it nowhere. */
  readonly never: boolean;
  /** Another function locks it for this one. */
  readonly isByHelper: boolean;
}

/** More ways out of one function than these are not listed. */
const MOST_LEAVES = 5;

export function mentionsLock({ bodyText }: FuncInfo): boolean {
  return /\b[rR]?[lL]ock\w*\(\)|Lock\(\)/.test(bodyText);
}

export function* keptLocks(pass: Pass): Generator<KeptLock> {
  for (const body of askedBodies(pass, mentionsLock)) {
    if (body.node.kind === 'func' && body.info.name === 'main' && body.info.pkg.name === 'main') continue;
    for (const direct of [...lockCallsIn(body), ...helped(body, pass)]) {
      const found = direct.lock.does === 'lock' && !endsWithTest(direct.lock, body) ? keptFrom(direct, body, pass) : undefined;
      if (found && (found.why !== 'returns' || !(isLastLock(direct, body, pass) || isRestored(direct, body, pass))) && (found.why === 'deferred' || isKeptFromCaller(found, body, pass) || !isLockHelper(direct.lock.mutex, body, pass))) yield found;
    }
  }
}

/** `s.lock()` in a function that gives the mutex back on some way, so that it means to. */
function* helped(body: Body, pass: Pass): Generator<DirectLock & { readonly isByHelper: true }> {
  const flow = lockFlowOf(pass);
  for (const { op, after } of operations(body.graph)) {
    for (const { op: at, call, identity, mode } of helperLocksAt(op, after, body, pass)) {
      const mutex = { ...mutexOf(identity, body), expr: call.fun };
      const unlocks = operations(body.graph).some(({ op: other }) => (other.kind === 'call' || other.kind === 'defer') && flow.opChange(other, targetFor(mutex), body) === -1);
      if (unlocks) yield { op: at, call, after, lock: { does: 'lock', mode, isReadWrite: mode === 'read', isLocker: false, isPresumed: false, mutex }, isByHelper: true };
    }
  }
}

/**
 * `func (s *store) begin() (*batch, error)` hands its caller the lock inside of the batch, and where it fails, nothing to
 * unlock with: every return that keeps the lock is `return nil, err`.
 */
function isKeptFromCaller({ why, lock, leaves }: KeptLock, body: Body, pass: Pass): boolean {
  if (why !== 'returns') return false;
  const returns = body.graph.blocks.flatMap(({ end }) => (end.kind === 'return' && end.stmt ? end.stmt : []));
  const isFailure = ({ results }: Return) => results.length > 1 && isNil(results[0]) && !isNil(results.at(-1));
  return leaves.every(leave => returns.some(stmt => stmt === leave && isFailure(stmt)))
    && returns.some(stmt => handsOver(stmt, targetFor(lock.mutex), body, lockFlowOf(pass)));
}

/** `mu.Unlock(); defer func() { mu.Lock(); … }()` in a function that is called with the mutex locked, or has deferred another Unlock before. */
function isRestored({ lock: { mutex } }: DirectLock, { node, info }: Body, pass: Pass): boolean {
  if (node.kind !== 'funclit') return false;
  const target = targetFor(mutex);
  return [...bodiesOf(info, pass)].some(outer => operations(outer.graph).some(({ op }) => {
    const call = op.kind === 'defer' ? unparen(op.stmt.call) : undefined;
    if (call?.kind !== 'call' || unparen(call.fun) !== node) return false;
    const states = [...statesAtOps([op], target, outer, lockFlowOf(pass)).get(op)?.values() ?? []];
    return states.length > 0 && states.every(({ depth, deferred }) => depth < 0 || deferred < 0);
  }));
}

/** A mutex in a variable of a test: when the test is over, nobody is left who could wait for it. */
function endsWithTest({ mutex: { place } }: LockCall, { info }: Body): boolean {
  return info.file.kind.test && typeof place.root === 'object' && place.root.role === 'local';
}

/** `mu.Lock(); defer mu.Unlock()`, and an Unlock before the next branch: nothing to search for. */
function isGivenBackAtOnce({ lock, after }: DirectLock, body: Body): boolean {
  return after.block.ops.slice(after.index).some(op => {
    const call = op.kind === 'call' ? op.call : op.kind === 'defer' ? unparen(op.stmt.call) : undefined;
    const other = call?.kind === 'call' ? lockCallOf(call, body.env) : undefined;
    return other?.does === 'unlock' && other.mutex.key === lock.mutex.key && other.mode === lock.mode;
  });
}

function keptFrom(direct: DirectLock & { readonly isByHelper?: boolean }, body: Body, pass: Pass): KeptLock | undefined {
  if (isGivenBackAtOnce(direct, body)) return undefined;
  const { op, call, lock, after } = direct;
  const flow = lockFlowOf(pass);
  const target = targetFor(lock.mutex);
  const isByHelper = direct.isByHelper === true;
  const unlocks = isByHelper || [...lockCallsIn(body)].some(other => other.lock.does === 'unlock' && other.lock.mutex.key === target.key);
  for (const state of statesAt(op, target, body, flow)) {
    const done = new Set<End>();
    let first: Arrival<Balance> | undefined;
    const leaves: { start: number; end: number }[] = [];
    while (leaves.length < MOST_LEAVES) {
      const way = search(after, state, heldWalk(op, target, unlocks, done, body, flow));
      if (!way) break;
      first ??= way;
      leaves.push(endOf(way, body, call));
      if (way.at.kind === 'op') break;
      done.add(way.at.end);
    }
    if (first) return { body, call, lock, why: whyOf(first), turns: first.turns, leaves, never: !unlocks, isByHelper };
  }
  return undefined;
}

/** The states in which control reaches the Lock, those left out in which the function owes no unlock. */
export function statesAt(lock: Op, target: Target, body: Body, flow: LockFlow): Balance[] {
  const known = statesIn(target, body, flow).get(lock);
  // What gives its caller the function that unlocks leaves the balance to that one, and so does a call with a literal that locks.
  if (!known) return isUnlockedInTheEnd(lock, target, body, flow) ? [] : [{ ...UNTOUCHED, depth: 1 }];
  const states = [...known.values()];
  // Called with the mutex locked: `mu.Unlock(); wait(); mu.Lock()`.
  if (states.some(({ depth }) => depth < 0)) return [];
  return states.filter(({ depth, deferred }) => depth === 0 && deferred === 0).map(state => ({ ...state, depth: 1 }));
}

/** On every way to the operation an unlock was deferred for which there is nothing left to unlock. */
function isUnlockedInTheEnd(op: Op, target: Target, body: Body, flow: LockFlow): boolean {
  const states = [...statesAtOps([op], target, body, flow).get(op)?.values() ?? []];
  return states.length > 0 && states.every(({ deferred }) => deferred < 0);
}

type StatesByOp = ReadonlyMap<Op, ReadonlyMap<string, Balance>>;

const reached = new WeakMap<FlowGraph, Map<string, StatesByOp>>();

/** Of all calls in a body that lock or unlock one mutex, the states in which control reaches them. */
function statesIn(target: Target, body: Body, flow: LockFlow): StatesByOp {
  const byKey = reached.get(body.graph) ?? new Map<string, StatesByOp>();
  reached.set(body.graph, byKey);
  const known = byKey.get(target.key ?? '');
  if (known) return known;
  const changes = operations(body.graph).flatMap(({ op }) => (op.kind === 'call' && flow.opChange(op, target, body) !== 0 ? [op] : []));
  const found = statesAtOps(changes, target, body, flow);
  byKey.set(target.key ?? '', found);
  return found;
}

function statesAtOps(ops: readonly Op[], target: Target, body: Body, flow: LockFlow): StatesByOp {
  const found = new Map<Op, Map<string, Balance>>(ops.map(op => [op, new Map()]));
  const walk = flow.walk(target, body);
  search({ block: body.graph.entry, index: 0 }, UNTOUCHED, {
    ...walk,
    op: (op, state) => {
      found.get(op)?.set(walk.key(state), state);
      return walk.op(op, state);
    },
  });
  return found;
}

function heldWalk(lock: Op, target: Target, unlocks: boolean, done: ReadonlySet<End>, body: Body, flow: LockFlow) {
  const walk = flow.walk(target, body);
  return {
    ...walk,
    op: (op: Op, state: Balance): Balance | undefined | 'arrive' => {
      if (op === lock) return 'arrive' as const;
      const next = walk.op(op, state);
      if (next === undefined || next === 'arrive') return next;
      const change = flow.opChange(op, target, body);
      if (change < 0) return undefined;
      if (change > 0) return op.kind === 'defer' && isSameLock(op, lock, body) ? 'arrive' : undefined;
      const renamed = renaming(op, target, body);
      if (renamed === 'next' && unlocks) return 'arrive';
      return renamed ? undefined : next;
    },
    returns: (end: End & { kind: 'return' }) => !done.has(end) && !handsOver(end.stmt, target, body, flow),
  };
}

/** `mu.Lock(); defer mu.Lock()`. */
function isSameLock(op: Op & { kind: 'defer' }, lock: Op, body: Body): boolean {
  const call = unparen(op.stmt.call);
  const deferred = call.kind === 'call' ? lockCallOf(call, body.env) : undefined;
  const own = lock.kind === 'call' ? lockCallOf(lock.call, body.env) : undefined;
  return deferred?.does === 'lock' && deferred.mode === own?.mode;
}

/**
 * After this operation the mutex may have another name or its name may mean another mutex. `next`: a loop comes round
 * and declares the variable anew. `isKnown`: others have it anyway, so one more value that holds it says nothing.
 */
export function renaming(op: Op, { mutex }: Target, body: Body, isKnown = false): 'next' | 'moved' | undefined {
  if (!mutex) return undefined;
  const reaches = (x: Expr) => {
    const place = canonicalPlace(x, body.env);
    return place !== undefined && holds(place, mutex.place);
  };
  if (op.kind === 'range') return op.stmt.lhs.some(reaches) ? (op.stmt.define ? 'next' : 'moved') : undefined;
  if (op.kind === 'send') return reaches(op.stmt.value) ? 'moved' : undefined;
  if (op.kind !== 'assign') return undefined;
  const { root } = mutex.place;
  if (op.lhs.some(x => x.kind === 'ident' && typeof root === 'object' && x === root.ident)) return 'next';
  if (op.lhs.some(reaches)) return 'moved';
  // Another name that is given once is followed; everything else that takes it may unlock it.
  const isFollowed = (x: Expr | undefined) => x?.kind === 'ident' && (x.name === '_' || (x.entity?.kind === 'var' && x.entity.assigned.length === 0));
  const moves = op.rhs.some((x, i) => (reaches(x) && !(op.lhs.length === op.rhs.length && isFollowed(op.lhs[i]))) || (!isKnown && isCollected(x, reaches, body)));
  return moves ? 'moved' : undefined;
}

/** `held = append(held, &entry{record: r})`: whoever goes through `held` later can unlock it. */
function isCollected(value: Expr, reaches: (x: Expr) => boolean, { env }: Body): boolean {
  let found = false;
  walkExpr(value, {
    expr: x => {
      if (x.kind === 'composite') found ||= x.elements.some(element => reaches(element.value));
      if (x.kind !== 'call') return x.kind !== 'funclit';
      const callee = calleeOf(x, env);
      if (callee.kind === 'builtin' && callee.name === 'append') found ||= x.args.slice(1).some(reaches);
      return true;
    },
  });
  return found;
}

/** What is returned unlocks it, or is what holds the mutex, so that the caller can. */
function handsOver(stmt: Return | undefined, target: Target, body: Body, flow: LockFlow): boolean {
  return stmt?.results.some(x => flow.mentionsUnlock(x, target, body) || returnsHolder(x, target, body)) === true;
}

function returnsHolder(result: Expr, { mutex }: Target, body: Body): boolean {
  const reaches = (x: Expr) => {
    const place = canonicalPlace(x, body.env);
    return place !== undefined && mutex !== undefined && holds(place, mutex.place);
  };
  let found = reaches(result);
  walkExpr(result, { expr: x => void (found ||= x.kind === 'composite' && x.elements.some(({ value }) => reaches(value))) });
  return found;
}

function whyOf({ at }: Arrival<Balance>): KeptLock['why'] {
  if (at.kind === 'return') return 'returns';
  return at.op.kind === 'defer' ? 'deferred' : 'again';
}

function endOf({ at }: Arrival<Balance>, { block }: Body, lock: Call): { start: number; end: number } {
  if (at.kind === 'return') return at.stmt ?? { start: block.end - 1, end: block.end };
  return at.op.kind === 'defer' ? at.op.stmt : lock;
}
