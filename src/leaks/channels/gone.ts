/**
 * Bare sends on a channel field whose only receivers say by closing another channel field that they are gone: after
 * that the send waits for ever, while a `select` that watches the other channel would not.
 */
import type { Block, Op } from '../../flow/graph.ts';
import { operations, reachableFrom } from '../../flow/search.ts';
import { type Expr, unparen } from '../../syntax/ast.ts';
import { type Body, isTest } from '../bodies.ts';
import { calledBodies } from '../calls/called.ts';
import { comesOnlyAfter, type Spot } from '../calls/onlyafter.ts';
import { isExported } from '../exported.ts';
import { allGoroutinesOf, leaves } from '../goroutines/goroutines.ts';
import { contextOf } from '../groups/waitedfor.ts';
import type { Pass } from '../pass.ts';
import { callIn, holdsSpan, isRepeated, placeAfter, reaches, type Span, spanOf } from '../paths/reach.ts';
import { canonicalPlace } from '../places/canonical.ts';
import { callsOfCancel } from './cancelcalls.ts';
import { endsOf } from './contextends.ts';
import { alwaysSends, failureOf } from './failedreceivers.ts';
import { askedFamiliesOf, familiesOf, type Family, type FamilyUse } from './families.ts';
import { channelNamesOf, familyKey } from './familykeys.ts';
import { spotOf } from './lonely.ts';
import { areOfOneGroup } from './onegroup.ts';
import { isWatchedBySiblings } from './siblings.ts';
import { isUnordered } from './unordered.ts';

export interface GoneReceiver {
  readonly send: FamilyUse;
  /** The receive in the body that ends. */
  readonly receive: FamilyUse;
  /** What says so. */
  readonly sign: Sign;
}

/**
 * `farewell`: the body closes another channel when it ends. `told`: it ends when it is told to, which others can see as
 * well. `failed`: it ends by itself.
 */
export type Sign = { readonly kind: 'farewell' | 'told'; readonly channel: Expr; readonly node: Span } | { readonly kind: 'failed'; readonly node: Span };

export function* goneReceivers(pass: Pass): Generator<GoneReceiver> {
  const families = askedFamiliesOf(pass);
  let started: ReadonlySet<unknown> | undefined;
  for (const [key, whole] of families) {
    const family = withoutTests(whole);
    const receive = onlyReceiver(family, pass);
    const sends = family.uses.filter(({ verb, body, guarded }) => verb === 'send' && !guarded && pass.isAsked(body.info.file));
    if (!receive || !sends.length || !(started ??= startedBodies(pass)).has(receive.body.block) || !mayLeave(receive.body, pass)) continue;
    const signs = signsOf(receive, family, key, pass);
    for (const send of sends) {
      // Who asks first whether it is over leaves a full buffer behind at most.
      const asks = !family.makes.every(capacity => capacity === 0) && !alwaysSends(send, pass);
      const sign = asks || send.body.info === receive.body.info ? undefined : signs.find(found => !isInTime(send, found, receive, pass));
      if (sign) yield { send, receive, sign };
    }
  }
}

/** What a test does in the place of the code under test, that code does not count on. */
function withoutTests(family: Family): Family {
  return { ...family, uses: family.uses.filter(({ body }) => !isTest(body)) };
}

/** What says that the receiver is gone, as far as somebody may hear it. */
function signsOf(receive: FamilyUse, family: Family, key: string, pass: Pass): readonly Sign[] {
  const told = key.startsWith(`${pass.pkg.path}:`) ? undefined : toldOf(receive, family, pass);
  return [farewellOf(receive.body, family, familiesOf(pass), pass) ?? told, failedOf(receive, family, pass)].flatMap(sign => sign ?? []);
}

/** Nobody sends when the receiver has ended so. */
function isInTime(send: FamilyUse, sign: Sign, receive: FamilyUse, pass: Pass): boolean {
  switch (sign.kind) {
    case 'farewell':
      return false;
    case 'told':
      return isOfMaker(send) || !maySendLate(send, sign.channel, receive, pass);
    case 'failed':
      return !alwaysSends(send, pass);
  }
}

