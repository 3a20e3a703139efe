/** Branches on whether something has failed: `if err != nil`. */
import { isError, typeOf } from '../../program/infer.ts';
import { type Expr, unparen } from '../../syntax/ast.ts';
import type { Body } from '../bodies.ts';

/** On which side of the condition something has failed. */
export function failingSide(condition: Expr, { env }: Body): boolean | undefined {
  const x = unparen(condition);
  if (x.kind !== 'binary' || (x.op !== '!=' && x.op !== '==') || x.y.kind !== 'ident' || x.y.name !== 'nil') return undefined;
  return unparen(x.x).kind === 'ident' && isError(typeOf(x.x, env)) ? x.op === '!=' : undefined;
}
