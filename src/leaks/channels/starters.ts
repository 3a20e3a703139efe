/** Calls that start the goroutine only when they succeed: `if err := s.start(); err != nil { return err }` leaves nobody behind. */
import type { Op } from '../../flow/graph.ts';
import { type Expr, unparen, type Variable } from '../../syntax/ast.ts';
import type { Body } from '../bodies.ts';
import { mayFailAfter } from '../goroutines/startresults.ts';
import type { Pass } from '../pass.ts';
import { withNames } from './bindings.ts';
import { type Demand, keyOfDemand } from './counts.ts';
import { type Count, Reading } from './traffic.ts';

/** The result of such a call, and all that has been started with it. */
export interface Starter {
  readonly result: Variable;
  readonly started: Demand;
}

/** The starter after an operation, where nothing else has been started on the way. */
export function starterAfter(op: Op, { started }: Count, before: Starter | undefined, reading: Reading, pass: Pass): Starter | undefined {
  if (op.kind !== 'assign') return before;
  const [value, ...more] = op.rhs;
  const call = value && unparen(value);
  const result = variableIn(op.lhs.at(-1));
  if (result && !more.length && call?.kind === 'call') {
    const own = reading.startedBy(call);
    if (own && keyOfDemand(own.started) === keyOfDemand(started) && own.runs.every(run => startsOnSuccess(run.body, new Reading(run.body, withNames(run.names, run.body), pass)))) return { result, started };
  }
  return before && op.lhs.some(x => variableIn(x) === before.result) ? undefined : before;
}

function startsOnSuccess(body: Body, reading: Reading): boolean {
  return !mayFailAfter(op => reading.startsAt(op), body);
}

/** On this branch the call has failed, and nobody has been started since. */
export function isUnstarted(condition: Expr, taken: boolean, { started }: Count, starter: Starter | undefined): boolean {
  return starter !== undefined && keyOfDemand(started) === keyOfDemand(starter.started) && saysFailed(unparen(condition), taken, starter.result);
}

function saysFailed(x: Expr, taken: boolean, result: Variable): boolean {
  if (x.kind === 'ident') return !taken && x.entity === result;
  if (x.kind !== 'binary' || variableIn(x.x) !== result || x.y.kind !== 'ident' || x.y.name !== 'nil') return false;
  return x.op === '!=' ? taken : x.op === '==' && !taken;
}

function variableIn(x: Expr | undefined): Variable | undefined {
  const inner = x && unparen(x);
  return inner?.kind === 'ident' && inner.entity?.kind === 'var' ? inner.entity : undefined;
}
