/**
 * Goroutines that wait for ever at a channel which the function around them made. Either nobody does anything at the
 * other end, or the function can leave on a way on which too little is done there.
 */
import type { Op } from '../../flow/graph.ts';
import { type Arrival, search, type Walk } from '../../flow/search.ts';
import { askedBodies, type Body, isTest } from '../bodies.ts';
import { isCommand } from '../calls/commands.ts';
import { endsWithProcess } from '../goroutines/goroutines.ts';
import type { Pass } from '../pass.ts';
import { type Facts, factsAt, firstFound } from '../paths/facts.ts';
import { selfWaits } from './alone.ts';
import { withNames } from './bindings.ts';
import { type Closing, closingAfter, closingBefore } from './closing.ts';
import { channelsConstructedIn, type Constructed, mayConstruct } from './constructors.ts';
import { MANY, sendsOf } from './counts.ts';
import { type Forgotten, forgottenIn } from './forgotten.ts';
import { channelsHandedIn } from './handed.ts';
import { leftRanging } from './leftranging.ts';
import { leftReceiving } from './leftreceiving.ts';
import { leftSending } from './leftsending.ts';
import { channelsMadeIn, type Made } from './makes.ts';
import { type Branch, noResult } from './noresults.ts';
import { type Ending, type Names, namesOf } from './places.ts';
import { answersRequests } from './requests.ts';
import { type Teller, tellerAfter, tellsEnd } from './sentinels.ts';
import { isUnstarted, type Starter, starterAfter } from './starters.ts';
import { type Starved, starvedWaits } from './starved.ts';
import { endingsOf } from './through.ts';
import { type Count, Reading, START, type Verb, type Waiting } from './traffic.ts';

export interface Abandoned {
  readonly verb: Verb;
  readonly made: Made;
  /** The function that makes the channel. */
  readonly body: Body;
  readonly wait: Waiting;
  /** The way on which the function leaves the goroutine behind; undefined where nobody is at the other end at all. */
  readonly way: Arrival<unknown> | undefined;
}

/** A wait that a goroutine forgets to answer, in the function that makes the channel. */
export interface Unanswered extends Forgotten {
  readonly made: Made;
  readonly body: Body;
}

/** A wait of the function itself that nobody is left to answer. */
export interface StarvedIn extends Starved {
  readonly made: Made;
  readonly body: Body;
}

/** `self`: the way leads to where the function waits for itself. */
type Found = { readonly kind: 'abandoned' | 'self'; readonly of: Abandoned } | { readonly kind: 'unanswered'; readonly of: Unanswered } | { readonly kind: 'starved'; readonly of: StarvedIn };

const memo = new WeakMap<Pass, readonly Found[]>();

export function abandonedAt(verb: Verb, pass: Pass): readonly Abandoned[] {
  return allIn(pass).flatMap(found => (found.kind === 'abandoned' && found.of.verb === verb ? [found.of] : []));
}

export function selfWaitsAt(verb: Verb, pass: Pass): readonly Abandoned[] {
  return allIn(pass).flatMap(found => (found.kind === 'self' && found.of.verb === verb ? [found.of] : []));
}

export function unansweredAt(verb: Verb, pass: Pass): readonly Unanswered[] {
  return allIn(pass).flatMap(found => (found.kind === 'unanswered' && found.of.wait.verb === verb ? [found.of] : []));
}

export function starvedAt(verb: Verb, pass: Pass): readonly StarvedIn[] {
  return allIn(pass).flatMap(found => (found.kind === 'starved' && found.of.wait.verb === verb ? [found.of] : []));
}

