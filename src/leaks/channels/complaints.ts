/**
 * Channels of tests on which goroutines say what has gone wrong: `if got != want { failed <- got }`, and whoever receives fails
 * the test. A test that has nothing to complain about leaves nobody behind, and one that fails is told already.
 */
import { operations, type Place, search } from '../../flow/search.ts';
import { type Body, isTest } from '../bodies.ts';
import type { Pass } from '../pass.ts';
import { withNames } from './bindings.ts';
import { failsTest } from './failures.ts';
import { waitersIn } from './through.ts';
import { Reading } from './traffic.ts';

export function isForComplaints(reading: Reading, body: Body, pass: Pass): boolean {
  if (!isTest(body) || reading.startedDoes.has('receive') || reading.does.has('range')) return false;
  const receives = operations(body.graph).filter(({ op }) => reading.doesAt(op, 'receive'));
  const senders = waitersIn('send', reading, body);
  return receives.length > 0 && receives.every(({ op, after }) => op.kind === 'receive' && !mayPass(after, body, pass))
    && senders.every(op => reading.runsAt(op).every(run => mayBeContent(run.body, new Reading(run.body, withNames(run.names, run.body), pass))));
}

/** Some way from here leads to the end of a test that has not failed. */
function mayPass(from: Place, body: Body, pass: Pass): boolean {
  return search<''>(from, '', {
    key: () => '',
    op: op => (pass.contracts.endsHere(op, body.env) || failsTest(op, body) ? undefined : ''),
    edge: () => '',
    returns: () => true,
  }) !== undefined;
}

/** Some way through the body sends nothing. */
function mayBeContent({ graph }: Body, reading: Reading): boolean {
  return search<''>({ block: graph.entry, index: 0 }, '', {
    key: () => '',
    op: op => (reading.doesAt(op, 'send') ? undefined : ''),
    edge: () => '',
    returns: () => true,
  }) !== undefined;
}
