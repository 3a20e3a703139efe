/**
 * Waits of a function that one goroutine is to answer, where that goroutine can end without: a receive for which it
 * neither sends nor closes, a send after which it does not receive.
 */
import type { Block, Op } from '../../flow/graph.ts';
import { endedLoops, loopsOf } from '../../flow/loops.ts';
import { type Arrival, operations, search, type Turn } from '../../flow/search.ts';
import { calleeName, calleeOf } from '../../program/callee.ts';
import { isError, typeOf } from '../../program/infer.ts';
import { underlying } from '../../program/resolve.ts';
import { isNamed } from '../../program/types.ts';
import { type Call, type Expr, type Go, unparen, type Variable } from '../../syntax/ast.ts';
import { walkExpr } from '../../syntax/walk.ts';
import type { Body } from '../bodies.ts';
import type { Pass } from '../pass.ts';
import { holdsSpan, reaches, spanOf } from '../paths/reach.ts';
import { canonicalKey } from '../places/canonical.ts';
import { withNames } from './bindings.ts';
import type { Run } from './callees.ts';
import { MANY } from './counts.ts';
import { failsTest } from './failures.ts';
import { isInEachRoundOf, keepStep } from './instep.ts';
import { type Count, Reading, START, type Verb, type Waiting } from './traffic.ts';

/** A goroutine that ends without the answer that it alone can give. */
export interface Silence {
  /** The start of the goroutine that should have answered. */
  readonly start: Go | Call;
  readonly goroutine: Body;
  /** Its way to an end without an answer. */
  readonly way: Arrival<unknown>;
}

export interface Forgotten extends Silence {
  readonly wait: Waiting;
  /** It is one of several that may all end so. */
  readonly areMany?: boolean;
}

const ANSWERS: Readonly<Record<Verb, readonly (Verb | 'close')[]>> = { send: ['receive', 'range'], receive: ['send', 'close'], range: ['close'] };

export function* forgottenIn(reading: Reading, capacity: number | undefined, body: Body, pass: Pass): Generator<Forgotten> {
  for (const verb of ['send', 'receive', 'range'] as const) {
    const wait = reading.waits.find(w => w.verb === verb && !w.isExit && w.starts.length === 0 && w.body === body);
    // Who cannot send finds out only when the buffer is full.
    if (!wait || (verb === 'send' && capacity !== 0)) continue;
    const answerer = onlyAnswerer(verb, reading, body);
    if (!answerer) continue;
    const { node, run } = answerer;
    if (verb === 'send' && (isInLockstep(wait, run, body) || !receivesEachRound(run, pass))) continue;
    const isMany = isInLoop(node, body);
    // Of many goroutines one is enough for a single receive or send, and all may fail.
    if (isMany && (!isInLoop(wait.node, body) || (verb === 'send' && !receivesInLoop(run.body)))) continue;
    const isRepeated = isInLoop(wait.node, body);
    const way = wayWithout({ verb, isRepeated, inStep: isMany && verb !== 'send' && keepStep(node, wait.node, body) }, run, pass)
      ?? (verb === 'send' && isRepeated && !isMany ? wayBehindTimer(run, pass) : undefined);
    if (way) yield { wait, start: node, goroutine: run.body, way };
  }
}

/** What its callers wait for of a channel that a function returns, and its only goroutine may forget. */
export function silenceBehind(verb: 'receive' | 'range', reading: Reading, body: Body, pass: Pass): Silence | undefined {
  const answerer = onlyAnswerer(verb, reading, body);
  if (!answerer || isInLoop(answerer.node, body)) return undefined;
  const { node, run } = answerer;
  const way = wayWithout({ verb, isRepeated: false, inStep: false }, run, pass);
  return way && { start: node, goroutine: run.body, way };
}

/** The one goroutine that a body starts which answers, where nothing else does. */
function onlyAnswerer(verb: Verb, reading: Reading, body: Body): { readonly node: Go | Call; readonly run: Run } | undefined {
  const [start, ...more] = operations(body.graph).flatMap(({ op }) => (reading.doesAt(op, ...ANSWERS[verb]) ? [op] : []));
  const [run, ...others] = start ? reading.runsAt(start) : [];
  // A group says in the end that one of it has failed; who sends before that does not hear it.
  const node = start?.kind === 'go' ? start.stmt : start?.kind === 'call' && verb === 'send' ? start.call : undefined;
  return node && !more.length && run?.started && !others.length ? { node, run } : undefined;
}

/** The function sends when it has received from the goroutine: `line := <-lines; …; done <- true`, so it goes on only as long as the other does. */
function isInLockstep({ node }: Waiting, { body: goroutine }: Run, body: Body): boolean {
  const sent = new Set(operations(goroutine.graph).flatMap(({ op }) => (op.kind === 'send' ? canonicalKey(op.stmt.channel, goroutine.env) ?? [] : [])));
  const isWait = (op: Op) => spanOf(op).start === node.start;
  return operations(body.graph).some(({ op, after }) => (op.kind === 'receive' || op.kind === 'range') && sent.has(canonicalKey(op.kind === 'range' ? op.stmt.x : op.channel, body.env) ?? '') && reaches(after, isWait));
}

