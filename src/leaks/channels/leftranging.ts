/**
 * Workers that range over a channel which another goroutine of the same function closes in the end, but not where the
 * context is over or it fails: `for _, j := range jobs { select { case <-ctx.Done(): return ctx.Err(); case ch <- j: } };
 * close(ch)`. A worker that ranges listens to nothing else.
 */
import { type Arrival, operations, search } from '../../flow/search.ts';
import type { Body } from '../bodies.ts';
import type { Pass } from '../pass.ts';
import { withNames } from './bindings.ts';
import type { Run } from './callees.ts';
import { isContextOver, isEndOfContext } from './contextover.ts';
import { failsTest } from './failures.ts';
import { type Forgotten, isFailure } from './forgotten.ts';
import { Reading } from './traffic.ts';

export function* leftRanging(reading: Reading, body: Body, pass: Pass): Generator<Forgotten> {
  const wait = reading.waits.find(({ verb, starts, isExit, body: worker }) => verb === 'range' && starts.length === 1 && !isExit && worker.info === body.info && worker.block !== body.block);
  const [closing, ...more] = wait ? operations(body.graph).flatMap(({ op }) => (reading.doesAt(op, 'close') ? [op] : [])) : [];
  const [run, ...others] = closing ? reading.runsAt(closing) : [];
  const start = closing?.kind === 'go' ? closing.stmt : closing?.kind === 'call' ? closing.call : undefined;
  if (!wait || !start || !run?.started || more.length || others.length || run.body.block === wait.body.block || run.body.info !== body.info) return;
  const way = wayWithoutClose(run, pass);
  if (way) yield { wait, start, goroutine: run.body, way };
}

interface State {
  /** A context said that it is over. */
  readonly isOver: boolean;
}

function wayWithoutClose({ body, names }: Run, pass: Pass): Arrival<State> | undefined {
  const reading = new Reading(body, withNames(names, body), pass);
  const walk = (isLeaving: (state: State) => boolean) => search<State>({ block: body.graph.entry, index: 0 }, { isOver: false }, {
    key: ({ isOver }) => `${isOver}`,
    op: (op, state) => {
      if (reading.doesAt(op, 'close') || failsTest(op, body) || pass.contracts.endsHere(op, body.env)) return undefined;
      if (op.kind !== 'receive') return state;
      // At other channels those who range may have said that they are gone.
      return isEndOfContext(op, body) ? { isOver: true } : undefined;
    },
    edge: (condition, taken, state) => (isContextOver(condition, taken, body) ? { isOver: true } : state),
    returns: (_end, state) => isLeaving(state),
  });
  const told = walk(({ isOver }) => isOver);
  if (told) return told;
  const left = walk(() => true);
  const turn = left?.turns.at(-1);
  return turn && isFailure(turn, body) ? left : undefined;
}
