/** Branches on what came with a result that say that there is none. */
import { operations } from '../../flow/search.ts';
import { isError, typeOf } from '../../program/infer.ts';
import { type Call, type Expr, unparen, variableIn } from '../../syntax/ast.ts';
import type { Body } from '../bodies.ts';

/** Whether there is no channel to wait at on a branch. */
export type Branch = (condition: Expr, taken: boolean) => boolean;

/** `ok, c, err := start()`: where the error is one or the flag is false, there is no channel; until another call gives them their values. */
export function noResult(call: Call, body: Body): Branch {
  const assigns = operations(body.graph).flatMap(({ op }) => (op.kind === 'assign' ? [op] : []));
  const assign = assigns.find(op => op.rhs.some(x => unparen(x) === call));
  const others = assign && assign.lhs.length > 1 ? assign.lhs : [];
  const isOther = (x: Expr) => {
    const variable = variableIn(unparen(x));
    if (!variable || !others.some(other => variableIn(unparen(other)) === variable)) return false;
    return !assigns.some(({ lhs, rhs, node }) => call.end < node.start && node.start < x.start && rhs.some(value => unparen(value).kind === 'call') && lhs.some(target => variableIn(unparen(target)) === variable));
  };
  return (condition, taken) => {
    const x = unparen(condition);
    if (x.kind === 'ident') return isOther(x) && !taken;
    if (x.kind !== 'binary' || x.y.kind !== 'ident' || x.y.name !== 'nil' || !isOther(x.x)) return false;
    return isError(typeOf(x.x, body.env)) && (x.op === '!=') === taken;
  };
}