function allIn(pass: Pass): readonly Found[] {
  let all = memo.get(pass);
  if (!all) memo.set(pass, (all = [...askedBodies(pass, ({ bodyText, file }) => /\bmake\(\s*\w*\s*chan\b|\bmake\(\w+/.test(bodyText) || (!file.kind.test && mayConstruct(bodyText, pass)))].flatMap(body => [...foundIn(body, pass)])));
  return all;
}

function* foundIn(body: Body, pass: Pass): Generator<Found> {
  yield* foundInConstructed(body, pass);
  for (const of of waitingWithHanded(body, pass)) yield { kind: 'abandoned', of };
  for (const made of channelsMadeIn(body)) {
    const reading = new Reading(body, namesOfMade(made, body), pass);
    if (reading.escapes || reading.isReturned) continue;
    const alone = [...waitingAlone(reading, made)].filter(wait => isMeantToEnd(wait, body) && comesToIt(wait, body));
    for (const wait of alone) yield { kind: 'abandoned', of: { verb: wait.verb, made, body, wait, way: undefined } };
    if (alone.length) continue;
    for (const { wait, way } of selfWaits(reading, made, body, pass)) yield { kind: 'self', of: { verb: wait.verb, made, body, wait, way } };
    const left = [...leftBehind(reading, made, body, pass)];
    for (const of of left) yield { kind: 'abandoned', of };
    const sending = left.some(({ verb }) => verb === 'send') ? [] : leftSending(reading, made.capacity, body, pass);
    const unanswered = [...forgottenIn(reading, made.capacity, body, pass), ...leftRanging(reading, body, pass), ...leftReceiving(reading, body, pass), ...sending];
    for (const forgotten of unanswered) yield { kind: 'unanswered', of: { ...forgotten, made, body } };
    if (!left.length && !unanswered.length) for (const starved of starvedWaits(reading, made, body, pass)) yield { kind: 'starved', of: { ...starved, made, body } };
  }
}

function namesOfMade(made: Made | Constructed, body: Body, endings: readonly Ending[] = []): Names {
  return withNames('origin' in made ? namesOf([made.place, ...made.others], endings, { origin: made.origin }) : namesOf([made.place], endings), body);
}

/** A value of the package's own types, which its constructor has given the channel. What only a method ends is no matter of channels: rule unstopped-worker. */
function* foundInConstructed(body: Body, pass: Pass): Generator<Found> {
  // A test that does not bring a value to its end says nothing of the code under test.
  if (isTest(body) || endsWithCommand(body)) return;
  for (const made of channelsConstructedIn(body, pass)) {
    const reading = new Reading(body, namesOfMade(made, body), pass);
    if (reading.escapes || reading.isReturned) continue;
    const isForWorkers = ({ verb, starts }: Waiting) => verb !== 'send' && starts[0] !== undefined && starts[0].body.info !== body.info;
    const alone = [...waitingAlone(reading, made)].filter(wait => !isForWorkers(wait));
    for (const wait of alone) yield { kind: 'abandoned', of: { verb: wait.verb, made, body, wait, way: undefined } };
    if (alone.length) continue;
    for (const { wait, way } of selfWaits(reading, made, body, pass)) yield { kind: 'self', of: { verb: wait.verb, made, body, wait, way } };
    // Whether a goroutine that may also end otherwise receives is decided by other fields of the value.
    const isReceived = ({ verb }: Abandoned) => verb === 'send' && reading.startedDoes.has('receive');
    for (const left of leftBehind(reading, made, body, pass)) if (!isForWorkers(left.wait) && !isReceived(left)) yield { kind: 'abandoned', of: left };
    for (const forgotten of forgottenIn(reading, made.capacity, body, pass)) yield { kind: 'unanswered', of: { ...forgotten, made, body } };
  }
}

/** Nobody is ever at the other end, whatever way the code takes. */
function* waitingAlone({ does, endlessDoes, waits }: Reading, { capacity }: Made): Generator<Waiting> {
  const isAnswered = (verb: Verb): boolean => {
    switch (verb) {
      case 'send':
        return capacity !== 0 || does.has('receive') || does.has('range');
      case 'receive':
        return does.has('send') || does.has('close');
      case 'range':
        // One who goes on sending for ever keeps the loop going.
        return does.has('close') || endlessDoes.has('send');
    }
  };
  for (const wait of waits) if (!isAnswered(wait.verb)) yield wait;
}

/** A test that calls something itself, and nobody who answers, knows whether there is anything to say. */
function comesToIt({ verb, starts, node, body }: Waiting, maker: Body): boolean {
  if (starts.length > 0 || verb === 'range' || !isTest(maker)) return true;
  const isIt = (op: Op) => (op.kind === 'send' && op.stmt === node) || (op.kind === 'receive' && op.node === node);
  return search<''>({ block: body.graph.entry, index: 0 }, '', { key: () => '', op: op => (isIt(op) ? undefined : ''), edge: () => '', returns: () => true }) === undefined;
}

/** A loop that serves as long as the process lives, or as the function that waits in it, need not end. */
function isMeantToEnd(wait: Waiting, body: Body): boolean {
  return !wait.isExit || (wait.starts.length > 0 && !endsWithCommand(body));
}

function endsWithCommand(body: Body): boolean {
  return isCommand(body) || (body.node === body.info.decl && endsWithProcess(body.info));
}

/** Made in the call of a function that is left alone with it. */
function* waitingWithHanded(body: Body, pass: Pass): Generator<Abandoned> {
  // `go serve(make(chan job))` in `main`: one goroutine a process, which may as well stand still.
  if (endsWithCommand(body)) return;
  for (const { made, callee, call, isStarted } of channelsHandedIn(body, pass)) {
    const reading = new Reading(callee, withNames(namesOf([made.place]), callee), pass);
    if (reading.escapes || reading.isReturned) continue;
    for (const wait of waitingAlone(reading, made)) {
      if (!isMeantToEnd(wait, body) || (!isStarted && !comesToIt(wait, body))) continue;
      const starts = isStarted ? [{ node: call, body }, ...wait.starts] : wait.starts;
      yield { verb: wait.verb, made, body, wait: { ...wait, starts }, way: undefined };
    }
  }
}

interface State extends Count {
  readonly facts: Facts;
  readonly closing: Closing;
  readonly starter: Starter | undefined;
  readonly teller: Teller | undefined;
}

function* leftBehind(reading: Reading, made: Made | Constructed, body: Body, pass: Pass): Generator<Abandoned> {
  if (endsWithCommand(body)) return;
  for (const verb of ['send', 'receive', 'range'] as const) {
    const waits = reading.waits.filter(w => w.verb === verb && w.starts.length > 0);
    // A goroutine that is started above the `make` waits at what the variable held before.
    const wait = waits.find(({ starts }) => starts[0] && starts[0].node.start > made.call.start) ?? waits[0];
    // Whether a goroutine that sends or closes on some ways does it on this one, the other side may know.
    if (!wait || (verb !== 'send' && (reading.startedDoes.has('send') || reading.startedDoes.has('close')))) continue;
    if (verb === 'send' && made.capacity === 1 && answersRequests(reading, body, pass)) continue;
    const leaving = (at: Reading) => wayLeaving(at, verb, made, 'origin' in made ? at.begunBy(made.call) : START, body, pass, noResult(made.call, body));
    const way = leaving(reading) && leaving(withEndings(verb, reading, made, body, pass));
    if (way) yield { verb, made, body, wait, way };
  }
}

function withEndings(verb: Verb, reading: Reading, made: Made | Constructed, body: Body, pass: Pass): Reading {
  const endings = endingsOf(verb, reading, made, body, pass);
  return endings.length ? new Reading(body, namesOfMade(made, body, endings), pass) : reading;
}

/** A way from where the channel is made or got to where too little has been done at its other end; `count` is how it comes. */
export function wayLeaving(reading: Reading, verb: Verb, made: Made, count: Count, body: Body, pass: Pass, isVoid: Branch = () => false): Arrival<unknown> | undefined {
  const closing = closingBefore(made.call, reading, body);
  const start = { ...count, supply: reading.deferredBefore(made.call.start), closing, starter: undefined, teller: undefined };
  const walk = leavingWalk(reading, verb, made, body, pass, isVoid);
  return firstFound(factsAt(made.after, body, pass), facts => search<State>(made.after, { ...start, facts }, walk));
}

function leavingWalk(reading: Reading, verb: Verb, made: Made, body: Body, pass: Pass, isVoid: Branch): Walk<State> {
  const walk = reading.walk();
  return {
    key: state => `${walk.key(state)} ${state.facts.key} ${state.closing} ${state.starter?.result.ident.start ?? ''} ${state.teller?.result.ident.start ?? ''}`,
    op(op, state) {
      // `ticks = nil` has switched this case off.
      if (op.kind === 'receive' && op.inSelect && state.facts.saysNil(op.channel, body)) return undefined;
      if (op === made.op) return isLeft(verb, state, made) ? 'arrive' : undefined;
      const next = walk.op(op, state);
      if (next === undefined || next === 'arrive') return next;
      return { ...next, facts: state.facts.after(op, body), closing: closingAfter(op, state.closing, reading, body), starter: starterAfter(op, next, state.starter, reading, pass), teller: tellerAfter(op, state.teller, reading) };
    },
    edge(condition, taken, state, to) {
      if (isVoid(condition, taken) || isUnstarted(condition, taken, state, state.starter)) return undefined;
      const facts = state.facts.with(condition, taken, body);
      const next = facts && walk.edge(condition, taken, state, to);
      if (!next || !tellsEnd(condition, taken, state.teller, body, pass)) return next && { ...state, ...next, facts };
      return { ...state, ...next, facts, supply: { ...next.supply, receives: MANY } };
    },
    between: (from, to, state) => {
      const next = walk.between?.(from, to, state);
      return next && { ...state, ...next };
    },
    returns: (_, state) => isLeft(verb, state, made),
  };
}

/** More is waited for than is done at the other end. */
function isLeft(verb: Verb, state: State, made: Made): boolean {
  const { started, supply, closing } = state;
  switch (verb) {
    case 'send':
      return closing !== 'deferred' && closing !== 'closed' && isSendLeft(state, made);
    case 'receive':
      return !supply.closes && started.receives > supply.sends;
    case 'range':
      return !supply.closes && started.ranges;
  }
}

/** More is sent than received and buffered. */
export function isSendLeft({ started, supply }: Count, { capacity }: Made): boolean {
  // How many a loop starts, and how many a larger buffer holds, is for the code to know.
  return capacity !== undefined && capacity <= 1 && sendsOf(started) - capacity > supply.receives;
}
