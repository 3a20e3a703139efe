/**
 * How a way through a function goes on while a resource is held: which operations end the obligation, which branches
 * owe nothing because the acquiring call failed there, and which contradict what the way has been through.
 */
import { applyOp, heldBy, returnedAt, type Tracked, type Where } from '../contracts/effects.ts';
import { ASSERTS_ERROR, ASSERTS_NO_ERROR } from '../contracts/known.ts';
import type { Resource } from '../contracts/resources.ts';
import type { End, Op } from '../flow/graph.ts';
import type { Walk } from '../flow/search.ts';
import { calleeName, calleeOf } from '../program/callee.ts';
import { eachChild, type Expr, unparen, type Variable } from '../syntax/ast.ts';
import type { Body } from './bodies.ts';
import { type Facts, noFacts } from './facts.ts';
import type { Pass } from './pass.ts';

/** What came with the resource and tells whether there is one. */
export interface Companions {
  /** Nil exactly when there is a resource; with those derived from it, which are nil when it is. */
  readonly errors: ReadonlySet<Variable>;
  /** Of `f, ok := find()`: no resource when false. */
  readonly flags: ReadonlySet<Variable>;
  /** The context of a cancel function: once it is done, there is nothing to cancel. */
  readonly context: Variable | undefined;
}

/** What a way carries along: who holds the resource, what came with it, and what was found true. */
export interface State extends Companions {
  readonly tracked: Tracked;
  readonly facts: Facts;
}

export function stateOf(tracked: Tracked, companions: Companions, facts = noFacts): State {
  return { tracked, ...companions, facts };
}

export function whereOf(resource: Resource, body: Body, pass: Pass): Where {
  return { env: body.env, func: body.node, effects: pass.contracts, resource };
}

/** Walks from where the resource is held to a return or an overwriting at which it still is. */
export function walkOf(resource: Resource, body: Body, pass: Pass): Walk<State> {
  const where = whereOf(resource, body, pass);
  return {
    key: state => `${[...state.tracked].map(([v, held]) => `${v.ident.start}${held}`).sort().join()} ${[...state.errors].map(v => v.ident.start).join()} ${state.facts.key}`,
    op(op, state) {
      if (pass.contracts.endsHere(op, body.env) || assertsError(op, state, body) || isFired(op, state, where)) return undefined;
      const applied = applyOp(op, state.tracked, where);
      if (applied.effect === 'lost') return 'arrive';
      if (applied.effect !== 'none') return undefined;
      return { ...state, tracked: applied.tracked, errors: errorsAfter(op, state, where), facts: state.facts.after(op, body) };
    },
    edge(condition, taken, state) {
      if (owesNothing(condition, taken, state, body, where)) return undefined;
      const facts = state.facts.with(condition, taken, body);
      return facts && { ...state, facts };
    },
    returns: (end: End & { kind: 'return' }, state: State) => returnedAt(end, state.tracked, where) === undefined,
  };
}

/** A receive from `timer.C`: it has fired. One from `ctx.Done()`: the context is over. */
function isFired(op: Op, { tracked, context }: State, where: Where): boolean {
  if (op.kind !== 'receive') return false;
  const channel = unparen(op.channel);
  const fun = channel.kind === 'call' ? unparen(channel.fun) : undefined;
  if (context && channel.kind === 'call' && fun?.kind === 'selector' && isVariable(fun.x, context) && calleeName(calleeOf(channel, where.env)) ?.endsWith('context.Context).Done')) return true;
  const field = where.resource.firesInto;
  return field !== undefined && channel.kind === 'selector' && channel.sel.name === field && heldBy(channel.x, tracked, where) === 'resource';
}

/**
 * The variables that are not nil, or not false, only if the call has failed. `sys, ok := err.(*os.SyscallError)` and
 * `err = fmt.Errorf("…: %w", err)` give more of them; what is assigned anything else is none any more.
 */
function errorsAfter(op: Op, { errors, tracked }: State, where: Where): ReadonlySet<Variable> {
  if (op.kind !== 'assign') return errors;
  const after = new Set(errors);
  op.lhs.forEach((x, i) => {
    const variable = x.kind === 'ident' && x.entity?.kind === 'var' ? x.entity : undefined;
    const value = op.rhs.length === op.lhs.length ? op.rhs[i] : op.rhs[0];
    if (!variable || !value) return;
    if (isReleasingCall(value, tracked, where) || (mentions(value, errors) && !mentions(value, new Set(tracked.keys())) && isDerived(value, errors, where))) after.add(variable);
    else after.delete(variable);
  });
  return after;
}

