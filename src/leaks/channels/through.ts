/**
 * What says how far goroutines have come: when a function has received from `done`, which its worker closes at its end,
 * the worker does not wait at another channel any more; nor do workers when their group has been waited for.
 */
import { type Op, successors } from '../../flow/graph.ts';
import { operations, reachableFrom, search, type Walk } from '../../flow/search.ts';
import { unparen, type Variable } from '../../syntax/ast.ts';
import type { Body } from '../bodies.ts';
import { doneBy } from '../groups/countdown.ts';
import type { Pass } from '../pass.ts';
import { canonicalPlace } from '../places/canonical.ts';
import { isOwn as isMadeHere } from '../places/ownvalues.ts';
import { keyOf, type Place } from '../places/places.ts';
import { awaitedBy, callOf, countedBy } from './awaiting.ts';
import { withNames } from './bindings.ts';
import type { Run } from './callees.ts';
import { sendsOf } from './counts.ts';
import { channelsMadeIn, isMake, type Made } from './makes.ts';
import { type Ending, namesOf } from './places.ts';
import { Reading, type Verb } from './traffic.ts';

/** What of a body says so. */
export function endingsOf(verb: Verb, reading: Reading, { place: own }: Made, body: Body, pass: Pass): readonly Ending[] {
  const others = new Map([...channelsMadeIn(body)].map(({ place }) => [keyOf(place), place]));
  return [...awaitedGroups(verb, reading, body, pass), ...[...others.values()].flatMap((place): Ending[] => {
    if (typeof place.root !== 'object' || keyOf(place) === keyOf(own) || !(place.fields.length ? isMadeHere(place.root) : isOwn(place.root, body))) return [];
    const other = new Reading(body, withNames(namesOf([place]), body), pass);
    if (other.escapes || other.isReturned) return [];
    if (isThrough(['send', 'close'], verb, reading, other, body, pass)) return [{ by: 'message', place }];
    if (verb === 'send' && isThrough(['close'], verb, reading, other, body, pass)) return [{ by: 'close', place }];
    return verb === 'send' && takesTurns(reading, other, body, pass) ? [{ by: 'turn', place }] : [];
  })];
}

/** Each of the goroutines that one statement starts sends once at most, or answers at the other channel instead: `busy = make(chan bool); go func() { …; close(busy) }()`. */
function takesTurns(reading: Reading, other: Reading, body: Body, pass: Pass): boolean {
  const [waiter, ...more] = waitersIn('send', reading, body);
  const answerers = operations(body.graph).filter(({ op }) => other.doesAt(op, 'send', 'close'));
  if (!waiter || more.length || answerers.some(({ op }) => op !== waiter)) return false;
  const waits = onlyRun(reading, waiter);
  const answers = onlyRun(other, waiter);
  return waits !== undefined && answers?.started === true && answersLast('send', waits, answers, pass)
    && sendsOf(new Reading(waits.body, withNames(waits.names, waits.body), pass).traffic().own) <= 1;
}

/** The groups that the body waits for while others receive what those in it send. */
function awaitedGroups(verb: Verb, reading: Reading, body: Body, pass: Pass): readonly Ending[] {
  if (verb !== 'send' || !(reading.startedDoes.has('receive') || reading.startedDoes.has('range'))) return [];
  const waiters = waitersIn(verb, reading, body);
  const groups = new Map(groupsAwaited(body).map(({ key, place }) => [key, place]));
  return [...groups].flatMap(([key, place]): Ending[] => (waiters.every(op => isCounted(op, key, reading, body) && !leavesBehind(verb, op, reading, pass)) ? [{ by: 'wait', place }] : []));
}

/** The goroutine starts another one that waits as well, and is not waited for with it. */
function leavesBehind(verb: Verb, op: Op, reading: Reading, pass: Pass): boolean {
  return reading.runsAt(op).some(({ body, names }) => {
    const inner = new Reading(body, withNames(names, body), pass);
    if (!inner.startedDoes.has(verb)) return false;
    const groups = groupsAwaited(body);
    return waitersIn(verb, inner, body).some(at => leavesBehind(verb, at, inner, pass) || !groups.some(({ key, op: wait }) => isCounted(at, key, inner, body) && comesAfter(wait, at, body)));
  });
}