/** Who has made the value knows when it has told whom; so does a test, of everything that it drives. */
function isOfMaker({ channel, body }: FamilyUse): boolean {
  const root = canonicalPlace(channel, body.env)?.root;
  return typeof root === 'object' && root.role === 'local';
}

/**
 * Somebody may have told the receiver to end before the send comes: clients of the package, who call both as they like,
 * or a function of the package that does so. In what order other functions of the package come, they know.
 */
function maySendLate(send: FamilyUse, sign: Expr, receive: FamilyUse, pass: Pass): boolean {
  const spot = spotOf(send);
  if (!spot) return false;
  if (isWatchedBySiblings(sign, receive, pass) || areOfOneGroup(send, sign, receive, pass)) return true;
  const tellings = tellingsOf(sign, receive.body, pass);
  if (!tellings) return isForClients(spot);
  const others = tellings.filter(telling => telling.body.info !== receive.body.info && !comesOnlyAfter(telling, spot, pass));
  return others.some(telling => (isForClients(spot) && isForClients(telling)) || isUnordered(spot, telling, pass));
}

function isForClients({ body: { info } }: Spot): boolean {
  return isExported(info.bareName) && info.pkg.name !== 'main';
}

/** What tells the receiver; undefined where others may. */
function tellingsOf(channel: Expr, body: Body, pass: Pass): readonly Spot[] | undefined {
  const context = contextOf(channel, body);
  if (context) {
    const calls = endsOf(context, body.info, pass)?.map(end => callsOfCancel(end, pass));
    return calls?.every(call => call !== undefined) ? calls.flat() : undefined;
  }
  const names = channelNamesOf(pass.pkg);
  const key = names && familyKey(channel, body.env, names, pass);
  const family = key === undefined ? undefined : familiesOf(pass).get(key);
  if (!family || family.given || family.outsideSends) return undefined;
  return family.uses.filter(({ verb }) => verb === 'close' || verb === 'send').flatMap(use => spotOf(use) ?? []);
}

/** So much room is there that nobody waits. */
const LARGE = 64;

/** A receive in the only body that receives from a channel which nobody else has. */
function onlyReceiver({ given, outsideReceives, makes, uses }: Family, pass: Pass): FamilyUse | undefined {
  if (given || outsideReceives || !makes.length || makes.some(capacity => capacity === undefined || capacity >= LARGE)) return undefined;
  // A receiver that ends when its channel is closed leaves nobody behind.
  if (uses.some(({ verb }) => verb === 'close')) return undefined;
  const [receive, ...more] = uses.filter(({ verb }) => verb === 'receive' || verb === 'range');
  if (!receive || !more.every(({ body }) => body.block === receive.body.block)) return undefined;
  // Room for some values is full at some time where there is one after the other, with no number agreed on.
  return makes.every(capacity => capacity === 0) || receivesOnAndOn(receive, pass) ? receive : undefined;
}

/** `for { select { case x := <-s.in: … } }`, `for x := range s.in`. */
function receivesOnAndOn(receive: FamilyUse, pass: Pass): boolean {
  const { verb, node, body } = receive;
  if (verb === 'range') return true;
  const op = spotOf(receive)?.op;
  return op !== undefined && isRepeated(op, body, pass) && [...body.graph.loops.keys()].some(loop => loop.kind === 'for' && !loop.cond && holdsSpan(loop, node));
}

function startedBodies(pass: Pass): Set<unknown> {
  return new Set(allGoroutinesOf(pass).flatMap(({ body }) => (body ? [body.block, ...operations(body.graph).flatMap(({ op }) => callIn(op) ?? []).flatMap(call => calledBodies(call, body, pass).map(called => called.body.block))] : [])));
}

