/** Bodies that come to their end, or to their `Done`, only when a channel or a context lets them. */
import type { Op } from '../flow/graph.ts';
import { operations, search } from '../flow/search.ts';
import { calleeName, calleeOf } from '../program/callee.ts';
import { functionOf } from '../program/values.ts';
import { type Call, type Expr, unparen, type Variable } from '../syntax/ast.ts';
import type { Body } from './bodies.ts';
import { doneBy } from './countdown.ts';
import { bodyOfCallee } from './goroutines.ts';
import { paramsOf } from './groupuses.ts';
import type { Pass } from './pass.ts';
import { type Span, spanOf } from './reach.ts';

/** `receive`: from a channel; `done`: from the `Done` of a context. */
export type Signal = 'receive' | 'done';

/** Calls are followed to this depth. */
const DEEPEST = 3;

/** Where a body waits for the signal of `name`, if every way to its end leads through such a wait. */
export function waitedForIn(body: Body, name: Variable, signal: Signal, pass: Pass, depth = DEEPEST): Span | undefined {
  const isWait = (op: Op) => isSignal(op, name, signal, body) || (op.kind === 'call' && waitsInside(op.call, name, signal, body, pass, depth));
  const first = operations(body.graph).find(({ op }) => isWait(op));
  const ends = first && search<string>({ block: body.graph.entry, index: 0 }, '', {
    key: () => '',
    op: op => (op.kind === 'call' && doneBy(op, body) ? 'arrive' : isWait(op) || pass.contracts.endsHere(op, body.env) ? undefined : ''),
    edge: () => '',
    returns: () => true,
  });
  return first && !ends ? spanOf(first.op) : undefined;
}

function isSignal(op: Op, name: Variable, signal: Signal, { env }: Body): boolean {
  if (op.kind !== 'receive') return false;
  if (signal === 'receive') return isVariable(op.channel, name);
  const x = unparen(op.channel);
  const fun = x.kind === 'call' ? unparen(x.fun) : undefined;
  return x.kind === 'call' && fun?.kind === 'selector' && isVariable(fun.x, name) && calleeName(calleeOf(x, env)) === '(context.Context).Done';
}

/** `serve(ctx)`, which does not return before the context is done. */
function waitsInside(call: Call, name: Variable, signal: Signal, body: Body, pass: Pass, depth: number): boolean {
  const index = call.args.findIndex(arg => isVariable(arg, name));
  if (index < 0 || depth === 0) return false;
  const inner = bodyOfCallee(functionOf(calleeOf(call, body.env), body.env), body, pass);
  const param = inner && paramsOf(inner.node)[index]?.name?.entity;
  return inner !== undefined && param?.kind === 'var' && waitedForIn(inner, param, signal, pass, depth - 1) !== undefined;
}

function isVariable(x: Expr, variable: Variable): boolean {
  const inner = unparen(x);
  return inner.kind === 'ident' && inner.entity === variable;
}
