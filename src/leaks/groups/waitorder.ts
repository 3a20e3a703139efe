/** `Wait` before what the goroutines need to get to their `Done`: somebody who receives, who sends, who closes the channel. */
import { graphOf } from '../../flow/build.ts';
import { type Block, type Op, successors } from '../../flow/graph.ts';
import { operations, reachableFrom } from '../../flow/search.ts';
import { calleeName, calleeOf } from '../../program/callee.ts';
import { type Call, type Expr, type Range, unparen, type Variable } from '../../syntax/ast.ts';
import { walkStmts } from '../../syntax/walk.ts';
import { askedBodies, type Body, paramsOf } from '../bodies.ts';
import { type Goroutine, goroutinesStarted } from '../goroutines/goroutines.ts';
import type { Pass } from '../pass.ts';
import { callIn, isDeclaredInLoop, placeAfter, reaches, type Span, spanOf } from '../paths/reach.ts';
import { constantOf } from '../paths/rounds.ts';
import { canonicalPlace } from '../places/canonical.ts';
import { isEndless } from '../resources/owners.ts';
import { doneBy } from './countdown.ts';
import { groupCallOf, groupFamily } from './groups.ts';
import { mayExceed, timesOf } from './times.ts';
import { variableSignal, type WaitedFor, waitedForIn } from './waitedfor.ts';

/** What a goroutine waits for that somebody else has to do; `range` only ends when the channel is closed, `done` when the context is cancelled. */
export type Need = 'send' | 'receive' | 'range' | 'done';

export interface WaitTooEarly {
  readonly need: Need;
  readonly body: Body;
  readonly wait: Call;
  readonly group: Expr;
  /** The channel, or the context. */
  readonly channel: Variable;
  readonly goroutine: Goroutine;
  /** Where the goroutine blocks. */
  readonly blocked: WaitedFor;
  /** What would help it, behind the `Wait`. */
  readonly answer: Span;
  /** The buffer has room for so many. */
  readonly room: number;
}

