/** The function literal that a function returns. */
import { type Expr, type FuncLit, isNil, unparen } from '../../syntax/ast.ts';
import type { Body } from '../bodies.ts';

/** The one that is its result `index` on every way that returns more than `nil`. */
export function literalReturned({ graph, node }: Body, index: number): FuncLit | undefined {
  const named = node.type.results.flatMap(({ names }) => names)[index];
  const values = graph.blocks.flatMap(({ end }): (Expr | undefined)[] => {
    // No way leads to the end of a function that has to return something.
    if (end.kind !== 'return' || !end.stmt) return [];
    return [end.stmt.results.length ? end.stmt.results[index] : named];
  });
  const given = values.filter(value => !isNil(value)).map(value => value && literalBehind(value));
  const [only] = given;
  return given.every(literal => literal === only) ? only : undefined;
}

/** A literal, or what a variable is given once. */
function literalBehind(value: Expr): FuncLit | undefined {
  const x = unparen(value);
  if (x.kind === 'funclit') return x;
  if (x.kind !== 'ident' || x.entity?.kind !== 'var') return undefined;
  const { origin, assigned, role } = x.entity;
  const given = [...(origin.kind === 'value' ? [origin] : []), ...assigned];
  const [only] = given;
  if ((role !== 'local' && role !== 'result') || given.length !== 1 || only === undefined || only === 'unknown' || only.kind !== 'value') return undefined;
  const literal = unparen(only.expr);
  return literal.kind === 'funclit' ? literal : undefined;
}
