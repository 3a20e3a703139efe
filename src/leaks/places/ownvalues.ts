/** Values that a function makes for itself, and what it puts into their fields as it makes them. */
import { typeOf } from '../../program/infer.ts';
import { type Env, underlying } from '../../program/resolve.ts';
import { type CompositeLit, type Expr, unparen, type Variable } from '../../syntax/ast.ts';

/** A local variable whose value is made here: what a call gave or a pointer leads to, others may see. */
export function isOwn({ role, origin, assigned }: Variable): boolean {
  if (role !== 'local' || assigned.includes('unknown')) return false;
  if (origin.kind === 'declared') return origin.type.kind !== 'star';
  return origin.kind === 'value' && (literalOf(origin.expr) !== undefined || isNew(origin.expr));
}

function isNew(value: Expr): boolean {
  const x = unparen(value);
  return x.kind === 'call' && x.fun.kind === 'ident' && x.fun.name === 'new' && !x.fun.entity;
}

/** `T{…}` and `&T{…}`. */
export function literalOf(value: Expr): CompositeLit | undefined {
  const x = unparen(value);
  const inner = x.kind === 'unary' && x.op === '&' ? unparen(x.x) : x;
  return inner.kind === 'composite' ? inner : undefined;
}

export interface FieldValue {
  /** As a place names it: an embedded field is left out. */
  readonly fields: readonly string[];
  readonly value: Expr;
}

/** The values that a struct literal gives its fields, by name or by position. */
export function fieldValuesOf(literal: CompositeLit, env: Env): readonly FieldValue[] {
  const struct = literal.elements.length ? underlying(typeOf(literal, env), env.program) : undefined;
  // Of a type that is not at hand the names are read as they stand.
  const known = struct?.kind === 'struct' ? struct.fields : undefined;
  if (!known && struct?.kind !== 'unknown') return [];
  return literal.elements.flatMap(({ key, value }, i): FieldValue[] => {
    const name = key ? (key.kind === 'ident' ? key.name : undefined) : known?.[i]?.name;
    if (name === undefined) return [];
    return [{ fields: known?.some(field => field.embedded && field.name === name) ? [] : [name], value }];
  });
}
