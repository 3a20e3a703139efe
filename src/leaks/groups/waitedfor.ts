/** Bodies that come to their end, or to their `Done`, only when a channel or a context lets them. */
import type { Op } from '../../flow/graph.ts';
import { operations, search } from '../../flow/search.ts';
import { calleeName, calleeOf } from '../../program/callee.ts';
import { functionOf } from '../../program/values.ts';
import { type Call, type Expr, unparen, type Variable } from '../../syntax/ast.ts';
import { type Body, paramsOf } from '../bodies.ts';
import { bodyOfCallee } from '../goroutines/goroutines.ts';
import type { Pass } from '../pass.ts';
import { type Span, spanOf } from '../paths/reach.ts';
import { doneBy } from './countdown.ts';

/** What lets a goroutine go on, as one body knows it. */
export interface Signal {
  /** The operation waits for it. */
  isAt(op: Op, body: Body): boolean;
  /** The same signal in a function that a call runs; undefined where that does not know it. */
  inside(call: Call, callee: Body): Signal | undefined;
}

/** Where a goroutine waits for its signal. */
export interface WaitedFor {
  readonly node: Span;
  readonly body: Body;
}

/** Calls are followed to this depth. */
const DEEPEST = 3;

/** Where a body waits for the signal, if every way to its end leads through such a wait. */
export function waitedForIn(body: Body, signal: Signal, pass: Pass, depth = DEEPEST): WaitedFor | undefined {
  const waits = new Map(operations(body.graph).flatMap(({ op }): [Op, WaitedFor][] => {
    const wait = signal.isAt(op, body) ? { node: spanOf(op), body } : op.kind === 'call' && depth > 0 ? waitedForInside(op.call, signal, body, pass, depth) : undefined;
    return wait ? [[op, wait]] : [];
  }));
  const [first] = waits.values();
  const ends = first && search<string>({ block: body.graph.entry, index: 0 }, '', {
    key: () => '',
    op: op => (op.kind === 'call' && doneBy(op, body) ? 'arrive' : waits.has(op) || pass.contracts.endsHere(op, body.env) ? undefined : ''),
    edge: () => '',
    returns: () => true,
  });
  return first && !ends ? first : undefined;
}

/** `serve(ctx)`, which does not return before the context is done. */
function waitedForInside(call: Call, signal: Signal, body: Body, pass: Pass, depth: number): WaitedFor | undefined {
  const inner = bodyOfCallee(functionOf(calleeOf(call, body.env), body.env), body, pass);
  const known = inner && signal.inside(call, inner);
  return inner && known && waitedForIn(inner, known, pass, depth - 1);
}

/** A channel in a variable that is received from, or with `done` a context in one. */
export function variableSignal(name: Variable, kind: 'receive' | 'done'): Signal {
  return {
    isAt: (op, body) => {
      const x = op.kind !== 'receive' ? undefined : kind === 'receive' ? op.channel : contextOf(op.channel, body);
      return x !== undefined && isVariable(x, name);
    },
    inside: (call, callee) => {
      const param = paramsOf(callee.node)[call.args.findIndex(arg => isVariable(arg, name))]?.name?.entity;
      return param?.kind === 'var' ? variableSignal(param, kind) : undefined;
    },
  };
}

/** `ctx` of `ctx.Done()`. */
export function contextOf(channel: Expr, { env }: Pick<Body, 'env'>): Expr | undefined {
  const x = unparen(channel);
  if (x.kind !== 'call' || calleeName(calleeOf(x, env)) !== '(context.Context).Done') return undefined;
  const fun = unparen(x.fun);
  return fun.kind === 'selector' ? fun.x : undefined;
}

function isVariable(x: Expr, variable: Variable): boolean {
  const inner = unparen(x);
  return inner.kind === 'ident' && inner.entity === variable;
}