/** `err := rows.Scan(…)` of a result set that closes itself when it fails. */
function isReleasingCall(value: Expr, tracked: Tracked, where: Where): boolean {
  const fun = value.kind === 'call' ? unparen(value.fun) : undefined;
  return fun?.kind === 'selector' && (where.resource.failsReleased ?? []).includes(fun.sel.name) && heldBy(fun.x, tracked, where) === 'resource';
}

/** A wrapped, asserted or selected error, or another name for it; other calls may fail for reasons of their own. */
function isDerived(value: Expr, errors: ReadonlySet<Variable>, where: Where): boolean {
  const x = unparen(value);
  if (x.kind === 'call') return x.args.every(arg => arg.kind === 'literal' || mentions(arg, errors)) || /^(?:fmt\.Errorf|errors\.Join|github\.com\/pkg\/errors\.\w+)$/.test(calleeName(calleeOf(x, where.env)) ?? '');
  return x.kind === 'assert' || x.kind === 'selector' || x.kind === 'ident' || x.kind === 'star';
}

/** `require.Error(t, err)` goes on only when there was an error, and then there is nothing to release. */
function assertsError(op: Op, state: State, body: Body): boolean {
  if (op.kind !== 'call' || !op.call.args.some(arg => isOneOf(arg, state.errors))) return false;
  return ASSERTS_ERROR.test(calleeName(calleeOf(op.call, body.env)) ?? '');
}

function isVariable(x: Expr, variable: Variable | undefined): boolean {
  const inner = unparen(x);
  return variable !== undefined && inner.kind === 'ident' && inner.entity === variable;
}

/** Whether on this branch the call has failed, so that there is nothing to release. */
function owesNothing(condition: Expr, taken: boolean, state: State, body: Body, where: Where): boolean {
  const x = unparen(condition);
  if (!taken && isExhaustion(x, state, where)) return true;
  if (x.kind === 'binary' && (x.op === '==' || x.op === '!=')) {
    const isNil = (x.op === '==') === taken;
    if (isNil && isSwitchingProtocols(x)) return true;
    const other = isNone(x.y) ? x.x : isNone(x.x) ? x.y : undefined;
    if (other) return isOneOf(other, state.errors) ? !isNil : isNil && heldBy(other, state.tracked, where) !== undefined;
    // `err == io.EOF` is true only of an error.
    return isNil && (isOneOf(x.x, state.errors) || isOneOf(x.y, state.errors));
  }
  if (x.kind === 'ident') return taken ? isOneOf(x, state.errors) : isOneOf(x, state.flags);
  if (x.kind !== 'call' || !mentions(x, state.errors)) return false;
  const name = calleeName(calleeOf(x, body.env)) ?? '';
  if (ASSERTS_NO_ERROR.test(name)) return !taken;
  // `errors.Is(err, …)`, `os.IsNotExist(err)`, `isTimeout(err)`: predicates hold of errors, not of nil.
  return taken;
}

/** `for rows.Next()` has come to the end of the rows, and they have closed themselves. */
function isExhaustion(x: Expr, { tracked }: State, where: Where): boolean {
  const fun = x.kind === 'call' ? unparen(x.fun) : undefined;
  return fun?.kind === 'selector' && (where.resource.exhausts ?? []).includes(fun.sel.name) && heldBy(fun.x, tracked, where) === 'resource';
}

/** `resp.StatusCode == http.StatusSwitchingProtocols`: the connection is now somebody else's, and the body is it. */
function isSwitchingProtocols({ x, y }: Expr & { kind: 'binary' }): boolean {
  const isStatus = (e: Expr) => e.kind === 'selector' && e.sel.name === 'StatusCode';
  const is101 = (e: Expr) => (e.kind === 'selector' && e.sel.name === 'StatusSwitchingProtocols') || (e.kind === 'literal' && e.text === '101');
  return (isStatus(x) && is101(y)) || (isStatus(y) && is101(x));
}

/** `nil`, and the 0 of an error number. */
function isNone(x: Expr): boolean {
  return (x.kind === 'ident' && x.name === 'nil' && !x.entity) || (x.kind === 'literal' && x.text === '0');
}

function isOneOf(x: Expr, variables: ReadonlySet<Variable>): boolean {
  const inner = unparen(x);
  return inner.kind === 'ident' && inner.entity?.kind === 'var' && variables.has(inner.entity);
}

/** Whether one of the variables stands anywhere in the expression. */
export function mentions(x: Expr, variables: ReadonlySet<Variable>): boolean {
  if (isOneOf(x, variables)) return true;
  let found = false;
  eachChild(x, child => {
    found ||= mentions(child, variables);
  });
  return found;
}
