/**
 * Results that workers do not give when a context is over: `for j := range jobs { if ctx.Err() != nil { return }; results <- do(j) }`,
 * while the function that has started them receives one for each job and listens to nothing else.
 */
import type { Op } from '../../flow/graph.ts';
import { type Arrival, operations, search } from '../../flow/search.ts';
import type { Body } from '../bodies.ts';
import type { Pass } from '../pass.ts';
import { withNames } from './bindings.ts';
import type { Run } from './callees.ts';
import { isContextOver, isEndOfContext } from './contextover.ts';
import { failsTest } from './failures.ts';
import { type Forgotten, isInLoop } from './forgotten.ts';
import { Reading } from './traffic.ts';

export function* leftReceiving(reading: Reading, body: Body, pass: Pass): Generator<Forgotten> {
  const wait = reading.does.has('close') ? undefined : reading.waits.find(({ verb, starts, isExit, body: receiver }) => verb === 'receive' && !starts.length && !isExit && receiver === body);
  if (!wait || !isInLoop(wait.node, body)) return;
  const senders = operations(body.graph).flatMap(({ op }) => (reading.doesAt(op, 'send') ? [op] : []));
  const ends = senders.flatMap(op => endOf(op, reading, pass) ?? []);
  if (ends.length === senders.length && ends[0]) yield { ...ends[0], wait, areMany: true };
}

/** How a worker that answers in rounds ends without an answer to the last one. */
function endOf(op: Op, reading: Reading, pass: Pass): Omit<Forgotten, 'wait'> | undefined {
  const [run, ...others] = reading.runsAt(op);
  const start = op.kind === 'go' ? op.stmt : op.kind === 'call' ? op.call : undefined;
  const way = start && run?.started && !others.length && run.body.graph.loops.size ? wayOver(run, pass) : undefined;
  return way && start && run && { start, goroutine: run.body, way };
}

interface State {
  /** The context is over, and nothing was sent since. */
  readonly isOver: boolean;
}

function wayOver({ body, names }: Run, pass: Pass): Arrival<State> | undefined {
  const reading = new Reading(body, withNames(names, body), pass);
  return search<State>({ block: body.graph.entry, index: 0 }, { isOver: false }, {
    key: ({ isOver }) => `${isOver}`,
    op: (op, state) => {
      if (failsTest(op, body) || pass.contracts.endsHere(op, body.env)) return undefined;
      if (reading.doesAt(op, 'send', 'close')) return state.isOver ? undefined : state;
      return op.kind === 'receive' && isEndOfContext(op, body) ? { isOver: true } : state;
    },
    edge: (condition, taken, state) => (isContextOver(condition, taken, body) ? { isOver: true } : state),
    returns: (_end, { isOver }) => isOver,
  });
}
