/**
 * Waiting with a mutex locked that the other side needs before it can answer: both wait for ever. The other side needs
 * it where it locks the same mutex on every way to its own send, receive or close, or on every way back to it.
 */
import type { Block, Op } from '../../flow/graph.ts';
import { operations, type Place as Point, reachableFrom, search, type Walk } from '../../flow/search.ts';
import { calleeOf } from '../../program/callee.ts';
import { type Call, type Expr, unparen, type Variable } from '../../syntax/ast.ts';
import { walkStmts } from '../../syntax/walk.ts';
import { askedBodies, type Body, bodiesOf, bodiesWith, isTest } from '../bodies.ts';
import { calledBodies } from '../called.ts';
import { asCallerNames } from '../callernames.ts';
import { condLockerOf } from '../conds.ts';
import { doneBy } from '../countdown.ts';
import { isExported } from '../exported.ts';
import { type Goroutine, allGoroutinesOf, isMentionedInside } from '../goroutines.ts';
import { groupFamily } from '../groups.ts';
import { heldAt, type Holding, locksTaken } from '../held.ts';
import { type Identity, identityOf, isSameMutex, placeIn } from '../lockplaces.ts';
import { familyOf, lockCallOf, type Mode, mutexAt } from '../mutexes.ts';
import type { Pass } from '../pass.ts';
import { callIn } from '../taken.ts';
import { keyOf, type Place } from '../places.ts';
import { isWriteLocked } from '../writers.ts';
import { answersWithout } from './answers.ts';
import { familiesOf } from './families.ts';
import { channelNamesOf, familyKey } from './familykeys.ts';
import { namesOf } from './places.ts';
import { armsOf } from './traffic.ts';

export interface BlockedUnderLock {
  readonly body: Body;
  /** `wait` for a WaitGroup, `cond` for a signal. */
  readonly verb: 'send' | 'receive' | 'range' | 'wait' | 'cond';
  readonly node: { readonly start: number; readonly end: number };
  /** The channel, the WaitGroup or the cond. */
  readonly subject: Expr;
  readonly holding: Holding;
  /** Where the other side stands, and where it locks. */
  readonly other: Answer;
  readonly lock: Call;
}

/** An operation at the other end. */
interface Answer {
  readonly body: Body;
  /** Undefined where it comes when the body has ended. */
  readonly op: Op | undefined;
  readonly subject: Expr;
}

interface Wait {
  readonly verb: BlockedUnderLock['verb'];
  readonly op: Op;
  readonly node: { readonly start: number; readonly end: number };
  readonly subject: Expr;
}

export function* blockedUnderLock(pass: Pass): Generator<BlockedUnderLock> {
  for (const body of askedBodies(pass, ({ bodyText }) => /ock\(\)/.test(bodyText) && /<-|\.Wait\(\)|range/.test(bodyText))) {
    for (const wait of waitsIn(body, pass)) {
      for (const holding of heldAt(wait.op, body, pass)) {
        if (wait.verb === 'cond' && !staysLockedBy(wait.subject, holding, body)) continue;
        const answers = answersTo(wait, body, pass);
        const needs = answers?.map(answer => lockNeededBy(answer, wait, holding, body, pass));
        const [lock] = needs ?? [];
        const [other] = answers ?? [];
        if (lock && other && needs?.every(needed => needed !== undefined)) yield { body, verb: wait.verb, node: wait.node, subject: wait.subject, holding, other, lock };
      }
    }
  }
}

const NONE = namesOf([]);

function* waitsIn(body: Body, pass: Pass): Generator<Wait> {
  const arms = armsOf(body.graph);
  for (const { op } of operations(body.graph)) {
    const arm = arms.get(op);
    if (arm && answersWithout(arm.select, arm.clause, NONE, body, pass)) continue;
    if (op.kind === 'send') yield { verb: 'send', op, node: op.stmt, subject: op.stmt.channel };
    else if (op.kind === 'receive') yield { verb: 'receive', op, node: op.node, subject: op.channel };
    else if (op.kind === 'range') yield { verb: 'range', op, node: op.stmt.x, subject: op.stmt.x };
    else if (op.kind === 'call') {
      const callee = calleeOf(op.call, body.env);
      if (callee.kind === 'method' && callee.name === '(*sync.WaitGroup).Wait') yield { verb: 'wait', op, node: op.call, subject: callee.receiver };
      if (callee.kind === 'method' && callee.name === '(*sync.Cond).Wait') yield { verb: 'cond', op, node: op.call, subject: callee.receiver };
    }
  }
}

