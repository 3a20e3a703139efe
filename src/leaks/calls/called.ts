/** The bodies that a call runs before it returns: the callee's, and those of functions handed to it that it calls. */
import { RUNS_ARGUMENT_OFTEN, RUNS_ARGUMENT_ONCE } from '../../contracts/known.ts';
import { graphOf } from '../../flow/build.ts';
import { operations } from '../../flow/search.ts';
import { type Callee, calleeName, calleeOf, resolveFunction, writtenName } from '../../program/callee.ts';
import { targetsOf } from '../../program/implementations.ts';
import { typeOf } from '../../program/infer.ts';
import type { FuncInfo } from '../../program/package.ts';
import { underlying } from '../../program/resolve.ts';
import { functionOf } from '../../program/values.ts';
import { type Call, type Expr, type Origin, unparen, type Variable } from '../../syntax/ast.ts';
import { bodiesOf, type Body, bodyOf, literalBody } from '../bodies.ts';
import type { Pass } from '../pass.ts';
import type { Place } from '../places/places.ts';
import { elementsGivenTo, type Given, givenTo, sentOn } from './callbacks.ts';
import { printedMethods } from './printed.ts';
import { literalReturned } from './returnedliterals.ts';

export interface CalledBody {
  readonly body: Body;
  /** A literal of the caller's own, which sees the caller's variables. */
  readonly isInner: boolean;
  readonly receiver: Expr | undefined;
  /** Called through an interface: what stands behind it is another value than what holds it. */
  readonly isDynamic?: boolean;
  readonly args: readonly Expr[];
  readonly keptIn?: KeptIn | undefined;
  /** A caller of the function that makes the call hands it over. */
  readonly isHandedOver?: boolean;
}

/** A function that is called through a field into which somebody put it. */
export interface KeptIn {
  /** What has the field, as the function that put it there names it. */
  readonly owner: Place;
  /** What has the field, as the caller names it. */
  readonly calledOn: Expr;
}

const memo = new WeakMap<Call, readonly CalledBody[]>();

export function calledBodies(call: Call, from: Body, pass: Pass): readonly CalledBody[] {
  let found = memo.get(call);
  if (!found) memo.set(call, (found = [...findCalled(call, from, pass)]));
  return found;
}

function* findCalled(call: Call, from: Body, pass: Pass): Generator<CalledBody> {
  const callee = calleeOf(call, from.env);
  const kept = [...callbacks(callee, call.fun, call.args, from, pass), ...closuresReturned(callee, call.args, from, pass)];
  const direct = kept.length ? kept : bodiesOfFunction(functionOf(callee, from.env), call.args, from, pass);
  yield* direct;
  for (const { func, receiver } of printedMethods(call, from)) yield* declared(func, receiver, [], pass);
  for (const [i, arg] of call.args.entries()) {
    if (!mayBeFunction(arg)) continue;
    const isCalled = isRunAtOnce(calleeName(callee) ?? '') || isAwaited(arg, call, callee, from) || direct.some(({ body }) => callsParam(body, i, pass));
    if (isCalled) yield* functionsAt(arg, from, pass);
  }
}

/** `s.notify(x)`: the functions that somebody put into the field; `for _, f := range s.hooks { f(x) }` runs all that are in there. */
function* callbacks(callee: Callee, expr: Expr, args: readonly Expr[], from: Body, pass: Pass): Generator<CalledBody> {
  const kept = keptFunctions(callee, unparen(expr), from, pass);
  if (!kept) return;
  for (const { owner, value, within } of kept.given) {
    const keptIn = owner && { owner, calledOn: kept.calledOn };
    for (const called of bodiesOfFunction(value, args, { ...from, info: within, env: pass.contracts.envOf(within) }, pass)) yield { ...called, isInner: false, keptIn };
  }
}

