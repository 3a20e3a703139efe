/**
 * How a way through a function goes on while a resource is held: which operations end the obligation, which branches
 * owe nothing because the acquiring call failed there, and which contradict what the way has been through.
 */
import { assertedBy, failsTest } from '../../contracts/assertions.ts';
import { allReturnedAt, applyOp, heldBy, isRefusal, type Tracked, type Where } from '../../contracts/effects.ts';
import { asksForMore } from '../../contracts/exhausted.ts';
import { ASSERTS_NO_ERROR, MAKES_ERROR } from '../../contracts/known.ts';
import type { Resource } from '../../contracts/resource.ts';
import type { Block as FlowBlock, End, Op } from '../../flow/graph.ts';
import type { Walk } from '../../flow/search.ts';
import { calleeName, calleeOf } from '../../program/callee.ts';
import { resolveType } from '../../program/resolve.ts';
import { isNamed } from '../../program/types.ts';
import { type Call, eachChild, type Expr, unparen, type Variable } from '../../syntax/ast.ts';
import { type Body, isTest } from '../bodies.ts';
import type { Pass } from '../pass.ts';
import { type Facts, isTypeCase, noFacts } from '../paths/facts.ts';
import { type Entered, enteredAfter, keyOfEntered, NOTHING_ENTERED } from '../paths/firstrounds.ts';
import { isPastTicks } from '../timers/tickchannels.ts';
import { isPastEnd, saysEnded } from './endedstreams.ts';
import { expectsError } from './expectederrors.ts';
import { passedOn } from './passedon.ts';

/** What came with the resource and tells whether there is one. */
export interface Companions {
  /** Nil exactly when there is a resource; with those derived from it, which are nil when it is. */
  readonly errors: ReadonlySet<Variable>;
  /** Of `f, ok := find()`: no resource when false. */
  readonly flags: ReadonlySet<Variable>;
  /** The context of a cancel function: once it is done, there is nothing to cancel. */
  readonly context: Variable | undefined;
}

export const companionsless: Companions = { errors: new Set(), flags: new Set(), context: undefined };

/** What a way carries along: who holds the resource, what came with it, and what was found true. */
export interface State extends Companions {
  readonly tracked: Tracked;
  readonly facts: Facts;
  readonly entered: Entered;
}

export function stateOf(tracked: Tracked, companions: Companions, facts = noFacts): State {
  return { tracked, ...companions, facts, entered: NOTHING_ENTERED };
}

export function whereOf(resource: Resource, body: Body, pass: Pass): Where {
  return { env: body.env, func: body.node, effects: pass.contracts, resource };
}

/** Walks from where the resource is held to a return or an overwriting at which it still is. */
export function walkOf(resource: Resource, body: Body, pass: Pass): Walk<State> {
  const where = whereOf(resource, body, pass);
  /** `requireNoError(t, err)` is a branch of which only one side goes on. */
  const afterAssertions = (call: Call, state: State): State | undefined => {
    let after: State | undefined = state;
    for (const { condition, holds } of assertedBy(call, calleeOf(call, body.env), body.env, pass.contracts)) {
      if (!after || owesNothing(condition, holds, after, body, where)) return undefined;
      const facts: Facts | undefined = after.facts.with(condition, holds, body);
      after = facts && { ...after, facts };
    }
    return after;
  };
  return {
    key: state => `${[...state.tracked].map(([v, held]) => `${v.ident.start}${held}`).sort().join()} ${[...state.errors, ...state.flags].map(v => v.ident.start).join()} ${state.facts.key} ${keyOfEntered(state.entered)}`,
    op(op, state) {
      if (pass.contracts.endsHere(op, body.env) || expectsError(op, x => isOneOf(x, state.errors), body.env) || isFired(op, state, where) || isSwitchedOff(op, state, body)) return undefined;
      const applied = applyOp(op, state.tracked, where);
      if (applied.effect === 'lost') return 'arrive';
      if (applied.effect !== 'none' && !(op.kind === 'call' && isRefusal(op.call, state.tracked, where))) return undefined;
      const after: State = { ...state, tracked: applied.tracked, errors: errorsAfter(op, state, where), flags: flagsAfter(op, state, where), facts: state.facts.after(op, body) };
      return op.kind === 'call' ? afterAssertions(op.call, after) : after;
    },
    edge(condition, taken, state, to) {
      if (owesNothing(condition, taken, state, body, where) || saysEnded(condition, taken, state.tracked, where) || isFailingTest(condition, taken, state, to, body, where)) return undefined;
      const facts = state.facts.with(condition, taken, body);
      return facts && { ...state, facts };
    },
    between(from, to, state) {
      if (isPastTicks(from, to, body) || isPastEnd(from, to, state.tracked, where)) return undefined;
      const entered = enteredAfter(from, to, state.entered, body);
      return entered && { ...state, entered };
    },
    returns: (end: End & { kind: 'return' }, state: State) => allReturnedAt(end, state.tracked, where).every(({ onlyRead }) => onlyRead === true),
  };
}

