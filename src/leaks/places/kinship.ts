/** Whether two mutexes belong to values that know each other, so that two functions may speak of the same pair. */
import type { Expr, Variable } from '../../syntax/ast.ts';
import { walkExpr } from '../../syntax/walk.ts';
import type { Identity } from './identities.ts';

/** A package-level variable is one value; what a parameter stands for mostly is another one. */
export function mayBeSame(a: Identity, b: Identity | undefined): boolean {
  if (!b || (typeof a.root !== 'string' && typeof b.root !== 'string')) return true;
  return a.root === b.root;
}

/** The variable and those that it was made from. */
export function originsOf(variable: Variable, depth = 3): Variable[] {
  const { origin } = variable;
  const from = origin.kind === 'value' ? origin.expr : origin.kind === 'range' ? origin.x : undefined;
  return [variable, ...(from && depth > 0 ? variablesIn(from).flatMap(inner => originsOf(inner, depth - 1)) : [])];
}

function variablesIn(x: Expr): Variable[] {
  const found: Variable[] = [];
  walkExpr(x, { expr: part => void (part.kind === 'ident' && part.entity?.kind === 'var' && found.push(part.entity)) });
  return found;
}

/** `c := &conn{}`: nobody else has it yet. */
export function isMadeHere({ role, origin }: Variable): boolean {
  if (role !== 'local' || origin.kind !== 'value') return false;
  const made = origin.expr.kind === 'unary' ? origin.expr.x : origin.expr;
  return made.kind === 'composite' || (made.kind === 'call' && made.fun.kind === 'ident' && made.fun.name === 'new');
}
