/** Abandoned goroutines as findings. */
import type { Finding, Step } from '../../finding.ts';
import type { Call } from '../../syntax/ast.ts';
import { type Body, isTest, siteIn } from '../bodies.ts';
import { startSite } from '../goroutines/goroutines.ts';
import type { Pass } from '../pass.ts';
import { spanOf } from '../paths/reach.ts';
import { describeCall, textOf, turnSteps } from '../words.ts';
import { type Abandoned, abandonedAt, selfWaitsAt, starvedAt, type Unanswered, unansweredAt } from './abandoned.ts';
import { comesAfterRange } from './afterrange.ts';
import { type LeftOver, leftOver } from './collected.ts';
import { deafSends } from './deaf.ts';
import { deafFinding } from './deafwords.ts';
import { type DoubleSend, doubleSends } from './doublesend.ts';
import type { FamilyUse } from './families.ts';
import { futileContextWaits, type FutileWait } from './futile.ts';
import { type SilentResult, silentResults, type UnclosedResult, unclosedResults } from './generators.ts';
import { type GoneReceiver, goneReceivers, type Sign } from './gone.ts';
import { jobsSentFirst } from './jobsfirst.ts';
import { jobsFirstFinding } from './jobsfirstwords.ts';
import { type LastWords, lastWords } from './lastwords.ts';
import { type Lonely, lonelyAt } from './lonely.ts';
import type { Made } from './makes.ts';
import { locallyGone } from './localgone.ts';
import { type NeverDone, neverDone } from './neverdone.ts';
import { type FreshWait, waitsForFresh } from './nil.ts';
import { lateReplies, type LateReply } from './replies.ts';
import { type SelfSend, selfSends } from './selfsends.ts';
import { starvedFinding } from './starvedwords.ts';
import { type Stranded, strandedSends } from './stranded.ts';
import type { Verb } from './traffic.ts';
import { type Unwatched, unwatchedSends } from './unwatched.ts';
import { unwatchedFinding } from './unwatchedwords.ts';

/** What there is to say of goroutines that wait to send, to receive or for the close of a channel. */
export function* abandoned(verb: Verb, pass: Pass): Generator<Finding> {
  const lonely = [...lonelyAt(verb, pass)].filter(({ isNil }) => !isNil);
  const sends = verb === 'send' ? sendsToGiversUp(pass) : NO_SENDS;
  // What is said of a field need not be said again of each value that has it.
  const isLonely = new Set(lonely.map(({ use }) => use.node));
  const told = new Set<unknown>([...isLonely, ...[...sends.gone, ...sends.last, ...sends.stranded, ...sends.unwatched].map(({ send }) => send.node)]);
  const inTests = new Set<Call>();
  for (const found of abandonedAt(verb, pass)) {
    if (told.has(found.wait.node) || inTests.has(found.made.call)) continue;
    if (isOfTest(found)) inTests.add(found.made.call);
    yield finding(found);
  }
  if (verb === 'send') for (const deaf of deafSends(pass)) if (!told.has(deaf.send)) yield deafFinding(deaf);
  if (verb === 'send') for (const first of jobsSentFirst(pass)) yield jobsFirstFinding(first);
  for (const found of selfWaitsAt(verb, pass)) yield selfFinding(found);
  for (const found of unansweredAt(verb, pass)) yield unansweredFinding(found);
  for (const found of starvedAt(verb, pass)) yield starvedFinding(found);
  for (const found of lonely) yield lonelyFinding(found);
  for (const wait of waitsForFresh(verb, pass)) yield freshFinding(wait);
  if (verb === 'receive') for (const wait of futileContextWaits(pass)) yield futileFinding(wait);
  if (verb === 'receive') for (const wait of neverDone(pass)) yield neverDoneFinding(wait);
  if (verb === 'range') for (const unclosed of unclosedResults(pass)) yield unclosedFinding(unclosed);
  if (verb !== 'send') {
    for (const found of silentResults(verb, pass)) yield silentFinding(found, verb);
    return;
  }
  for (const found of sends.gone) yield goneFinding(found);
  for (const found of sends.stranded) yield strandedFinding(found);
  for (const found of sends.last) yield lastFinding(found);
  for (const found of sends.unwatched) yield unwatchedFinding(found);
  for (const self of selfSends(pass)) if (!told.has(self.send.node)) yield selfSendFinding(self);
  for (const left of leftOver(pass)) yield leftFinding(left);
  for (const double of doubleSends(pass)) yield doubleFinding(double);
  for (const late of sends.late) if (!isLonely.has(late.send.node) && !sends.gone.some(({ send }) => send.node === late.send.node)) yield replyFinding(late);
}

