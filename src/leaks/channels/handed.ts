/**
 * Channels that are made in the call which hands them over: `go func(c chan int) { c <- 1 }(make(chan int))`,
 * `go (&pump{in: make(chan int)}).run()`. Nobody but the callee can ever have such a channel.
 */
import type { Op } from '../../flow/graph.ts';
import { operations, type Place as Point } from '../../flow/search.ts';
import { type Callee, calleeOf } from '../../program/callee.ts';
import { functionOf } from '../../program/values.ts';
import { type Call, type Expr, unparen, type Variable } from '../../syntax/ast.ts';
import type { Body } from '../bodies.ts';
import { bodyOfCallee } from '../goroutines/goroutines.ts';
import type { Pass } from '../pass.ts';
import { receiverOf, receiverVariableOf } from './bindings.ts';
import { type Made, makesIn } from './makes.ts';
import { parameterOf } from './paramcalls.ts';

export interface Handed {
  readonly made: Made;
  /** What is called. */
  readonly callee: Body;
  readonly call: Call;
  readonly isStarted: boolean;
}

export function* channelsHandedIn(body: Body, pass: Pass): Generator<Handed> {
  for (const { op, after } of operations(body.graph)) {
    const call = op.kind === 'call' ? op.call : op.kind === 'go' || op.kind === 'defer' ? unparen(op.stmt.call) : undefined;
    if (call?.kind !== 'call' || !mayMake(call)) continue;
    const callee = functionOf(calleeOf(call, body.env), body.env);
    const inner = bodyOfCallee(callee, body, pass);
    if (!inner) continue;
    for (const { value, to } of valuesFor(call, callee, inner)) {
      for (const made of madeAt(value, to, op, after, body)) yield { made, callee: inner, call, isStarted: op.kind === 'go' };
    }
  }
}

/** Few calls do. */
function mayMake({ fun, args }: Call): boolean {
  const inner = unparen(fun);
  return [...args, ...(inner.kind === 'selector' ? [inner.x] : [])].some(x => /^(?:call|composite|unary|paren)$/.test(x.kind));
}

/** The arguments, and the value that a method is called on, with the variables of the callee that get them. */
function valuesFor(call: Call, callee: Callee, inner: Body): { value: Expr; to: Variable }[] {
  const receiver = receiverOf(callee);
  const own = receiverVariableOf(inner);
  const given = call.args.flatMap((value, i) => {
    const to = parameterOf(inner, i);
    return to?.origin.kind === 'declared' && !to.origin.variadic ? [{ value, to }] : [];
  });
  return receiver && own ? [...given, { value: receiver, to: own }] : given;
}

function* madeAt(value: Expr, to: Variable, op: Op, after: Point, body: Body): Generator<Made> {
  for (const { call, fields, capacity } of makesIn(value, body)) yield { call, place: { root: to, fields }, capacity, op, after };
}
