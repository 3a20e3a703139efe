/**
 * Publishers that send to each of their subscribers, `for _, ch := range t.subs { ch <- event }`, with the mutex locked
 * under which a subscriber takes himself out. Who leaves waits for the mutex and receives no more by then, and the
 * publisher, who has it, waits for him.
 */
import type { Op } from '../../flow/graph.ts';
import { operations, type Place as Point, search } from '../../flow/search.ts';
import { calleeOf } from '../../program/callee.ts';
import { typeOf } from '../../program/infer.ts';
import { underlying } from '../../program/resolve.ts';
import { typeName } from '../../program/types.ts';
import { type Call, type Expr, unparen } from '../../syntax/ast.ts';
import { bodiesOf, bodiesWith, type Body, isTest } from '../bodies.ts';
import { calledBodies } from '../calls/called.ts';
import { heldAt, type Holding } from '../locks/held.ts';
import { lockCallOf } from '../locks/mutexes.ts';
import { isWriteLocked } from '../locks/writers.ts';
import type { Pass } from '../pass.ts';
import { isRepeated } from '../paths/reach.ts';
import { familyOf } from '../places/canonical.ts';
import { closedSide } from './failedreceivers.ts';
import { collectionOf, hasRoomFor, isAdding, isRemoving, mayRemove } from './sets.ts';
import type { WaitBelow } from './waits.ts';

/** A function that takes a subscriber out, and where it locks. */
export interface Leaver {
  readonly body: Body;
  readonly lock: Call;
}

/** Who takes himself out of the set that the publisher sends to; undefined where nobody does who would have to receive meanwhile. */
export function leaverFrom(below: WaitBelow, holding: Holding, holder: Body, pass: Pass): Leaver | undefined {
  const { wait } = below;
  const family = wait.verb === 'send' && wait.op.kind === 'send' ? collectionOf(wait.subject, wait.body) : undefined;
  if (family === undefined || hasRoomFor(wait.subject, wait.body)) return undefined;
  // Whom it takes out itself when he was told, nobody has to take out before.
  if ([wait.body, holder].some(body => bodyRemoves(body, family))) return undefined;
  const message = elementName(wait.subject, wait.body);
  return leaversOf(family, holding, holder, pass).find(leaver => subscribersBy(leaver, pass).some(subscriber => {
    if (isTest(subscriber) && !isTest(holder)) return false;
    return leavesUnreceived(subscriber, leaver, { family, message, sent: wait.subject, sender: wait.body }, pass);
  }));
}

function bodyRemoves({ graph, env }: Body, family: string): boolean {
  return operations(graph).some(({ op }) => isRemoving(op, family, env));
}

function elementName(channel: Expr, { env }: Body): string {
  const type = underlying(typeOf(channel, env), env.program);
  return type.kind === 'chan' ? typeName(type.elem) : '';
}

// ------------------------------------------------------------------------------------------ who takes subscribers out

function leaversOf(family: string, { identity, mode }: Holding, holder: Body, pass: Pass): readonly Leaver[] {
  const field = family.slice(family.lastIndexOf('.') + 1);
  const hurts = (held: Holding) => held.identity.family === identity.family && (held.mode !== 'read' || mode !== 'read' || isWriteLocked(identity.family, pass));
  return [...bodiesWith(pass, info => mayRemove(field, info))].flatMap((body): Leaver[] => {
    if (body.block === holder.block) return [];
    for (const { op } of operations(body.graph)) {
      const held = isRemoving(op, family, body.env) ? heldAt(op, body, pass).find(hurts) : undefined;
      if (held && lockCallOf(held.call, body.env)) return [{ body, lock: held.call }];
    }
    return [];
  });
}

/** The bodies that call it: those of its own function, where it is a literal that is given out or deferred, and those that mention it. */
function subscribersBy({ body: { info, block } }: Leaver, pass: Pass): readonly Body[] {
  const infos = new Set([info, ...info.pkg.mentioning(info.bareName)]);
  return [...infos].flatMap(caller => [...bodiesOf(caller, pass)]).filter(body => body.block === block || operations(body.graph).some(({ op }) => runs(op, block, body, pass)));
}

/** `defer func() { t.remove(name) }()` runs what the literal runs. */
function runs(op: Op, block: Body['block'], from: Body, pass: Pass, depth = 2): boolean {
  const call = op.kind === 'call' ? op.call : op.kind === 'defer' ? unparen(op.stmt.call) : undefined;
  if (call?.kind !== 'call') return false;
  return calledBodies(call, from, pass).some(({ body, isInner }) => body.block === block || (isInner && depth > 1 && operations(body.graph).some(inner => runs(inner.op, block, body, pass, depth - 1))));
}

// ------------------------------------------------------------------------------------------------ how they leave

interface Sent {
  readonly family: string;
  /** The type of what is sent. */
  readonly message: string;
  readonly sent: Expr;
  readonly sender: Body;
}