/** Sends on fields to somebody who may have left; what one kind tells, the ones behind it leave out. */
interface Sends {
  readonly gone: readonly GoneReceiver[];
  readonly late: readonly LateReply[];
  readonly stranded: readonly Stranded[];
  readonly last: readonly LastWords[];
  readonly unwatched: readonly Unwatched[];
}

const NO_SENDS: Sends = { gone: [], late: [], stranded: [], last: [], unwatched: [] };

function sendsToGiversUp(pass: Pass): Sends {
  const gone = [...goneReceivers(pass), ...locallyGone(pass)];
  const late = [...lateReplies(pass)];
  const told = new Set([...gone, ...late].map(({ send }) => send.node));
  const last = [...lastWords(pass)].filter(({ send }) => !told.has(send.node));
  for (const { send } of last) told.add(send.node);
  const stranded = [...strandedSends(pass)].filter(({ send }) => !told.has(send.node));
  for (const { send } of stranded) told.add(send.node);
  return { gone, late, last, stranded, unwatched: [...unwatchedSends(pass)].filter(({ send }) => !told.has(send.node)) };
}

function selfFinding(found: Abandoned): Finding {
  const { wait, way, body, made } = found;
  const name = nameOf(found);
  const at = siteIn(body.info, wait.node);
  const rest = { send: `no goroutine receives from ${name}, which has no buffer`, receive: `nothing was sent on ${name} before, and no goroutine knows it`, range: `${name} was not closed before, and no goroutine knows it` }[wait.verb];
  return {
    at,
    confidence: 'high',
    message: `This function waits for itself for ever: ${rest}. What is deferred comes too late.`,
    trail: [{ at: siteIn(body.info, made.call), note: `${name} is made here` }, ...turnSteps(way?.turns ?? [], body.info), { at, note: WAITS[wait.verb] }],
  };
}

function unansweredFinding(found: Unanswered): Finding {
  const { wait, start, goroutine, way, body, made } = found;
  const name = nameOf(found);
  const at = siteIn(body.info, wait.node);
  return {
    at,
    // A test that goes wrong may as well hang, and what it sets up says more about the ways than can be seen.
    confidence: isTest(body) ? 'low' : 'medium',
    message: unansweredMessage(wait.verb, name, found.areMany === true),
    trail: [
      { at: siteIn(body.info, made.call), note: `${name} is made here` },
      { at: siteIn(body.info, head(start)), note: 'the goroutine that should answer starts here' },
      ...turnSteps(way.turns, goroutine.info),
      { at: siteIn(goroutine.info, endOf(way, goroutine)), note: 'it ends here without an answer' },
      { at, note: WAITS[wait.verb] },
    ],
  };
}

function unansweredMessage(verb: Verb, name: string, areMany: boolean): string {
  switch (verb) {
    case 'send':
      return `This can wait for ever to send on ${name}: ${areMany ? 'the goroutines that receive may all end before they have' : 'the only goroutine that receives may end before it has'} received everything. Send in a select that sees its end, or let ${areMany ? 'them' : 'it'} drain ${name}.`;
    case 'receive':
      return `This can wait for ever to receive from ${name}: the goroutine that should answer may end without sending or closing. Send on every way, or close ${name} in a defer.`;
    case 'range':
      return `This can range over ${name} for ever: the goroutine that should close it may end without doing so. Close ${name} there in a defer.`;
  }
}

function freshFinding({ verb, body, node, goroutine: { parent, stmt } }: FreshWait): Finding {
  const at = siteIn(body.info, node);
  return { at, confidence: 'high', message: 'This waits for ever: the channel is made on the spot, so nobody else can know it.', trail: [{ at: siteIn(parent.info, head(stmt)), note: 'the goroutine starts here' }, { at, note: WAITS[verb] }] };
}