export function* waitsTooEarly(pass: Pass): Generator<WaitTooEarly> {
  const byParent = new Map<Body['block'], Goroutine[]>();
  for (const goroutine of goroutinesStarted(pass)) {
    const { block } = goroutine.parent;
    byParent.set(block, [...byParent.get(block) ?? [], goroutine]);
  }
  for (const body of askedBodies(pass, info => /\.Wait\(\)/.test(info.bodyText) && /\bmake\(chan\b|\bWithCancel/.test(info.bodyText))) {
    const goroutines = byParent.get(body.block) ?? [];
    for (const { op } of operations(body.graph)) {
      const call = callIn(op);
      const own = call && groupCallOf(call, body.env);
      if (!call || own?.does !== 'wait') continue;
      for (const made of [...channelsIn(body), ...contextsIn(body)]) {
        for (const need of made.cancel ? CONTEXT_NEEDS : CHANNEL_NEEDS) {
          const found = tooEarly(op, own, need, made, goroutines, body, pass);
          if (found) yield { ...found, need, body, wait: call, group: own.group, channel: made.channel, room: made.room };
        }
      }
    }
  }
}

const CHANNEL_NEEDS: readonly Need[] = ['send', 'receive', 'range'];
const CONTEXT_NEEDS: readonly Need[] = ['done'];

/** A channel, or a context with its cancel function, that the function makes. */
interface MadeChannel {
  readonly channel: Variable;
  readonly room: number;
  readonly cancel?: Variable;
}

/** The channels that the function makes, with a buffer of known size or without one. */
function channelsIn(body: Body): MadeChannel[] {
  const found: MadeChannel[] = [];
  for (const { op } of operations(body.graph)) {
    if (op.kind !== 'assign') continue;
    for (const x of op.lhs) {
      const channel = x.kind === 'ident' && x.entity?.kind === 'var' && x.entity.ident === x ? x.entity : undefined;
      const room = channel && channel.assigned.length === 0 ? roomOf(channel, body) : undefined;
      if (channel && room !== undefined) found.push({ channel, room });
    }
  }
  return found;
}

function roomOf({ origin, role }: Variable, { env }: Body): number | undefined {
  const made = role === 'local' && origin.kind === 'value' && origin.count === 1 ? unparen(origin.expr) : undefined;
  if (made?.kind !== 'call' || made.fun.kind !== 'ident' || made.fun.name !== 'make' || made.fun.entity || made.args[0]?.kind !== 'chan') return undefined;
  return made.args[1] ? constantOf(made.args[1], env) : 0;
}

/** Contexts that nothing but their own cancel function ends. */
function contextsIn(body: Body): MadeChannel[] {
  return operations(body.graph).flatMap(({ op }): MadeChannel[] => {
    const [made] = op.kind === 'assign' ? op.rhs : [];
    const call = made && unparen(made);
    if (op.kind !== 'assign' || call?.kind !== 'call' || !/^context\.WithCancel(?:Cause)?$/.test(calleeName(calleeOf(call, body.env)) ?? '')) return [];
    const [parent] = call.args;
    const [channel, cancel] = op.lhs.map(x => (x.kind === 'ident' && x.entity?.kind === 'var' && x.entity.ident === x && !x.entity.assigned.length ? x.entity : undefined));
    return parent && channel && cancel && isEndless(parent, body) ? [{ channel, cancel, room: 0 }] : [];
  });
}

function tooEarly(wait: Op, { family, group }: { readonly family: string; readonly group: Expr }, need: Need, made: MadeChannel, goroutines: readonly Goroutine[], body: Body, pass: Pass) {
  const { channel, room } = made;
  const counted = goroutines.flatMap(goroutine => partyOf(goroutine, family, need, channel, pass) ?? []);
  if (!counted.length || !isInView(need, made, counted, body)) return undefined;
  const answer = answerBehind(wait, op => answers(op, need, made, body), body);
  if (!answer) return undefined;
  const isWait = (op: Op) => op === wait;
  // What a round has sent is received in it, behind the wait for a group of its own.
  const round = need === 'send' && room > 0 ? roundOf(group, body) : undefined;
  const since = round && isDrained(channel, wait, counted, body) ? round : channel;
  const found = counted.find(({ goroutine }) => {
    const isStart = (op: Op) => isStartOf(op, goroutine);
    const start = operations(body.graph).find(({ op }) => isStart(op));
    return start && (need !== 'send' || outgrows(room, since, goroutine, body)) && (reaches(start.after, isWait) || (wait.kind === 'defer' && reaches(placeAfter(wait, body), isStart)));
  });
  return found && { goroutine: found.goroutine, blocked: found.blocked, answer: spanOf(answer) };
}

/** What would help comes after the wait, and nothing that would comes before: that may be for these goroutines. */
function answerBehind(wait: Op, isAnswer: (op: Op) => boolean, body: Body): Op | undefined {
  const found = operations(body.graph).map(({ op }) => op).filter(isAnswer);
  const deferred = found.filter(op => op.kind === 'defer');
  const direct: readonly Op[] = found.filter(op => op.kind !== 'defer');
  if (wait.kind === 'defer') {
    // What was deferred last runs first.
    const isLater = (op: Op) => spanOf(op).start < spanOf(wait).start;
    return direct.length === 0 && deferred.every(isLater) ? deferred[0] : undefined;
  }
  const isDirect = (op: Op) => direct.includes(op);
  if (reaches({ block: body.graph.entry, index: 0 }, isDirect, op => op === wait)) return undefined;
  return deferred[0] ?? (reaches(placeAfter(wait, body), isDirect) ? direct[0] : undefined);
}

/** The group, where it is another one in every round of a loop. */
function roundOf(group: Expr, body: Body): Variable | undefined {
  const x = unparen(group);
  const variable = x.kind === 'ident' && x.entity?.kind === 'var' ? x.entity : undefined;
  return variable && isDeclaredInLoop(variable, body) ? variable : undefined;
}

/** No way leads from the wait to the start of another goroutine but by a receive, which a `select` does when there is something. */
function isDrained(channel: Variable, wait: Op, parties: readonly Party[], { graph }: Body): boolean {
  const isReceive = (op: Op | undefined) => op !== undefined && receivesFrom(op, channel);
  const mayReceive = ({ ops, end }: Block) => ops.some(isReceive) || (end.kind === 'select' && end.arms.some(({ to }) => isReceive(to.ops[0])));
  const start = graph.blocks.find(({ ops }) => ops.includes(wait));
  if (!start) return false;
  const from = { ...start, ops: start.ops.slice(start.ops.indexOf(wait) + 1) };
  const undrained = mayReceive(from) ? [] : [...reachableFrom(start, block => (block !== start && mayReceive(block) ? [] : successors(block.end)))];
  return !undrained.some(({ ops }) => ops.some(op => parties.some(({ goroutine }) => isStartOf(op, goroutine))));
}

/** More sends than the buffer has room for, of those since the channel was made. */
function outgrows(room: number, { ident }: Variable, { stmt }: Goroutine, body: Body): boolean {
  const often = room === 0 ? undefined : timesOf(stmt, body, ident);
  return room === 0 || (often !== undefined && mayExceed(often, room));
}

function isStartOf(op: Op, { stmt }: Goroutine): boolean {
  return (op.kind === 'go' && op.stmt === stmt) || (op.kind === 'call' && op.call === stmt);
}

/** Whether the operation is what a goroutine with this need waits for. */
function answers(op: Op, need: Need, made: MadeChannel, body: Body): boolean {
  const { channel } = made;
  if (need === 'send') return receivesFrom(op, channel);
  if (need === 'receive' && op.kind === 'send') return isVariable(op.stmt.channel, channel);
  return closesIn(op, made, body).length > 0;
}

/** `close(c)`, `cancel()`, also deferred alone or in a literal: the mentions of what is closed or called. */
function closesIn(op: Op, made: MadeChannel, body: Body): readonly Expr[] {
  const { channel, cancel } = made;
  const call = callIn(op);
  const fun = call && unparen(call.fun);
  if (op.kind === 'defer' && fun?.kind === 'funclit') return operations(graphOf(fun, fun.body)).flatMap(({ op: inner }) => (inner.kind === 'call' ? closesIn(inner, made, body) : []));
  if (!call || !fun) return [];
  if (cancel) return isVariable(fun, cancel) ? [fun] : [];
  return isClose(call, body) ? call.args.filter(arg => isVariable(arg, channel)) : [];
}

function isClose(call: Call, { env }: Body): boolean {
  const callee = calleeOf(call, env);
  return callee.kind === 'builtin' && callee.name === 'close';
}

// ------------------------------------------------------------------------------------------------- the goroutines

/** A goroutine that the group counts and that has the need. */
interface Party {
  readonly goroutine: Goroutine;
  /** The channel as the goroutine knows it. */
  readonly name: Variable;
  readonly blocked: WaitTooEarly['blocked'];
}

/** It blocks, with no other choice, before it calls `Done`. */
function partyOf(goroutine: Goroutine, family: string, need: Need, channel: Variable, pass: Pass): Party | undefined {
  const { body, call, parent } = goroutine;
  if (!body) return undefined;
  const index = call.args.findIndex(arg => isVariable(arg, channel));
  const name = index >= 0 ? paramsOf(body.node)[index]?.name?.entity : channel;
  if (name?.kind !== 'var') return undefined;
  const countsDown = goroutine.stmt.kind === 'call' ? groupCallOf(goroutine.stmt, parent.env)?.family === family : isCountedBy(goroutine, family);
  if (!countsDown) return undefined;
  if (need === 'done' || need === 'receive') {
    const blocked = waitedForIn(body, variableSignal(name, need), pass);
    if (blocked) return { goroutine, name, blocked };
  }
  const isDone = (op: Op) => op.kind === 'call' && doneBy(op, body) !== undefined;
  const blocking = operations(body.graph).map(({ op }) => op).filter(op => blocks(op, need, name, body));
  const first = blocking.find(op => reaches({ block: body.graph.entry, index: 0 }, other => other === op, isDone));
  return first && { goroutine, name, blocked: { node: spanOf(first), body } };
}

function blocks(op: Op, need: Need, channel: Variable, body: Body): boolean {
  switch (need) {
    case 'send':
      return op.kind === 'send' && !op.inSelect && isVariable(op.stmt.channel, channel);
    case 'receive':
      return op.kind === 'receive' && !op.inSelect && isVariable(op.channel, channel);
    case 'done':
      return false;
    case 'range':
      return op.kind === 'range' && isVariable(op.stmt.x, channel) && endsOnlyAtHead(op.stmt, body) && !countsPerRound(op.stmt, body);
  }
}

/** `for job := range jobs { …; wg.Done() }`: what was counted are the jobs. */
function countsPerRound(loop: Range, { env }: Body): boolean {
  let found = false;
  walkStmts(loop.body.stmts, { expr: x => void (found ||= x.kind === 'call' && groupCallOf(x, env)?.does === 'done') });
  return found;
}

/** No `break` or `return` leads out of the loop. */
function endsOnlyAtHead(loop: Range, { graph }: Body): boolean {
  const { head, after } = graph.loops.get(loop) ?? {};
  if (head?.end.kind !== 'branch') return false;
  const { then } = head.end;
  const inside = new Set([then, ...reachableFrom(then, block => (block === head ? [] : successors(block.end)))]);
  return ![...inside].some(block => block === after || (block !== head && block.end.kind === 'return'));
}

function isCountedBy({ body, call, parent }: Goroutine, family: string): boolean {
  if (!body) return false;
  return operations(body.graph).some(({ op }) => {
    const done = doneBy(op, body);
    if (!done) return false;
    const root = canonicalPlace(done.group, body.env)?.root;
    const index = paramsOf(body.node).findIndex(({ name }) => name !== undefined && typeof root === 'object' && name === root.ident);
    const arg = index >= 0 ? call.args[index] : undefined;
    return done.family === family || (arg !== undefined && groupFamily(arg, parent.env) === family);
  });
}

// ------------------------------------------------------------------------------------------------- who has the channel

/** Nobody but these goroutines and the function itself can answer. */
function isInView(need: Need, made: MadeChannel, parties: readonly Party[], body: Body): boolean {
  const { channel, cancel } = made;
  const closed = operations(body.graph).flatMap(({ op }) => closesIn(op, made, body));
  if (cancel) return !mayAnswerBeside(need, cancel, body, [cancel.ident, ...closed]);
  const own = operations(body.graph).flatMap(({ op }) => {
    if (op.kind === 'receive') return [op.channel];
    if (op.kind === 'range') return [op.stmt.x];
    if (op.kind === 'send') return [op.stmt.channel];
    return [];
  });
  const given = parties.flatMap(({ goroutine }) => goroutine.call.args);
  if (mayAnswerBeside(need, channel, body, [channel.ident, ...own, ...closed, ...given])) return false;
  return parties.every(({ goroutine, name }) => !goroutine.body || name === channel || !mayAnswerBeside(need, name, goroutine.body, []));
}

/** Whether the channel is named, beside in `known`, otherwise than by what does not answer the need. */
function mayAnswerBeside(need: Need, channel: Variable, body: Body, known: readonly Expr[]): boolean {
  const harmless = new Set<Expr>(known.map(unparen));
  let found = false;
  walkStmts(body.block.stmts, {
    stmt: stmt => {
      if (stmt.kind === 'send' && need !== 'receive') harmless.add(unparen(stmt.channel));
      if (stmt.kind === 'range' && need !== 'send') harmless.add(unparen(stmt.x));
    },
    expr: x => {
      if (x.kind === 'unary' && x.op === '<-' && need !== 'send') harmless.add(unparen(x.x));
      if (x.kind === 'call' && calleeOf(x, body.env).kind === 'builtin' && (need === 'send' || !isClose(x, body))) x.args.forEach(arg => harmless.add(unparen(arg)));
      found ||= isVariable(x, channel) && x.kind === 'ident' && !harmless.has(x);
    },
  });
  return found;
}

function receivesFrom(op: Op, channel: Variable): boolean {
  return (op.kind === 'receive' && isVariable(op.channel, channel)) || (op.kind === 'range' && isVariable(op.stmt.x, channel));
}

function isVariable(x: Expr, variable: Variable): boolean {
  const inner = unparen(x);
  return inner.kind === 'ident' && inner.entity === variable;
}
