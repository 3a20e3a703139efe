/** Functions that close the channel which others send on: whoever sends late does not wait, but panics. */
import type { Op } from '../../flow/graph.ts';
import { operations } from '../../flow/search.ts';
import type { Call } from '../../syntax/ast.ts';
import type { Body } from '../bodies.ts';
import { awaitedBy } from './awaiting.ts';
import type { Reading } from './traffic.ts';

/** `awaited`: the function has waited for a group of goroutines, and comes to the close only when they can end. */
export type Closing = 'open' | 'deferred' | 'closed' | 'awaited';

/** Functions that were deferred before the channel is made see it as it is in the end. */
export function closingBefore(make: Call, reading: Reading, { graph }: Body): Closing {
  const deferred = operations(graph).some(({ op }) => op.kind === 'defer' && op.stmt.start < make.start && closesItself(op, reading));
  return deferred ? 'deferred' : 'open';
}

export function closingAfter(op: Op, closing: Closing, reading: Reading, body: Body): Closing {
  if (op.kind === 'call' && awaitedBy(op, body)) return closing === 'closed' ? 'closed' : 'awaited';
  if (closing === 'awaited' || closing === 'closed' || !closesItself(op, reading)) return closing;
  return op.kind === 'defer' ? 'deferred' : 'closed';
}

/** Not by a goroutine, which may itself wait for the senders. */
function closesItself(op: Op, reading: Reading): boolean {
  return reading.doesAt(op, 'close') && !reading.runsAt(op).some(run => run.started);
}
