/** Functions that give an error back as they got it, wrapped at most: `func shouldRetry(ctx, err error) (bool, error) { …; return again, err }`. */
import { graphOf } from '../../flow/build.ts';
import { calleeOf } from '../../program/callee.ts';
import { targetsOf } from '../../program/implementations.ts';
import { Memo } from '../../program/memo.ts';
import type { FuncInfo } from '../../program/package.ts';
import type { Env } from '../../program/resolve.ts';
import { type Call, eachChild, type Expr, unparen, type Variable } from '../../syntax/ast.ts';

/** The argument that result `index` is nil with, and is not without. */
export function passedOn(call: Call, index: number, env: Env): Expr | undefined {
  const [func, ...more] = targetsOf(calleeOf(call, env), env);
  const param = func && more.length === 0 ? paramGivenBack(func, index) : undefined;
  return param === undefined ? undefined : call.args[param];
}

const memo = new Memo<FuncInfo, Map<number, number | undefined>>();

function paramGivenBack(func: FuncInfo, index: number): number | undefined {
  const known = memo.get(func) ?? new Map<number, number | undefined>();
  memo.set(func, known);
  if (!known.has(index)) known.set(index, findParam(func, index));
  return known.get(index);
}

function findParam(func: FuncInfo, index: number): number | undefined {
  const body = func.body();
  if (!body) return undefined;
  const params = func.decl.type.params.flatMap(({ names }) => names.map(({ entity }) => (entity?.kind === 'var' ? entity : undefined)));
  const given = graphOf(func.decl, body).blocks.flatMap(({ end }) => (end.kind === 'return' && end.stmt ? [end.stmt.results.length > index ? end.stmt.results[index] : undefined] : []));
  const at = params.findIndex(param => param && given.length > 0 && given.every(x => x !== undefined && isSame(x, param)));
  const param = params[at];
  return param?.assigned.every(from => from === 'unknown' || (from.kind === 'value' && mentions(from.expr, param))) ? at : undefined;
}

function isSame(x: Expr, param: Variable): boolean {
  const inner = unparen(x);
  return inner.kind === 'ident' && inner.entity === param;
}

function mentions(x: Expr, param: Variable): boolean {
  let found = isSame(x, param);
  eachChild(x, child => {
    found ||= mentions(child, param);
  });
  return found;
}
