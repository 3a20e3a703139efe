/** Where operations stand in the text. */
import type { Op } from '../flow/graph.ts';

export function startOf(op: Op): number {
  switch (op.kind) {
    case 'call':
      return op.call.start;
    case 'eval':
      return op.expr.start;
    case 'receive':
    case 'assign':
      return op.node.start;
    case 'go':
    case 'defer':
    case 'send':
    case 'range':
      return op.stmt.start;
  }
}
