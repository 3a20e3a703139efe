/**
 * Functions that look at a resource and take it away only where they fail: `func checkStatus(resp *http.Response) error`
 * closes the body of an answer that it refuses, and leaves every other one to its caller.
 */
import { graphOf } from '../flow/build.ts';
import type { End, Op } from '../flow/graph.ts';
import { search } from '../flow/search.ts';
import { calleeName, calleeOf } from '../program/callee.ts';
import { isError, typeOf } from '../program/infer.ts';
import { type Env, signatureOf, underlying } from '../program/resolve.ts';
import { type Block, type Expr, type FuncDecl, isNil, unparen, type Variable } from '../syntax/ast.ts';
import { allReturnedAt, applyOp, type Held, heldBy, type Tracked, type Where } from './effects.ts';
import { MAKES_ERROR } from './known.ts';

interface State {
  readonly tracked: Tracked;
  /** The resource was closed or kept by somebody on this way. */
  readonly isGone: boolean;
  /** Variables that a branch has found not to be nil. */
  readonly notNil: ReadonlySet<Variable>;
}

/** Some way returns nil with the resource as it was, and none does so without it. */
export function actsOnlyOnFailure(func: FuncDecl, body: Block, param: Variable, held: Held, where: Where): boolean {
  const { results } = signatureOf(func.type, where.env);
  const [result] = results;
  if (results.length !== 1 || !result || !isError(result) || func.type.results.some(({ names }) => names.length > 0)) return false;
  let isLeft = false;
  const isTakenInSuccess = search<State>({ block: graphOf(func, body).entry, index: 0 }, { tracked: new Map([[param, held]]), isGone: false, notNil: new Set() }, {
    key: ({ tracked, isGone, notNil }) => `${[...tracked.keys()].map(({ ident }) => ident.start).join()} ${isGone} ${[...notNil].map(({ ident }) => ident.start).join()}`,
    op: (op, state) => after(op, state, where),
    edge(condition, taken, state) {
      const asked = askedForNil(condition, taken);
      if (!asked) return state;
      // Where there is no resource, nothing is left to anybody.
      if (heldBy(asked.of, state.tracked, where)) return asked.isNil ? undefined : state;
      const variable = asked.of.kind === 'ident' && asked.of.entity?.kind === 'var' ? asked.of.entity : undefined;
      return variable && !asked.isNil ? { ...state, notNil: new Set([...state.notNil, variable]) } : state;
    },
    returns: (end, state) => {
      const isGone = state.isGone || allReturnedAt(end, state.tracked, where).length > 0;
      if (!isGone) isLeft ||= end.stmt?.results[0] !== undefined && isNil(unparen(end.stmt.results[0]));
      return isGone && !isFailure(end, state, where);
    },
  });
  return isLeft && !isTakenInSuccess;
}

function after(op: Op, state: State, where: Where): State | undefined {
  if (where.effects.endsHere(op, where.env)) return undefined;
  const { effect, tracked } = applyOp(op, state.tracked, where);
  const assigned = op.kind === 'assign' ? op.lhs.flatMap(x => (x.kind === 'ident' && x.entity?.kind === 'var' ? x.entity : [])) : [];
  const notNil = assigned.some(variable => state.notNil.has(variable)) ? new Set([...state.notNil].filter(variable => !assigned.includes(variable))) : state.notNil;
  return { tracked: effect === 'none' ? tracked : state.tracked, isGone: state.isGone || effect !== 'none', notNil };
}

/** `x == nil`, `x != nil`: of what it is asked, and the answer on this branch. */
function askedForNil(condition: Expr, taken: boolean): { readonly of: Expr; readonly isNil: boolean } | undefined {
  const x = unparen(condition);
  if (x.kind !== 'binary' || (x.op !== '==' && x.op !== '!=')) return undefined;
  const [left, right] = [unparen(x.x), unparen(x.y)];
  const of = isNil(right) ? left : isNil(left) ? right : undefined;
  return of && { of, isNil: (x.op === '==') === taken };
}

/** `return statusErr` of a `*StatusError`: an error that has a type of its own is not nil, whatever its value is. */
function isConcrete(x: Expr, env: Env): boolean {
  const type = typeOf(x, env);
  const base = type.kind === 'pointer' ? type.elem : type;
  return !isError(type) && base.kind === 'named' && base.def !== undefined && underlying(base, env.program).kind !== 'interface';
}

/** What is returned is made here, or was found not to be nil. */
function isFailure({ stmt }: End & { kind: 'return' }, { notNil }: State, { env }: Where): boolean {
  const [value] = stmt?.results ?? [];
  const x = value && unparen(value);
  if (x?.kind === 'ident') return x.entity?.kind === 'var' && (notNil.has(x.entity) || isConcrete(x, env));
  if (x?.kind !== 'call') return x?.kind === 'composite' || (x?.kind === 'unary' && x.op === '&');
  // `newStatusError(resp)`, `fmt.Errorf(…)`; what else is called may find nothing wrong.
  const callee = calleeOf(x, env);
  const isOwn = (callee.kind === 'func' || callee.kind === 'method') && callee.func?.pkg.module !== undefined;
  return MAKES_ERROR.test(calleeName(callee) ?? '') || (isOwn && (!isError(typeOf(x, env)) || /[eE]rr(?:or)?(?![a-z])/.test(callee.func?.bareName ?? '')));
}
