/** The loops of a graph: what lies inside, and which edges leave them because they are over, not by `break` or `return`. */
import { type Block, type FlowGraph, successors } from './graph.ts';
import { reachableFrom } from './search.ts';
import type { For, Range } from '../syntax/ast.ts';

export interface Loop {
  readonly stmt: For | Range;
  readonly head: Block;
  /** The blocks of a round, the head included; of a loop that never repeats only the head. */
  readonly blocks: ReadonlySet<Block>;
}

const memo = new WeakMap<FlowGraph, readonly Loop[]>();

export function loopsOf(graph: FlowGraph): readonly Loop[] {
  let loops = memo.get(graph);
  if (!loops) memo.set(graph, (loops = [...graph.loops].map(([stmt, { head, after }]) => ({ stmt, head, blocks: blocksOf(head, after) }))));
  return loops;
}

/** An outer loop comes back to the head as well, but only by way of what comes after the inner one. */
function blocksOf(head: Block, after: Block): Set<Block> {
  const next = (block: Block) => successors(block.end).filter(to => to !== after);
  const found = new Set([head]);
  for (const block of reachableFrom(head, next)) if (reachableFrom(block, next).has(head)) found.add(block);
  return found;
}

/** The loops that end on this edge because the range is exhausted or the condition is false. */
export function endedLoops(from: Block, to: Block, graph: FlowGraph): readonly Loop[] {
  if (from.end.kind !== 'branch' || graph.loops.size === 0) return [];
  const { condition } = from.end;
  return loopsOf(graph).filter(({ stmt, head, blocks }) => {
    if (!blocks.has(from) || blocks.has(to)) return false;
    if (stmt.kind === 'range') return from === head;
    return stmt.cond !== undefined && condition !== undefined && stmt.cond.start <= condition.start && condition.end <= stmt.cond.end;
  });
}
