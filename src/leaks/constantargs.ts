/** Callees that lock on a condition: whether it can hold for this call. */
import { type Expr, type FuncNode, unparen, type Variable } from '../syntax/ast.ts';
import { walkExpr } from '../syntax/walk.ts';
import type { TakenStep } from './taken.ts';
import { textOf } from './words.ts';

/** Whether what the call hands over, or a flag about locks, may keep the callees from the branches on their way. */
export function contradicts(steps: readonly TakenStep[], from: TakenStep): boolean {
  let caller = from;
  for (const step of steps) {
    if (step.turns.some(({ condition, taken }) => speaksOfLocks(condition, step) || !isPossible(condition, taken, caller, step))) return true;
    caller = step;
  }
  return false;
}

/** `if !locked { mu.Lock() }`. */
function speaksOfLocks(condition: Expr, { body }: TakenStep): boolean {
  return /[lL]ock|[hH]eld/.test(textOf(condition, body.info));
}

/** A branch on a parameter is taken only where the argument is known to lead there; one on what is made of it, where it is no constant. */
function isPossible(condition: Expr, taken: boolean, { called }: TakenStep, { body }: TakenStep): boolean {
  const x = unparen(condition);
  const own = paramIndex(x, body.node);
  if (own >= 0) return isBooleanLiteral(called?.args[own], taken);
  // Whether the argument is `nil`, or zero, is mostly not known.
  if (x.kind === 'binary' && (x.op === '==' || x.op === '!=') && (paramIndex(unparen(x.x), body.node) >= 0 || paramIndex(unparen(x.y), body.node) >= 0)) return false;
  let possible = true;
  walkExpr(x, {
    expr: part => {
      const index = paramIndex(part, body.node);
      if (index >= 0 && called?.args[index] && isConstant(called.args[index])) possible = false;
    },
  });
  return possible;
}

function isBooleanLiteral(arg: Expr | undefined, value: boolean): boolean {
  return arg?.kind === 'ident' && !arg.entity && arg.name === String(value);
}

function isConstant(arg: Expr): boolean {
  const x = unparen(arg);
  return x.kind === 'literal' || (x.kind === 'ident' && !x.entity && /^(?:nil|true|false)$/.test(x.name));
}

function paramIndex(x: Expr, func: FuncNode): number {
  const variable: Variable | undefined = x.kind === 'ident' && x.entity?.kind === 'var' && x.entity.owner === func && x.entity.role === 'param' ? x.entity : undefined;
  return variable ? func.type.params.flatMap(({ names }) => names).indexOf(variable.ident) : -1;
}