function mayLeave(body: Body, pass: Pass): boolean {
  const next = (block: Body['graph']['entry']) => pass.contracts.next(block, body.env);
  return [body.graph.entry, ...reachableFrom(body.graph.entry, next)].some(block => leaves(block, body, pass));
}

/** The close of another field of the same value that others receive from. */
function farewellOf(body: Body, received: Family, families: ReadonlyMap<string, Family>, pass: Pass): Sign | undefined {
  for (const family of families.values()) {
    if (family === received) continue;
    const close = family.uses.find(use => use.verb === 'close' && use.body.block === body.block && sameOwner(use, received.uses[0]));
    const closesOnce = close && family.uses.filter(use => use.verb === 'close').length === 1;
    if (close && closesOnce && !isBefore(close, received, pass) && family.uses.some(use => use.verb === 'receive' && use.body.info !== body.info)) return { kind: 'farewell', channel: close.channel, node: close.node };
  }
  return undefined;
}

/** `close(s.quit); for range workers { <-s.done }`: whoever closes first receives what comes then. */
function isBefore(close: FamilyUse, { uses }: Family, pass: Pass): boolean {
  const op = spotOf(close)?.op;
  const isReceive = (other: Op) => uses.some(({ verb, node }) => (verb === 'receive' || verb === 'range') && node.start === spanOf(other).start);
  return op !== undefined && op.kind !== 'defer' && isReachedFrom(op, isReceive, close.body, pass);
}

function isReachedFrom(op: Op, isWanted: (op: Op) => boolean, body: Body, pass: Pass): boolean {
  return reaches(placeAfter(op, body), isWanted, other => pass.contracts.endsHere(other, body.env));
}

/** The case of the select around the receive in which the body ends because a context, or a channel of the same value, says so. */
function toldOf(receive: FamilyUse, { uses }: Family, pass: Pass): Sign | undefined {
  const { body } = receive;
  const names = channelNamesOf(pass.pkg);
  const isReceive = (op: Op | undefined) => op !== undefined && uses.some(({ verb, node }) => (verb === 'receive' || verb === 'range') && node.start === spanOf(op).start);
  for (const { end } of body.graph.blocks) {
    if (end.kind !== 'select' || !end.arms.some(({ to }) => isReceive(to.ops[0]))) continue;
    for (const { to } of end.arms) {
      const [op] = to.ops;
      if (op?.kind !== 'receive' || isReceive(op) || !endsWithout(isReceive, to, body, pass)) continue;
      const context = contextOf(op.channel, body);
      const isSign = context ? isKept(context, body) : names && familyKey(op.channel, body.env, names, pass) !== undefined;
      if (isSign) return { kind: 'told', channel: op.channel, node: spanOf(op) };
    }
  }
  return undefined;
}

/** In a field, or given to the function by whoever starts it, not one that it makes for itself. */
function isKept(context: Expr, { node }: Body): boolean {
  const x = unparen(context);
  return x.kind === 'selector' || (x.kind === 'ident' && x.entity?.kind === 'var' && x.entity.role === 'param' && x.entity.owner === node && x.entity.assigned.length === 0);
}

function failedOf(receive: FamilyUse, { uses }: Family, pass: Pass): Sign | undefined {
  const isReceive = (op: Op) => uses.some(({ verb, node, body }) => body === receive.body && (verb === 'receive' || verb === 'range') && node.start === spanOf(op).start);
  const node = failureOf(receive, isReceive, pass);
  return node && { kind: 'failed', node };
}

/** The body ends from here without receiving once more, what is left over included. */
function endsWithout(isReceive: (op: Op) => boolean, block: Block, body: Body, pass: Pass): boolean {
  return ![block, ...reachableFrom(block, b => pass.contracts.next(b, body.env))].some(({ ops }) => ops.some(isReceive));
}

function sameOwner(a: FamilyUse, b: FamilyUse | undefined): boolean {
  const owner = (use: FamilyUse) => canonicalPlace(use.channel, use.body.env)?.fields.length;
  return b !== undefined && owner(a) === owner(b);
}
