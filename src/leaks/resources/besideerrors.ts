/** Functions that hand over something to be closed together with an error: `return dir, rest, err`. */
import { graphOf } from '../../flow/build.ts';
import { calleeOf } from '../../program/callee.ts';
import { targetsOf } from '../../program/implementations.ts';
import { Memo } from '../../program/memo.ts';
import type { FuncInfo } from '../../program/package.ts';
import { type Call, type Expr, unparen, type Variable, variableIn } from '../../syntax/ast.ts';
import type { Body } from '../bodies.ts';
import type { Pass } from '../pass.ts';

const memo = new Memo<FuncInfo, Map<number, boolean>>();

/** Whether result `index` of a call may be worth closing although the call has failed. */
export function isGivenBesideError(call: Call, index: number, { env }: Pick<Body, 'env'>, pass: Pass): boolean {
  return targetsOf(calleeOf(call, env), env).some(func => func.pkg.module !== undefined && givesBoth(func, index, pass));
}

function givesBoth(func: FuncInfo, index: number, pass: Pass): boolean {
  const known = memo.get(func) ?? new Map<number, boolean>();
  memo.set(func, known);
  const found = known.get(index);
  if (found !== undefined) return found;
  known.set(index, false);
  const body = func.body();
  const both = body !== undefined && graphOf(func.decl, body).blocks.some(({ end }) => end.kind === 'return' && isBoth(end.stmt?.results ?? [], index, func, pass));
  known.set(index, both);
  return both;
}

function isBoth(results: readonly Expr[], index: number, func: FuncInfo, pass: Pass): boolean {
  const only = results.length === 1 && results[0] ? unparen(results[0]) : undefined;
  if (only?.kind === 'call') return isGivenBesideError(only, index, { env: pass.contracts.envOf(func) }, pass);
  const value = variableIn(results[index]);
  const error = variableIn(results.at(-1));
  // `f, err := os.Open(p); return f, err` gives one or the other.
  return value !== undefined && error !== undefined && value !== error && callsGiving(error).some(call => !callsGiving(value).includes(call));
}

function callsGiving({ origin, assigned }: Variable): readonly Expr[] {
  return [origin, ...assigned].flatMap(from => (from !== 'unknown' && from.kind === 'value' && unparen(from.expr).kind === 'call' ? [unparen(from.expr)] : []));
}