// ------------------------------------------------------------------------------------------------ the other end

/** What can answer a wait; undefined where others may. */
function answersTo({ verb, subject }: Wait, body: Body, pass: Pass): readonly Answer[] | undefined {
  if (verb === 'wait') return countedBy(subject, body, pass);
  if (verb === 'cond') return signalsOf(subject, body, pass);
  const names = channelNamesOf(pass.pkg);
  const key = names && familyKey(subject, body.env, names, pass);
  return key === undefined ? localAnswers(verb, subject, body, pass) : fieldAnswers(verb, key, pass);
}

function fieldAnswers(verb: 'send' | 'receive' | 'range', key: string, pass: Pass): readonly Answer[] | undefined {
  const family = familiesOf(pass).get(key);
  const outside = verb === 'send' ? family?.outsideReceives : family?.outsideSends;
  if (!family || family.given || outside || family.makes.some(capacity => capacity !== 0)) return undefined;
  const wanted = verb === 'send' ? ['receive', 'range'] : verb === 'receive' ? ['send', 'close'] : ['close'];
  return family.uses.filter(use => wanted.includes(use.verb)).flatMap(use => opAt(use.node, use.body).map(op => ({ body: use.body, op, subject: use.channel })));
}

function opAt(node: { readonly start: number }, body: Body): Op[] {
  return operations(body.graph).flatMap(({ op }) => (nodeOf(op)?.start === node.start ? [op] : [])).slice(0, 1);
}

function nodeOf(op: Op): { readonly start: number } | undefined {
  if (op.kind === 'send') return op.stmt;
  if (op.kind === 'receive') return op.node;
  if (op.kind === 'range') return op.stmt.x;
  return op.kind === 'call' ? op.call : op.kind === 'defer' ? unparen(op.stmt.call) : undefined;
}

/** A variable of this function: its own body and the literals in it are all that can know the channel, unless its value goes elsewhere. */
function localAnswers(verb: 'send' | 'receive' | 'range', subject: Expr, body: Body, pass: Pass): readonly Answer[] | undefined {
  const place = placeIn(subject, body.env);
  if (!place || typeof place.root === 'string' || place.root.role !== 'local' || place.fields.length) return undefined;
  const { root } = place;
  const answers: Answer[] = [];
  let mentions = 0;
  for (const inner of bodiesOf(body.info, pass)) {
    for (const { op } of operations(inner.graph)) {
      const channel = channelAt(op);
      const variable = channel && unparen(channel);
      if (variable?.kind !== 'ident' || variable.entity !== root) continue;
      mentions++;
      const does = op.kind === 'send' ? 'send' : op.kind === 'receive' || op.kind === 'range' ? 'receive' : 'close';
      if (verb === 'send' ? does === 'receive' : verb === 'receive' ? does !== 'receive' : does === 'close') answers.push({ body: inner, op, subject: variable });
    }
  }
  return mentions === mentionsOf(root, body) && isUnbuffered(root) ? answers : undefined;
}

function channelAt(op: Op): Expr | undefined {
  if (op.kind === 'send') return op.stmt.channel;
  if (op.kind === 'receive') return op.channel;
  if (op.kind === 'range') return op.stmt.x;
  const call = callIn(op);
  return call?.fun.kind === 'ident' && call.fun.name === 'close' && !call.fun.entity ? call.args[0] : undefined;
}

/** How often the body of the declared function names the variable, its declaration left out. */
function mentionsOf(variable: Variable, { info }: Body): number {
  let mentions = 0;
  walkStmts(info.body()?.stmts ?? [], { expr: x => void (x.kind === 'ident' && x.entity === variable && x !== variable.ident && mentions++) });
  return mentions;
}

function isUnbuffered({ origin, assigned }: Variable): boolean {
  const made = origin.kind === 'value' && assigned.length === 0 ? unparen(origin.expr) : undefined;
  return made?.kind === 'call' && made.fun.kind === 'ident' && made.fun.name === 'make' && made.args.length === 1;
}

