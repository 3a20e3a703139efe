/** Files that lie in the program itself: `fs.Sub(assets, "dist")` of an `embed.FS`, whose files have nothing to close. */
import { type Callee, calleeName, calleeOf } from '../../program/callee.ts';
import { typeOf } from '../../program/infer.ts';
import type { Env } from '../../program/resolve.ts';
import { isNamed } from '../../program/types.ts';
import { type Expr, unparen } from '../../syntax/ast.ts';

/** So many variables and calls are followed. */
const DEEPEST = 4;

export function opensEmbedded(callee: Callee, env: Env): boolean {
  return callee.kind === 'method' && callee.name === '(io/fs.FS).Open' && isEmbedded(callee.receiver, env);
}

function isEmbedded(expr: Expr, env: Env, depth = DEEPEST): boolean {
  const x = unparen(expr);
  if (depth === 0) return false;
  if (isNamed(typeOf(x, env), 'embed.FS')) return true;
  if (x.kind === 'call') return x.args[0] !== undefined && calleeName(calleeOf(x, env)) === 'io/fs.Sub' && isEmbedded(x.args[0], env, depth - 1);
  if (x.kind !== 'ident' || x.entity?.kind !== 'var') return false;
  const { role, origin, assigned } = x.entity;
  return role === 'local' && assigned.length === 0 && origin.kind === 'value' && origin.index === 0 && isEmbedded(origin.expr, env, depth - 1);
}
