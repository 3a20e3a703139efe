/**
 * Messages that say how far goroutines have come: when a function has received from `done`, which its worker closes at
 * its end, the worker does not wait at another channel any more.
 */
import { type Op, successors } from '../../flow/graph.ts';
import { operations, reachableFrom, search, type Walk } from '../../flow/search.ts';
import { calleeName, calleeOf } from '../../program/callee.ts';
import { type Call, unparen, type Variable } from '../../syntax/ast.ts';
import type { Body } from '../bodies.ts';
import { canonicalPlace } from '../mutexes.ts';
import type { Pass } from '../pass.ts';
import { keyOf, type Place } from '../places.ts';
import type { Run } from './callees.ts';
import { channelsMadeIn, isMake, type Made } from './makes.ts';
import { namesOf } from './places.ts';
import { Reading, type Verb, withNames } from './traffic.ts';

/** The channels of a body that say so, once something has been received from them. */
export function endingsOf(verb: Verb, reading: Reading, { place: own }: Made, body: Body, pass: Pass): readonly Place[] {
  const others = new Map([...channelsMadeIn(body)].map(({ place }) => [keyOf(place), place]));
  return [...others.values()].filter(place => {
    if (place.fields.length || typeof place.root !== 'object' || keyOf(place) === keyOf(own) || !isOwn(place.root, body)) return false;
    const other = new Reading(body, withNames(namesOf([place]), body), pass);
    return !other.escapes && !other.isReturned && isThrough(verb, reading, other, body, pass);
  });
}

/** Only channels made on the spot are put into it, or nil to switch a case off. */
function isOwn({ role, origin, assigned }: Variable, body: Body): boolean {
  return role === 'local' && [...(origin.kind === 'declared' ? [] : [origin]), ...assigned].every(given => {
    const value = given !== 'unknown' && given.kind === 'value' ? unparen(given.expr) : undefined;
    return value?.kind === 'call' ? isMake(value, body.env) : value?.kind === 'ident' && value.name === 'nil' && !value.entity;
  });
}

/** Whoever answers at the other channel does so when all the waiting is over. */
function isThrough(verb: Verb, reading: Reading, other: Reading, body: Body, pass: Pass): boolean {
  const ops = operations(body.graph).map(({ op }) => op);
  const waiters = ops.filter(op => reading.runsAt(op).some(run => run.started) && reading.doesAt(op, verb));
  const answerers = ops.filter(op => other.doesAt(op, 'send', 'close'));
  return answerers.length > 0 && answerers.every(op => {
    const [run, ...more] = other.runsAt(op);
    if (!run?.started || more.length) return false;
    const [waiter] = waiters;
    if (waiters.length === 1 && waiter === op && !isRepeated(op, body)) return answersLast(verb, onlyRun(reading, op), run, pass);
    return awaitsAll(run.body, waiters, reading, body, pass);
  });
}

function onlyRun(reading: Reading, op: Op): Run | undefined {
  const [run, ...more] = reading.runsAt(op);
  return more.length ? undefined : run;
}

function isRepeated(op: Op, { graph }: Body): boolean {
  const block = graph.blocks.find(({ ops }) => ops.includes(op));
  return block !== undefined && reachableFrom(block, b => successors(b.end)).has(block);
}

/** The goroutine that waits at the one channel answers at the other one when it comes to the first no more. */
function answersLast(verb: Verb, waits: Run | undefined, answers: Run, pass: Pass): boolean {
  if (!waits || waits.body.node !== answers.body.node || waits.repeated) return false;
  const { body } = answers;
  const waiting = new Reading(body, withNames(waits.names, body), pass);
  const answering = new Reading(body, withNames(answers.names, body), pass);
  const isWait = (op: Op) => waiting.doesAt(op, verb);
  return operations(body.graph).every(({ op, after }) => {
    if (!answering.doesAt(op, 'send', 'close')) return true;
    if (op.kind === 'go') return false;
    if (op.kind === 'defer') return !operations(body.graph).some(({ op: later }) => later.kind === 'defer' && isWait(later));
    if (isWait(op) && !answersLast(verb, onlyRun(waiting, op), onlyRun(answering, op) ?? answers, pass)) return false;
    return search(after, 0, { ...ANY_WAY, op: (next, state) => (isWait(next) ? 'arrive' : state) }) === undefined;
  });
}

const ANY_WAY: Omit<Walk<number>, 'op'> = { key: String, edge: (_, __, state) => state, returns: () => false };

/** `go func() { wg.Wait(); close(done) }()`, where the group counts all who wait. */
function awaitsAll(awaiting: Body, waiters: readonly Op[], reading: Reading, body: Body, pass: Pass): boolean {
  const { entry } = awaiting.graph;
  const groups = operations(awaiting.graph).flatMap(({ op }) => groupOf(op, AWAITS, awaiting) ?? []);
  return groups.some(group => {
    const way = search({ block: entry, index: 0 }, 0, {
      ...ANY_WAY,
      op: (op, state) => (groupOf(op, AWAITS, awaiting) === group || pass.contracts.endsHere(op, awaiting.env) ? undefined : state),
      returns: () => true,
    });
    return way === undefined && waiters.every(op => isCounted(op, group, reading, body));
  });
}

const AWAITS = /^\(\*(?:sync\.WaitGroup|golang\.org\/x\/sync\/errgroup\.Group)\)\.Wait$/;
const COUNTS = /^\(\*(?:sync\.WaitGroup|golang\.org\/x\/sync\/errgroup\.Group)\)\.(?:Done|(?:Try)?Go)$/;

/** The group that an operation calls such a method of. */
function groupOf(op: Op, methods: RegExp, body: Body): string | undefined {
  const call = callOf(op);
  const callee = call && calleeOf(call, body.env);
  if (callee?.kind !== 'method' && callee?.kind !== 'presumed') return undefined;
  const place = callee.receiver && methods.test(calleeName(callee) ?? '') ? canonicalPlace(callee.receiver, body.env) : undefined;
  return place && keyOf(place);
}

function callOf(op: Op): Call | undefined {
  if (op.kind === 'call') return op.call;
  const call = op.kind === 'go' || op.kind === 'defer' ? unparen(op.stmt.call) : undefined;
  return call?.kind === 'call' ? call : undefined;
}

/** The goroutine is started by the group, is given the group, or says itself that it is done. */
function isCounted(op: Op, group: string, reading: Reading, body: Body): boolean {
  const isGroup = (place: ReturnType<typeof canonicalPlace>) => place !== undefined && keyOf(place) === group;
  return groupOf(op, COUNTS, body) === group || (callOf(op)?.args ?? []).some(arg => isGroup(canonicalPlace(arg, body.env)))
    || reading.runsAt(op).some(({ body: started }) => operations(started.graph).some(({ op: inner }) => groupOf(inner, COUNTS, started) === group));
}
