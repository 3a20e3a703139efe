/** Two mutexes that are locked in both orders: one goroutine has the first and waits for the second, another the other way round. */
import type { Op } from '../../flow/graph.ts';
import type { FuncInfo } from '../../program/package.ts';
import { unparen, type Variable } from '../../syntax/ast.ts';
import { askedBodies, bodiesWith, type Body } from '../bodies.ts';
import { calledBodies, type CalledBody, handedToParam } from '../calls/called.ts';
import { asCallerNames } from '../calls/callernames.ts';
import type { Pass } from '../pass.ts';
import { callIn } from '../paths/reach.ts';
import { canonicalPlace } from '../places/canonical.ts';
import { type Identity, identityOf, SOME } from '../places/identities.ts';
import { isMadeHere, mayBeSame } from '../places/kinship.ts';
import { contradicts } from './constantargs.ts';
import { heldAt, type Holding, holdingsIn, locksTaken } from './held.ts';
import { mentionsLocking } from './lockwords.ts';
import { lockCallOf, type Mode } from './mutexes.ts';
import { staysLocked, type TakenStep } from './taken.ts';
import { isWriteLocked } from './writers.ts';

/** One mutex is locked while another one is. */
export interface LockedUnder {
  readonly body: Body;
  readonly holding: Holding;
  readonly op: Op;
  readonly family: string;
  readonly identity: Identity | undefined;
  readonly mode: Mode;
  /** From the body that holds the first one down to the one that locks the second. */
  readonly steps: readonly TakenStep[];
}

/** Two that deadlock when they meet, or three of which each waits for the next one. */
export interface LockOrder {
  readonly one: LockedUnder;
  readonly other: LockedUnder;
  readonly third?: LockedUnder;
  /** There is one of each mutex, so that both certainly speak of the same. */
  readonly isCertain: boolean;
}

export function* lockOrders(pass: Pass): Generator<LockOrder> {
  const asked = nestedIn(askedBodies(pass, mayNest), pass);
  // One of the two orders stands where it is reported.
  const byPair = asked.size === 0 || pass.isWhole ? asked : nestedIn(bodiesWith(pass, mayNest), pass);
  for (const [key, ones] of byPair) {
    const [first = '', second = ''] = key.split(' ');
    // Each pair once.
    const others = first < second ? byPair.get(`${second} ${first}`) ?? [] : [];
    const found = firstMeeting(ones, others, pass);
    if (found) yield found;
  }
  yield* circles(byPair, pass);
}

/** `a` before `b`, `b` before `c` and `c` before `a`, of which no two are locked in both orders. */
function* circles(byPair: ReadonlyMap<string, readonly LockedUnder[]>, pass: Pass): Generator<LockOrder> {
  const pairs = [...byPair.keys()].map(key => key.split(' '));
  for (const [first = '', second = ''] of pairs) {
    for (const [, third = ''] of pairs.filter(([before]) => before === second)) {
      const keys = [`${first} ${second}`, `${second} ${third}`, `${third} ${first}`];
      const isFirstOfAll = first < second && first < third;
      if (!isFirstOfAll || [[second, first], [third, second], [first, third]].some(pair => byPair.has(pair.join(' ')))) continue;
      const [ones = [], others = [], thirds = []] = keys.map(key => byPair.get(key) ?? []);
      const found = firstCircle(ones, others, thirds, pass);
      if (found) yield found;
    }
  }
}

function firstCircle(ones: readonly LockedUnder[], others: readonly LockedUnder[], thirds: readonly LockedUnder[], pass: Pass): LockOrder | undefined {
  const follows = (waiting: LockedUnder, having: LockedUnder) => mayBeSame(having.holding.identity, waiting.identity) && excludes(having.holding, waiting.mode, pass);
  for (const one of ones.filter(belongTogether)) {
    for (const other of others.filter(having => belongTogether(having) && follows(one, having))) {
      const third = thirds.find(having => belongTogether(having) && follows(other, having) && follows(having, one));
      if (third && isUngated([one, other, third], pass)) return { one, other, third, isCertain: [one, other, third].every(({ holding }) => isOneOfItsKind(holding.identity)) };
    }
  }
  return undefined;
}

/** No mutex keeps two of them apart. */
function isUngated(nested: readonly LockedUnder[], pass: Pass): boolean {
  const gates = nested.flatMap(under => gatesAt(under, pass));
  return new Set(gates).size === gates.length && !nested.some(({ family }) => gates.includes(family));
}

/** A variable of the package, or one of its own that the functions around share. */
function isOneOfItsKind({ root, fields, family }: Identity): boolean {
  return fields.length === 0 && (typeof root === 'string' || family.includes('@'));
}

function mayNest(info: FuncInfo): boolean {
  return !info.file.kind.test && mentionsLocking(info);
}

/** What is locked under what, by the families of both. */
function nestedIn(bodies: Iterable<Body>, pass: Pass): Map<string, LockedUnder[]> {
  const byPair = new Map<string, LockedUnder[]>();
  for (const body of bodies) {
    for (const holding of holdingsIn(body, pass)) {
      for (const found of lockedUnder(holding, body, pass)) {
        const key = `${holding.identity.family} ${found.family}`;
        const list = byPair.get(key);
        if (list) list.push(found);
        else byPair.set(key, [found]);
      }
    }
  }
  return byPair;
}

