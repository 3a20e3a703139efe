/**
 * Goroutines that block on a context which nobody can end, although the function that starts them was given one: what
 * ends the request or the caller does not end them.
 */
import { ENDLESS_CONTEXT, SAME_CONTEXT, waitsForContext } from '../../contracts/waits.ts';
import type { Op } from '../../flow/graph.ts';
import { operations, search } from '../../flow/search.ts';
import { calleeName, calleeOf } from '../../program/callee.ts';
import { typeOf, typeOfVariable } from '../../program/infer.ts';
import { isNamed } from '../../program/types.ts';
import { functionOf } from '../../program/values.ts';
import { type Call, type Expr, type FuncNode, unparen, type Variable } from '../../syntax/ast.ts';
import { literalsIn } from '../../syntax/walk.ts';
import { type Body, bodyOf } from '../bodies.ts';
import { isDone, isReachedBeforeDone } from '../goroutines/givencontexts.ts';
import { bodyOfCallee, type Goroutine, goroutinesRunning, livesAsLongAsProcess } from '../goroutines/goroutines.ts';
import type { Pass } from '../pass.ts';
import { isClientWithoutTimeout } from './bounds.ts';

export interface Detached {
  readonly goroutine: Goroutine;
  /** The body that the call stands in: the goroutine's, or the one that starts it. */
  readonly body: Body;
  /** The call that blocks. */
  readonly call: Call;
  /** `context.Background()`. */
  readonly context: Call;
  /** What the starting function was given. */
  readonly given: Variable;
  /** The call is known to wait for its context and for nothing else. */
  readonly isEndless: boolean;
}

