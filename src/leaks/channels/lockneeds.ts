/** Whether the other side of a wait needs the mutex before it can answer. */
import type { Block, Op } from '../../flow/graph.ts';
import { operations, type Place as Point, reachableFrom, search, type Walk } from '../../flow/search.ts';
import { type Call, unparen } from '../../syntax/ast.ts';
import type { Body } from '../bodies.ts';
import { calledBodies } from '../calls/called.ts';
import { asCallerNames } from '../calls/callernames.ts';
import { allGoroutinesOf, isMentionedInside } from '../goroutines/goroutines.ts';
import { type Holding, locksTaken } from '../locks/held.ts';
import { lockCallOf, type Mode } from '../locks/mutexes.ts';
import { isWriteLocked } from '../locks/writers.ts';
import type { Pass } from '../pass.ts';
import { blockOf, placeAfter, spanOf } from '../paths/reach.ts';
import { straightened } from '../places/backpointers.ts';
import { type Identity, identityOf, isSameMutex, placeIn } from '../places/identities.ts';
import type { Place } from '../places/places.ts';
import { tickChannelOf } from '../timers/tickchannels.ts';
import type { Answer } from './answerers.ts';
import { closedSide } from './failedreceivers.ts';
import { asHolderNames, subjectAbove, type WaitBelow } from './waits.ts';

/**
 * Where the other side locks the mutex before its answer, or from one answer to the next. A goroutine may be on any of its
 * ways when the wait begins; of a function that others call, another call may take a way that does without.
 */
export function lockNeededBy(answer: Answer, answers: readonly Answer[], below: WaitBelow, holding: Holding, pass: Pass): Call | undefined {
  const locks = locksIn(answer, below, holding, pass);
  if (locks.length === 0) return undefined;
  const { op: goal, body } = answer;
  const calls = locks.filter(({ op }) => op.kind === 'call');
  // A deferred answer comes after everything that the body does.
  if (!goal || goal.kind === 'defer') return (calls[0] ?? locks.find(({ op }) => op.kind === 'defer' && (!goal || goal.stmt.start < op.stmt.start)))?.call;
  const from = startOf(body, below, pass);
  // Where one goroutine answers in several places, any of them will do.
  const goals = new Set(answers.flatMap(other => (other.body.block === body.block && other.op ? other.op : [])));
  return isGoroutine(body, pass) ? calls.find(lock => mayNeed(lock, goals, from, answer, pass))?.call : calls[0] && needsAny(calls, goal, from, answer, pass) ? calls[0].call : undefined;
}

function isGoroutine({ block }: Body, pass: Pass): boolean {
  return allGoroutinesOf(pass).some(({ body }) => body?.block === block);
}

/** On some way from the start, or from one answer to the next. */
function mayNeed({ op: lock, after: behind }: LockAt, goals: ReadonlySet<Op>, from: Point, answer: Answer, pass: Pass): boolean {
  const { body, isBuffered } = answer;
  const isLock = (op: Op) => op === lock;
  const isGoal = (op: Op) => goals.has(op);
  if (!comesTo(behind, isGoal, NOTHING, body, pass)) return !isBuffered && [...goals].some(goal => comesBack(goal, answer, pass) && (leavesLocking(lock, goal, answer, pass) || leavesInTime(lock, goal, answer, pass)));
  // Of what lies in a buffer, the first is there to be taken.
  return [...goals].some(goal => comesBack(goal, answer, pass) && comesTo(placeAfter(goal, body), isLock, isGoal, body, pass)) || (!isBuffered && comesTo(from, isLock, isGoal, body, pass));
}

/**
 * What was sent or received makes the goroutine leave its loop, and it locks the mutex then. Who leaves it at another
 * channel, or because this one is closed, may have been told to by whoever holds the mutex.
 */
function leavesLocking(lock: Op, goal: Op, { body }: Answer, pass: Pass): boolean {
  if (goal.kind !== 'send' && goal.kind !== 'receive' && goal.kind !== 'range') return false;
  const { block, index } = placeAfter(goal, body);
  const from = goal.kind === 'range' && block.end.kind === 'branch' ? { block: block.end.then, index: 0 } : { block, index };
  return search(from, GO_ON, {
    key: () => '',
    op: op => (op === lock ? 'arrive' : op === goal || op.kind === 'receive' || op.kind === 'range' || pass.contracts.endsHere(op, body.env) ? undefined : GO_ON),
    edge: (condition, taken) => (closedSide(condition) === taken ? undefined : GO_ON),
    returns: () => false,
  } satisfies Walk<unknown>) !== undefined;
}

/** `case <-time.After(d): s.finish(); return` beside the receive: the goroutine leaves when its time has come, whoever has the mutex then. */
function leavesInTime(lock: Op, goal: Op, { body }: Answer, pass: Pass): boolean {
  return body.graph.blocks.some(({ end }) => end.kind === 'select' && end.arms.some(({ to }) => to.ops[0] === goal) && end.arms.some(({ to }) => {
    const [first] = to.ops;
    if (first?.kind !== 'receive' || !tickChannelOf(first.channel, body)) return false;
    return comesTo({ block: to, index: 1 }, op => op === lock, op => op.kind === 'receive' || op.kind === 'range', body, pass);
  }));
}

/** On every way. */
function needsAny(locks: readonly LockAt[], goal: Op, from: Point, answer: Answer, pass: Pass): boolean {
  const { body, isBuffered } = answer;
  const isLock = (op: Op) => locks.some(lock => lock.op === op);
  const isGoal = (op: Op) => op === goal;
  if (!isBuffered && !comesTo(from, isGoal, isLock, body, pass)) return true;
  const after = placeAfter(goal, body);
  // Once it has left its loop, it answers no more.
  const isInLoop = comesBack(goal, answer, pass);
  if (!(isInLoop || (!isBuffered && isCalledInLoop(body)))) return false;
  return !comesTo(after, isGoal, isLock, body, pass) && (isInLoop || !leaves(after, isLock, body, pass));
}