/** What is received in some rounds only, both have agreed on. */
function receivesEachRound({ body, names }: Run, pass: Pass): boolean {
  const reading = new Reading(body, withNames(names, body), pass);
  return operations(body.graph).every(({ op }) => op.kind !== 'receive' || op.inSelect || !reading.doesAt(op, 'receive') || isInEachRoundOf(spanOf(op), body));
}

/** What is waited for, how often, and whether once for each goroutine, so that none may end without an answer, whatever the reason. */
interface Wanted {
  readonly verb: Verb;
  readonly isRepeated: boolean;
  readonly inStep: boolean;
}

/** The goroutine ends on this way for a reason of its own, so that nobody can know that there will be no answer. */
export function wayWithout(wanted: Wanted, run: Run, pass: Pass, overs: readonly Turn[] = []): Arrival<unknown> | undefined {
  const { verb } = wanted;
  const { body, names } = run;
  const reading = new Reading(body, withNames(names, body), pass);
  const walk = reading.walk();
  const isOwn = (op: Op | undefined) => verb === 'send' && op !== undefined && reading.doesAt(op, 'receive');
  const told = new Set([...body.graph.blocks].flatMap(({ end }) => (end.kind === 'select' ? end.arms.filter(arm => verb !== 'send' || arm.clause.comm).map(arm => arm.to).filter(to => !isOwn(to.ops[0])) : [])));
  const isOver = (from: Block, to: Block) => endedLoops(from, to, body.graph).some(({ stmt }) => stmt.kind === 'range' && isChannel(stmt.x, body));
  const way = search<Count>({ block: body.graph.entry, index: 0 }, START, {
    ...walk,
    op: (op, count) => ((verb !== 'send' && reading.doesAt(op, ...ANSWERS[verb])) || isTold(op, verb, isOwn, body) ? undefined : walk.op(op, count)),
    edge: (condition, taken, count, to) => (overs.some(over => over.condition === condition && over.taken === taken) ? undefined : walk.edge(condition, taken, count, to)),
    between: (from, to, count) => (told.has(to) || isOver(from, to) ? undefined : walk.between?.(from, to, count)),
    returns: (_, { supply }) => isWithout(wanted, supply),
  });
  const last = way?.turns.at(-1);
  // There is nothing left to draw: another way may lead out for a reason of its own.
  if (last && asksForDrawn(last, body)) return wayWithout(wanted, run, pass, [...overs, last]);
  return way && (wanted.inStep || isOwnReason(way, body)) ? way : undefined;
}

/** `case <-timeout.C: cancel(); return` beside the receive: when its time is up the goroutine ends, whatever the sender is about to do. */
function wayBehindTimer({ body, names }: Run, pass: Pass): Arrival<unknown> | undefined {
  const reading = new Reading(body, withNames(names, body), pass);
  const walk = reading.walk();
  for (const { end } of body.graph.blocks) {
    if (end.kind !== 'select' || !end.arms.some(({ to }) => to.ops[0] && reading.doesAt(to.ops[0], 'receive'))) continue;
    for (const { to } of end.arms) {
      const [first] = to.ops;
      if (first?.kind !== 'receive' || !isTicking(first.channel, body)) continue;
      const way = search<Count>({ block: to, index: 0 }, START, { ...walk, op: (op, count) => (reading.doesAt(op, 'receive') ? undefined : walk.op(op, count)), returns: () => true });
      if (way) return way;
    }
  }
  return undefined;
}

function isTicking(channel: Expr, { env }: Body): boolean {
  const type = typeOf(channel, env);
  return type.kind === 'chan' && isNamed(type.elem, 'time.Time');
}

function isWithout({ verb, isRepeated }: Wanted, supply: Count['supply']): boolean {
  switch (verb) {
    case 'send':
      return supply.receives < (isRepeated ? MANY : 1);
    case 'receive':
      return !supply.closes && !supply.sends;
    case 'range':
      return !supply.closes;
  }
}

export function isInLoop(node: { readonly start: number; readonly end: number }, { graph }: Body): boolean {
  return [...graph.loops.keys()].some(({ body: rounds }) => rounds.start <= node.start && node.end <= rounds.end);
}

function isChannel(x: Expr, { env }: Body): boolean {
  return underlying(typeOf(x, env), env.program).kind === 'chan';
}

/** Somebody says that it is over, the goroutine says so at another channel to one who can listen, or a failing test does. */
function isTold(op: Op, verb: Verb, isOwn: (op: Op) => boolean, body: Body): boolean {
  if (failsTest(op, body)) return true;
  if (op.kind === 'receive') return !isOwn(op);
  return verb !== 'send' && (op.kind === 'send' || closes(op, body));
}

