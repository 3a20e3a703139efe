/** Callees that lock on a condition: whether it can hold for this call. */
import { type Block, successors } from '../../flow/graph.ts';
import { reachableFrom, type Turn } from '../../flow/search.ts';
import { calleeName, calleeOf } from '../../program/callee.ts';
import { typeOf } from '../../program/infer.ts';
import { type Binary, type Call, type Expr, type FuncNode, type If, isNil, type Stmt, unparen, type Variable } from '../../syntax/ast.ts';
import { walkExpr, walkStmts } from '../../syntax/walk.ts';
import type { Body } from '../bodies.ts';
import type { CalledBody } from '../calls/called.ts';
import { callIn } from '../paths/reach.ts';
import { textOf } from '../words.ts';
import { lockCallOf } from './mutexes.ts';
import { type TakenStep } from './taken.ts';

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
export function mayComeTo(turns: readonly Turn[], caller: Caller & { readonly called: CalledBody }): boolean {
  return turns.every(({ condition, taken }) => !speaksOfLocks(condition, caller.called) && isPossible(condition, taken, caller, caller.called));
}

/** A call, where it stands, and what it runs. */
type Caller = Pick<TakenStep, 'body' | 'call' | 'called'>;

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

/** A branch on a flag is taken only where the argument is known to lead there; one on what is made of it, where it is no constant. */
function isPossible(condition: Expr, taken: boolean, caller: Caller, { body }: Pick<TakenStep, 'body'>): boolean {
  const x = unparen(condition);
  const args = caller.called?.args ?? [];
  const own = paramIndex(x, body.node);
  // A function that is handed over is called with both.
  if (own >= 0) return args.length === 0 || isBooleanLiteral(args[own], taken);
  if (x.kind === 'binary' && (x.op === '==' || x.op === '!=') && (paramIndex(unparen(x.x), body.node) >= 0 || paramIndex(unparen(x.y), body.node) >= 0)) {
    return mayCompare(x, taken, caller, body);
  }
  let possible = true;
  walkExpr(x, {
    expr: part => {
      for (const index of paramsBehind(part, body.node)) if (args[index] && isConstant(args[index])) possible = false;
    },
  });
  return possible;
}

/**
 * What a function is given a pointer for is mostly there, unless the call says `nil`; whether there is an error, only its
 * check tells. A value that nobody knows is another one than a constant: `if name == "" { return }`.
 */
function mayCompare({ x, y, op }: Binary, taken: boolean, caller: Caller, { node, env }: Body): boolean {
  const arg = caller.called?.args[paramIndex(unparen(x), node)];
  const differs = (op === '!=') === taken;
  if (!arg) return false;
  if (isNil(y)) return differs ? !isNil(arg) && (typeOf(x, env).kind === 'pointer' || isThere(arg, caller)) : isNil(arg);
  const isSame = isConstant(arg) && textIn(arg, caller.body) === textIn(y, { env });
  return isLiteral(y) && (isConstant(arg) ? isSame !== differs : differs);
}

function textIn({ start, end }: Expr, { env }: Pick<Body, 'env'>): string {
  return env.file.source.text.slice(start, end);
}

/** An error that is made for the call, a known one of the package, or one that was looked at before. */
function isThere(arg: Expr, { body, call }: Caller): boolean {
  const x = unparen(arg);
  if (x.kind === 'call') return /^(?:errors\.New|fmt\.Errorf)$/.test(calleeName(calleeOf(x, body.env)) ?? '');
  if (x.kind === 'selector') return /^Err[A-Z]/.test(x.sel.name);
  if (x.kind !== 'ident') return false;
  const variable = x.entity?.kind === 'var' ? x.entity : undefined;
  return variable ? isChecked(variable, call, body) : !x.entity && /^[eE]rr[A-Z]/.test(x.name);
}

/** Every way to the call goes where the variable is not nil. */
function isChecked(variable: Variable, call: Call, { graph }: Body): boolean {
  const goal = graph.blocks.find(({ ops }) => ops.some(op => callIn(op) === call));
  if (!goal) return false;
  const next = ({ end }: Block) => {
    const side = end.kind === 'branch' && end.condition ? nilSide(end.condition, variable) : undefined;
    return end.kind === 'branch' && side ? [end[side]] : successors(end);
  };
  return graph.entry !== goal && !reachableFrom(graph.entry, next).has(goal);
}

/** The side of a branch on which the variable is nil. */
function nilSide(condition: Expr, variable: Variable): 'then' | 'else' | undefined {
  const x = unparen(condition);
  if (x.kind !== 'binary' || !isNil(x.y) || x.x.kind !== 'ident' || x.x.entity !== variable) return undefined;
  return x.op === '==' ? 'then' : x.op === '!=' ? 'else' : undefined;
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

function isLiteral(x: Expr): boolean {
  return unparen(x).kind === 'literal';
}

function isConstant(arg: Expr): boolean {
  const x = unparen(arg);
  return x.kind === 'literal' || x.kind === 'composite' || (x.kind === 'ident' && !x.entity && /^(?:nil|true|false)$/.test(x.name));
}

function paramIndex(x: Expr, func: FuncNode): number {
  const variable: Variable | undefined = x.kind === 'ident' && x.entity?.kind === 'var' && x.entity.owner === func && x.entity.role === 'param' ? x.entity : undefined;
  return variable ? func.type.params.flatMap(({ names }) => names).indexOf(variable.ident) : -1;
}
