/** Callees that lock on a condition: whether it can hold for this call. */
import { typeOf } from '../program/infer.ts';
import { type Binary, type Call, type Expr, type FuncNode, type If, isNil, type Stmt, unparen, type Variable } from '../syntax/ast.ts';
import { walkExpr, walkStmts } from '../syntax/walk.ts';
import type { Turn } from '../flow/search.ts';
import type { Body } from './bodies.ts';
import type { CalledBody } from './called.ts';
import { lockCallOf } from './mutexes.ts';
import type { TakenStep } from './taken.ts';
import { textOf } from './words.ts';

/** Whether what the call hands over, or a flag about locks, may keep the callees from the branches on their way. */
export function contradicts(steps: readonly TakenStep[], from: TakenStep): boolean {
  let caller = from;
  for (const step of steps) {
    if (step.turns.some(({ condition, taken }) => speaksOfLocks(condition, step) || !isPossible(condition, taken, caller, step)) || isOptional(step, caller)) return true;
    caller = step;
  }
  return false;
}

/** Whether this call may take the branches of the function that it runs. */
export function mayComeTo(turns: readonly Turn[], called: CalledBody): boolean {
  return turns.every(({ condition, taken }) => !speaksOfLocks(condition, called) && isPossible(condition, taken, { called }, called));
}

/** `if !locked { mu.Lock() }`. */
function speaksOfLocks(condition: Expr, { body }: Pick<TakenStep, 'body'>): boolean {
  return /[lL]ock|[hH]eld/.test(textOf(condition, body.info));
}

/**
 * `if !s.isScraping { mu.Lock(); defer mu.Unlock() }`: with the lock or without it the function does the same, so it is
 * called with it locked as well, by those who know. A literal that says which of both counts all the same.
 */
function isOptional({ body, call, called }: TakenStep, caller: TakenStep): boolean {
  const around = called ? undefined : ifAround(call, body);
  if (!around || !around.then.stmts.every(stmt => isLocking(stmt, body))) return false;
  const [condition, holds] = withoutNot(around.cond, true);
  if (condition.kind === 'binary' && [condition.x, condition.y].some(side => side.kind === 'ident' && side.name === 'nil')) return false;
  const param = paramIndex(condition, body.node);
  return param < 0 || !isBooleanLiteral(caller.called?.args[param], holds);
}

function withoutNot(expr: Expr, holds: boolean): [Expr, boolean] {
  const x = unparen(expr);
  return x.kind === 'unary' && x.op === '!' ? withoutNot(x.x, !holds) : [x, holds];
}

/** The innermost `if` in whose first branch the call stands. */
function ifAround({ start, end }: Call, { block }: Body): If | undefined {
  let found: If | undefined;
  walkStmts(block.stmts, { stmt: stmt => void (stmt.kind === 'if' && stmt.then.start <= start && end <= stmt.then.end && (found = stmt)) });
  return found;
}

function isLocking(stmt: Stmt, { env }: Body): boolean {
  const call = stmt.kind === 'expr' ? unparen(stmt.x) : stmt.kind === 'defer' ? unparen(stmt.call) : undefined;
  return call?.kind === 'call' && lockCallOf(call, env) !== undefined;
}

/** A branch on a parameter is taken only where the argument is known to lead there; one on what is made of it, where it is no constant. */
function isPossible(condition: Expr, taken: boolean, { called }: Pick<TakenStep, 'called'>, { body }: Pick<TakenStep, 'body'>): boolean {
  const x = unparen(condition);
  const own = paramIndex(x, body.node);
  if (own >= 0) return isBooleanLiteral(called?.args[own], taken);
  if (x.kind === 'binary' && (x.op === '==' || x.op === '!=') && (paramIndex(unparen(x.x), body.node) >= 0 || paramIndex(unparen(x.y), body.node) >= 0)) {
    return mayCompare(x, taken, called?.args ?? [], body);
  }
  let possible = true;
  walkExpr(x, {
    expr: part => {
      for (const index of paramsBehind(part, body.node)) if (called?.args[index] && isConstant(called.args[index])) possible = false;
    },
  });
  return possible;
}

/**
 * What a function is given a pointer for is mostly there, unless the call says `nil`; whether there is an error, or an
 * argument is zero, is mostly not known.
 */
function mayCompare({ x, y, op }: Binary, taken: boolean, args: readonly Expr[], { node, env }: Body): boolean {
  const arg = args[paramIndex(unparen(x), node)];
  const isThere = (op === '!=') === taken;
  if (!arg || !isNil(y)) return false;
  return isThere ? !isNil(arg) && typeOf(x, env).kind === 'pointer' : isNil(arg);
}

/** The parameters that a name stands for or was made of: `token, ok := params["token"]`. */
function paramsBehind(x: Expr, func: FuncNode): readonly number[] {
  const own = paramIndex(x, func);
  if (own >= 0) return [own];
  const variable = x.kind === 'ident' && x.entity?.kind === 'var' && x.entity.owner === func && x.entity.assigned.length === 0 ? x.entity : undefined;
  const indices: number[] = [];
  if (variable?.origin.kind === 'value') walkExpr(variable.origin.expr, { expr: part => void (paramIndex(part, func) >= 0 && indices.push(paramIndex(part, func))) });
  return indices;
}

function isBooleanLiteral(arg: Expr | undefined, value: boolean): boolean {
  return arg?.kind === 'ident' && !arg.entity && arg.name === String(value);
}

function isConstant(arg: Expr): boolean {
  const x = unparen(arg);
  return x.kind === 'literal' || x.kind === 'composite' || (x.kind === 'ident' && !x.entity && /^(?:nil|true|false)$/.test(x.name));
}

function paramIndex(x: Expr, func: FuncNode): number {
  const variable: Variable | undefined = x.kind === 'ident' && x.entity?.kind === 'var' && x.entity.owner === func && x.entity.role === 'param' ? x.entity : undefined;
  return variable ? func.type.params.flatMap(({ names }) => names).indexOf(variable.ident) : -1;
}