const ENDLESS = /\b(?:Background|TODO|WithoutCancel)\(/;

export function* detachedGoroutines(pass: Pass): Generator<Detached> {
  for (const goroutine of goroutinesRunning(ENDLESS, pass)) {
    const { body, parent } = goroutine;
    if (![parent, body].some(at => at && ENDLESS.test(at.info.bodyText))) continue;
    const given = givenContext(parent, pass);
    if (!given || livesAsLongAsProcess(goroutine, pass)) continue;
    const found = startedWith(goroutine, pass) ?? (body && blockedIn(body, pass));
    if (found) yield { goroutine, given, ...found };
  }
}

type Blocking = Pick<Detached, 'body' | 'call' | 'context' | 'isEndless'>;

/** `go serve(context.Background())`. */
function startedWith({ call, parent }: Goroutine, pass: Pass): Blocking | undefined {
  const blocked = blockedOn(call, parent, pass);
  return blocked && { body: parent, call, ...blocked };
}

function blockedIn(body: Body, pass: Pass): Blocking | undefined {
  for (const { op } of operations(body.graph)) {
    const blocked = op.kind === 'call' ? blockedOn(op.call, body, pass) : undefined;
    if (blocked && op.kind === 'call' && isReachedBeforeDone(op, body)) return { body, call: op.call, ...blocked };
  }
  return undefined;
}

/** The context or request that the function, or one around it, has as a parameter. */
function givenContext(parent: Body, pass: Pass): Variable | undefined {
  const outer = bodyOf(parent.info, pass);
  const around = outer ? literalsIn(outer.block).filter(literal => literal.start <= parent.node.start && parent.node.end <= literal.end) : [];
  const nodes: FuncNode[] = [...around.reverse(), parent.info.decl];
  for (const { type } of nodes) {
    for (const { entity, name } of type.params.flatMap(({ names }) => names)) {
      if (entity?.kind !== 'var' || name === '_') continue;
      const of = typeOfVariable(entity, parent.env);
      if (isNamed(of, 'context.Context') || (of.kind === 'pointer' && isNamed(of, 'net/http.Request'))) return entity;
    }
  }
  return undefined;
}

type Blocked = Pick<Detached, 'context' | 'isEndless'>;

function blockedOn(call: Call, body: Body, pass: Pass): Blocked | undefined {
  const name = calleeName(calleeOf(call, body.env)) ?? '';
  if (isClientWithoutTimeout(call, body)) return asBlocked(contextOfRequest(call.args[0], body), false);
  if (waitsForContext(name)) return hasOwnLimit(call, name, body) ? undefined : asBlocked(endlessContext(call.args[0], body), false);
  const at = call.args.findIndex(arg => endlessContext(arg, body));
  return at >= 0 && waitsForParam(call, at, body, pass) ? asBlocked(endlessContext(call.args[at], body), true) : undefined;
}

function asBlocked(context: Call | undefined, isEndless: boolean): Blocked | undefined {
  return context && { context, isEndless };
}

/** `context.Background()`, behind a variable that is never anything else, and in `context.WithValue`. */
export function endlessContext(expr: Expr | undefined, body: Body): Call | undefined {
  const x = expr && unparen(expr);
  const value = x?.kind === 'ident' && x.entity?.kind === 'var' ? onlyValue(x.entity) : x;
  if (value?.kind !== 'call') return undefined;
  const name = calleeName(calleeOf(value, body.env)) ?? '';
  return ENDLESS_CONTEXT.test(name) ? value : SAME_CONTEXT.test(name) ? endlessContext(value.args[0], body) : undefined;
}

function onlyValue({ origin, assigned, role }: Variable): Expr | undefined {
  return role === 'local' && assigned.length === 0 && origin.kind === 'value' && origin.index === 0 ? unparen(origin.expr) : undefined;
}

/** The context of `req, err := http.NewRequestWithContext(context.Background(), …)`. */
function contextOfRequest(request: Expr | undefined, body: Body): Call | undefined {
  const x = request && unparen(request);
  const made = x?.kind === 'ident' && x.entity?.kind === 'var' ? onlyValue(x.entity) : x;
  if (made?.kind !== 'call' || !/^(?:net\/http\.NewRequestWithContext|\(\*net\/http\.Request\)\.(?:WithContext|Clone))$/.test(calleeName(calleeOf(made, body.env)) ?? '')) return undefined;
  return endlessContext(made.args[0], body);
}

/**
 * A dialer has a timeout of its own, unless it is made here without one. At a semaphore in a variable of the function
 * only its other goroutines can be in front, and they end.
 */
function hasOwnLimit({ fun }: Call, name: string, { env }: Body): boolean {
  const method = unparen(fun);
  const x = method.kind === 'selector' ? unparen(method.x) : undefined;
  const variable = x?.kind === 'ident' && x.entity?.kind === 'var' ? x.entity : undefined;
  if (name === '(*golang.org/x/sync/semaphore.Weighted).Acquire') return variable?.role === 'local';
  if (name !== '(*net.Dialer).DialContext') return false;
  if (variable?.role === 'local' && variable.origin.kind === 'declared') return variable.assigned.length > 0 && variable.assigned.some(from => from !== 'unknown');
  const made = (variable && onlyValue(variable)) ?? x;
  const literal = made?.kind === 'unary' ? unparen(made.x) : made;
  return literal?.kind !== 'composite' || !isNamed(typeOf(literal, env), 'net.Dialer') || literal.elements.some(({ key }) => !key || (key.kind === 'ident' && /^(?:Timeout|Deadline|Cancel)$/.test(key.name)));
}

const waits = new WeakMap<Body['graph'], Map<number, boolean>>();

/** A function of the module that returns only when the context at this place among its arguments is over. */
function waitsForParam(call: Call, index: number, from: Body, pass: Pass): boolean {
  const body = bodyOfCallee(functionOf(calleeOf(call, from.env), from.env), from, pass);
  const param = body?.node.type.params.flatMap(({ names }) => names)[index]?.entity;
  if (!body || param?.kind !== 'var' || param.assigned.length > 0) return false;
  const known = waits.get(body.graph) ?? new Map<number, boolean>();
  waits.set(body.graph, known);
  let found = known.get(index);
  if (found === undefined) known.set(index, (found = isOnlyEnd(param, body, pass)));
  return found;
}

/** Every return of the body lies behind `<-ctx.Done()`. */
function isOnlyEnd(context: Variable, body: Body, pass: Pass): boolean {
  const isEnd = (op: Op) => op.kind === 'receive' && isDone(op.channel, body.env, context);
  if (![...operations(body.graph)].some(({ op }) => isEnd(op))) return false;
  return search({ block: body.graph.entry, index: 0 }, '', {
    key: () => '',
    op: op => (isEnd(op) || pass.contracts.endsHere(op, body.env) ? undefined : ''),
    edge: () => '',
    returns: () => true,
  }) === undefined;
}
