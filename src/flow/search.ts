/** Is there a way through a function on which something happens, and which? Breadth first, so the way is a shortest one. */
import type { Expr, Return } from '../syntax/ast.ts';
import type { Block, End, FlowGraph, Op } from './graph.ts';

/** A place between two operations. */
export interface Place {
  readonly block: Block;
  /** Index of the next operation in the block. */
  readonly index: number;
}

/** A branch taken on the way. */
export interface Turn {
  readonly condition: Expr;
  readonly taken: boolean;
}

/** Where a way ended that the walk asked for. */
export interface Arrival<S> {
  readonly at: { readonly kind: 'op'; readonly op: Op } | { readonly kind: 'return'; readonly stmt: Return | undefined; readonly end: End & { kind: 'return' } };
  readonly state: S;
  readonly turns: readonly Turn[];
}

/** What the walker wants to know. A state of `undefined` gives the way up. */
export interface Walk<S> {
  /** Two states with one key are the same. */
  key(state: S): string;
  /** `arrive` stops the whole search here. */
  op(op: Op, state: S): S | undefined | 'arrive';
  /** `to` is where the branch leads. */
  edge(condition: Expr, taken: boolean, state: S, to: Block): S | undefined;
  /** The state behind any edge, after `edge` where the edge has a condition. */
  between?(from: Block, to: Block, state: S): S | undefined;
  /** Whether a way that ends in this return is what is looked for. */
  returns(end: End & { kind: 'return' }, state: S): boolean;
}

interface Node<S> {
  readonly block: Block;
  readonly index: number;
  readonly state: S;
  readonly from: Node<S> | undefined;
  readonly turn: Turn | undefined;
}

/** More ways than this in one function are not walked. */
const MOST_NODES = 20_000;

export function search<S>(start: Place, state: S, walk: Walk<S>): Arrival<S> | undefined {
  const queue: Node<S>[] = [{ ...start, state, from: undefined, turn: undefined }];
  const seen = new Set<string>();
  for (let i = 0; i < queue.length && i < MOST_NODES; i++) {
    const node = queue[i];
    if (!node) break;
    const arrived = runBlock(node, walk, queue, seen);
    if (arrived) return arrived;
  }
  return undefined;
}

function runBlock<S>(node: Node<S>, walk: Walk<S>, queue: Node<S>[], seen: Set<string>): Arrival<S> | undefined {
  let { state } = node;
  const { block } = node;
  for (let i = node.index; i < block.ops.length; i++) {
    const op = block.ops[i];
    if (!op) break;
    const next = walk.op(op, state);
    if (next === undefined) return undefined;
    if (next === 'arrive') return { at: { kind: 'op', op }, state, turns: turnsTo(node) };
    state = next;
  }
  const go = (to: Block, state: S, turn: Turn | undefined) => {
    const next = walk.between ? walk.between(block, to, state) : state;
    if (next === undefined) return;
    const key = `${to.id} ${walk.key(next)}`;
    if (seen.has(key)) return;
    seen.add(key);
    queue.push({ block: to, index: 0, state: next, from: node, turn });
  };
  const { end } = block;
  if (end.kind === 'return') {
    return walk.returns(end, state) ? { at: { kind: 'return', stmt: end.stmt, end }, state, turns: turnsTo(node) } : undefined;
  }
  if (end.kind === 'jump') go(end.to, state, undefined);
  if (end.kind === 'select') for (const arm of end.arms) go(arm.to, state, undefined);
  if (end.kind === 'branch') {
    for (const taken of [true, false]) {
      const to = taken ? end.then : end.else;
      const next = end.condition ? walk.edge(end.condition, taken, state, to) : state;
      if (next !== undefined) go(to, next, end.condition && { condition: end.condition, taken });
    }
  }
  return undefined;
}

function turnsTo<S>(node: Node<S>): Turn[] {
  const turns: Turn[] = [];
  for (let at: Node<S> | undefined = node; at; at = at.from) if (at.turn) turns.push(at.turn);
  return turns.reverse();
}

interface Placed {
  readonly op: Op;
  readonly after: Place;
}

const placed = new WeakMap<FlowGraph, readonly Placed[]>();

/** Every operation of a graph with its place, in block order; many rules ask, so it is listed once. */
export function operations(graph: FlowGraph): readonly Placed[] {
  let found = placed.get(graph);
  if (!found) placed.set(graph, (found = graph.blocks.flatMap(block => block.ops.map((op, i) => ({ op, after: { block, index: i + 1 } })))));
  return found;
}

/** The blocks that control can reach from `start`, `start` itself only when it lies on a loop. */
export function reachableFrom(start: Block, next: (block: Block) => readonly Block[]): Set<Block> {
  const found = new Set<Block>();
  const todo = [...next(start)];
  for (let block = todo.pop(); block; block = todo.pop()) {
    if (found.has(block)) continue;
    found.add(block);
    todo.push(...next(block));
  }
  return found;
}