const NOTHING = () => false;

/** Where the other side may be when the wait begins: who starts the goroutine that waits is behind the start of it. */
function startOf({ graph, node }: Body, { steps, wait }: WaitBelow, pass: Pass): Point {
  const holder = steps[0]?.from ?? wait.body;
  const start = holder.node === node ? undefined : allGoroutinesOf(pass).find(({ body, parent }) => body?.block === holder.block && parent.node === node);
  const found = start && operations(graph).find(({ op }) => (op.kind === 'go' || op.kind === 'call') && spanOf(op).start === start.stmt.start);
  return found ? found.after : { block: graph.entry, index: 0 };
}

/** Whether a way leads out of the body without passing a lock. */
function leaves(from: Point, bars: (op: Op) => boolean, { env }: Body, pass: Pass): boolean {
  return search(from, GO_ON, {
    key: () => '',
    op: op => (bars(op) || pass.contracts.endsHere(op, env) ? undefined : GO_ON),
    edge: () => GO_ON,
    returns: () => true,
  } satisfies Walk<unknown>) !== undefined;
}

/** Whether a way leads to such an operation without passing one that bars it. */
function comesTo(from: Point, isWanted: (op: Op) => boolean, bars: (op: Op) => boolean, { env }: Body, pass: Pass): boolean {
  return search(from, GO_ON, {
    key: () => '',
    op: op => (isWanted(op) ? 'arrive' : bars(op) || pass.contracts.endsHere(op, env) ? undefined : GO_ON),
    edge: () => GO_ON,
    returns: () => false,
  } satisfies Walk<unknown>) !== undefined;
}

const GO_ON = { goes: 'on' };

/** Control comes back to the operation while the channel is the same. */
function comesBack(op: Op, { body, subject, frame }: Answer, pass: Pass): boolean {
  const block = blockOf(op, body);
  const channel = placeIn(subject, frame.env)?.root;
  const isNew = (b: Block) => b.ops.some(other => other.kind === 'assign' && other.lhs.some(x => x.kind === 'ident' && x.entity === channel));
  return block !== undefined && reachableFrom(block, b => pass.contracts.next(b, body.env).filter(to => !isNew(to))).has(block);
}

function isCalledInLoop({ node, info }: Body): boolean {
  return node === info.decl && info.pkg.mentioning(info.bareName).some(caller => isMentionedInside(info.bareName, caller, ['for', 'range']));
}

interface LockAt {
  readonly op: Op & { kind: 'call' | 'defer' };
  readonly call: Call;
  readonly after: Point;
}

/** The operations of the other side that lock the mutex: the very one, as far as the names on both sides tell. */
function locksIn(answer: Answer, below: WaitBelow, { identity, mode: held }: Holding, pass: Pass): LockAt[] {
  const isIt = sameMutex(answer, below, identity);
  // Readers keep each other out only where a writer may come in between.
  const hurts = (mode: Mode) => mode === 'write' || held !== 'read' || isWriteLocked(identity.family, pass);
  return operations(answer.body.graph).flatMap(({ op, after }): LockAt[] => {
    if (op.kind !== 'call' && op.kind !== 'defer') return [];
    const call = op.kind === 'call' ? op.call : unparen(op.stmt.call);
    if (call.kind !== 'call') return [];
    const direct = lockCallOf(call, answer.body.env);
    const locks = direct ? op.kind === 'call' && direct.does === 'lock' && hurts(direct.mode) && isIt(identityOf(direct.mutex, answer.body.env))
      : calledBodies(call, answer.body, pass).some(called => locksTaken(called.body, pass).some(taken => hurts(taken.mode) && isIt(taken.identity && asCallerNames(taken.identity, called, answer.body))));
    return locks ? [{ op, call, after }] : [];
  });
}

/** Whether what the other side names is the mutex that is held. */
function sameMutex({ body, frame, startedAs, subject }: Answer, below: WaitBelow, held: Identity): (found: Identity | undefined) => boolean {
  const own = subjectAbove(below);
  const other = placeIn(subject, frame.env);
  const holder = below.steps[0]?.from ?? below.wait.body;
  return found => {
    const named = found && startedAs ? asCallerNames(found, startedAs, frame) ?? found : found;
    if (!named) return false;
    if (isSameMutex(named, held)) return true;
    const above = below.steps.length > 0 && (startedAs ? frame : body).info === below.wait.body.info ? asHolderNames(named, below.steps) : undefined;
    if (above !== undefined && isSameMutex(above, held)) return true;
    return own !== undefined && other !== undefined && (isBeside(named, other, held, own) || isReachedBy(named, other, held, own, holder));
  };
}

/**
 * What the other side reaches from the value that has the channel, the holder reaches from that value as it names it:
 * `c.server.mu` beside `c.out` there is `s.mu` here, where `c` was got from `s.conns`.
 */
function isReachedBy(found: Identity, channel: Place, held: Identity, own: Place, { env }: Body): boolean {
  if (found.family !== held.family || typeof found.root !== 'object' || found.root !== channel.root) return false;
  const [field] = channel.fields.slice(-1);
  const owner = channel.fields.slice(0, -1);
  if (field === undefined || own.fields.at(-1) !== field || !owner.every((step, i) => found.fields[i] === step)) return false;
  const named = straightened({ root: own.root, fields: [...own.fields.slice(0, -1), ...found.fields.slice(owner.length)] }, env);
  return isSameMutex({ ...named, family: found.family }, held);
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
