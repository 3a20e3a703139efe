/**
 * Sends of a goroutine on a channel field, which everybody who receives may give up on: after a timeout, or when a context
 * says so. The goroutine itself is told to end by a context or a stop channel, and cannot see it while it waits to send.
 */
import type { Block, Op } from '../../flow/graph.ts';
import { operations, reachableFrom } from '../../flow/search.ts';
import { calleeName, calleeOf } from '../../program/callee.ts';
import { typeOf } from '../../program/infer.ts';
import { underlying } from '../../program/resolve.ts';
import { type Expr, unparen } from '../../syntax/ast.ts';
import type { Body } from '../bodies.ts';
import { allGoroutinesOf, type Goroutine, leaves, livesAsLongAsProcess, runBy } from '../goroutines/goroutines.ts';
import { contextOf } from '../groups/waitedfor.ts';
import type { Pass } from '../pass.ts';
import { isDeclaredInLoop, isRepeated, type Span, spanOf } from '../paths/reach.ts';
import { canonicalPlace } from '../places/canonical.ts';
import { tickChannelOf } from '../timers/tickchannels.ts';
import { askedFamiliesOf, familiesOf, type Family, type FamilyUse } from './families.ts';
import { channelNamesOf, familyKey } from './familykeys.ts';
import { spotOf } from './lonely.ts';

/** So much room is there so that nobody waits. */
const LARGE = 64;

export interface Stranded {
  readonly send: FamilyUse;
  readonly goroutine: Goroutine;
  /** Where the goroutine would see that it should end. */
  readonly sign: { readonly node: Span; readonly body: Body };
  readonly receive: FamilyUse;
  /** Where whoever receives gives up. */
  readonly quits: Span;
}

export function* strandedSends(pass: Pass): Generator<Stranded> {
  for (const family of askedFamiliesOf(pass).values()) {
    const sends = family.uses.filter(({ verb, body, guarded }) => verb === 'send' && !guarded && pass.isAsked(body.info.file) && !body.info.file.kind.test);
    if (!sends.length || family.given || family.outsideReceives || !family.makes.length) continue;
    for (const send of sends) {
      const found = strandedAt(send, family, pass);
      if (found) yield found;
    }
  }
}

function strandedAt(send: FamilyUse, { makes, uses }: Family, pass: Pass): Stranded | undefined {
  const op = spotOf(send)?.op;
  if (!op || !makes.every(capacity => capacity === 0 || (capacity !== undefined && capacity < LARGE && isInRounds(op, send, pass)))) return undefined;
  const receives = uses.filter(({ verb, body }) => (verb === 'receive' || verb === 'range') && !body.info.file.kind.test);
  const [receive] = receives;
  if (!receive || receives.some(({ guarded, body }) => !guarded || body.node === send.body.node)) return undefined;
  for (const goroutine of allGoroutinesOf(pass)) {
    const bodies = goroutine.body ? [...runBy(goroutine.body, pass)].map(run => run.body) : [];
    if (!bodies.some(body => body.block === send.body.block || handsOver(body, send.body)) || livesAsLongAsProcess(goroutine, pass)) continue;
    const sign = bodies.map(body => signIn(body, op, pass)).find(found => found !== undefined);
    const quits = sign && receives.map(use => quitsOf(use, uses, bodies, pass));
    const [first] = quits ?? [];
    if (sign && first && quits?.every(quit => quit !== undefined)) return { send, goroutine, sign, receive, quits: first };
  }
  return undefined;
}

/** `tree.Ascend(func(x T) bool { … })`: what is called with the literal runs it, on the spot as far as anybody knows. */
function handsOver(body: Body, { node }: Body): boolean {
  return node.kind === 'funclit' && operations(body.graph).some(({ op }) => op.kind === 'call' && op.call.args.some(arg => unparen(arg) === node));
}

/** The goroutine sends again and again on one channel, not on one that came with a request. */
function isInRounds(op: Op, { channel, body }: FamilyUse, pass: Pass): boolean {
  if (!isRepeated(op, body, pass)) return false;
  const place = canonicalPlace(channel, body.env);
  const root = place?.fields.length === 1 ? place.root : undefined;
  return typeof root === 'object' && !isDeclaredInLoop(root, body);
}

/** A case of a select by which the body ends when it is told to, or a look at the error of a context. */
function signIn(body: Body, send: Op, pass: Pass): Stranded['sign'] | undefined {
  for (const { end } of body.graph.blocks) {
    for (const { to } of end.kind === 'select' ? end.arms : []) {
      const [first] = to.ops;
      if (first?.kind === 'receive' && isStop(first.channel, body) && endsWithout(op => op === send, to, body, pass)) return { node: spanOf(first), body };
    }
  }
  for (const { op } of operations(body.graph)) {
    if (op.kind === 'call' && calleeName(calleeOf(op.call, body.env)) === '(context.Context).Err') return { node: op.call, body };
  }
  return undefined;
}

/** The end of a context, or a channel that carries no values. */
export function isStop(channel: Expr, body: Body): boolean {
  if (contextOf(channel, body)) return true;
  const type = underlying(typeOf(channel, body.env), body.env.program);
  if (type.kind !== 'chan') return false;
  const elem = underlying(type.elem, body.env.program);
  return elem.kind === 'struct' && elem.fields.length === 0;
}

/** The other case of the select around a receive by which the function ends without having received. */
function quitsOf({ body, node }: FamilyUse, uses: readonly FamilyUse[], senders: readonly Body[], pass: Pass): Span | undefined {
  const isReceive = (op: Op) => uses.some(use => use.body.node === body.node && (use.verb === 'receive' || use.verb === 'range') && spanOf(op).start === use.node.start);
  for (const { end } of body.graph.blocks) {
    if (end.kind !== 'select' || !end.arms.some(({ to }) => to.ops[0] && spanOf(to.ops[0]).start === node.start)) continue;
    for (const { to } of end.arms) {
      const [first] = to.ops;
      if (first?.kind !== 'receive' || isReceive(first) || !endsWithout(isReceive, to, body, pass)) continue;
      if (contextOf(first.channel, body) || tickChannelOf(first.channel, body) || (isStop(first.channel, body) && !isToldBy(senders, first.channel, body, pass))) return spanOf(first);
    }
  }
  return undefined;
}

/** One of the senders says so itself when it has ended. */
export function isToldBy(senders: readonly Body[], sign: Expr, { env }: Body, pass: Pass): boolean {
  const names = channelNamesOf(pass.pkg);
  const key = names && familyKey(sign, env, names, pass);
  const family = key === undefined ? undefined : familiesOf(pass).get(key);
  return !family || family.uses.some(({ verb, body }) => (verb === 'close' || verb === 'send') && senders.some(sender => sender.info === body.info));
}

/** The body ends from here, and does nothing of that before. */
function endsWithout(isIt: (op: Op) => boolean, block: Block, body: Body, pass: Pass): boolean {
  const after = [block, ...reachableFrom(block, b => pass.contracts.next(b, body.env))];
  return !after.some(({ ops }) => ops.some(isIt)) && after.some(b => leaves(b, body, pass));
}