/** A receive from `timer.C`: it has fired. One from `ctx.Done()`: the context is over. */
function isFired(op: Op, state: State, where: Where): boolean {
  if (op.kind !== 'receive') return false;
  const channel = unparen(op.channel);
  if (asksContext(channel, 'Done', state, where)) return true;
  const { channel: field, firesOnce } = where.resource;
  return firesOnce !== undefined && channel.kind === 'selector' && channel.sel.name === field && heldBy(channel.x, state.tracked, where) === 'resource';
}

/** `ctx.Done()` or `ctx.Err()` of the context that came with the cancel function, or that its owner keeps beside it. */
function asksContext(x: Expr, method: 'Done' | 'Err', { tracked, context }: State, where: Where): boolean {
  const fun = x.kind === 'call' ? unparen(x.fun) : undefined;
  if (x.kind !== 'call' || fun?.kind !== 'selector' || !calleeName(calleeOf(x, where.env))?.endsWith(`context.Context).${method}`)) return false;
  const of = unparen(fun.x);
  return isVariable(of, context) || (where.resource.inOwner === true && where.resource.releases.length === 0 && of.kind === 'selector' && heldBy(of.x, tracked, where) === 'whole');
}

/** `done = nil` and then `case <-done`: a case that is never chosen. */
function isSwitchedOff(op: Op, { facts }: State, body: Body): boolean {
  return op.kind === 'receive' && op.inSelect && facts.saysNil(op.channel, body);
}

/**
 * The variables that are not nil, or not false, only if the call has failed. `sys, ok := err.(*os.SyscallError)` and
 * `err = fmt.Errorf("…: %w", err)` give more of them; what is assigned anything else is none any more.
 */
function errorsAfter(op: Op, state: State, where: Where): ReadonlySet<Variable> {
  const { errors, tracked } = state;
  if (op.kind !== 'assign') return errors;
  const after = new Set(errors);
  op.lhs.forEach((x, i) => {
    const variable = x.kind === 'ident' && x.entity?.kind === 'var' ? x.entity : undefined;
    const value = op.rhs.length === op.lhs.length ? op.rhs[i] : op.rhs[0];
    if (!variable || !value) return;
    if (isReleasingCall(value, tracked, where) || saysNothing(value, state, where) || isRefusal(value, tracked, where) || isPassedOn(value, op.lhs.length === op.rhs.length ? 0 : i, errors, where) || (mentions(value, errors) && !mentions(value, new Set(tracked.keys())) && isDerived(value, errors, where))) after.add(variable);
    else after.delete(variable);
  });
  return after;
}

/** `c, ok := r.(io.Closer)`: whatever has to be closed is one. */
function flagsAfter(op: Op, { flags, tracked }: State, where: Where): ReadonlySet<Variable> {
  const [value, ...more] = op.kind === 'assign' ? op.rhs : [];
  const ok = op.kind === 'assign' ? op.lhs[1] : undefined;
  const x = value && unparen(value);
  if (more.length || x?.kind !== 'assert' || !x.type || ok?.kind !== 'ident' || ok.entity?.kind !== 'var') return flags;
  const type = where.resource.releases.includes('Close') && heldBy(x.x, tracked, where) === 'resource' ? resolveType(x.type, where.env) : undefined;
  return type && isNamed(type, 'io.Closer') ? new Set([...flags, ok.entity]) : flags;
}

/** `err := rows.Scan(…)` of a result set that closes itself when it fails. */
function isReleasingCall(value: Expr, tracked: Tracked, where: Where): boolean {
  const fun = value.kind === 'call' ? unparen(value.fun) : undefined;
  return fun?.kind === 'selector' && (where.resource.failsReleased ?? []).includes(fun.sel.name) && heldBy(fun.x, tracked, where) === 'resource';
}

/** `again, err := shouldRetry(ctx, err)`: the same error, as often as there is one. */
function isPassedOn(value: Expr, result: number, errors: ReadonlySet<Variable>, where: Where): boolean {
  const call = unparen(value);
  const given = call.kind === 'call' && call.args.some(arg => isOneOf(arg, errors)) ? passedOn(call, result, where.env) : undefined;
  return given !== undefined && isOneOf(given, errors);
}

/** A wrapped, asserted or selected error, or another name for it; other calls may fail for reasons of their own. */
function isDerived(value: Expr, errors: ReadonlySet<Variable>, where: Where): boolean {
  const x = unparen(value);
  if (x.kind === 'call') return x.args.every(arg => arg.kind === 'literal' || mentions(arg, errors)) || /^(?:fmt\.Errorf|errors\.Join|github\.com\/pkg\/errors\.\w+)$/.test(calleeName(calleeOf(x, where.env)) ?? '');
  return x.kind === 'assert' || x.kind === 'selector' || x.kind === 'ident' || x.kind === 'star';
}

/**
 * `if err == nil { t.Error("expected an error") }`, `if resp.StatusCode != http.StatusNoContent { t.Error(…) }`: this
 * branch is taken only by a test that has found a mistake, and on the other one there is nothing to release. Goroutines
 * and helpers of a test say so with an error: `case err == nil: errs <- errors.New("expected an error")`.
 */