function lonelyFinding({ verb, use: { body, node, channel, guarded }, late }: Lonely): Finding {
  const at = siteIn(body.info, node);
  const name = textOf(channel, body.info);
  const does = { send: 'receives from it', receive: 'sends on it or closes it', range: 'closes it' }[verb];
  return {
    at,
    // The methods of a test double may be there for an interface alone.
    confidence: body.info.file.kind.test ? 'low' : guarded || verb === 'range' ? 'medium' : 'high',
    message: `${guarded ? `This loop ends only by ${name}, so it never ends` : `Whoever comes here waits for ever to ${INFINITIVES[verb]} ${name}`}: ${late.length ? `only what comes after this wait ${does}` : `nothing in the package ${does}`}.`,
    trail: [{ at, note: guarded ? 'nothing else ends the loop' : WAITS[verb] }, ...late.map(answer => ({ at: siteIn(answer.body.info, answer.node), note: 'this comes too late' }))],
  };
}

function futileFinding({ wait: { body, op }, subject, end, calls }: FutileWait): Finding {
  const at = siteIn(body.info, spanOf(op));
  return {
    at,
    confidence: body.info.file.kind.test ? 'low' : 'high',
    message: `Whoever comes here waits for ever for the end of ${textOf(subject, body.info)}: ${calls.length ? 'only what comes after this wait cancels it' : 'nothing calls its cancel function'}.`,
    trail: [
      { at: siteIn(end.within, end.call), note: 'the context is made here' },
      { at, note: 'it waits here until the context is cancelled' },
      ...calls.map(call => ({ at: siteIn(call.body.info, spanOf(call.op)), note: 'this comes too late' })),
    ],
  };
}

function neverDoneFinding({ goroutine, body, node, context, isExit }: NeverDone): Finding {
  const at = siteIn(body.info, node);
  const name = textOf(context, body.info);
  return {
    at,
    confidence: 'medium',
    message: `${isExit ? `This goroutine ends only when ${name} is done` : `This goroutine waits for ever for the end of ${name}`}, which comes from context.Background() and never is. Derive a context that is cancelled, or wait for something else as well.`,
    trail: [{ at: startSite(goroutine), note: 'the goroutine starts here' }, { at, note: 'it waits here until the context is done' }],
  };
}

function goneFinding({ send, receive, sign }: GoneReceiver): Finding {
  const at = siteIn(send.body.info, send.node);
  const name = textOf(send.channel, send.body.info);
  return {
    at,
    confidence: 'medium',
    message: goneMessage(name, sign, receive),
    trail: [{ at, note: WAITS.send }, { at: siteIn(receive.body.info, receive.node), note: 'the only receive' }, { at: siteIn(receive.body.info, sign.node), note: 'the receiver ends' }],
  };
}

function goneMessage(name: string, sign: Sign, { body }: FamilyUse): string {
  const ended = `This send on ${name} waits for ever once its only receiver has ended`;
  switch (sign.kind) {
    case 'farewell':
      return `${ended}. The receiver says so by closing ${textOf(sign.channel, body.info)}: send in a select that watches it as well.`;
    case 'told':
      return `${ended}, which it does on ${textOf(sign.channel, body.info)}. Send in a select that watches it as well.`;
    case 'failed':
      return `${ended}, which it also does by itself when something fails. Let it close a channel when it ends, and send in a select that watches that as well.`;
  }
}

function selfSendFinding({ send, receive, steps }: SelfSend): Finding {
  const at = siteIn(send.body.info, send.node);
  const name = textOf(send.channel, send.body.info);
  return {
    at,
    confidence: 'medium',
    message: `This send on ${name} waits for ever where it comes from the goroutine that alone receives from it. Send from another goroutine, or keep what is to be done in a slice.`,
    trail: [{ at: siteIn(receive.body.info, receive.node), note: 'the only receive' }, ...steps.map(({ from, call }) => ({ at: siteIn(from.info, call), note: `the same goroutine calls ${describeCall(call, from)}` })), { at, note: WAITS.send }],
  };
}

