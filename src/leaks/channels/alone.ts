/**
 * A function that waits for itself: no goroutine knows the channel, so a send without room, and a receive before
 * anything was sent or closed, wait for ever. What is deferred comes too late.
 */
import type { Op } from '../../flow/graph.ts';
import { type Arrival, operations, search } from '../../flow/search.ts';
import { unparen, variableIn } from '../../syntax/ast.ts';
import type { Body } from '../bodies.ts';
import type { Pass } from '../pass.ts';
import { isMake, type Made } from './makes.ts';
import type { Reading, Waiting } from './traffic.ts';

export interface SelfWait {
  readonly wait: Waiting;
  readonly way: Arrival<unknown>;
}

export function* selfWaits(reading: Reading, made: Made, body: Body, pass: Pass): Generator<SelfWait> {
  if (reading.startedDoes.size > 0 || made.capacity === undefined) return;
  for (const wait of reading.waits) {
    if (wait.starts.length > 0 || wait.isExit || wait.body !== body || (wait.verb === 'send' && made.capacity > 0)) continue;
    const goal = operations(body.graph).find(({ op }) => nodeOf(op)?.start === wait.node.start)?.op;
    const way = goal && wayTo(goal, wait, reading, made, body, pass);
    if (way) yield { wait, way };
  }
}

/** A way to the wait on which nothing has been done before that would end it. */
function wayTo(goal: Op, { verb }: Waiting, reading: Reading, made: Made, body: Body, pass: Pass): Arrival<unknown> | undefined {
  const ends = (op: Op) => op.kind !== 'defer' && verb !== 'send' && (reading.doesAt(op, 'close') || (verb === 'receive' && made.capacity !== 0 && reading.doesAt(op, 'send')));
  return search(made.after, GOING, {
    key: () => '',
    op: op => (op === goal ? 'arrive' : op === made.op || ends(op) || (verb !== 'send' && isAnswered(op, body)) || pass.contracts.endsHere(op, body.env) ? undefined : GOING),
    edge: () => GOING,
    returns: () => false,
  });
}

/** `case <-done: <-busy`: what comes out of another channel of the function may come only where `busy` was filled before. */
function isAnswered(op: Op, { env, node }: Body): boolean {
  const variable = op.kind === 'receive' ? variableIn(unparen(op.channel)) : undefined;
  const from = variable?.owner === node && variable.origin.kind === 'value' ? unparen(variable.origin.expr) : undefined;
  return from?.kind === 'call' && isMake(from, env);
}

const GOING = { goes: 'on' };

function nodeOf(op: Op): { readonly start: number } | undefined {
  if (op.kind === 'send') return op.stmt;
  if (op.kind === 'receive') return op.node;
  return op.kind === 'range' ? op.stmt.x : undefined;
}
