/**
 * Loops that are over because something else says so: `for !stopped { select { case r := <-results: …; case <-quit: stopped
 * = true } }`. They have not received all that is sent, as one that counts or that goes through a list has.
 */
import { type Block, type Op, successors } from '../../flow/graph.ts';
import type { Loop } from '../../flow/loops.ts';
import { reachableFrom } from '../../flow/search.ts';
import { type Expr, unparen, type Variable, variableIn } from '../../syntax/ast.ts';
import { walkExpr } from '../../syntax/walk.ts';

/** Some case of a select in the loop makes its condition false, and it is none of those that communicate as `isOwn` says. */
export function endsOtherwise({ stmt, head, blocks }: Loop, isOwn: (op: Op) => boolean): boolean {
  const flags = stmt.kind === 'for' && stmt.cond ? flagsIn(stmt.cond) : new Set<Variable>();
  if (flags.size === 0) return false;
  return [...blocks].some(({ end }) => {
    if (end.kind !== 'select') return false;
    const own = end.arms.filter(({ to }) => to.ops[0] !== undefined && isOwn(to.ops[0]));
    return own.length > 0 && end.arms.some(arm => !own.includes(arm) && arm.to.ops[0]?.kind === 'receive' && setsOneOf(flags, arm.to, head, blocks));
  });
}

/** `!stopped`, `err == nil`, and the parts of `!stopped && err == nil`: variables of which one value ends the loop. */
function flagsIn(condition: Expr): ReadonlySet<Variable> {
  const found = new Set<Variable>();
  let counts = false;
  walkExpr(condition, {
    expr: x => {
      if (x.kind === 'binary' && !/^(?:&&|\|\||==|!=)$/.test(x.op)) counts = true;
      if (x.kind === 'call') counts = true;
      const variable = variableIn(unparen(x));
      if (variable) found.add(variable);
    },
  });
  return counts ? new Set() : found;
}

/** Before the next round. */
function setsOneOf(flags: ReadonlySet<Variable>, arm: Block, head: Block, loop: ReadonlySet<Block>): boolean {
  const next = (block: Block) => successors(block.end).filter(to => to !== head && loop.has(to));
  const isSet = (op: Op) => op.kind === 'assign' && op.lhs.some(x => isOneOf(variableIn(unparen(x)), flags));
  return [arm, ...reachableFrom(arm, next)].some(({ ops }) => ops.some(isSet));
}

function isOneOf(variable: Variable | undefined, flags: ReadonlySet<Variable>): boolean {
  return variable !== undefined && flags.has(variable);
}
