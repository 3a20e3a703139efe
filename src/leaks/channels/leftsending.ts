/**
 * A goroutine that sends to workers of which each may fail: `for item := range ch { if err := work(item); err != nil {
 * return err } }`. When the last of them has, the function goes on, and nobody receives what is left.
 */
import type { Op } from '../../flow/graph.ts';
import { operations } from '../../flow/search.ts';
import type { Body } from '../bodies.ts';
import type { Pass } from '../pass.ts';
import { isRepeated } from '../paths/reach.ts';
import { type Forgotten, isInLoop, wayWithout } from './forgotten.ts';
import type { Reading, Waiting } from './traffic.ts';

export function* leftSending(reading: Reading, capacity: number | undefined, body: Body, pass: Pass): Generator<Forgotten> {
  const wait = capacity === 0 ? reading.waits.find(({ verb, starts, body: sender }) => verb === 'send' && starts.length === 1 && sender.info === body.info && sender.block !== body.block) : undefined;
  const receivers = wait ? operations(body.graph).flatMap(({ op }) => (reading.doesAt(op, 'receive', 'range') ? [op] : [])) : [];
  if (!wait || !receivers.some(op => areMany(op, body)) || !sendsMany(wait, pass)) return;
  const ends = receivers.flatMap(op => endOf(op, wait, reading, pass) ?? []);
  if (ends.length === receivers.length && ends[0]) yield ends[0];
}

/** How a worker ends before it has received everything. */
function endOf(op: Op, wait: Waiting, reading: Reading, pass: Pass): Forgotten | undefined {
  const [run, ...others] = reading.runsAt(op);
  const start = op.kind === 'go' ? op.stmt : op.kind === 'call' ? op.call : undefined;
  if (!start || !run?.started || others.length || run.body.block === wait.body.block) return undefined;
  const way = wayWithout({ verb: 'send', isRepeated: true, inStep: false }, run, pass);
  return way && { wait, start, goroutine: run.body, way, areMany: true };
}

/** One after the other, so that there is more to send when the workers have ended. */
function sendsMany({ node, body }: Waiting, pass: Pass): boolean {
  const send = operations(body.graph).find(({ op }) => op.kind === 'send' && op.stmt.start === node.start)?.op;
  return send !== undefined && isRepeated(send, body, pass);
}

function areMany(start: Op, body: Body): boolean {
  return (start.kind === 'call' && isInLoop(start.call, body)) || (start.kind === 'go' && isInLoop(start.stmt, body));
}