function firstMeeting(ones: readonly LockedUnder[], others: readonly LockedUnder[], pass: Pass): LockOrder | undefined {
  const sorted = (list: readonly LockedUnder[]) => [...list].sort((a, b) => a.steps.length - b.steps.length);
  for (const one of sorted(ones)) {
    for (const other of sorted(others)) {
      if (!canMeet(one, other, pass)) continue;
      const isCertain = [one.holding.identity, other.holding.identity].every(isOneOfItsKind);
      return one.steps.length <= other.steps.length ? { one, other, isCertain } : { one: other, other: one, isCertain };
    }
  }
  return undefined;
}

/** Each waits for what the other one has, and no third mutex keeps them apart. */
function canMeet(one: LockedUnder, other: LockedUnder, pass: Pass): boolean {
  if (!mayBeSame(one.holding.identity, other.identity) || !mayBeSame(other.holding.identity, one.identity)) return false;
  // An element that is got in one of the two may have been taken out in the other.
  if (one.body !== other.body && ![one, other].some(belongTogether) && ![one, other].every(isOfTheOther)) return false;
  if (!excludes(one.holding, other.mode, pass) || !excludes(other.holding, one.mode, pass)) return false;
  const gates = new Set(gatesAt(one, pass));
  return !gatesAt(other, pass).some(family => gates.has(family));
}

/** Readers keep each other out where a writer may come in between: it waits for the first, and the second for it. */
function excludes({ mode, identity }: Holding, wanted: Mode, pass: Pass): boolean {
  return mode === 'write' || wanted === 'write' || (mode === 'read' && isWriteLocked(identity.family, pass));
}

function gatesAt({ op, body, holding, family }: LockedUnder, pass: Pass): string[] {
  return heldAt(op, body, pass).map(({ identity }) => identity.family).filter(other => other !== family && other !== holding.identity.family);
}

function* lockedUnder(holding: Holding, body: Body, pass: Pass): Generator<LockedUnder> {
  if (!holding.mode || isFresh(holding.identity)) return;
  for (const [op, state] of holding.ops) {
    const call = callIn(op);
    if (!call || (op.kind === 'defer' && state.deferred >= 0)) continue;
    const own = lockCallOf(call, body.env);
    if (own) {
      const identity = identityOf(own.mutex, body.env);
      if (own.does === 'lock' && !own.isLocker && op.kind === 'call' && identity && isOther(identity.family, identity, holding)) {
        yield { body, holding, op, family: identity.family, identity, mode: own.mode, steps: [{ body, call, turns: [], called: undefined }] };
      }
      continue;
    }
    for (const called of [...calledBodies(call, body, pass), ...handedToParam(call, body, pass)]) yield* throughCall(called, holding, op, body, pass);
  }
}

function* throughCall(called: CalledBody, holding: Holding, op: Op, body: Body, pass: Pass): Generator<LockedUnder> {
  const call = callIn(op);
  if (!call) return;
  for (const taken of locksTaken(called.body, pass)) {
    const first: TakenStep = { body, call, turns: [], called };
    const identity = taken.identity && asCallerNames(taken.identity, called, body);
    const steps = [first, ...taken.steps];
    // Something that nobody here has a name for is most likely not what the other function speaks of.
    if (!identity && !isCalledBack(steps)) continue;
    const family = identity?.family ?? taken.family;
    if (!isOther(family, identity, holding) || contradicts(taken.steps, first)) continue;
    if (!taken.steps.every(step => staysLocked(step, holding.identity.family, pass))) continue;
    yield { body, holding, op, family, identity, mode: taken.mode, steps };
  }
}

/** Another kind of mutex: of two values of one type nobody knows the order. */
function isOther(family: string, identity: Identity | undefined, holding: Holding): boolean {
  return family !== holding.identity.family && !(identity && isFresh(identity));
}

function isFresh({ root, fields }: Identity): boolean {
  return typeof root !== 'string' && fields.length > 0 && isMadeHere(root);
}

/** `c.mu` and `c.server.mu` belong to values that know each other; so does what a callback locks. Some `c` of `s.conns` may be any. */
function belongTogether({ holding: { identity: first }, identity: second, steps }: LockedUnder): boolean {
  if (!second) return isCalledBack(steps);
  if (typeof first.root === 'string' || typeof second.root === 'string') return typeof first.root === typeof second.root;
  // Variables of their own, which the functions around share.
  if (first.family.includes('@') && second.family.includes('@')) return true;
  return first.root === second.root && !second.fields.includes(SOME);
}

/** One of the two mutexes belongs to an element of what the other one belongs to. */
function isOfTheOther({ body, holding: { identity: first }, identity: second }: LockedUnder): boolean {
  if (!second || typeof first.root === 'string' || typeof second.root === 'string') return false;
  return isGotFrom(first.root, second.root, body) || isGotFrom(second.root, first.root, body);
}

/** `worker := s.workers[id]`: one of those that `s` has, and that another function gets from it as well, unless it is taken out. */
function isGotFrom({ role, origin }: Variable, owner: Variable, { env, info }: Body): boolean {
  const from = role !== 'local' ? undefined : origin.kind === 'range' ? origin.x : origin.kind === 'value' ? unparen(origin.expr) : undefined;
  const collection = from && (origin.kind === 'range' ? from : from.kind === 'index' ? from.x : undefined);
  const place = collection && canonicalPlace(collection, env);
  const [name] = place?.fields.slice(-1) ?? [];
  if (!place || place.root !== owner || name === undefined) return false;
  return !new RegExp(`\\bdelete\\([^,\\n]*\\b${name},|\\.${name}\\s*=[^=]`).test(info.bodyText);
}

function isCalledBack(steps: readonly TakenStep[]): boolean {
  return steps.some(({ called }) => called?.keptIn !== undefined || called?.isHandedOver === true);
}
