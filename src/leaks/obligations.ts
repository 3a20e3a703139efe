/**
 * Obligations: a call hands over something that must be released, and some way through the function forgets it.
 * Breadth-first search from the call; conditions on the error that came with it and on nil end ways that owe nothing.
 */
import { applyOp, closureEffect, type Held, heldBy, returnedAt, returnsHeld, type Tracked, type Where } from '../contracts/effects.ts';
import { ASSERTS_ERROR, ASSERTS_NO_ERROR, GIVES_FREE_RESPONSE, GIVES_RESPONSE } from '../contracts/known.ts';
import type { End, Op } from '../flow/graph.ts';
import { type Arrival, operations, type Place, search } from '../flow/search.ts';
import { calleeName, calleeOf } from '../program/callee.ts';
import { isError, typeOf } from '../program/infer.ts';
import { targetsOf } from '../program/implementations.ts';
import type { FuncInfo } from '../program/package.ts';
import { isNamed } from '../program/types.ts';
import { type Call, eachChild, type Expr, unparen, type Variable } from '../syntax/ast.ts';
import { type Body, bodyOf } from './bodies.ts';
import type { Pass } from './pass.ts';

/** What a call hands over. */
export interface Acquisition {
  readonly result: number;
  readonly held: Held;
  /** `sure`: the callee is known to give a fresh one; `likely`: its type says so. */
  readonly evidence: 'sure' | 'likely';
}

export interface Unmet {
  readonly call: Call;
  readonly acquisition: Acquisition;
  readonly why: 'discarded' | 'overwritten' | 'returns';
  /** Undefined when the result is thrown away at once. */
  readonly way: Arrival<unknown> | undefined;
  /** Nothing in the function ever releases it. */
  readonly never: boolean;
}

/** What a way carries along: who holds the resource, and the error that is nil when there is one. */
interface State {
  readonly tracked: Tracked;
  readonly error: Variable | undefined;
}

const fresh = new WeakMap<FuncInfo, { found: Acquisition | undefined }>();

/** What a call hands over, if anything. */
export function acquisitionOf(call: Call, body: Body, pass: Pass): Acquisition | undefined {
  const callee = calleeOf(call, body.env);
  const name = calleeName(callee);
  if (name !== undefined && GIVES_FREE_RESPONSE.has(name)) return undefined;
  if (name !== undefined && GIVES_RESPONSE.has(name)) return { result: 0, held: 'response', evidence: 'sure' };
  if (callee.kind !== 'func' && callee.kind !== 'method') {
    const isValue = (callee.kind === 'variable' || callee.kind === 'unknown') && givesResponseByType(call, body);
    return isValue ? { result: 0, held: 'response', evidence: 'likely' } : unwrapped(call, body, pass);
  }
  if (callee.func && !callee.func.pkg.module) return undefined;
  const targets = targetsOf(callee, body.env).map(func => freshResult(func, pass));
  const [first] = targets;
  // Behind an interface all must hand it over; what one of them keeps to itself, the caller cannot be blamed for.
  if (targets.length) return first && targets.every(t => t?.result === first.result && t.held === first.held) ? first : unwrapped(call, body, pass);
  return givesResponseByType(call, body) ? { result: 0, held: 'response', evidence: 'likely' } : unwrapped(call, body, pass);
}

/** `lo.Must(http.Get(u))`: the result is still the fresh response of the call inside. */
function unwrapped(call: Call, body: Body, pass: Pass): Acquisition | undefined {
  const arg = call.args.length === 1 && call.args[0] ? unparen(call.args[0]) : undefined;
  if (arg?.kind !== 'call') return undefined;
  const type = typeOf(call, body.env);
  const first = type.kind === 'tuple' ? type.types[0] : type;
  if (!first || !isNamed(first, 'net/http.Response')) return undefined;
  const inner = acquisitionOf(arg, body, pass);
  return inner && { ...inner, evidence: 'likely' };
}

/** `(*http.Response, error)` and nothing else: a websocket handshake, which returns a connection as well, is none. */
function givesResponseByType(call: Call, body: Body): boolean {
  const type = typeOf(call, body.env);
  if (type.kind !== 'tuple' || type.types.length !== 2) return false;
  const [first, second] = type.types;
  return first?.kind === 'pointer' && isNamed(first, 'net/http.Response') && second !== undefined && isError(second);
}

/** A function that hands its caller a resource which one of its own calls handed to it. */
function freshResult(func: FuncInfo, pass: Pass): Acquisition | undefined {
  const known = fresh.get(func);
  if (known) return known.found;
  fresh.set(func, { found: undefined });
  const found = findFresh(func, pass);
  fresh.set(func, { found });
  return found;
}

