/** Goroutines that wait for a group which counts themselves. */
import type { Op } from '../../flow/graph.ts';
import { operations, search } from '../../flow/search.ts';
import type { Call, Expr } from '../../syntax/ast.ts';
import { walkExpr } from '../../syntax/walk.ts';
import type { Body } from '../bodies.ts';
import { calledBodies } from '../calls/called.ts';
import { asCallerNames } from '../calls/callernames.ts';
import { type Goroutine, goroutinesRunning } from '../goroutines/goroutines.ts';
import type { Pass } from '../pass.ts';
import { placeAfter, reaches } from '../paths/reach.ts';
import { canonicalPlace } from '../places/canonical.ts';
import { placeIn } from '../places/identities.ts';
import { keyOf, type Place } from '../places/places.ts';
import { addsItself, doneBy } from './countdown.ts';
import { groupCallOf } from './groups.ts';

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

/** `s.Stop()` that waits for the group of `s`, itself or in what it calls. */
function waitsThrough(call: Call, family: string, group: Expr, body: Body, pass: Pass): boolean {
  const place = placeIn(group, body.env);
  return place !== undefined && place.fields.length > 0 && waitsBehind(call, family, body, pass, DEPTH).some(other => keyOf(other) === keyOf(place));
}

/** So many calls deep a wait is looked for. */
const DEPTH = 3;

/** The groups of the family that a call waits for, as its caller names them. */
function waitsBehind(call: Call, family: string, from: Body, pass: Pass, depth: number): Place[] {
  if (depth === 0) return [];
  return calledBodies(call, from, pass).flatMap(called => {
    const { body } = called;
    if (called.isHandedOver || called.isDynamic || !/[\w\])]\(/.test(body.info.bodyText)) return [];
    const live = operations(body.graph).flatMap(({ op }) => (op.kind === 'call' ? [op] : []));
    return live.flatMap(op => {
      const own = groupCallOf(op.call, body.env);
      const place = own?.does === 'wait' && own.family === family ? placeIn(own.group, body.env) : undefined;
      const places = own ? place ?? [] : waitsBehind(op.call, family, body, pass, depth - 1);
      const found = [places].flat();
      return found.length && mayCome(op, body, pass) ? found.flatMap(at => asCallerNames({ ...at, family }, called, from) ?? []) : [];
    });
  });
}

/** Some way leads to the operation that depends on no parameter: of `stop(wait bool)` the caller decides. */
function mayCome(goal: Op, body: Body, pass: Pass): boolean {
  const isParam = (x: Expr) => x.kind === 'ident' && x.entity?.kind === 'var' && x.entity.role === 'param';
  return search<''>({ block: body.graph.entry, index: 0 }, '', {
    key: () => '',
    op: op => (op === goal ? 'arrive' : pass.contracts.endsHere(op, body.env) ? undefined : ''),
    edge: condition => (mentions(condition, isParam) ? undefined : ''),
    returns: () => false,
  }) !== undefined;
}

function mentions(condition: Expr, isIt: (x: Expr) => boolean): boolean {
  let found = false;
  walkExpr(condition, { expr: x => void (found ||= isIt(x)) });
  return found;
}
