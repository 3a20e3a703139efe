/** What has come to its end by itself once a channel that it gives is closed: `for event := range watch.ResultChan()`. */
import { heldBy, type Tracked, type Where } from '../../contracts/effects.ts';
import type { Block } from '../../flow/graph.ts';
import { type Expr, unparen } from '../../syntax/ast.ts';

/** Behind a loop over the channel. */
export function isPastEnd({ ops, end }: Block, to: Block, tracked: Tracked, where: Where): boolean {
  return where.resource.endsWith !== undefined && end.kind === 'branch' && end.else === to && ops.some(op => op.kind === 'range' && isEndOf(op.stmt.x, tracked, where));
}

/** `event, ok := <-watch.ResultChan()`, and `ok` is false. */
export function saysEnded(condition: Expr, taken: boolean, tracked: Tracked, where: Where): boolean {
  const x = unparen(condition);
  const variable = x.kind === 'ident' && x.entity?.kind === 'var' ? x.entity : undefined;
  if (where.resource.endsWith === undefined || taken || variable?.origin.kind !== 'value' || variable.origin.index !== 1) return false;
  const from = unparen(variable.origin.expr);
  return from.kind === 'unary' && from.op === '<-' && isEndOf(from.x, tracked, where);
}

function isEndOf(channel: Expr, tracked: Tracked, where: Where): boolean {
  const x = unparen(channel);
  if (x.kind === 'ident' && x.entity?.kind === 'var' && x.entity.origin.kind === 'value' && x.entity.assigned.length === 0) {
    const { expr } = x.entity.origin;
    return unparen(expr).kind === 'call' && isEndOf(expr, tracked, where);
  }
  const fun = x.kind === 'call' ? unparen(x.fun) : undefined;
  return fun?.kind === 'selector' && fun.sel.name === where.resource.endsWith && heldBy(fun.x, tracked, where) === 'resource';
}