/** What a call may run that goes through a field, and what has the field. */
function keptFunctions(callee: Callee, fun: Expr, from: Body, pass: Pass): { given: readonly Given[]; calledOn: Expr } | undefined {
  if (callee.kind !== 'variable') return undefined;
  const { holder } = callee;
  if (holder.kind === 'field') return fun.kind === 'selector' ? { given: givenTo(holder, pass), calledOn: fun.x } : undefined;
  const origin = holder.kind === 'local' && holder.variable.assigned.length === 0 ? holder.variable.origin : undefined;
  const channel = origin && channelOf(origin, from);
  if (channel) return { given: sentOn(channel, from, pass), calledOn: channel.kind === 'selector' ? channel.x : channel };
  const all = origin?.kind === 'range' && origin.position === 1 ? unparen(origin.x) : undefined;
  if (all?.kind !== 'selector') return undefined;
  const field = resolveFunction(all, from.env);
  return field.kind === 'variable' && field.holder.kind === 'field' ? { given: elementsGivenTo(field.holder, pass), calledOn: all.x } : undefined;
}

/** `for run := range s.work`, `run := <-s.work`. */
function channelOf(origin: Origin, { env }: Body): Expr | undefined {
  const x = origin.kind === 'range' && origin.position === 0 ? unparen(origin.x) : undefined;
  if (x) return underlying(typeOf(x, env), env.program).kind === 'chan' ? x : undefined;
  const value = origin.kind === 'value' && origin.index === 0 ? unparen(origin.expr) : undefined;
  return value?.kind === 'unary' && value.op === '<-' ? unparen(value.x) : undefined;
}

/** `started, cleanup := s.prepare()`: the literals that it returned, which speak of the same `s`. */
function* closuresReturned(callee: Callee, args: readonly Expr[], from: Body, pass: Pass): Generator<CalledBody> {
  const variable = callee.kind === 'variable' && callee.holder.kind === 'local' ? callee.holder.variable : undefined;
  if (variable?.role !== 'local' || variable.assigned.length > 0 || variable.origin.kind !== 'value') return;
  const made = unparen(variable.origin.expr);
  const maker = made.kind === 'call' ? calleeOf(made, from.env) : undefined;
  const [func] = maker ? targetsOf(maker, from.env) : [];
  const outer = func?.pkg.module ? bodyOf(func, pass) : undefined;
  const literal = outer && literalReturned(outer, variable.origin.index);
  if (!func || !literal) return;
  const own = func.decl.receiver?.names[0]?.entity;
  const keptIn = own?.kind === 'var' && maker?.kind === 'method' ? { owner: { root: own, fields: [] }, calledOn: maker.receiver } : undefined;
  yield { body: literalBody(literal, func, from, pass), isInner: false, receiver: undefined, args, keptIn };
}

function bodiesOfFunction(known: Callee, args: readonly Expr[], from: Body, pass: Pass): CalledBody[] {
  if (known.kind === 'literal') {
    const isInner = known.within === undefined || known.within === from.info;
    return [{ body: literalBody(known.literal, known.within, from, pass), isInner, receiver: undefined, args }];
  }
  const receiver = known.kind === 'method' ? known.receiver : undefined;
  const isDynamic = known.kind === 'method' && !known.func;
  const targets = targetsOf(known, from.env);
  // Of several implementations this call may never meet the one that matters.
  if (isDynamic && targets.length > 1) return [];
  return targets.flatMap(func => declared(func, receiver, args, pass)).map(called => ({ ...called, isDynamic }));
}

function declared(func: FuncInfo, receiver: Expr | undefined, args: readonly Expr[], pass: Pass): CalledBody[] {
  const body = func.pkg.module ? bodyOf(func, pass) : undefined;
  return body ? [{ body, isInner: false, receiver, args }] : [];
}

/** Library functions that call what they are given before they return. */
function isRunAtOnce(name: string): boolean {
  return RUNS_ARGUMENT_ONCE.test(name) || RUNS_ARGUMENT_OFTEN.test(name);
}

/**
 * `err := pool.RunAll(n, func(i int) error { … })` of a package that is not at hand: what fails in there is asked for, so
 * the function has run when the call returns.
 */
function isAwaited(arg: Expr, call: Call, { kind }: Callee, { info }: Body): boolean {
  const x = unparen(arg);
  const result = x.kind === 'funclit' ? x.type.results.at(-1)?.type : undefined;
  if (kind !== 'presumed' || result?.kind !== 'ident' || result.name !== 'error') return false;
  return /(?:=|\breturn)\s*$/.test(info.file.source.text.slice(Math.max(0, call.start - 20), call.start));
}

function mayBeFunction(arg: Expr): boolean {
  const x = unparen(arg);
  return x.kind === 'funclit' || x.kind === 'selector' || (x.kind === 'ident' && x.name !== 'nil');
}