/** Whatever way the body takes from one operation, it comes to the other. */
function comesAfter(wait: Op, start: Op, body: Body): boolean {
  const from = operations(body.graph).find(({ op }) => op === start)?.after;
  return from !== undefined && search(from, 0, { ...ANY_WAY, op: (op, state) => (op === wait ? undefined : state), returns: () => true }) === undefined;
}

/** Where the body waits for which groups. */
function groupsAwaited(body: Body): readonly { readonly key: string; readonly place: Place; readonly op: Op }[] {
  return operations(body.graph).flatMap(({ op }) => {
    const place = op.kind === 'call' ? awaitedBy(op, body) : undefined;
    return place ? [{ key: keyOf(place), place, op }] : [];
  });
}

export function waitersIn(verb: Verb, reading: Reading, { graph }: Body): readonly Op[] {
  return operations(graph).map(({ op }) => op).filter(op => reading.runsAt(op).some(run => run.started) && reading.doesAt(op, verb));
}

/** Only channels made on the spot are put into it, or nil to switch a case off. */
function isOwn({ role, origin, assigned }: Variable, body: Body): boolean {
  return role === 'local' && [...(origin.kind === 'declared' ? [] : [origin]), ...assigned].every(given => {
    const value = given !== 'unknown' && given.kind === 'value' ? unparen(given.expr) : undefined;
    return value?.kind === 'call' ? isMake(value, body.env) : value?.kind === 'ident' && value.name === 'nil' && !value.entity;
  });
}

/** Whoever answers so at the other channel does it when all the waiting is over. */
function isThrough(answers: readonly ('send' | 'close')[], verb: Verb, reading: Reading, other: Reading, body: Body, pass: Pass): boolean {
  const waiters = waitersIn(verb, reading, body);
  const answerers = operations(body.graph).map(({ op }) => op).filter(op => other.doesAt(op, ...answers));
  return answerers.length > 0 && answerers.every(op => {
    const [run, ...more] = other.runsAt(op);
    if (!run?.started || more.length) return false;
    const [waiter] = waiters;
    if (waiters.length === 1 && waiter === op && !isRepeated(op, body)) return answersLast(verb, onlyRun(reading, op), run, pass);
    return awaitsAll(run, answers, waiters, reading, body, pass);
  });
}

export function onlyRun(reading: Reading, op: Op): Run | undefined {
  const [run, ...more] = reading.runsAt(op);
  return more.length ? undefined : run;
}

export function isRepeated(op: Op, { graph }: Body): boolean {
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
function awaitsAll({ body: awaiting, names }: Run, answers: readonly ('send' | 'close')[], waiters: readonly Op[], reading: Reading, body: Body, pass: Pass): boolean {
  const { entry } = awaiting.graph;
  const answering = new Reading(awaiting, withNames(names, awaiting), pass);
  const groups = operations(awaiting.graph).flatMap(({ op }) => awaitedBy(op, awaiting) ?? []).map(keyOf);
  return groups.some(group => {
    const isWait = (op: Op) => {
      const awaited = awaitedBy(op, awaiting);
      return awaited !== undefined && keyOf(awaited) === group;
    };
    const early = search({ block: entry, index: 0 }, 0, {
      ...ANY_WAY,
      op: (op, state) => (isWait(op) || pass.contracts.endsHere(op, awaiting.env) ? undefined : op.kind !== 'defer' && answering.doesAt(op, ...answers) ? 'arrive' : state),
      returns: () => true,
    });
    return early === undefined && waiters.every(op => isCounted(op, group, reading, body));
  });
}

/** The goroutine is started by the group, is given the group, or says itself that it is done. */
function isCounted(op: Op, group: string, reading: Reading, body: Body): boolean {
  const isGroup = (place: Place | undefined) => place !== undefined && keyOf(place) === group;
  return isGroup(countedBy(op, body)) || (callOf(op)?.args ?? []).some(arg => isGroup(canonicalPlace(arg, body.env)))
    || reading.runsAt(op).some(({ body: started }) => operations(started.graph).some(({ op: inner }) => isGroup(countedBy(inner, started)) || isGroup(doneIn(inner, started))));
}

/** `defer func() { …; wg.Done() }()`. */
function doneIn(op: Op, body: Body): Place | undefined {
  const done = doneBy(op, body);
  return done && canonicalPlace(done.group, body.env);
}
