/** What a function does not come to when it is called with `Config{}`: `if cfg.Workers == 0 { return }` in front of it. */
import type { Op } from '../../flow/graph.ts';
import { search } from '../../flow/search.ts';
import { type Call, type Expr, isNil, unparen, type Variable } from '../../syntax/ast.ts';
import { walkStmts } from '../../syntax/walk.ts';
import { type Body, paramsOf } from '../bodies.ts';

/** Whether some way through the body that the call runs leads to such an operation, the fields of an empty literal being zero. */
export function mayCome(isGoal: (op: Op) => boolean, call: Call, callee: Body): boolean {
  const given = emptyParams(call, callee);
  if (given.size === 0) return true;
  return search<''>({ block: callee.graph.entry, index: 0 }, '', {
    key: () => '',
    op: op => (isGoal(op) ? 'arrive' : ''),
    edge: (condition, taken) => (answerOf(condition, given) === !taken ? undefined : ''),
    returns: () => false,
  }) !== undefined;
}

/** The parameters that are given `Config{}` and keep it as it is. */
function emptyParams({ args }: Call, { node, block }: Body): ReadonlySet<Variable> {
  const given = new Set(paramsOf(node).flatMap(({ name }, i) => {
    const literal = args[i] && unparen(args[i]);
    const param = name?.entity;
    return literal?.kind === 'composite' && literal.elements.length === 0 && param?.kind === 'var' && param.assigned.length === 0 ? [param] : [];
  }));
  for (const param of given.size ? changedIn(block) : []) given.delete(param);
  return given;
}

/** The variables of which a field is set, an address is taken or a method is called. */
function changedIn({ stmts }: Body['block']): ReadonlySet<Variable> {
  const changed = new Set<Variable>();
  const add = (x: Expr) => {
    const root = rootOf(x);
    if (root) changed.add(root);
  };
  walkStmts(stmts, {
    stmt: stmt => {
      if (stmt.kind === 'assign') stmt.lhs.forEach(add);
      if (stmt.kind === 'incdec') add(stmt.x);
    },
    expr: x => {
      if (x.kind === 'unary' && x.op === '&') add(x.x);
      const fun = x.kind === 'call' ? unparen(x.fun) : undefined;
      if (fun?.kind === 'selector') add(fun.x);
    },
  });
  return changed;
}

function rootOf(expr: Expr): Variable | undefined {
  const x = unparen(expr);
  if (x.kind === 'selector' || x.kind === 'index') return rootOf(x.x);
  return x.kind === 'ident' && x.entity?.kind === 'var' ? x.entity : undefined;
}

/** What a condition on a field of one of them says. */
function answerOf(condition: Expr, given: ReadonlySet<Variable>): boolean | undefined {
  const x = unparen(condition);
  if (isZero(x, given)) return false;
  if (x.kind !== 'binary' || !isZero(x.x, given) || !isZeroValue(x.y)) return undefined;
  if (x.op === '==' || x.op === '<=' || x.op === '>=') return true;
  return x.op === '!=' || x.op === '<' || x.op === '>' ? false : undefined;
}

function isZero(expr: Expr, given: ReadonlySet<Variable>): boolean {
  const x = unparen(expr);
  const root = x.kind === 'selector' ? unparen(x.x) : undefined;
  return root?.kind === 'ident' && root.entity?.kind === 'var' && given.has(root.entity);
}

function isZeroValue(expr: Expr): boolean {
  const x = unparen(expr);
  return isNil(x) || (x.kind === 'literal' && /^(?:0|""|``)$/.test(x.text));
}
