/**
 * Loops that end by one case of a select alone: `for { select { case <-ticker.C: …; case <-quit: return } }` waits for
 * `quit`, however often it goes round meanwhile.
 */
import { type Block, type Op, successors } from '../../flow/graph.ts';
import { reachableFrom } from '../../flow/search.ts';
import type { Expr } from '../../syntax/ast.ts';
import type { Body } from '../bodies.ts';
import { leaves } from '../goroutines/goroutines.ts';
import type { Pass } from '../pass.ts';

/** Whether the loop around the select that has `receive` for a case never ends but by a receive from this channel. */
export function isOnlyExit(receive: Op, isSame: (channel: Expr) => boolean, body: Body, pass: Pass): boolean {
  const begins = (block: Block) => {
    const [first] = block.ops;
    return first?.kind === 'receive' && first.inSelect && isSame(first.channel);
  };
  const select = body.graph.blocks.find(({ end }) => end.kind === 'select' && end.arms.some(({ to }) => to.ops[0] === receive));
  if (!select) return false;
  const next = (block: Block) => pass.contracts.next(block, body.env);
  const others = reachableFrom(select, block => next(block).filter(to => !(block.end.kind === 'select' && successors(block.end).includes(to) && begins(to))));
  if (!others.has(select) || [...others].some(block => leaves(block, body, pass) || block.end.kind === 'stuck')) return false;
  return [...reachableFrom(select, next)].some(block => leaves(block, body, pass));
}
