/** Ranges over a channel that sender and receiver have agreed another end for: a mark, a count, a flag. */
import type { Block } from '../../flow/graph.ts';
import { loopsOf } from '../../flow/loops.ts';
import { type Expr, type Range, unparen } from '../../syntax/ast.ts';
import type { Body } from '../bodies.ts';

export function hasOwnEnd(stmt: Range, { graph }: Body): boolean {
  const loop = loopsOf(graph).find(found => found.stmt === stmt);
  return loop !== undefined && [...loop.blocks].some(block => block !== loop.head && isOwnEnd(block, loop.blocks, stmt));
}

/** The branch leads out of the loop, and not because something failed; a cancelled context is no end for who gets no value. */
function isOwnEnd({ end }: Block, blocks: ReadonlySet<Block>, stmt: Range): boolean {
  if (end.kind !== 'branch' || !end.condition || (blocks.has(end.then) && blocks.has(end.else))) return false;
  return isAgreed(end.condition, blocks.has(end.else), stmt);
}

/** `n == len(items)`, `s == "end"`, `v == nil`, `r.last`; not `err != nil`, `!yield(v)`. `holds`: out of the loop when it does. */
function isAgreed(condition: Expr, holds: boolean, { lhs }: Range): boolean {
  const x = unparen(condition);
  if (x.kind === 'ident' || x.kind === 'selector') return true;
  if (x.kind !== 'binary') return false;
  const y = unparen(x.y);
  if (y.kind !== 'ident' || y.name !== 'nil') return true;
  const [received] = lhs;
  return isSame(unparen(x.x), received) && (x.op === '==') === holds;
}

function isSame(x: Expr, y: Expr | undefined): boolean {
  return x.kind === 'ident' && y?.kind === 'ident' && x.entity !== undefined && x.entity === y.entity;
}
