/**
 * Which mutexes a function locks, itself or through what it calls: one summary a function, inferred once. Recursion
 * takes nothing.
 */
import { type Block, type Op, successors } from '../../flow/graph.ts';
import { type Arrival, operations, reachableFrom, search, type Turn } from '../../flow/search.ts';
import { calleeOf } from '../../program/callee.ts';
import { typeOf } from '../../program/infer.ts';
import { type Env, underlying } from '../../program/resolve.ts';
import type { Call, Expr } from '../../syntax/ast.ts';
import type { Body } from '../bodies.ts';
import { calledBodies, type CalledBody } from '../calls/called.ts';
import { asCallerNames } from '../calls/callernames.ts';
import type { Pass } from '../pass.ts';
import { callIn } from '../paths/reach.ts';
import { type Identity, identityOf, SOME } from '../places/identities.ts';
import { keyOf } from '../places/places.ts';
import { type Balance, lockFlowOf, type Target, targetFor, UNTOUCHED } from './lockflow.ts';
import { mayLock } from './lockwords.ts';
import { lockCallOf, type Mode, type Mutex } from './mutexes.ts';

export interface Taken {
  readonly family: string;
  /** Undefined where the function has no name for the mutex that its callers would understand. */
  readonly identity: Identity | undefined;
  readonly mode: Mode;
  /** On some way it has not been unlocked before, so that whoever calls with it locked waits for ever. */
  readonly isFirst: boolean;
  /** It is still locked on every way out: `func (s *store) lock() { s.mu.Lock() }`. */
  readonly isKept: boolean;
  /** From the function down to the one that locks. */
  readonly steps: readonly TakenStep[];
}

export interface TakenStep {
  readonly body: Body;
  /** The call that locks or leads to it. */
  readonly call: Call;
  readonly turns: readonly Turn[];
  /** What the call runs; undefined where it locks itself. */
  readonly called: CalledBody | undefined;
}

/** Longer chains of calls are not followed. */
const MOST_CALLS = 8;
/** More locks than these of one function are not remembered. */
const MOST_TAKEN = 40;

const memo = new WeakMap<Body['block'], readonly Taken[]>();

export function locksTaken(body: Body, pass: Pass, depth = MOST_CALLS): readonly Taken[] {
  let found = memo.get(body.block);
  if (!found && depth > 0) {
    memo.set(body.block, []);
    memo.set(body.block, (found = findTaken(body, pass, depth)));
  }
  return found ?? [];
}

function findTaken(body: Body, pass: Pass, depth: number): Taken[] {
  const found = new Map<string, Taken>();
  for (const { op } of operations(body.graph)) {
    const call = callIn(op);
    if (!call || found.size >= MOST_TAKEN) continue;
    for (const taken of takenBy(op, call, body, pass, depth)) {
      const key = `${taken.identity ? keyOf(taken.identity) : ''} ${taken.family} ${taken.mode}`;
      const known = found.get(key);
      if (!known || (taken.isFirst && !known.isFirst)) found.set(key, taken);
    }
  }
  return [...found.values()];
}

function* takenBy(op: Op, call: Call, body: Body, pass: Pass, depth: number): Generator<Taken> {
  const own = lockCallOf(call, body.env);
  if (own) {
    if (own.does !== 'lock' || (own.isLocker && !isParam(own.mutex, body)) || op.kind !== 'call') return;
    const target = targetFor(own.mutex);
    const turns = wayTo(op, target, body, pass);
    const { family } = own.mutex;
    yield { family, identity: identityOf(own.mutex, body.env), mode: own.mode, isFirst: turns !== undefined, isKept: keeps(body, target, pass), steps: [{ body, call, turns: turns ?? [], called: undefined }] };
    return;
  }
  if (!mayTake(call, body)) return;
  for (const called of calledBodies(call, body, pass)) {
    for (const taken of locksTaken(called.body, pass, depth - 1)) {
      const identity = taken.identity && asCallerNames(taken.identity, called, body);
      const turns = taken.isFirst && identity ? wayTo(op, targetOf(identity, body), body, pass) : undefined;
      // Of some mutex, got by a key, nobody says which one is left locked.
      const isKept = taken.isKept && identity !== undefined && !identity.fields.includes(SOME) && keeps(body, targetOf(identity, body), pass);
      yield { ...taken, family: identity?.family ?? taken.family, identity, isFirst: turns !== undefined, isKept, steps: [{ body, call, turns: turns ?? [], called }, ...taken.steps] };
    }
  }
}

