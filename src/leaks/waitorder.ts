/** `Wait` before what the goroutines need to get to their `Done`: somebody who receives, who sends, who closes the channel. */
import { type Op, successors } from '../flow/graph.ts';
import { operations, reachableFrom } from '../flow/search.ts';
import { calleeOf } from '../program/callee.ts';
import { type Call, type Expr, type Range, unparen, type Variable } from '../syntax/ast.ts';
import { walkStmts } from '../syntax/walk.ts';
import { type Body, bodiesWith } from './bodies.ts';
import { doneBy } from './countdown.ts';
import { type Goroutine, goroutinesOf } from './goroutines.ts';
import { groupCallOf, groupFamily } from './groups.ts';
import { paramsOf } from './groupuses.ts';
import { canonicalPlace } from './mutexes.ts';
import type { Pass } from './pass.ts';
import { placeAfter, reaches, type Span, spanOf } from './reach.ts';
import { constantOf } from './rounds.ts';
import { mayExceed, timesOf } from './times.ts';

/** What a goroutine does with a channel that somebody else has to answer; `range` only ends when it is closed. */
export type Need = 'send' | 'receive' | 'range';

export interface WaitTooEarly {
  readonly need: Need;
  readonly body: Body;
  readonly wait: Call;
  readonly group: Expr;
  readonly channel: Variable;
  readonly goroutine: Goroutine;
  /** Where the goroutine blocks. */
  readonly blocked: { readonly node: Span; readonly body: Body };
  /** What would help it, behind the `Wait`. */
  readonly answer: Span;
  /** The buffer has room for so many. */
  readonly room: number;
}

export function* waitsTooEarly(pass: Pass): Generator<WaitTooEarly> {
  const byParent = new Map<Body['block'], Goroutine[]>();
  for (const goroutine of goroutinesOf(pass)) {
    const { block } = goroutine.parent;
    byParent.set(block, [...byParent.get(block) ?? [], goroutine]);
  }
  for (const body of bodiesWith(pass, info => /\.Wait\(\)/.test(info.bodyText) && /\bmake\(chan\b/.test(info.bodyText))) {
    const goroutines = byParent.get(body.block) ?? [];
    for (const { op } of operations(body.graph)) {
      const own = op.kind === 'call' ? groupCallOf(op.call, body.env) : undefined;
      if (op.kind !== 'call' || own?.does !== 'wait') continue;
      for (const made of channelsIn(body)) {
        for (const need of NEEDS) {
          const found = tooEarly(op, own.family, need, made, goroutines, body);
          if (found) yield { ...found, need, body, wait: op.call, group: own.group, channel: made.channel, room: made.room };
        }
      }
    }
  }
}

const NEEDS: readonly Need[] = ['send', 'receive', 'range'];

interface MadeChannel {
  readonly channel: Variable;
  readonly room: number;
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

function tooEarly(wait: Op, family: string, need: Need, { channel, room }: MadeChannel, goroutines: readonly Goroutine[], body: Body) {
  const counted = goroutines.flatMap(goroutine => partyOf(goroutine, family, need, channel) ?? []);
  if (!counted.length || !isInView(need, channel, counted, body)) return undefined;
  const isAnswer = (op: Op) => op.kind !== 'defer' && answers(op, need, channel, body);
  const isWait = (op: Op) => op === wait;
  // What may come before the Wait may be for these goroutines.
  if (reaches({ block: body.graph.entry, index: 0 }, isAnswer, isWait)) return undefined;
  const behind = operations(body.graph).map(({ op }) => op).find(op => answers(op, need, channel, body));
  if (!behind || (behind.kind !== 'defer' && !reaches(placeAfter(wait, body), isAnswer))) return undefined;
  const found = counted.find(({ goroutine }) => {
    const start = operations(body.graph).find(({ op }) => isStartOf(op, goroutine));
    return start && (need !== 'send' || outgrows(room, channel, goroutine, body)) && reaches(start.after, isWait);
  });
  return found && { goroutine: found.goroutine, blocked: found.blocked, answer: spanOf(behind) };
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
function answers(op: Op, need: Need, channel: Variable, body: Body): boolean {
  if (need === 'send') return receivesFrom(op, channel);
  if (need === 'receive' && op.kind === 'send') return isVariable(op.stmt.channel, channel);
  const call = op.kind === 'call' ? op.call : op.kind === 'defer' ? unparen(op.stmt.call) : undefined;
  return call?.kind === 'call' && call.args.some(arg => isVariable(arg, channel)) && isClose(call, body);
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
function partyOf(goroutine: Goroutine, family: string, need: Need, channel: Variable): Party | undefined {
  const { body, call, parent } = goroutine;
  if (!body) return undefined;
  const index = call.args.findIndex(arg => isVariable(arg, channel));
  const name = index >= 0 ? paramsOf(body.node)[index]?.name?.entity : channel;
  if (name?.kind !== 'var') return undefined;
  const countsDown = goroutine.stmt.kind === 'call' ? groupCallOf(goroutine.stmt, parent.env)?.family === family : isCountedBy(goroutine, family);
  if (!countsDown) return undefined;
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
function isInView(need: Need, channel: Variable, parties: readonly Party[], body: Body): boolean {
  const own = operations(body.graph).flatMap(({ op }) => {
    if (op.kind === 'receive') return [op.channel];
    if (op.kind === 'range') return [op.stmt.x];
    if (op.kind === 'send') return [op.stmt.channel];
    const call = op.kind === 'call' ? op.call : op.kind === 'defer' ? unparen(op.stmt.call) : undefined;
    return call?.kind === 'call' && isClose(call, body) ? call.args : [];
  });
  const given = parties.flatMap(({ goroutine }) => goroutine.call.args);
  if (mayAnswerBeside(need, channel, body, [channel.ident, ...own, ...given])) return false;
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
