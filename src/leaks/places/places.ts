import { type Expr, unparen, type Variable } from '../../syntax/ast.ts';

/** A variable or a field reached from one: `wg`, `s.wg`, `(*s).pool.wg`. */
export interface Place {
  /** A name that no function declares is a package-level variable. */
  readonly root: Variable | string;
  readonly fields: readonly string[];
}

export function placeOf(expr: Expr): Place | undefined {
  const x = unparen(expr);
  if (x.kind === 'ident') return { root: x.entity?.kind === 'var' ? x.entity : x.name, fields: [] };
  if (x.kind === 'star' || (x.kind === 'unary' && x.op === '&')) return placeOf(x.x);
  if (x.kind !== 'selector') return undefined;
  const base = placeOf(x.x);
  return base && { root: base.root, fields: [...base.fields, x.sel.name] };
}

/** Equal for equal places of one function. */
export function keyOf({ root, fields }: Place): string {
  return [typeof root === 'string' ? root : `${root.name}@${root.ident.start}`, ...fields].join('.');
}
