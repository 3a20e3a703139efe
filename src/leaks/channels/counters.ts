/** Loops that count what they receive, and end when all of it has come: `active--; if active == 0 { return }`. */
import type { Op } from '../../flow/graph.ts';
import { type Loop, loopsOf } from '../../flow/loops.ts';
import { search } from '../../flow/search.ts';
import { type Expr, unparen, type Variable, variableIn } from '../../syntax/ast.ts';
import { walkExpr } from '../../syntax/walk.ts';
import type { Body } from '../bodies.ts';

/** The variables that are counted up or down only after a receive, in a loop. */
export function countersOf({ graph }: Body, isReceive: (op: Op) => boolean): ReadonlySet<Variable> {
  const counters = new Set<Variable>();
  for (const loop of loopsOf(graph)) {
    const ops = [...loop.blocks].flatMap(block => block.ops);
    if (!ops.some(isReceive)) continue;
    for (const op of ops) {
      const variable = op.kind === 'eval' ? variableIn(unparen(op.expr)) : undefined;
      if (variable && !comesWithout(op, isReceive, loop)) counters.add(variable);
    }
  }
  return counters;
}

/** A round of the loop can come to an operation without having received. */
function comesWithout(wanted: Op, isReceive: (op: Op) => boolean, { head, blocks }: Loop): boolean {
  return search({ block: head, index: 0 }, 0, {
    key: String,
    op: (op, state) => (op === wanted ? 'arrive' : isReceive(op) ? undefined : state),
    edge: (_, __, state) => state,
    between: (_, to, state) => (blocks.has(to) && to !== head ? state : undefined),
    returns: () => false,
  }) !== undefined;
}

/** `active == 0`, `n >= len(items)`; the other way out of `n < len(items)`. */
export function isCountedOut(condition: Expr, taken: boolean, counters: ReadonlySet<Variable>): boolean {
  const x = unparen(condition);
  if (x.kind !== 'binary' || [x.x, x.y].some(isShare)) return false;
  const isCounter = [x.x, x.y].some(side => {
    const variable = variableIn(unparen(side));
    return variable !== undefined && counters.has(variable);
  });
  return isCounter && (taken ? ['==', '>=', '<='].includes(x.op) : ['!=', '<', '>'].includes(x.op));
}

/** `len(nodes)/2 + 1`, also in a variable that begins with it: a majority is not all. */
function isShare(x: Expr): boolean {
  const { origin } = variableIn(unparen(x)) ?? {};
  let found = false;
  walkExpr(origin?.kind === 'value' ? origin.expr : x, { expr: inner => void (found ||= inner.kind === 'binary' && (inner.op === '/' || inner.op === '>>')) });
  return found;
}
