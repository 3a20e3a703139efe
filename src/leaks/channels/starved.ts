/**
 * A function that receives more often than the goroutines it has started can send, on some way: `<-done` twice where one
 * goroutine sends once, or `return <-c` where the goroutine was started under a condition.
 */
import type { Op } from '../../flow/graph.ts';
import { type Arrival, operations, search } from '../../flow/search.ts';
import type { Body } from '../bodies.ts';
import type { Pass } from '../pass.ts';
import { type Facts, factsAt, firstFound } from '../paths/facts.ts';
import { reaches, spanOf } from '../paths/reach.ts';
import { MANY, plus } from './counts.ts';
import { failsTest } from './failures.ts';
import { isInLoop } from './forgotten.ts';
import type { Made } from './makes.ts';
import type { Reading, Waiting } from './traffic.ts';

export interface Starved {
  readonly wait: Waiting;
  readonly way: Arrival<State>;
}

export function* starvedWaits(reading: Reading, made: Made, body: Body, pass: Pass): Generator<Starved> {
  if (!reading.startedDoes.size || reading.offers || reading.endlessDoes.has('send') || !isInOneRound(reading, made, body)) return;
  for (const wait of reading.waits) {
    if (wait.verb === 'send' || wait.starts.length || wait.isExit || wait.body !== body || isInLoop(wait.node, body)) continue;
    const goal = operations(body.graph).find(({ op }) => (op.kind === 'receive' || op.kind === 'range') && spanOf(op).start === wait.node.start)?.op;
    const way = goal && wayTo(goal, wait, reading, made, body, pass);
    if (way && (way.state.receives === 0 || !isReachedFresh(goal, reading, made))) yield { wait, way };
  }
}

/** How often loops go round both sides have agreed on; what starts before the channel is made knows another one. */
function isInOneRound(reading: Reading, { call }: Made, body: Body): boolean {
  return operations(body.graph).every(({ op }) => {
    if (reading.doesAt(op, 'send', 'close') && spanOf(op).start < call.start) return false;
    return !(reading.doesAt(op, 'send', 'close', 'receive') && isInLoop(spanOf(op), body));
  });
}

/** Whether it was received before, under some condition, the code knows here. */
function isReachedFresh(goal: Op, reading: Reading, made: Made): boolean {
  return reaches(made.after, op => op === goal, op => op !== goal && reading.doesAt(op, 'receive') && op.kind !== 'go');
}

interface State {
  readonly facts: Facts;
  readonly sends: number;
  readonly receives: number;
}

function wayTo(goal: Op, { verb }: Waiting, reading: Reading, made: Made, body: Body, pass: Pass): Arrival<State> | undefined {
  return firstFound(factsAt(made.after, body, pass), facts => search<State>(made.after, { facts, sends: 0, receives: 0 }, {
    key: ({ facts: known, sends, receives }) => `${known.key} ${sends} ${receives}`,
    op: (op, state) => {
      if (op === made.op || pass.contracts.endsHere(op, body.env) || failsTest(op, body)) return undefined;
      // Behind a close everybody goes on; what is deferred comes too late.
      if (op.kind !== 'defer' && reading.doesAt(op, 'close')) return undefined;
      const { sends, receives } = reading.sendsAt(op);
      if (op === goal && (verb === 'range' || (state.sends < MANY && state.receives >= state.sends))) return 'arrive';
      return { facts: state.facts.after(op, body), sends: op.kind === 'defer' ? state.sends : plus(state.sends, sends), receives: plus(state.receives, receives) };
    },
    edge: (condition, taken, state) => {
      const known = state.facts.with(condition, taken, body);
      return known && { ...state, facts: known };
    },
    returns: () => false,
  }));
}
