/**
 * Goroutines that send only when they are asked to: `for q := range questions { answers <- ask(q) }`. With room for one
 * answer, a function that asks one question at a time leaves nobody behind.
 */
import type { Op } from '../../flow/graph.ts';
import { operations } from '../../flow/search.ts';
import type { Body } from '../bodies.ts';
import type { Pass } from '../pass.ts';
import { reaches } from '../paths/reach.ts';
import { withNames } from './bindings.ts';
import { channelsMadeIn } from './makes.ts';
import { namesOf } from './places.ts';
import { isRepeated, onlyRun, waitersIn } from './through.ts';
import { Reading } from './traffic.ts';

export function answersRequests(reading: Reading, body: Body, pass: Pass): boolean {
  const [waiter, ...more] = waitersIn('send', reading, body);
  const run = waiter && onlyRun(reading, waiter);
  if (!waiter || !run || more.length || isRepeated(waiter, body)) return false;
  const inside = new Reading(run.body, withNames(run.names, run.body), pass);
  return [...channelsMadeIn(body)].some(({ place }) => {
    const other = new Reading(body, withNames(namesOf([place]), body), pass);
    const asked = onlyRun(other, waiter);
    if (!asked || other.escapes || other.startedDoes.has('send') || !other.does.has('send') || asked.body.node !== run.body.node) return false;
    const asking = new Reading(asked.body, withNames(asked.names, asked.body), pass);
    return isOncePerRequest(op => inside.doesAt(op, 'send'), op => asking.doesAt(op, 'receive', 'range'), run.body);
  });
}

/** A request comes between any two answers. */
function isOncePerRequest(isAnswer: (op: Op) => boolean, isRequest: (op: Op) => boolean, { graph }: Body): boolean {
  return operations(graph).every(({ op, after }) => !isAnswer(op) || (op.kind !== 'go' && !reaches(after, isAnswer, isRequest)));
}