/** A channel, or a pipe with the reason why: whoever is at its other end learns of it. */
function closes(op: Op, { env }: Body): boolean {
  const call = op.kind === 'call' ? op.call : op.kind === 'defer' ? unparen(op.stmt.call) : undefined;
  const callee = call?.kind === 'call' ? calleeOf(call, env) : undefined;
  if (callee?.kind === 'builtin') return callee.name === 'close';
  return callee !== undefined && /^\(\*io\.Pipe(?:Reader|Writer)\)\.CloseWithError$/.test(calleeName(callee) ?? '');
}

/**
 * The last branch asks for something that the goroutine itself has come by: `if err := load(); err != nil { return }`.
 * What it was sent both know, so of a goroutine that receives only failures and chance are its own.
 */
function isOwnReason({ turns }: Arrival<unknown>, body: Body): boolean {
  const turn = turns.findLast(({ condition }) => !asksParameters(condition, body));
  if (!turn) return false;
  if (isChance(turn, body)) return true;
  const isOwn = mentionsOwn(turn, body) || (isFailure(turn, body) && mentionsOwn(turn, body, variable => isGivenIn(variable, body)));
  return isOwn && (!receivesInLoop(body) || isFailure(turn, body));
}

/** `if !ignoreErrors { return err }`: what the function was told before it began. */
function asksParameters(condition: Expr, body: Body): boolean {
  const x = unparen(condition);
  if (x.kind === 'unary' && x.op === '!') return asksParameters(x.x, body);
  // What is behind a pointer others may change.
  if (x.kind === 'selector') return typeOf(x.x, body.env).kind === 'named' && asksParameters(x.x, body);
  return x.kind === 'ident' && x.entity?.kind === 'var' && x.entity.role === 'param' && x.entity.assigned.length === 0;
}

function mentionsOwn({ condition }: Turn, body: Body, isOwn = (variable: Variable) => variable.owner === body.node): boolean {
  let found = false;
  walkExpr(condition, { expr: x => void (found ||= x.kind === 'ident' && x.entity?.kind === 'var' && x.entity.role !== 'param' && isOwn(x.entity) && !isDrawn(x.entity, body)) });
  return found;
}

/** `if err = store(s); err != nil`, of an `err` around the goroutine that only it assigns to. */
function isGivenIn({ assigned }: Variable, { block }: Body): boolean {
  return assigned.length > 0 && assigned.every(given => given !== 'unknown' && given.kind === 'value' && holdsSpan(block, given.expr));
}

function asksForDrawn({ condition }: Turn, body: Body): boolean {
  let found = false;
  walkExpr(condition, { expr: x => void (found ||= x.kind === 'ident' && x.entity?.kind === 'var' && isDrawn(x.entity, body)) });
  return found;
}

/**
 * `i := int(next.Add(1)) - 1`, `n := limit`: what goroutines draw from something they share. That it is used up all of
 * them find out, and each draw before has been answered by somebody.
 */
function isDrawn({ origin, assigned }: Variable, body: Body): boolean {
  if (origin.kind !== 'value' || origin.count !== 1 || assigned.length > 0) return false;
  let draws = 0;
  let others = 0;
  walkExpr(origin.expr, {
    expr: x => {
      if (x.kind === 'call') {
        const callee = calleeOf(x, body.env);
        if (callee.kind === 'conversion') return true;
        if (!DRAWS.test(calleeName(callee) ?? '')) others++;
        draws++;
        return false;
      }
      if (x.kind === 'ident' && x.entity?.kind === 'var') x.entity.owner === body.node ? others++ : draws++;
      return x.kind !== 'funclit';
    },
  });
  return draws > 0 && others === 0;
}

const DRAWS = /^(?:sync\/atomic\.(?:Add|Load)\w+|\(\*sync\/atomic\.\w+\)\.(?:Add|Load))$/;

/** `rand.Intn(2) == 0`. */
function isChance({ condition }: Turn, { env }: Body): boolean {
  let found = false;
  walkExpr(condition, { expr: x => void (found ||= x.kind === 'call' && /^math\/rand(?:\/v2)?\./.test(calleeName(calleeOf(x, env)) ?? '')) });
  return found;
}

/** `err != nil`, of an error in a variable. */
export function isFailure({ condition, taken }: Turn, { env }: Body): boolean {
  const x = unparen(condition);
  return x.kind === 'binary' && x.y.kind === 'ident' && x.y.name === 'nil' && (x.op === '!=') === taken && unparen(x.x).kind === 'ident' && isError(typeOf(x.x, env));
}

function receivesInLoop(body: Body): boolean {
  return loopsOf(body.graph).some(({ stmt, blocks }) => (stmt.kind === 'range' && isChannel(stmt.x, body)) || [...blocks].some(({ ops }) => ops.some(op => op.kind === 'receive')));
}
