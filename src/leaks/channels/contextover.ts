/** Where a body sees that a context is over which somebody else may have ended. */
import type { Op } from '../../flow/graph.ts';
import { calleeName, calleeOf } from '../../program/callee.ts';
import { type Expr, unparen } from '../../syntax/ast.ts';
import type { Body } from '../bodies.ts';
import { contextAsked } from '../goroutines/givencontexts.ts';

/** `case <-ctx.Done()`. */
export function isEndOfContext(op: Op & { kind: 'receive' }, body: Body): boolean {
  const context = contextAsked(op.channel, 'Done', body.env);
  return context !== undefined && endsFromOutside(context, body);
}

/** `if ctx.Err() != nil`. */
export function isContextOver(condition: Expr, taken: boolean, body: Body): boolean {
  const x = unparen(condition);
  const context = x.kind === 'binary' && (x.op === '!=') === taken && x.y.kind === 'ident' && x.y.name === 'nil' ? contextAsked(x.x, 'Err', body.env) : undefined;
  return context !== undefined && endsFromOutside(context, body);
}

/** Somebody else may end it: it is derived from one that this function was given. */
function endsFromOutside(context: Expr, body: Body, depth = 4): boolean {
  const x = unparen(context);
  if (x.kind !== 'ident' || x.entity?.kind !== 'var' || depth === 0) return x.kind === 'selector';
  const { role, origin } = x.entity;
  if (role !== 'local') return role === 'param';
  const from = origin.kind === 'value' ? unparen(origin.expr) : undefined;
  if (from?.kind !== 'call') return false;
  if (/^context\.(?:Background|TODO)$/.test(calleeName(calleeOf(from, body.env)) ?? '')) return false;
  const [parent] = from.args;
  return parent ? endsFromOutside(parent, body, depth - 1) : true;
}