/** The goroutines that count themselves out of the WaitGroup: of this function, or of all functions for one in a field. */
function countedBy(group: Expr, body: Body, pass: Pass): readonly Answer[] | undefined {
  const place = placeIn(group, body.env);
  if (!place) return undefined;
  const family = unparen(group).kind === 'selector' ? groupFamily(group, body.env) : undefined;
  const answers = allGoroutinesOf(pass).flatMap((goroutine): Answer[] => {
    const { body: started, parent } = goroutine;
    if (!started || (isTest(started) && !isTest(body))) return [];
    if (parent.info === body.info && isGoOf(goroutine, place)) return [{ body: started, op: undefined, subject: group }];
    const done = operations(started.graph).find(({ op }) => (parent.info === body.info && isDone(op, place, started)) || (family !== undefined && doneBy(op, started)?.family === family));
    return done ? [{ body: started, op: done.op, subject: doneBy(done.op, started)?.group ?? group }] : [];
  });
  return answers.length ? answers : undefined;
}

/** Everybody who signals a cond in a field that only the package knows. */
function signalsOf(cond: Expr, body: Body, pass: Pass): readonly Answer[] | undefined {
  const x = unparen(cond);
  const family = familyOf(x, body.env);
  if (x.kind !== 'selector' || !family?.startsWith(`${pass.pkg.path}.`) || (isExported(x.sel.name) && pass.pkg.name !== 'main')) return undefined;
  const answers = [...bodiesWith(pass, ({ bodyText }) => /\.(?:Signal|Broadcast)\b/.test(bodyText))].flatMap(other => operations(other.graph).flatMap(({ op }): Answer[] => {
    const call = callIn(op);
    const callee = call && calleeOf(call, other.env);
    const signals = callee?.kind === 'method' && /^\(\*sync\.Cond\)\.(?:Signal|Broadcast)$/.test(callee.name) && familyOf(callee.receiver, other.env) === family;
    return signals ? [{ body: other, op, subject: callee.receiver }] : [];
  }));
  return answers.length ? answers : undefined;
}

/** The cond unlocks its own mutex while it waits, and no other. */
function staysLockedBy(cond: Expr, { identity }: Holding, { env }: Body): boolean {
  const { start, end } = cond;
  const locker = condLockerOf({ kind: 'selector', x: cond, sel: { kind: 'ident', start: end, end, name: 'L', entity: undefined }, start, end }, env);
  const own = locker && mutexAt(locker.mutex, locker.env);
  // A variable that the cond is made with may be put into a field as well.
  return own !== undefined && own.place.fields.length > 0 && own.family !== identity.family;
}

/** `wg.Go(f)` counts the goroutine out when `f` has returned. */
function isGoOf({ stmt, parent }: Goroutine, group: Place): boolean {
  const callee = stmt.kind === 'call' ? calleeOf(stmt, parent.env) : undefined;
  const place = callee?.kind === 'method' && callee.name === '(*sync.WaitGroup).Go' ? placeIn(callee.receiver, parent.env) : undefined;
  return place !== undefined && keyOf(place) === keyOf(group);
}

function isDone(op: Op, group: Place, { env }: Body): boolean {
  const call = callIn(op);
  const callee = call && calleeOf(call, env);
  const place = callee?.kind === 'method' && callee.name === '(*sync.WaitGroup).Done' ? placeIn(callee.receiver, env) : undefined;
  return place !== undefined && keyOf(place) === keyOf(group);
}

// ------------------------------------------------------------------------------------------ what the other end needs

/** Where the other side locks the mutex on every way to its answer, or from one answer to the next. */
function lockNeededBy(answer: Answer, wait: Wait, holding: Holding, body: Body, pass: Pass): Call | undefined {
  const lock = lockIn(answer, wait, holding, body, pass);
  if (!lock) return undefined;
  const { op: goal } = answer;
  const { graph } = answer.body;
  const isLock = (op: Op) => lock.ops.has(op);
  // What another function starts may get to its end without.
  if (wait.verb === 'wait' && answer.body.info !== body.info) return reaches({ block: graph.entry, index: 0 }, undefined, isLock, true, answer.body, pass) ? undefined : lock.call;
  // A deferred Done comes after everything the goroutine does.
  if (!goal || goal.kind === 'defer') return lock.call;
  const misses = (from: Point, orOut: boolean) => reaches(from, goal, isLock, orOut, answer.body, pass);
  if (!misses({ block: graph.entry, index: 0 }, false)) return lock.call;
  const after = placeAfter(goal, answer.body);
  // Once it has left its loop, it answers no more.
  const isInLoop = comesBack(goal, answer, pass);
  if (!after || !(isInLoop || isCalledInLoop(answer.body))) return undefined;
  return !misses(after, !isInLoop) ? lock.call : undefined;
}

