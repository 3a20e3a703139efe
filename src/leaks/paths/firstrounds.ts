/** Loops that surely go round (`for i := 0; i < 3; i++`) are not over before their first round. */
import type { Block } from '../../flow/graph.ts';
import { endedLoops, type Loop, loopsOf } from '../../flow/loops.ts';
import type { Body } from '../bodies.ts';
import { exactRounds } from './rounds.ts';

/** The loops that a way has come to and not yet gone round. */
export type Entered = ReadonlySet<Loop>;

export const NOTHING_ENTERED: Entered = new Set();

const memo = new WeakMap<Body['graph'], readonly Loop[]>();

/** Those behind an edge; undefined where a loop would be over too early. */
export function enteredAfter(from: Block, to: Block, entered: Entered, body: Body): Entered | undefined {
  const sure = sureLoops(body);
  if (sure.length === 0) return entered;
  if (entered.size && endedLoops(from, to, body.graph).some(loop => entered.has(loop))) return undefined;
  const begun = sure.find(({ head, blocks }) => head === to && !blocks.has(from));
  if (begun) return new Set([...entered, begun]);
  const gone = [...entered].filter(({ head, blocks }) => from === head && blocks.has(to));
  return gone.length ? new Set([...entered].filter(loop => !gone.includes(loop))) : entered;
}

export function keyOfEntered(entered: Entered): string {
  return [...entered].map(({ head }) => head.id).join();
}

function sureLoops(body: Body): readonly Loop[] {
  let found = memo.get(body.graph);
  if (!found) memo.set(body.graph, (found = loopsOf(body.graph).filter(({ stmt }) => (exactRounds(stmt, body) ?? 0) > 0)));
  return found;
}