function findFresh(func: FuncInfo, pass: Pass): Acquisition | undefined {
  if (!givesCloser(func)) return undefined;
  const body = bodyOf(func, pass);
  if (!body) return undefined;
  for (const { op, after } of operations(body.graph)) {
    if (op.kind !== 'call') continue;
    const acquisition = acquisitionOf(op.call, body, pass);
    if (!acquisition) continue;
    const target = destinationOf(op.call, acquisition, after, body);
    if (target.kind === 'returned') return { ...acquisition, result: target.result };
    if (target.kind !== 'variable') continue;
    const handed = handedOn(target, acquisition, body, pass);
    if (handed && handed.held !== 'view') return { ...handed, evidence: acquisition.evidence };
  }
  return undefined;
}

/** Only functions whose results could be or hold a response are looked into. */
function givesCloser(func: FuncInfo): boolean {
  return /\bResponse\b|Closer\b/.test(func.resultText);
}

function handedOn(target: Target & { kind: 'variable' }, acquisition: Acquisition, body: Body, pass: Pass): { result: number; held: Held } | undefined {
  let handed: { result: number; held: Held } | undefined;
  const where: Where = { env: body.env, func: body.node, effects: pass.contracts };
  search(target.from, startState(target, acquisition), {
    ...walkOf(body, pass),
    returns: (end, state) => {
      handed = returnedAt(end, state.tracked, where);
      return handed !== undefined && handed.held !== 'view';
    },
  });
  return handed;
}

// ------------------------------------------------------------------------------------------------ unmet obligations

/** The calls of a body whose resource some way forgets. */
export function* unmetObligations(body: Body, pass: Pass): Generator<Unmet> {
  for (const { op, after } of operations(body.graph)) {
    if (op.kind !== 'call') continue;
    const acquisition = acquisitionOf(op.call, body, pass);
    if (!acquisition) continue;
    const unmet = unmetAt(op, after, acquisition, body, pass);
    if (unmet) yield unmet;
  }
}

function unmetAt(op: Op & { kind: 'call' }, after: Place, acquisition: Acquisition, body: Body, pass: Pass): Unmet | undefined {
  const { call } = op;
  if (op.discarded) return { call, acquisition, why: 'discarded', way: undefined, never: true };
  const target = destinationOf(call, acquisition, after, body);
  if (target.kind !== 'variable' && target.kind !== 'blank') return undefined;
  const start = startState(target, acquisition);
  if (isClosedAtExit(start.tracked, call, body, pass)) return undefined;
  const way = search(target.from, start, walkOf(body, pass));
  if (!way || isProcessEnd(way, body)) return undefined;
  if (target.kind === 'blank') return { call, acquisition, why: 'discarded', way: undefined, never: true };
  return { call, acquisition, why: way.at.kind === 'op' ? 'overwritten' : 'returns', way, never: isForgotten(start.tracked, body, pass) };
}

/** `defer func() { if resp != nil { resp.Body.Close() } }()` stands above the call: it reads the variable at the end. */
function isClosedAtExit(tracked: Tracked, call: Call, body: Body, pass: Pass): boolean {
  const where: Where = { env: body.env, func: body.node, effects: pass.contracts };
  return [...operations(body.graph)].some(({ op }) => op.kind === 'defer' && op.stmt.start < call.start
    && op.stmt.call.kind === 'call' && op.stmt.call.fun.kind === 'funclit' && applyOp(op, tracked, where).effect === 'released');
}

/** Nothing in the function releases the resource or hands it on, on any path. */
function isForgotten(tracked: Tracked, body: Body, pass: Pass): boolean {
  const where: Where = { env: body.env, func: body.node, effects: pass.contracts };
  return closureEffect(body.graph, tracked, where) === 'none' && !returnsHeld(body.graph, tracked, where);
}

/** When `main` returns, the process ends and takes everything with it. */
function isProcessEnd(way: Arrival<State>, { info, node }: Body): boolean {
  return way.at.kind === 'return' && node === info.decl && info.name === 'main' && info.pkg.name === 'main';
}

type Target =
  | { readonly kind: 'variable'; readonly variable: Variable; readonly error: Variable | undefined; readonly from: Place }
  | { readonly kind: 'returned'; readonly result: number }
  /** `_, err := http.Get(u)`: lost at once, unless the error is known not to be nil afterwards. */
  | { readonly kind: 'blank'; readonly error: Variable | undefined; readonly from: Place }
  | { readonly kind: 'elsewhere' };

/** Where the result of a call goes. */
function destinationOf(call: Call, acquisition: Acquisition, after: Place, body: Body): Target {
  const where = { func: body.node };
  const { block } = after;
  for (let i = after.index; i < block.ops.length; i++) {
    const op = block.ops[i];
    if (op?.kind !== 'assign') continue;
    const at = op.rhs.findIndex(x => unparen(x) === call);
    if (at < 0) continue;
    const lhs = op.lhs[op.rhs.length === 1 ? acquisition.result : at];
    if (!lhs) return { kind: 'elsewhere' };
    const from = { block, index: i + 1 };
    if (lhs.kind === 'ident' && lhs.name === '_') return { kind: 'blank', error: errorOf(op, call, body), from };
    const variable = lhs.kind === 'ident' && lhs.entity?.kind === 'var' && lhs.entity.owner === where.func ? lhs.entity : undefined;
    return variable ? { kind: 'variable', variable, error: errorOf(op, call, body), from } : { kind: 'elsewhere' };
  }
  if (block.end.kind !== 'return') return { kind: 'elsewhere' };
  const result = block.end.stmt?.results.findIndex(x => unparen(x) === call) ?? -1;
  if (result < 0) return { kind: 'elsewhere' };
  return { kind: 'returned', result: block.end.stmt?.results.length === 1 ? acquisition.result : result };
}

