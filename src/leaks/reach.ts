/** Whether something can happen after something else in one function, and where operations stand. */
import type { Op } from '../flow/graph.ts';
import { operations, type Place, search } from '../flow/search.ts';
import type { Body } from './bodies.ts';

/** The place behind an operation of the body. */
export function placeAfter(op: Op, { graph }: Body): Place {
  for (const { op: other, after } of operations(graph)) if (other === op) return after;
  return { block: graph.entry, index: 0 };
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
