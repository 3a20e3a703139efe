/** Whether something can happen after something else in one function, and where operations stand. */
import type { Block, Op } from '../../flow/graph.ts';
import { operations, type Place, reachableFrom, search } from '../../flow/search.ts';
import { type Call, unparen, type Variable } from '../../syntax/ast.ts';
import type { Body } from '../bodies.ts';
import type { Pass } from '../pass.ts';

/** The place behind an operation of the body. */
export function placeAfter(op: Op, { graph }: Body): Place {
  for (const { op: other, after } of operations(graph)) if (other === op) return after;
  return { block: graph.entry, index: 0 };
}

/** The block that an operation of the body stands in. */
export function blockOf(op: Op, { graph }: Body): Block | undefined {
  return graph.blocks.find(({ ops }) => ops.includes(op));
}

/** Control may come back to the operation. */
export function isRepeated(op: Op, body: Body, pass: Pass): boolean {
  const block = blockOf(op, body);
  return block !== undefined && reachableFrom(block, b => pass.contracts.next(b, body.env)).has(block);
}

/** The variable is another one in every round of some loop of the body. */
export function isDeclaredInLoop({ ident }: Variable, { graph }: Body): boolean {
  return [...graph.loops.keys()].some(loop => holdsSpan(loop, ident));
}

/** Whether control may come from here to such an operation, on a way without any that `isBarred`. */
export function reaches(from: Place, isWanted: (op: Op) => boolean, isBarred: (op: Op) => boolean = () => false): boolean {
  return search<''>(from, '', {
    key: () => '',
    op: op => (isBarred(op) ? undefined : isWanted(op) ? 'arrive' : ''),
    edge: () => '',
    returns: () => false,
  }) !== undefined;
}

export interface Span {
  readonly start: number;
  readonly end: number;
}

export function holdsSpan(outer: Span, inner: Span): boolean {
  return outer.start <= inner.start && inner.end <= outer.end;
}

/** What an operation is written as; of a `range`, what it goes through. */
export function spanOf(op: Op): Span {
  switch (op.kind) {
    case 'call':
      return op.call;
    case 'go':
    case 'defer':
    case 'send':
      return op.stmt;
    case 'range':
      return op.stmt.x;
    case 'receive':
    case 'assign':
      return op.node;
    case 'eval':
      return op.expr;
  }
}

/** The call that runs in the function itself, now or when it ends. */
export function callIn(op: Op): Call | undefined {
  const call = op.kind === 'call' ? op.call : op.kind === 'defer' ? unparen(op.stmt.call) : undefined;
  return call?.kind === 'call' ? call : undefined;
}
