/** What a deferred call releases: `defer f.Close()`, `defer cancel()`, `defer func() { _ = f.Close() }()`, `defer closeIt(f)`. */
import { ANY_RESOURCE } from '../../contracts/resources.ts';
import { graphOf } from '../../flow/build.ts';
import { operations } from '../../flow/search.ts';
import { calleeName, calleeOf } from '../../program/callee.ts';
import { typeOf } from '../../program/infer.ts';
import { isNamed } from '../../program/types.ts';
import { type Call, type Defer, eachChild, type Expr, type FuncLit, unparen, type Variable } from '../../syntax/ast.ts';
import { walkExpr } from '../../syntax/walk.ts';
import type { Body } from '../bodies.ts';
import type { Pass } from '../pass.ts';

export interface Release {
  readonly call: Call;
  /** `f`, `resp.Body`, `s.mu`, `cancel`: what is released, as written. */
  readonly subject: Expr;
  /** Full name of the method; undefined for a function value such as `cancel`, and for a helper that closes its argument. */
  readonly name: string | undefined;
  /** Around the call, where a function literal is what is deferred. */
  readonly literal: FuncLit | undefined;
}

/** Methods that give back what their receiver holds. */
const RELEASES = /\.(?:\w*Close|Stop|R?Unlock|Release|Cancel|Rollback|Shutdown)$/;

export function releasesOf(stmt: Defer, body: Body, pass: Pass): Release[] {
  const call = unparen(stmt.call);
  if (call.kind !== 'call') return [];
  const fun = unparen(call.fun);
  if (fun.kind !== 'funclit') return releasesBy(call, undefined, body, pass);
  return [...operations(graphOf(fun, fun.body))].flatMap(({ op }) => (op.kind === 'call' ? releasesBy(op.call, fun, body, pass) : []));
}

function releasesBy(call: Call, literal: FuncLit | undefined, body: Body, pass: Pass): Release[] {
  const callee = calleeOf(call, body.env);
  const name = calleeName(callee);
  if (name !== undefined && pass.contracts.resources.isReleaser(name)) return call.args.map(subject => ({ call, subject: unparen(subject), name: undefined, literal }));
  if (callee.kind === 'method' || callee.kind === 'presumed') {
    if (callee.receiver && RELEASES.test(callee.name)) return [{ call, subject: callee.receiver, name, literal }];
  }
  if (callee.kind === 'variable') return isReleaseValue(call, body) ? [{ call, subject: unparen(call.fun), name: undefined, literal }] : [];
  if (callee.kind !== 'method' && callee.kind !== 'func') return [];
  const closed = call.args.filter((_, i) => pass.contracts.paramEffect(callee, i, 'resource', ANY_RESOURCE, body.env) === 'closes');
  return closed.map(subject => ({ call, subject: unparen(subject), name: undefined, literal }));
}

/** `cancel()`, and `release()` that a call gave beside what it acquired: a function without parameters to be called once. */
function isReleaseValue(call: Call, body: Body): boolean {
  const fun = unparen(call.fun);
  const type = typeOf(fun, body.env);
  if (isNamed(type, 'context.CancelFunc') || isNamed(type, 'context.CancelCauseFunc')) return true;
  return type.kind === 'func' && type.params.length === 0 && call.args.length === 0;
}

/** Whether the variable is named anywhere in the expression, function literals included. */
export function mentionsAnywhere(x: Expr, variable: Variable): boolean {
  let found = false;
  walkExpr(x, { expr: inner => void (found ||= inner.kind === 'ident' && inner.entity === variable) });
  return found;
}

/** Whether the variable is named in a function literal below the expression. */
export function isCaptured(x: Expr, variable: Variable): boolean {
  const inner = unparen(x);
  if (inner.kind === 'funclit') return mentionsAnywhere(inner, variable);
  let found = false;
  eachChild(inner, child => void (found ||= isCaptured(child, variable)));
  return found;
}
