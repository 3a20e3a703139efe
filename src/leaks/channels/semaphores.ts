/** Tokens of semaphores that some way does not give back: breadth first from where one is taken, or from the start of the goroutine it is handed to. */
import { ANY_RESOURCE } from '../../contracts/resources.ts';
import type { Block, End, Op } from '../../flow/graph.ts';
import { loopsOf } from '../../flow/loops.ts';
import { type Arrival, operations, type Place, search, type Turn, type Walk } from '../../flow/search.ts';
import { calleeOf, resolveFunction } from '../../program/callee.ts';
import { isError, typeOf } from '../../program/infer.ts';
import type { FuncInfo } from '../../program/package.ts';
import { errorType, type Type } from '../../program/types.ts';
import { functionOf } from '../../program/values.ts';
import { type Call, type Expr, unparen, type Variable } from '../../syntax/ast.ts';
import { walkExpr } from '../../syntax/walk.ts';
import { askedBodies, askedMention, type Body, bodyOf } from '../bodies.ts';
import { bodyOfCallee, type Goroutine, goroutinesStarted, runBy } from '../goroutines/goroutines.ts';
import type { Pass } from '../pass.ts';
import { factsAt, firstFound } from '../paths/facts.ts';
import { type Span, spanOf } from '../paths/reach.ts';
import { type Companions, companionsless, type State, stateOf, walkOf } from '../resources/ways.ts';
import { type Kind, type Semaphore, semaphoreAt, semaphoresOf, tokenUse, tokenUsesIn } from './semaphoreuses.ts';

export interface KeptToken {
  readonly body: Body;
  /** The operation, or the call of a helper, that takes the token. */
  readonly taken: Span;
  /** The semaphore as written, or the helper. */
  readonly name: Expr;
  /** `again`: the next round takes another one. `goroutine`: the goroutine that is to give it back ends without. */
  readonly why: 'returns' | 'again' | 'goroutine';
  readonly goroutine: Goroutine | undefined;
  readonly turns: readonly Turn[];
  readonly leaves: Span;
  readonly never: boolean;
}

/** Where a token is taken. */
interface Taken {
  readonly op: Op;
  readonly after: Place;
  readonly semaphore: Semaphore;
  readonly kind: Kind;
  readonly name: Expr;
  readonly call: Call | undefined;
}