/** The body is left with the mutex locked, whichever way it takes. */
function keeps(body: Body, target: Target, pass: Pass): boolean {
  const exits = lockFlowOf(pass).exitsOf(body, target);
  return exits.size === 1 && exits.has(1);
}

/** `synced(&s.mu, f)`: a mutex that is handed over as an interface, and whose caller knows which one it is. */
function isParam({ place: { root, fields } }: Mutex, { node }: Body): boolean {
  return typeof root === 'object' && root.role === 'param' && root.owner === node && fields.length === 0;
}

/** The callee is unknown, is handed a function, or has words of locking in reach. */
function mayTake(call: Call, { env }: Body): boolean {
  const callee = calleeOf(call, env);
  const func = callee.kind === 'func' || callee.kind === 'method' ? callee.func : undefined;
  return !func || mayLock(func) || call.args.some(arg => mayBeFunction(arg, env));
}

function mayBeFunction(arg: Expr, env: Env): boolean {
  const { kind } = underlying(typeOf(arg, env), env.program);
  return kind === 'func' || kind === 'unknown';
}

/** The mutex as the body's own lock calls name it. */
export function targetOf(identity: Identity, body: Body): Target {
  return targetFor(mutexOf(identity, body));
}

export function mutexOf(identity: Identity, { block, info }: Body): Mutex {
  const prefix = `${info.pkg.path}.`;
  const root = typeof identity.root === 'string' && identity.root.startsWith(prefix) ? identity.root.slice(prefix.length) : identity.root;
  const place = { root, fields: identity.fields };
  return { expr: { kind: 'bad', start: block.start, end: block.start }, place, key: keyOf(place), family: identity.family };
}

/** A way from the start of the body to the operation on which the mutex is not unlocked before. */
function wayTo(goal: Op, target: Target, body: Body, pass: Pass): readonly Turn[] | undefined {
  const walk = lockFlowOf(pass).walk(target, body);
  return decisive(search({ block: body.graph.entry, index: 0 }, UNTOUCHED, {
    ...walk,
    op: (op, state) => (op === goal ? (state.depth === 0 ? 'arrive' : undefined) : walk.op(op, state)),
  }), body);
}

/** The branches of a way but those that lead to its end on either side. */
function decisive(way: Arrival<Balance> | undefined, { graph }: Body): readonly Turn[] | undefined {
  if (way?.at.kind !== 'op') return way?.turns;
  const { op } = way.at;
  const goal = graph.blocks.find(({ ops }) => ops.includes(op));
  const leadsOn = (from: Block, but: Block) => from === goal || (goal !== undefined && reachableFrom(from, block => (block === but ? [] : successors(block.end))).has(goal));
  return way.turns.filter(({ condition, taken }) => {
    const block = graph.blocks.find(({ end }) => end.kind === 'branch' && end.condition === condition);
    // Another round of a loop would ask again.
    return block?.end.kind !== 'branch' || !leadsOn(taken ? block.end.else : block.end.then, block);
  });
}

/** Some way to the call finds the mutexes of this family as the function found them, not unlocked for it. */
export function staysLocked({ body, call }: TakenStep, family: string, pass: Pass): boolean {
  return wayWithout(op => callIn(op) === call, family, body, pass) !== undefined;
}

/** The branches on a way to the operation that leaves the mutexes of this family as the function found them. */
export function turnsWithout(goal: Op, family: string, body: Body, pass: Pass): readonly Turn[] | undefined {
  return wayWithout(op => op === goal, family, body, pass);
}

function wayWithout(isGoal: (op: Op) => boolean, family: string, body: Body, pass: Pass): readonly Turn[] | undefined {
  const walk = lockFlowOf(pass).walk({ family, key: undefined, mutex: undefined }, body);
  return decisive(search({ block: body.graph.entry, index: 0 }, UNTOUCHED, {
    ...walk,
    op: (op, state) => (isGoal(op) ? (state.depth >= 0 ? 'arrive' : undefined) : walk.op(op, state)),
  }), body);
}
