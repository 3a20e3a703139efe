/**
 * A context that is derived from none that could keep it, has no timer and waits in a field: `ctx, cancel :=
 * context.WithCancel(context.Background()); return &resolver{ctx: ctx, cancel: cancel}`. Until somebody waits for it, it
 * is memory like any other, whether it is cancelled or not.
 */
import { operations } from '../../flow/search.ts';
import { type Call, type Expr, unparen } from '../../syntax/ast.ts';
import { walkStmts } from '../../syntax/walk.ts';
import type { Body } from '../bodies.ts';
import { SPAWN } from '../goroutines/goroutines.ts';
import { keyOf, placeOf } from '../places/places.ts';

/** The function that makes the context, by the call `by` without a parent, does nothing with it but keep it. */
export function isIdleContext(making: Call, by: string | undefined, body: Body): boolean {
  if (by === undefined || !/^context\.WithCancel(?:Cause)?$/.test(by) || SPAWN.test(body.info.bodyText)) return false;
  const made = operations(body.graph).flatMap(({ op }) => (op.kind === 'assign' && op.rhs.some(x => unparen(x) === making) ? op.lhs[0] ?? [] : []));
  const keys = new Set(made.flatMap(x => nameOf(x) ?? []));
  let isUsed = keys.size === 0;
  const isIt = (x: Expr) => keys.has(nameOf(x) ?? '');
  walkStmts(body.block.stmts, {
    expr: x => {
      if (x.kind === 'call') isUsed ||= x.args.some(isIt) || (x.fun.kind === 'selector' && isIt(x.fun.x));
      // What a literal does with it, and when, is for another time.
      if (x.kind === 'funclit') walkStmts(x.body.stmts, { expr: inner => void (isUsed ||= isIt(inner)) });
    },
  });
  return !isUsed;
}

function nameOf(x: Expr): string | undefined {
  const place = placeOf(x);
  return place && keyOf(place);
}
