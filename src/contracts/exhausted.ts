/** Functions that go through all that there is: `for rows.Next() { … }` without another way out, after which the rows have closed themselves. */
import type { FlowGraph } from '../flow/graph.ts';
import { search } from '../flow/search.ts';
import { type Expr, unparen, type Variable } from '../syntax/ast.ts';
import { applyOp, type Held, heldBy, type Tracked, type Where } from './effects.ts';

/** On every way the parameter has come to its end before the function returns. */
export function isExhausted(graph: FlowGraph, param: Variable, held: Held, where: Where): boolean {
  if (held !== 'resource' || !where.resource.exhausts?.length) return false;
  return search<Tracked>({ block: graph.entry, index: 0 }, new Map([[param, held]]), {
    key: tracked => [...tracked.keys()].map(({ ident }) => ident.start).join(),
    op: (op, tracked) => (where.effects.endsHere(op, where.env) ? undefined : applyOp(op, tracked, where).tracked),
    edge: (condition, taken, tracked) => (!taken && asksForMore(condition, tracked, where) ? undefined : tracked),
    returns: () => true,
  }) === undefined;
}

/** `rows.Next()`: when it says no, there is nothing to close any more. */
export function asksForMore(x: Expr, tracked: Tracked, where: Where): boolean {
  const call = unparen(x);
  const fun = call.kind === 'call' ? unparen(call.fun) : undefined;
  return fun?.kind === 'selector' && (where.resource.exhausts ?? []).includes(fun.sel.name) && heldBy(fun.x, tracked, where) === 'resource';
}