function leftFinding({ body, start, goroutine, send, way }: LeftOver): Finding {
  const at = siteIn(goroutine.info, send.node);
  return {
    at,
    confidence: 'medium',
    message: `This goroutine can wait for ever to send on ${textOf(send.channel, goroutine.info)}: each has a channel of its own, and the function may leave before it has received from all of them. Give each a buffer of 1.`,
    trail: [{ at: siteIn(body.info, head(start)), note: 'the goroutine starts here' }, { at, note: WAITS.send }, ...turnSteps(way.turns, body.info), { at: siteIn(body.info, endOf(way, body)), note: LEAVES.send }],
  };
}

function strandedFinding({ send, goroutine, sign, receive, quits }: Stranded): Finding {
  const at = siteIn(send.body.info, send.node);
  const name = textOf(send.channel, send.body.info);
  return {
    at,
    confidence: 'medium',
    message: `This goroutine can wait for ever to send on ${name}: whoever receives may give up, and while it waits it does not see that it should end. Send in a select that watches for that as well.`,
    trail: [
      { at: startSite(goroutine), note: 'the goroutine starts here' },
      { at: siteIn(sign.body.info, sign.node), note: 'it is told to end here' },
      { at, note: WAITS.send },
      { at: siteIn(receive.body.info, receive.node), note: `this receives from ${name}` },
      { at: siteIn(receive.body.info, quits), note: 'and may give up here' },
    ],
  };
}

function lastFinding({ send, sign }: LastWords): Finding {
  const at = siteIn(send.body.info, send.node);
  const name = textOf(send.channel, send.body.info);
  return {
    at,
    confidence: 'medium',
    message: `This goroutine can wait for ever to send on ${name}: it comes here when it is told to end, and whoever has done that may not ask for more. Leave the last message out, or send it in a select with default.`,
    trail: [{ at: siteIn(send.body.info, sign), note: 'it is told to end here' }, { at, note: WAITS.send }],
  };
}

function doubleFinding({ body, first, second, channel }: DoubleSend): Finding {
  const at = siteIn(body.info, second);
  return {
    at,
    confidence: 'medium',
    message: `This send on ${channel.name} follows the one for the error, so whoever waits for one message leaves it waiting for ever. Return after the first.`,
    trail: [{ at: siteIn(body.info, first), note: 'the error is sent here, and the function goes on' }, { at, note: WAITS.send }],
  };
}

function replyFinding({ send, body, made, quits }: LateReply): Finding {
  const at = siteIn(send.body.info, send.node);
  return {
    at,
    confidence: isTest(body) ? 'low' : 'medium',
    message: `This send on ${textOf(send.channel, send.body.info)} waits for ever when whoever asked has given up. Make the channel with a buffer of 1, so that an answer that comes late has room.`,
    trail: [
      { at: siteIn(body.info, made.call), note: 'the channel for the answer is made here, without a buffer' },
      { at: siteIn(body.info, quits), note: 'the function leaves here without the answer' },
      { at, note: WAITS.send },
    ],
  };
}

function unclosedFinding({ body, call, wait, maker, made }: UnclosedResult): Finding {
  const at = siteIn(wait.body.info, wait.node);
  return {
    at,
    confidence: 'medium',
    message: `This ${wait.starts.length ? 'goroutine' : 'function'} waits for ever for the end of what ${describeCall(call, body)} returns: nobody closes it. Close the channel when everything has been sent.`,
    trail: [
      { at: siteIn(maker.info, made.call), note: 'the channel is made here' },
      { at: siteIn(body.info, { start: call.start, end: call.fun.end }), note: 'it comes from here' },
      { at, note: WAITS.range },
    ],
  };
}

function silentFinding({ body, call, wait, maker, made, silence: { start, goroutine, way } }: SilentResult, verb: 'receive' | 'range'): Finding {
  const at = siteIn(wait.body.info, wait.node);
  const forgets = { receive: 'sending or closing. Send on every way, or close the channel in a defer.', range: 'closing the channel. Close it there in a defer, before anything else.' }[verb];
  return {
    at,
    confidence: 'medium',
    message: `This can wait for ever for what ${describeCall(call, body)} returns: its goroutine may end without ${forgets}`,
    trail: [
      { at: siteIn(maker.info, made.call), note: 'the channel is made here' },
      { at: siteIn(maker.info, head(start)), note: 'the goroutine that should answer starts here' },
      ...turnSteps(way.turns, goroutine.info),
      { at: siteIn(goroutine.info, endOf(way, goroutine)), note: 'it ends here without an answer' },
      { at, note: WAITS[verb] },
    ],
  };
}