/** Whether a way leads to the operation, or with `orOut` out of the body, without passing a lock. */
function reaches(from: Point, goal: Op | undefined, isLock: (op: Op) => boolean, orOut: boolean, body: Body, pass: Pass): boolean {
  return search(from, GO_ON, {
    key: () => '',
    op: op => (op === goal ? 'arrive' : isLock(op) || pass.contracts.endsHere(op, body.env) ? undefined : GO_ON),
    edge: () => GO_ON,
    returns: () => orOut,
  } satisfies Walk<unknown>) !== undefined;
}

const GO_ON = { goes: 'on' };

function placeAfter(goal: Op, { graph }: Body): Point | undefined {
  for (const { op, after } of operations(graph)) if (op === goal) return after;
  return undefined;
}

/** Control comes back to the operation while the channel is the same. */
function comesBack(op: Op, { body: { graph, env }, subject }: Answer, pass: Pass): boolean {
  const block = graph.blocks.find(b => b.ops.includes(op));
  const channel = placeIn(subject, env)?.root;
  const isNew = (b: Block) => b.ops.some(other => other.kind === 'assign' && other.lhs.some(x => x.kind === 'ident' && x.entity === channel));
  return block !== undefined && reachableFrom(block, b => pass.contracts.next(b, env).filter(to => !isNew(to))).has(block);
}

function isCalledInLoop({ node, info }: Body): boolean {
  return node === info.decl && info.pkg.mentioning(info.bareName).some(caller => isMentionedInside(info.bareName, caller, ['for', 'range']));
}

/** The operations of the other side that lock the mutex: the very one, as far as the names on both sides tell. */
function lockIn(answer: Answer, wait: Wait, { identity, mode: held }: Holding, body: Body, pass: Pass): { call: Call; ops: ReadonlySet<Op> } | undefined {
  const own = placeIn(wait.subject, body.env);
  const other = placeIn(answer.subject, answer.body.env);
  const isIt = (found: Identity | undefined) => found !== undefined && (isSameMutex(found, identity) || (own !== undefined && other !== undefined && isBeside(found, other, identity, own)));
  // Readers keep each other out only where a writer may come in between.
  const hurts = (mode: Mode) => mode === 'write' || held !== 'read' || isWriteLocked(identity.family, pass);
  const ops = new Set<Op>();
  let first: Call | undefined;
  for (const { op } of operations(answer.body.graph)) {
    if (op.kind !== 'call') continue;
    const direct = lockCallOf(op.call, answer.body.env);
    const locks = direct ? direct.does === 'lock' && hurts(direct.mode) && isIt(identityOf(direct.mutex, answer.body.env))
      : calledBodies(op.call, answer.body, pass).some(called => locksTaken(called.body, pass).some(taken => hurts(taken.mode) && isIt(taken.identity && asCallerNames(taken.identity, called, answer.body))));
    if (!locks) continue;
    ops.add(op);
    first ??= op.call;
  }
  return first && { call: first, ops };
}

/** Both sides reach the mutex from the value from which they reach the channel: `s.mu` and `s.ch` here, `t.mu` and `t.ch` there. */
function isBeside(found: Identity, channel: Place, identity: Identity, own: Place): boolean {
  if (found.family !== identity.family || found.root !== channel.root || identity.root !== own.root) return false;
  return typeof found.root === 'object' && typeof identity.root === 'object' && fromOwner(found, channel) === fromOwner(identity, own);
}

/** How a value that has both leads to each: `mu ch` of `s.conn.mu` and `s.conn.ch`. */
function fromOwner(mutex: Place, channel: Place): string {
  const shared = mutex.fields.findIndex((field, i) => field !== channel.fields[i]);
  const from = shared < 0 ? mutex.fields.length : shared;
  return `${mutex.fields.slice(from).join('.')} ${channel.fields.slice(from).join('.')}`;
}