export function* keptTokens(pass: Pass): Generator<KeptToken> {
  if (!askedMention(/<-|cquire\(/, pass) && !callsHelper(pass)) return;
  if (semaphoresOf(pass).size === 0) return;
  const words = new RegExp(['<-', 'cquire', ...[...helpersOf(pass).keys()].map(({ bareName }) => `\\b${bareName}\\(`)].join('|'));
  for (const body of askedBodies(pass, ({ bodyText }) => words.test(bodyText))) {
    for (const taken of takenIn(body, pass)) {
      const found = keptFrom(taken, body, pass) ?? keptByGoroutine(taken, body, pass);
      if (found) yield found;
    }
  }
}

/** See `helpersOf`. */
function callsHelper(pass: Pass): boolean {
  const names = pass.pkg.funcs.filter(mayTake).map(info => info.bareName);
  return names.length > 0 && askedMention(new RegExp(`\\b(?:${names.join('|')})\\(`), pass);
}

function mayTake({ bodyText }: FuncInfo): boolean {
  return /<-|cquire\(/.test(bodyText);
}

function* takenIn(body: Body, pass: Pass): Generator<Taken> {
  const kinds = semaphoresOf(pass);
  for (const { op, after } of operations(body.graph)) {
    const use = op.kind === 'defer' || op.kind === 'go' ? undefined : tokenUse(op, body.env);
    const kind = use && kinds.get(use.semaphore.id);
    if (use && kind) {
      const takes = kind.takes === 'call' ? use.does === 'acquire' || use.does === 'try' : use.does === kind.takes;
      if (takes && op.kind !== 'range') yield { op, after, semaphore: use.semaphore, kind, name: use.expr, call: use.call };
    } else if (op.kind === 'call') {
      const semaphore = takenByHelper(op.call, body, pass);
      const kind = semaphore && kinds.get(semaphore.id);
      if (semaphore && kind) yield { op, after, semaphore, kind, name: op.call.fun, call: op.call };
    }
  }
}

function takenByHelper(call: Call, { env }: Body, pass: Pass): Semaphore | undefined {
  const callee = functionOf(calleeOf(call, env), env);
  return (callee.kind === 'func' || callee.kind === 'method') && callee.func ? helpersOf(pass).get(callee.func) : undefined;
}

const helpers = new WeakMap<Pass, ReadonlyMap<FuncInfo, Semaphore>>();

/** `p.acquire(ctx)`: the functions of the package that do little more than take a token, of a field or a package variable. */
function helpersOf(pass: Pass): ReadonlyMap<FuncInfo, Semaphore> {
  let found = helpers.get(pass);
  if (!found) {
    const taking = pass.pkg.funcs.filter(mayTake).map(info => [info, takenBy(info, pass)] as const);
    helpers.set(pass, (found = new Map(taking.flatMap(([info, semaphore]) => (semaphore ? [[info, semaphore]] : [])))));
  }
  return found;
}

function takenBy(info: FuncInfo, pass: Pass): Semaphore | undefined {
  const inner = info.pkg.module ? bodyOf(info, pass) : undefined;
  if (!inner) return undefined;
  const own = [...operations(inner.graph)].flatMap(({ op }) => (op.kind === 'defer' || op.kind === 'go' ? [] : tokenUse(op, inner.env) ?? []));
  const taken = own.find(({ semaphore: { id }, does }) => {
    const kind = semaphoresOf(pass).get(id);
    return kind && (kind.takes === 'call' ? does === 'acquire' || does === 'try' : does === kind.takes);
  });
  if (!taken || taken.semaphore.variable) return undefined;
  return [...operations(inner.graph)].some(({ op }) => isGivenBack(op, taken.semaphore, inner, pass)) ? undefined : taken.semaphore;
}

function givesBack(does: string, { id }: Semaphore, pass: Pass): boolean {
  const takes = semaphoresOf(pass).get(id)?.takes;
  return takes === 'call' ? does === 'release' : takes === 'send' ? does === 'receive' : takes === 'receive' && does === 'send';
}

// ------------------------------------------------------------------------------------------------------ the search

function keptFrom(taken: Taken, body: Body, pass: Pass): KeptToken | undefined {
  const { op, after, semaphore, kind, name, call } = taken;
  const gives = (other: Op) => isGivenBack(other, semaphore, body, pass);
  const [around] = loopsOf(body.graph).filter(({ blocks }) => blocks.has(after.block)).sort((a, b) => a.blocks.size - b.blocks.size);
  const isGivenInRound = around && [...around.blocks].some(block => block.ops.some(gives));
  // `for range cap(sem) { sem <- struct{}{} }` waits for everybody.
  if (around && !isGivenInRound && !kind.isNeverReleased) return undefined;
  const isGiven = [...operations(body.graph)].some(({ op: other }) => gives(other));
  const isHelper = call !== undefined && tokenUse(op, body.env) === undefined;
  if (!isGiven && (isHelper || around || body.node.kind === 'funclit' ? !kind.isNeverReleased : !kind.isPaired || isWhole(call))) return undefined;
  if (isCalledWithToken(op, gives, body)) return undefined;
  // A channel that nobody knows any more holds up nobody.
  const isOwn = semaphore.variable?.owner === body.node && semaphore.variable.role === 'local';
  const walk = walkOf(ANY_RESOURCE, body, pass);
  const { from, companions } = startOf(taken, body);
  const cases = factsAt(from, body, pass);
  const firstWay = (way: Walk<State>) => firstFound(cases, facts => search(from, stateOf(new Map(), companions, facts), way));
  const heldWalk: Walk<State> = {
    ...walk,
    op: (other, state) => (other === op ? 'arrive' : gives(other) ? undefined : walk.op(other, state)),
    edge: (condition, chosen, state, to) => ((call && isFailure(condition, chosen, call)) || saysNone(condition, chosen, semaphore, body) ? undefined : walk.edge(condition, chosen, state, to)),
    between: (at, to, state) => (isFoundEmpty(at, to, gives) ? undefined : walk.between ? walk.between(at, to, state) : state),
    returns: end => !isOwn && !(end.stmt?.results ?? []).some(x => handsOver(x, semaphore, body, pass)),
  };
  const way = firstWay(heldWalk);
  if (!way) return undefined;
  // A function that takes for its caller, and gives back only when something else fails.
  const isForCaller = kind.hasHalves && firstWay({
    ...heldWalk,
    op: (other, state) => (other === op ? undefined : heldWalk.op(other, state)),
    returns: (end, state) => heldWalk.returns(end, state) && !isFailed(end, body),
  }) !== undefined;
  if (way.at.kind === 'return' && isForCaller) return undefined;
  return { body, taken: spanOf(op), name, why: way.at.kind === 'op' ? 'again' : 'returns', goroutine: undefined, turns: way.turns, leaves: endOf(way, body), never: !isGiven };
}

/** The `default` of a `select` that would have given one back: there is none to give back, the own one included. */
function isFoundEmpty({ end }: Block, to: Block, gives: (op: Op) => boolean): boolean {
  if (end.kind !== 'select' || !end.arms.some(arm => arm.to === to && !arm.clause.comm)) return false;
  return end.arms.some(({ to: { ops: [first] } }) => first !== undefined && gives(first));
}

/** `sem.Release(1); wait(); sem.Acquire(ctx, 1)`: the token is the caller's. */
function isCalledWithToken(taken: Op, gives: (op: Op) => boolean, { graph }: Body): boolean {
  return search<'' | 'given'>({ block: graph.entry, index: 0 }, '', {
    key: given => given,
    op: (op, given) => (op === taken ? given ? 'arrive' : undefined : gives(op) ? 'given' : given),
    edge: (_, __, given) => given,
    returns: () => false,
  }) !== undefined;
}

/** The return says that the function has failed: an error that is not nil, `false`. */
function isFailed({ stmt }: End & { kind: 'return' }, { env }: Body): boolean {
  const last = stmt?.results.at(-1);
  const x = last && unparen(last);
  if (!x || (x.kind === 'ident' && !x.entity && /^(?:nil|true)$/.test(x.name))) return false;
  return (x.kind === 'ident' && !x.entity && x.name === 'false') || isError(typeOf(x, env));
}

/** `sem.Acquire(ctx, size)`: all tokens at once, to wait for everybody. */
function isWhole(call: Call | undefined): boolean {
  const weight = call?.args.at(-1);
  return call !== undefined && !(weight?.kind === 'literal' && weight.text === '1');
}

/** The goroutine that is started with the token, and gives it back on some ways only. */
function keptByGoroutine({ op: taken, after, semaphore, name }: Taken, body: Body, pass: Pass): KeptToken | undefined {
  for (const goroutine of goroutinesStarted(pass)) {
    const { parent, stmt, body: inner } = goroutine;
    if (parent.block !== body.block || !inner || !isReached(stmt, after, semaphore, body, pass)) continue;
    const gives = (op: Op) => isGivenBack(op, semaphore, inner, pass);
    const own = [...operations(inner.graph)];
    if (!own.some(({ op }) => gives(op)) || own.some(({ op }) => tokenUse(op, inner.env)?.semaphore.id === semaphore.id && !gives(op))) continue;
    const walk = walkOf(ANY_RESOURCE, inner, pass);
    const way = search<State>({ block: inner.graph.entry, index: 0 }, stateOf(new Map(), companionsless), {
      ...walk,
      op: (op, state) => (gives(op) ? undefined : walk.op(op, state)),
      edge: (condition, chosen, state, to) => (saysNone(condition, chosen, semaphore, inner) ? undefined : walk.edge(condition, chosen, state, to)),
      returns: () => true,
    });
    if (way) return { body, taken: spanOf(taken), name, why: 'goroutine', goroutine, turns: way.turns, leaves: endOf(way, inner), never: false };
  }
  return undefined;
}

/** Control comes from the token to the start of the goroutine, and nobody gives it back before. */
function isReached(stmt: Goroutine['stmt'], from: Place, semaphore: Semaphore, body: Body, pass: Pass): boolean {
  return search(from, '', {
    key: () => '',
    op: op => ((op.kind === 'go' && op.stmt === stmt) || (op.kind === 'call' && op.call === stmt) ? 'arrive' : isGivenBack(op, semaphore, body, pass) ? undefined : ''),
    edge: () => '',
    returns: () => false,
  }) !== undefined;
}

/** Behind `err := sem.Acquire(ctx, 1)`, `ok := sem.TryAcquire(1)`, with what tells whether there is a token. */
function startOf({ op: acquiring, call, after }: Taken, { env }: Body): { readonly from: Place; readonly companions: Companions } {
  const { block, index } = after;
  const at = call ? block.ops.findIndex((op, i) => i >= index && op.kind === 'assign' && op.rhs.some(x => unparen(x) === call)) : -1;
  const op = block.ops[at];
  if (!call || op?.kind !== 'assign') return { from: after, companions: companionsless };
  // Where the library is not at hand, its methods are known all the same.
  const does = tokenUse(acquiring, env)?.does;
  const known: Type | undefined = does === 'acquire' ? errorType : does === 'try' ? { kind: 'basic', name: 'bool' } : undefined;
  const type = typeOf(call, env);
  const types = type.kind === 'tuple' ? type.types : [type.kind === 'unknown' && known ? known : type];
  const those = (is: (type: Type) => boolean) => new Set(op.lhs.flatMap((x, i): Variable[] => {
    const given = types[i];
    return given && is(given) && x.kind === 'ident' && x.entity?.kind === 'var' ? [x.entity] : [];
  }));
  const companions = { errors: those(isError), flags: those(given => given.kind === 'basic' && given.name === 'bool'), context: undefined };
  return { from: { block, index: at + 1 }, companions };
}

/** `if sem.Acquire(ctx, 1) != nil`, `if !sem.TryAcquire(1)`. */
function isFailure(condition: Expr, chosen: boolean, call: Call): boolean {
  const x = unparen(condition);
  if (x === call) return !chosen;
  return x.kind === 'binary' && unparen(x.x) === call && ((x.op === '!=' && chosen) || (x.op === '==' && !chosen));
}

/** `if sem != nil { sem.Release(1) }`: who holds a token has a semaphore. */
function saysNone(condition: Expr, chosen: boolean, { id }: Semaphore, { env }: Body): boolean {
  const x = unparen(condition);
  if (x.kind !== 'binary' || (x.op !== '==' && x.op !== '!=') || x.y.kind !== 'ident' || x.y.name !== 'nil') return false;
  return (x.op === '==') === chosen && semaphoreAt(x.x, env)?.id === id;
}

function endOf(way: Arrival<State>, { block }: Body): KeptToken['leaves'] {
  if (way.at.kind === 'op') return spanOf(way.at.op);
  return way.at.stmt ?? { start: block.end - 1, end: block.end };
}

// ------------------------------------------------------------------------------------------------------ giving back

/** The operation gives a token back, or hands that to somebody: a goroutine, a deferred call, a callback. */
function isGivenBack(op: Op, semaphore: Semaphore, body: Body, pass: Pass): boolean {
  const use = tokenUse(op, body.env);
  if (use?.semaphore.id === semaphore.id) return givesBack(use.does, semaphore, pass);
  const hands = (x: Expr) => handsOver(x, semaphore, body, pass);
  if (op.kind === 'send') return hands(op.stmt.value);
  if (op.kind === 'assign') return op.rhs.some((x, i) => hands(x) && !(op.lhs[i]?.kind === 'ident' && isFunctionOrName(x)));
  const call = op.kind === 'call' ? op.call : op.kind === 'go' || op.kind === 'defer' ? unparen(op.stmt.call) : undefined;
  if (call?.kind !== 'call') return false;
  const callee = functionOf(calleeOf(call, body.env), body.env);
  if (callee.kind === 'builtin' && callee.name !== 'append') return false;
  const called = bodyOfCallee(callee, body, pass);
  return (called !== undefined && releasesIn(called, semaphore, pass)) || call.args.some(hands);
}

/** `release := func() { <-sem }`, `c := sem`: another name, and nothing has happened yet. */
function isFunctionOrName(expr: Expr): boolean {
  const x = unparen(expr);
  return x.kind === 'funclit' || x.kind === 'ident' || x.kind === 'selector';
}

/** The body, or what it calls, gives a token back that it has not taken itself. */
function releasesIn(body: Body, semaphore: Semaphore, pass: Pass): boolean {
  if (!/<-|elease/.test(body.info.bodyText) && !/\(\)/.test(body.info.bodyText)) return false;
  for (const { body: run } of runBy(body, pass)) {
    const own = tokenUsesIn(run).filter(use => use.semaphore.id === semaphore.id);
    if (own.length && own.every(({ does }) => givesBack(does, semaphore, pass))) return true;
  }
  return false;
}

/** The expression holds the semaphore, or a function that gives a token back. */
function handsOver(expr: Expr, semaphore: Semaphore, body: Body, pass: Pass): boolean {
  let found = false;
  walkExpr(expr, {
    expr: x => {
      if (found) return false;
      if (x.kind === 'funclit' || x.kind === 'ident' || x.kind === 'selector') {
        const callee = functionOf(resolveFunction(x, body.env), body.env);
        const called = callee.kind === 'literal' || callee.kind === 'method' || callee.kind === 'func' ? bodyOfCallee(callee, body, pass) : undefined;
        found = called !== undefined ? releasesIn(called, semaphore, pass) : semaphoreAt(x, body.env)?.id === semaphore.id;
      }
      return x.kind !== 'funclit' && x.kind !== 'call' && !(x.kind === 'unary' && x.op === '<-');
    },
  });
  return found;
}