/** Of a call of a parameter, `process()`: the functions that callers in the package hand over for it. */
export function* handedToParam(call: Call, { info, node, env }: Body, pass: Pass): Generator<CalledBody> {
  const callee = calleeOf(call, env);
  if (callee.kind !== 'variable' || callee.holder.kind !== 'local' || node !== info.decl) return;
  for (const { called } of handingsTo(callee.holder.variable, info, pass)) yield { ...called, isInner: false, isHandedOver: true };
}

/** A call that hands a function over, and that function as the body around the call names it. */
export interface Handing {
  readonly body: Body;
  readonly call: Call;
  readonly called: CalledBody;
}

/** The functions that callers in the package hand over for a parameter of a declared function. */
export function* handingsTo(param: Variable, info: FuncInfo, pass: Pass): Generator<Handing> {
  const index = param.owner === info.decl ? info.decl.type.params.flatMap(({ names }) => names).indexOf(param.ident) : -1;
  if (index < 0 || param.assigned.length > 0) return;
  for (const caller of info.pkg.mentioning(info.bareName)) {
    if (caller.file.kind.test && !info.file.kind.test) continue;
    for (const body of bodiesOf(caller, pass)) {
      for (const { op } of operations(body.graph)) {
        const arg = op.kind === 'call' ? op.call.args[index] : undefined;
        if (op.kind !== 'call' || !arg || !targetsOf(calleeOf(op.call, body.env), body.env).includes(info)) continue;
        for (const called of functionsAt(arg, body, pass)) yield { body, call: op.call, called };
      }
    }
  }
}

/** What a function value stands for, conversions left out, callbacks in fields looked up. */
export function functionsAt(arg: Expr, from: Body, pass: Pass): CalledBody[] {
  const x = unparen(arg);
  const inner = x.kind === 'call' && calleeOf(x, from.env).kind === 'conversion' ? x.args[0] : undefined;
  if (inner) return functionsAt(inner, from, pass);
  const callee = resolveFunction(x, from.env);
  const kept = [...callbacks(callee, x, [], from, pass)];
  return kept.length ? kept : bodiesOfFunction(functionOf(callee, from.env), [], from, pass);
}

/** What goroutines do whose end, or whose answer, the function waits for. */
function awaitedOperations({ graph, env }: Body): ReturnType<typeof operations> {
  const own = operations(graph);
  const waits = own.some(({ op }) => op.kind === 'receive' || (op.kind === 'call' && writtenName(op.call) === 'Wait' && calleeName(calleeOf(op.call, env)) === '(*sync.WaitGroup).Wait'));
  return waits ? own.flatMap(({ op }) => {
    const call = op.kind === 'go' ? unparen(op.stmt.call) : undefined;
    const fun = call?.kind === 'call' ? unparen(call.fun) : undefined;
    return fun?.kind === 'funclit' ? operations(graphOf(fun, fun.body)) : [];
  }) : [];
}

const calledParams = new WeakMap<Body['block'], ReadonlySet<number>>();

/** The body calls its parameter `index`, or hands it to a function that does. */
function callsParam(body: Body, index: number, pass: Pass): boolean {
  let found = calledParams.get(body.block);
  if (!found) {
    calledParams.set(body.block, new Set());
    calledParams.set(body.block, (found = findCalledParams(body, pass)));
  }
  return found.has(index);
}

function findCalledParams(body: Body, pass: Pass): Set<number> {
  const params = body.node.type.params.flatMap(({ names }) => names);
  const indexOf = (x: Expr) => (x.kind === 'ident' && x.entity?.kind === 'var' && x.entity.assigned.length === 0 ? params.indexOf(x.entity.ident) : -1);
  const found = new Set<number>();
  for (const { op } of [...operations(body.graph), ...awaitedOperations(body)]) {
    const call = op.kind === 'call' ? op.call : op.kind === 'defer' ? unparen(op.stmt.call) : undefined;
    if (call?.kind !== 'call') continue;
    found.add(indexOf(unparen(call.fun)));
    call.args.forEach((arg, i) => {
      const index = indexOf(unparen(arg));
      if (index >= 0 && bodiesOfFunction(functionOf(calleeOf(call, body.env), body.env), call.args, body, pass).some(inner => callsParam(inner.body, i, pass))) found.add(index);
    });
  }
  return found;
}