const INFINITIVES: Record<Verb, string> = { send: 'send on', receive: 'receive from', range: 'see the end of' };

function finding(found: Abandoned): Finding {
  const { made, body, wait, way } = found;
  const start = wait.starts[0];
  const waits = siteIn(wait.body.info, wait.node);
  // What is said of another function is said where this one starts it.
  const at = isOfTest(found) ? siteIn(body.info, made.call) : !start || [body.info, start.body.info].includes(wait.body.info) ? waits : siteIn(start.body.info, head(start.node));
  const name = nameOf(found);
  const steps: Step[] = [
    { at: siteIn(body.info, made.call), note: `${name} is made here, ${made.capacity === 0 ? 'without a buffer' : `with a buffer of ${made.capacity ?? 'unknown size'}`}` },
    ...wait.starts.map(({ node, body: from }) => ({ at: siteIn(from.info, head(node)), note: 'the goroutine starts here' })),
    { at: waits, note: WAITS[wait.verb] },
  ];
  const end = way && { at: siteIn(body.info, endOf(way, body)), note: way.at.kind === 'op' ? 'the next round makes a new channel' : LEAVES[wait.verb] };
  const confidence = !way ? 'high' : comesAfterRange(wait) ? 'low' : 'medium';
  return { at, confidence, message: messageOf(found, name), trail: [...steps, ...(way && end ? [...turnSteps(way.turns, body.info), end] : [])] };
}

/** A test leaves the goroutines of the code under test behind: all for want of one channel, which it has made. */
function isOfTest({ body, wait: { starts: [start] } }: Abandoned): boolean {
  return start !== undefined && body.info.file.kind.test && !start.body.info.file.kind.test;
}

const WAITS: Record<Verb, string> = { send: 'it waits here until somebody receives', receive: 'it waits here until somebody sends', range: 'it waits here until the channel is closed' };
const LEAVES: Record<Verb, string> = {
  send: 'the function leaves here, and nobody receives any more', receive: 'the function leaves here, and nobody sends or closes any more', range: 'the function leaves here, and nobody closes the channel',
};

function messageOf(found: Abandoned, name: string): string {
  const { verb, made, way, wait } = found;
  const who = isOfTest(found) ? 'A goroutine' : wait.starts.length ? 'This goroutine' : 'This function';
  switch (verb) {
    case 'send':
      return way
        ? `${who} can wait for ever to send on ${name}: the function that made it may leave before it has received. ${made.capacity === 0 ? `Give ${name} a buffer of 1, or` : 'Receive on every way, or'} send in a select that has a way out.`
        : `${who} waits for ever to send on ${name}: nobody receives from it.`;
    case 'receive':
      if (wait.isExit) return `${who} ends only by ${name}, ${way ? `and the function that made it may leave before it has sent or closed it. Close ${name} on every way, best in a defer.` : 'and nobody sends on it or closes it.'}`;
      return way
        ? `${who} can wait for ever to receive from ${name}: the function that made it may leave before it has sent or closed it. Close ${name} on every way, best in a defer.`
        : `${who} waits for ever to receive from ${name}: nobody sends on it or closes it.`;
    case 'range':
      return way
        ? `${who} can range over ${name} for ever: the function that made it may leave without closing it. Close ${name} on every way, best in a defer.`
        : `${who} ranges over ${name} for ever: nobody closes it. Close ${name} when everything has been sent.`;
  }
}

function nameOf({ made: { place } }: { readonly made: Made }): string {
  return [typeof place.root === 'string' ? place.root : place.root.name, ...place.fields].join('.');
}

/** A `go` statement or a call by its first line. */
function head({ start, end }: { readonly start: number; readonly end: number }): { start: number; end: number } {
  return { start, end: Math.min(end, start + 2) };
}

function endOf(way: NonNullable<Abandoned['way']>, { block }: Body): { start: number; end: number } {
  if (way.at.kind === 'op') return way.at.op.kind === 'assign' ? way.at.op.node : { start: block.start, end: block.start + 1 };
  return way.at.stmt ?? { start: block.end - 1, end: block.end };
}
