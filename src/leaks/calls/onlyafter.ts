/**
 * Whether an operation can come only after another one, a wait: because it stands behind it, or in a function that is
 * called from nowhere but behind it. Then it cannot be what ends the wait.
 */
import type { Op } from '../../flow/graph.ts';
import { operations, type Place, search } from '../../flow/search.ts';
import { resolveFunction } from '../../program/callee.ts';
import { targetsOf } from '../../program/implementations.ts';
import type { FuncInfo } from '../../program/package.ts';
import type { Env } from '../../program/resolve.ts';
import { type Call, type Expr, unparen } from '../../syntax/ast.ts';
import { literalsIn, walkStmts } from '../../syntax/walk.ts';
import { bodiesOf, type Body } from '../bodies.ts';
import { isExported } from '../exported.ts';
import type { Pass } from '../pass.ts';
import { holdsSpan, placeAfter, reaches, spanOf } from '../paths/reach.ts';

/** An operation and the body that it belongs to. */
export interface Spot {
  readonly body: Body;
  readonly op: Op;
}

export function comesOnlyAfter(spot: Spot, wait: Spot, pass: Pass): boolean {
  return isBehind(spot, wait, pass) || new Callers(wait, pass).neverEnter(spot.body.info);
}

/** Nothing leads to the operation but the end of the wait. */
function isBehind({ body, op }: Spot, wait: Spot, pass: Pass): boolean {
  if (body.info !== wait.body.info) return false;
  if (body.node === wait.body.node) return op !== wait.op && !isReachedWithout(op, wait, pass);
  const around = spotAround(body, pass);
  return around !== undefined && isBehind(around, wait, pass);
}

/** `defer func() { close(c) }()`: the operation that a literal is written in, where it runs. */
export function spotAround(body: Body, pass: Pass): Spot | undefined {
  const around = bodyAround(body, pass);
  const outer = around && operations(around.graph).find(({ op }) => holdsSpan(spanOf(op), body.node) && !literalsIn(around.block).some(literal => literal !== body.node && holdsSpan(spanOf(op), literal) && holdsSpan(literal, body.node)));
  return around && outer && { body: around, op: outer.op };
}

function bodyAround({ info, node }: Body, pass: Pass): Body | undefined {
  const outer = [...bodiesOf(info, pass)].filter(other => other.node !== node && other.node.start <= node.start && node.end <= other.node.end);
  return outer.reduce<Body | undefined>((inner, other) => (!inner || other.node.start >= inner.node.start ? other : inner), undefined);
}

/** What is deferred runs at the end, so a way has to lead out as well; a deferred wait comes behind all but what was deferred before it. */
function isReachedWithout(op: Op, { body, op: wait }: Spot, pass: Pass): boolean {
  if (wait.kind === 'defer' && (op.kind !== 'defer' || reaches(placeAfter(wait, body), other => other === op))) return true;
  const way = (from: Place, toEnd: boolean): boolean => search(from, GO_ON, {
    key: () => '',
    op: other => (!toEnd && other === op ? 'arrive' : other === wait || (!toEnd && pass.contracts.endsHere(other, body.env)) ? undefined : GO_ON),
    edge: () => GO_ON,
    returns: () => toEnd,
  }) !== undefined;
  const placed = operations(body.graph).find(other => other.op === op);
  if (!placed || !way({ block: body.graph.entry, index: 0 }, false)) return false;
  return op.kind !== 'defer' || way(placed.after, true);
}

const GO_ON = { goes: 'on' };

/** Who calls the functions of a package, as far as that matters to one wait. */
class Callers {
  private readonly asked = new Set<FuncInfo>();

  constructor(private readonly wait: Spot, private readonly pass: Pass) {}

  /** All calls of the function come behind the wait, or from functions of which that is true; one that nobody calls may be called one day. */
  neverEnter(func: FuncInfo): boolean {
    if (this.asked.has(func)) return true;
    this.asked.add(func);
    const calls = callsOf(func, this.pass);
    return calls !== undefined && calls.length > 0
      && calls.every(call => isBehind(call, this.wait, this.pass) || (call.body.info !== this.wait.body.info && this.neverEnter(call.body.info)));
  }
}

/** Every call of a function; undefined where somebody else may call it. */
export function callsOf(func: FuncInfo, pass: Pass): readonly Spot[] | undefined {
  return isKnownOutside(func) ? undefined : callsInPackage(func, pass);
}

/** Every call of a function in its package; undefined where one of them cannot be told. */
export function callsInPackage(func: FuncInfo, pass: Pass): readonly Spot[] | undefined {
  const calls: Spot[] = [];
  for (const caller of func.pkg.mentioning(func.bareName)) {
    const found = callsIn(caller, func, pass);
    if (!found) return undefined;
    calls.push(...found);
  }
  return calls;
}

/** `main`, tests, and what other packages can call, also through an interface. */
function isKnownOutside({ bareName: name, pkg, piece, file }: FuncInfo): boolean {
  if (isExported(name)) return pkg.name !== 'main' || piece.receiver !== undefined || file.kind.test;
  return !piece.receiver && (name === 'main' || name === 'init');
}

/** Where a function calls another; undefined where it uses it otherwise, or what it calls cannot be told. */
function callsIn(caller: FuncInfo, func: FuncInfo, pass: Pass): readonly Spot[] | undefined {
  const env = pass.contracts.envOf(caller);
  const called = new Set<Expr>();
  const calls = new Set<Call>();
  let unclear = false;
  walkStmts(caller.body()?.stmts ?? [], {
    expr: x => {
      const fun = x.kind === 'call' ? unparen(x.fun) : x;
      if (called.has(x) || !isMention(fun, func, env)) return;
      if (x.kind !== 'call' || !isExactly(fun, func, env)) unclear = true;
      else calls.add(x);
      called.add(fun);
    },
  });
  if (unclear) return undefined;
  return spotsOf(calls, caller, pass);
}

/** Where the calls run, are deferred or start a goroutine. */
export function spotsOf(calls: ReadonlySet<Call>, info: FuncInfo, pass: Pass): readonly Spot[] {
  return [...bodiesOf(info, pass)].flatMap(body => operations(body.graph).flatMap(({ op }) => {
    const call = op.kind === 'call' ? op.call : op.kind === 'go' || op.kind === 'defer' ? unparen(op.stmt.call) : undefined;
    return call?.kind === 'call' && calls.has(call) ? [{ body, op }] : [];
  }));
}

/** The function, or something of its name that may be the function. */
function isMention(x: Expr, func: FuncInfo, env: Env): boolean {
  const name = func.piece.receiver ? x.kind === 'selector' && x.sel.name : x.kind === 'ident' && !x.entity && x.name;
  if (name !== func.bareName) return false;
  const callee = resolveFunction(x, env);
  if (callee.kind === 'func' || (callee.kind === 'method' && callee.func)) return callee.func === func;
  const targets = targetsOf(callee, env);
  if (targets.length) return targets.includes(func);
  return callee.kind === 'unknown' || callee.kind === 'method' || callee.kind === 'presumed';
}

function isExactly(x: Expr, func: FuncInfo, env: Env): boolean {
  const callee = resolveFunction(x, env);
  if (callee.kind !== 'func' && callee.kind !== 'method') return false;
  // Behind an interface that only this type has.
  const [target, ...others] = callee.func ? [callee.func] : targetsOf(callee, env);
  return target === func && !others.length;
}
