/** Files that lie in the program itself: `fs.Sub(assets, "dist")` of an `embed.FS`, whose files have nothing to close. */
import { graphOf } from '../../flow/build.ts';
import { type Callee, calleeName, calleeOf } from '../../program/callee.ts';
import { targetsOf } from '../../program/implementations.ts';
import { typeOf } from '../../program/infer.ts';
import type { Env } from '../../program/resolve.ts';
import { isNamed } from '../../program/types.ts';
import { type Call, type Expr, unparen } from '../../syntax/ast.ts';

/** So many variables and calls are followed. */
const DEEPEST = 6;

export function opensEmbedded(callee: Callee, env: Env): boolean {
  return callee.kind === 'method' && callee.name === '(io/fs.FS).Open' && isEmbedded(callee.receiver, env);
}

function isEmbedded(expr: Expr, env: Env, depth = DEEPEST): boolean {
  const x = unparen(expr);
  if (depth === 0) return false;
  if (isNamed(typeOf(x, env), 'embed.FS')) return true;
  if (x.kind === 'call') return isGivenEmbedded(x, env, depth - 1);
  if (x.kind !== 'ident' || x.entity?.kind !== 'var') return false;
  const { role, origin, assigned } = x.entity;
  return role === 'local' && assigned.length === 0 && origin.kind === 'value' && origin.index === 0 && isEmbedded(origin.expr, env, depth - 1);
}

/** `fs.Sub(assets, "dist")`, and what a function of the module gives that gives nothing else. */
function isGivenEmbedded(call: Call, env: Env, depth: number): boolean {
  const callee = calleeOf(call, env);
  if (calleeName(callee) === 'io/fs.Sub') return call.args[0] !== undefined && isEmbedded(call.args[0], env, depth);
  const [func, ...more] = targetsOf(callee, env);
  const body = func && !more.length && func.pkg.module ? func.body() : undefined;
  const returned = func && body ? graphOf(func.decl, body).blocks.flatMap(({ end }) => (end.kind === 'return' && end.stmt ? [end.stmt.results[0]] : [])) : [];
  return func !== undefined && returned.length > 0 && returned.every(value => value !== undefined && isEmbedded(value, { ...env, file: func.file }, depth));
}