/** The variable that gets the call's error. */
function errorOf(op: Op & { kind: 'assign' }, call: Call, body: Body): Variable | undefined {
  if (op.rhs.length !== 1) return undefined;
  const type = typeOf(call, body.env);
  if (type.kind !== 'tuple') return undefined;
  const at = type.types.findIndex(isError);
  const x = op.lhs[at];
  return x?.kind === 'ident' && x.entity?.kind === 'var' ? x.entity : undefined;
}

function startState(target: Target & { kind: 'variable' | 'blank' }, acquisition: Acquisition): State {
  return { tracked: new Map(target.kind === 'variable' ? [[target.variable, acquisition.held]] : []), error: target.error };
}

function walkOf(body: Body, pass: Pass) {
  const where: Where = { env: body.env, func: body.node, effects: pass.contracts };
  return {
    key: (state: State) => `${[...state.tracked].map(([v, held]) => `${v.ident.start}${held}`).sort().join()} ${state.error?.ident.start ?? ''}`,
    op(op: Op, state: State): State | undefined | 'arrive' {
      if (pass.contracts.endsHere(op, body.env) || assertsError(op, state, body)) return undefined;
      const applied = applyOp(op, state.tracked, where);
      if (applied.effect === 'lost') return 'arrive';
      if (applied.effect !== 'none') return undefined;
      return { tracked: applied.tracked, error: state.error && overwrites(op, state.error) ? undefined : state.error };
    },
    edge: (condition: Expr, taken: boolean, state: State): State | undefined => (owesNothing(condition, taken, state, body, where) ? undefined : state),
    returns: (end: End & { kind: 'return' }, state: State): boolean => returnedAt(end, state.tracked, where) === undefined,
  };
}

function overwrites(op: Op, variable: Variable): boolean {
  return op.kind === 'assign' && op.lhs.some(x => x.kind === 'ident' && x.entity === variable);
}

/** `require.Error(t, err)` goes on only when there was an error, and then there is nothing to release. */
function assertsError(op: Op, state: State, body: Body): boolean {
  if (op.kind !== 'call' || !state.error || !op.call.args.some(arg => isVariable(arg, state.error))) return false;
  return ASSERTS_ERROR.test(calleeName(calleeOf(op.call, body.env)) ?? '');
}

function isVariable(x: Expr, variable: Variable | undefined): boolean {
  const inner = unparen(x);
  return variable !== undefined && inner.kind === 'ident' && inner.entity === variable;
}

/** Whether on this branch the call has failed, so that there is nothing to release. */
function owesNothing(condition: Expr, taken: boolean, state: State, body: Body, where: Where): boolean {
  const x = unparen(condition);
  if (x.kind === 'binary' && (x.op === '==' || x.op === '!=')) {
    const isNil = (x.op === '==') === taken;
    if (isNil && isSwitchingProtocols(x)) return true;
    const other = isNilIdent(x.y) ? x.x : isNilIdent(x.x) ? x.y : undefined;
    if (other) return isVariable(other, state.error) ? !isNil : isNil && heldBy(other, state.tracked, where) !== undefined;
    // `err == io.EOF` is true only of an error.
    return x.op === '==' && taken && (isVariable(x.x, state.error) || isVariable(x.y, state.error));
  }
  if (x.kind !== 'call' || !mentions(x, state.error)) return false;
  const name = calleeName(calleeOf(x, body.env)) ?? '';
  if (ASSERTS_NO_ERROR.test(name)) return !taken;
  // `errors.Is(err, …)`, `os.IsNotExist(err)`, `isTimeout(err)`: predicates hold of errors, not of nil.
  return taken;
}

/** `resp.StatusCode == http.StatusSwitchingProtocols`: the connection is now somebody else's, and the body is it. */
function isSwitchingProtocols({ x, y }: Expr & { kind: 'binary' }): boolean {
  const isStatus = (e: Expr) => e.kind === 'selector' && e.sel.name === 'StatusCode';
  const is101 = (e: Expr) => (e.kind === 'selector' && e.sel.name === 'StatusSwitchingProtocols') || (e.kind === 'literal' && e.text === '101');
  return (isStatus(x) && is101(y)) || (isStatus(y) && is101(x));
}

function isNilIdent(x: Expr): boolean {
  return x.kind === 'ident' && x.name === 'nil' && !x.entity;
}

function mentions(x: Expr, variable: Variable | undefined): boolean {
  if (!variable) return false;
  if (isVariable(x, variable)) return true;
  let found = false;
  eachChild(x, child => {
    found ||= mentions(child, variable);
  });
  return found;
}