function isFailingTest(condition: Expr, taken: boolean, state: State, to: FlowBlock, body: Body, where: Where): boolean {
  if (!owesNothing(condition, !taken, state, body, where)) return false;
  return to.ops.some(op => failsTest(op, body.env)) || (isTest(body) && complains(to, body));
}

/** An error is made in the block and handed to somebody at once. */
function complains({ ops, end }: FlowBlock, { env }: Body): boolean {
  const given = [...(end.kind === 'return' ? end.stmt?.results ?? [] : []), ...ops.flatMap(op => (op.kind === 'send' ? op.stmt.value : []))];
  return given.map(unparen).some(x => x.kind === 'call' && MAKES_ERROR.test(calleeName(calleeOf(x, env)) ?? ''));
}

function isVariable(x: Expr, variable: Variable | undefined): boolean {
  const inner = unparen(x);
  return variable !== undefined && inner.kind === 'ident' && inner.entity === variable;
}

/** Whether on this branch the call has failed, so that there is nothing to release. */
function owesNothing(condition: Expr, taken: boolean, state: State, body: Body, where: Where): boolean {
  const x = unparen(condition);
  if (!taken && asksForMore(x, state.tracked, where)) return true;
  if (x.kind === 'binary' && (x.op === '==' || x.op === '!=')) {
    if (!taken && isTypeCase(x)) return false;
    const isNil = (x.op === '==') === taken;
    if (isNil && where.resource.field === 'Body' && isWithoutContent(x, state.tracked, where)) return true;
    const other = isNone(x.y) ? x.x : isNone(x.x) ? x.y : undefined;
    // A context that is over needs nobody to cancel it.
    if (other && asksContext(unparen(other), 'Err', state, where)) return !isNil;
    if (other && (isRefusal(other, state.tracked, where) || saysNothing(other, state, where))) return !isNil;
    if (other) return isOneOf(other, state.errors) ? !isNil : isNil && heldBy(other, state.tracked, where) !== undefined;
    // `err == io.EOF` is true only of an error, and what is fresh is equal to nothing else: `f == os.Stdin`.
    return isNil && [x.x, x.y].some(side => isOneOf(side, state.errors)) || isNil && isFreshBeside(x, state.tracked, where);
  }
  if (x.kind === 'ident') return taken ? isOneOf(x, state.errors) : isOneOf(x, state.flags);
  if (saysNothing(x, state, where)) return taken;
  if (x.kind !== 'call' || !mentions(x, state.errors)) return false;
  const name = calleeName(calleeOf(x, body.env)) ?? '';
  if (ASSERTS_NO_ERROR.test(name)) return !taken;
  // `errors.Is(err, …)`, `os.IsNotExist(err)`, `isTimeout(err)`: predicates hold of errors, not of nil.
  return taken;
}

/** `resp.Error`, `cursor.IsNil()`. */
function saysNothing(x: Expr, { tracked }: State, where: Where): boolean {
  const inner = unparen(x);
  const said = inner.kind === 'call' ? unparen(inner.fun) : inner;
  return said.kind === 'selector' && (where.resource.saysNothing ?? []).includes(said.sel.name) && heldBy(said.x, tracked, where) === 'resource';
}

function isFreshBeside({ x, y }: Expr & { kind: 'binary' }, tracked: Tracked, where: Where): boolean {
  const [left, right] = [heldBy(x, tracked, where), heldBy(y, tracked, where)];
  return (left === 'resource' || left === 'whole' || right === 'resource' || right === 'whole') && (left === undefined || right === undefined);
}

/**
 * `resp.StatusCode == http.StatusNoContent`: net/http gives such responses `http.NoBody`. With 101 the connection is now
 * somebody else's, and the body is it.
 */
function isWithoutContent({ x, y }: Expr & { kind: 'binary' }, tracked: Tracked, where: Where): boolean {
  const isStatus = (expr: Expr) => {
    const e = meaningOf(expr);
    return e.kind === 'selector' && e.sel.name === 'StatusCode' && heldBy(e.x, tracked, where) === 'whole';
  };
  return (isStatus(x) && isEmptyStatus(y)) || (isStatus(y) && isEmptyStatus(x));
}

/** `code := resp.StatusCode`, and nothing else ever: what the variable stands for. */
/** `n := len(c)`, and nothing else ever: what the variable stands for. */
export function meaningOf(expr: Expr): Expr {
  const x = unparen(expr);
  if (x.kind !== 'ident' || x.entity?.kind !== 'var' || x.entity.assigned.length > 0) return x;
  const { origin } = x.entity;
  return origin.kind === 'value' && origin.count === 1 ? unparen(origin.expr) : x;
}

function isEmptyStatus(x: Expr): boolean {
  return (x.kind === 'selector' && /^Status(?:SwitchingProtocols|NoContent|NotModified)$/.test(x.sel.name)) || (x.kind === 'literal' && /^(?:101|204|304)$/.test(x.text));
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