/** On some way to where it takes itself out the subscriber was told neither by the end of the channel, nor by the publisher otherwise, and has not emptied it. */
function leavesUnreceived(subscriber: Body, leaver: Leaver, sent: Sent, pass: Pass): boolean {
  if (!receives(subscriber, sent, pass) || drainsMeanwhile(subscriber, sent, pass)) return false;
  const isLeaving = (op: Op) => (subscriber.block === leaver.body.block ? isRemoving(op, sent.family, subscriber.env) : runs(op, leaver.body.block, subscriber, pass));
  const leaving = new Set(operations(subscriber.graph).flatMap(({ op }) => (isLeaving(op) ? op : [])));
  return leaving.size > 0 && comesToLeave(leaving, subscriber, sent, pass);
}

/** It receives what the publisher sends: again and again, or once where there is no room for it. */
function receives(body: Body, sent: Sent, pass: Pass): boolean {
  const isOwn = addingIn(body, sent, pass) !== undefined;
  return receivesIn(body, sent).some(({ op, channel }) => (isOwn || isSameField(channel, body, sent)) && (op.kind === 'range' || isRepeated(op, body, pass) || isTight(body, sent)));
}

function receivesIn(body: Body, { message }: Sent): readonly { readonly op: Op; readonly channel: Expr }[] {
  return operations(body.graph).flatMap(({ op }) => {
    const channel = op.kind === 'receive' ? op.channel : op.kind === 'range' ? op.stmt.x : undefined;
    return channel && message !== '' && elementName(channel, body) === message ? [{ op, channel }] : [];
  });
}

/** Behind where it puts itself into the set, or has a function do so. */
function addingIn(body: Body, { family }: Sent, pass: Pass): Point | undefined {
  return operations(body.graph).find(({ op }) => isAdding(op, family, body.env)
    || (op.kind === 'call' && calledBodies(op.call, body, pass).some(called => operations(called.body.graph).some(inner => isAdding(inner.op, family, called.body.env)))))?.after;
}

/** `m.send` on both sides, of values of one type. */
function isSameField(channel: Expr, body: Body, { sent, sender }: Sent): boolean {
  return unparen(channel).kind === 'selector' && unparen(sent).kind === 'selector' && familyOf(channel, body.env) === familyOf(sent, sender.env);
}

/** The channel that it makes has no buffer. */
function isTight({ info, env }: Body, { message }: Sent): boolean {
  const makes = [...info.bodyText.matchAll(/\bmake\(\s*chan\s+([^,()]+?)\s*(,[^()]*)?\)/g)].filter(([, type = '']) => message.endsWith(type.replace(/^\*/, '')));
  return env.file === info.file && makes.length > 0 && makes.every(([, , capacity]) => capacity === undefined);
}

interface State {
  /** It is deferred that the subscriber takes himself out. */
  readonly isDeferred: boolean;
}

function comesToLeave(leaving: ReadonlySet<Op>, body: Body, sent: Sent, pass: Pass): boolean {
  const owner = sent.family.slice(0, sent.family.lastIndexOf('.') + 1);
  const ranges = new Set<Op>(receivesIn(body, sent).flatMap(({ op }) => (op.kind === 'range' ? op : [])));
  const start = addingIn(body, sent, pass) ?? { block: body.graph.entry, index: 0 };
  return search<State>(start, { isDeferred: false }, {
    key: ({ isDeferred }) => `${isDeferred}`,
    op: (op, state) => {
      if (leaving.has(op)) return op.kind === 'defer' ? { isDeferred: true } : 'arrive';
      return isToldBy(op, owner, body) || empties(op, body, sent, pass) || pass.contracts.endsHere(op, body.env) ? undefined : state;
    },
    edge: (condition, taken, state) => (closedSide(condition) === taken ? undefined : state),
    between: ({ ops, end }, to, state) => (end.kind === 'branch' && end.else === to && ops.some(op => ranges.has(op)) ? undefined : state),
    returns: (_end, { isDeferred }) => isDeferred,
  }) !== undefined;
}

/** `case <-t.quit`: the publisher itself says that it is over. */
function isToldBy(op: Op, owner: string, { env }: Body): boolean {
  const x = op.kind === 'receive' ? unparen(op.channel) : undefined;
  const type = x?.kind === 'selector' ? typeOf(x.x, env) : undefined;
  return type !== undefined && `${typeName(type.kind === 'pointer' ? type.elem : type)}.` === owner;
}

/** `for range ch {}` in some goroutine of the function: what is sent meanwhile is taken. */
function drainsMeanwhile({ info }: Body, { message }: Sent, pass: Pass): boolean {
  return [...bodiesOf(info, pass)].some(body => operations(body.graph).some(({ op }) => op.kind === 'range' && op.stmt.lhs.length === 0 && elementName(op.stmt.x, body) === message));
}

/** `drain()`: it takes what is there until there is nothing more. */
function empties(op: Op, from: Body, sent: Sent, pass: Pass): boolean {
  if (op.kind !== 'call') return false;
  const callee = calleeOf(op.call, from.env);
  if ('name' in callee && /[Dd]rain/.test(callee.name)) return true;
  return calledBodies(op.call, from, pass).some(({ body }) => receivesIn(body, sent).some(({ op: receive }) => receive.kind === 'receive' && receive.inSelect && isRepeated(receive, body, pass)));
}
