/** Goroutines that wait for a group which counts themselves. */
import type { Op } from '../flow/graph.ts';
import { operations, search } from '../flow/search.ts';
import { calleeOf } from '../program/callee.ts';
import { targetsOf } from '../program/implementations.ts';
import type { Call, Expr } from '../syntax/ast.ts';
import { type Body, bodyOf } from './bodies.ts';
import { addsItself, doneBy } from './countdown.ts';
import { type Goroutine, goroutinesRunning } from './goroutines.ts';
import { groupCallOf } from './groups.ts';
import { canonicalPlace } from './mutexes.ts';
import type { Pass } from './pass.ts';
import { keyOf } from './places.ts';
import { placeAfter, reaches } from './reach.ts';

/** A goroutine that waits for a group which counts it. */
export interface WaitInside {
  readonly goroutine: Goroutine;
  readonly body: Body;
  /** The call of `Wait`, or of the method that waits. */
  readonly wait: Call;
  readonly group: Expr;
  /** The `Done` that it does not get to. */
  readonly done: Call;
}

export function* waitsInside(pass: Pass): Generator<WaitInside> {
  for (const goroutine of goroutinesRunning(/\.Done\(\)/, pass)) {
    const { body, stmt } = goroutine;
    if (!body || stmt.kind !== 'go' || !/\.Done\(\)/.test(body.info.bodyText)) continue;
    const dones = operations(body.graph).flatMap(({ op }) => doneBy(op, body) ?? []);
    for (const done of dones) {
      const wait = ownWait(done.family, done.group, body, pass);
      if (!wait) continue;
      yield { goroutine, body, wait, group: done.group, done: done.call };
      break;
    }
  }
}

/** A `Wait` that is reached while the goroutine still has to call `Done`. */
function ownWait(family: string, group: Expr, body: Body, pass: Pass): Call | undefined {
  const waits = (op: Op) => op.kind === 'call' && (waitsFor(op.call, family, group, body) || waitsThrough(op.call, family, group, body, pass));
  const isDone = (op: Op) => op.kind === 'call' && doneBy(op, body)?.family === family;
  const isDeferred = (op: Op) => op.kind === 'defer' && doneBy(op, body)?.family === family;
  if (!operations(body.graph).some(({ op }) => waits(op))) return undefined;
  const way = search<boolean>({ block: body.graph.entry, index: 0 }, false, {
    key: owes => `${owes}`,
    op: (op, owes) => {
      if (isDone(op) || pass.contracts.endsHere(op, body.env)) return undefined;
      // What it counts itself it may be counting down for somebody else.
      if (waits(op)) return owes || (!addsItself(family, body) && reaches(placeAfter(op, body), isDone)) ? 'arrive' : undefined;
      return owes || isDeferred(op);
    },
    edge: (_condition, _taken, owes) => owes,
    returns: () => false,
  });
  return way?.at.kind === 'op' && way.at.op.kind === 'call' ? way.at.op.call : undefined;
}

function waitsFor(call: Call, family: string, group: Expr, { env }: Body): boolean {
  const own = groupCallOf(call, env);
  return own?.does === 'wait' && own.family === family && isSamePlace(own.group, group, env);
}

function isSamePlace(a: Expr, b: Expr, env: Body['env']): boolean {
  const [x, y] = [canonicalPlace(a, env), canonicalPlace(b, env)];
  return x !== undefined && y !== undefined && keyOf(x) === keyOf(y);
}

/** `s.Stop()` that on all its ways waits for the group of `s`. */
function waitsThrough(call: Call, family: string, group: Expr, { env }: Body, pass: Pass): boolean {
  const callee = calleeOf(call, env);
  const [func] = callee.kind === 'method' ? targetsOf(callee, env) : [];
  const receiver = callee.kind === 'method' ? canonicalPlace(callee.receiver, env) : undefined;
  const place = canonicalPlace(group, env);
  const isOfReceiver = receiver && place && place.fields.length === receiver.fields.length + 1 && keyOf({ ...place, fields: place.fields.slice(0, -1) }) === keyOf(receiver);
  if (!isOfReceiver || !func?.pkg.module || !/\.Wait\(\)/.test(func.bodyText)) return false;
  const body = bodyOf(func, pass);
  return body !== undefined && search<''>({ block: body.graph.entry, index: 0 }, '', {
    key: () => '',
    op: op => (op.kind === 'call' && waitsOnReceiver(op.call, family, body) ? undefined : ''),
    edge: () => '',
    returns: () => true,
  }) === undefined && operations(body.graph).some(({ op }) => op.kind === 'call' && waitsOnReceiver(op.call, family, body));
}

function waitsOnReceiver(call: Call, family: string, { env }: Body): boolean {
  const own = groupCallOf(call, env);
  const root = own?.does === 'wait' && own.family === family ? canonicalPlace(own.group, env)?.root : undefined;
  return typeof root === 'object' && root.role === 'receiver';
}
