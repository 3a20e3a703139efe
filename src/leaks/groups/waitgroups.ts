import type { Op } from '../../flow/graph.ts';
import { operations } from '../../flow/search.ts';
import { calleeName, calleeOf } from '../../program/callee.ts';
import { type Call, type Expr, unparen } from '../../syntax/ast.ts';
import { walkStmts } from '../../syntax/walk.ts';
import type { Body } from '../bodies.ts';
import { type Goroutine, goroutinesRunning } from '../goroutines/goroutines.ts';
import type { Pass } from '../pass.ts';
import { keyOf, type Place, placeOf } from '../places/places.ts';
import { isAwaitedByStarter } from './handshakes.ts';

/** `wg.Add` in the goroutine that `wg` counts. */
export interface AddInGoroutine {
  readonly goroutine: Goroutine;
  readonly body: Body;
  readonly call: Call;
  readonly group: Expr;
  /** The same body calls `Done`, so it is certainly itself that it counts. */
  readonly callsDone: boolean;
}

export function* addsInGoroutine(pass: Pass): Generator<AddInGoroutine> {
  const seen = new Set<Call>();
  for (const goroutine of goroutinesRunning(/\.Add\(/, pass)) {
    const { body } = goroutine;
    if (!body || body.info.pkg !== pass.pkg || !/\.Add\(/.test(body.info.bodyText)) continue;
    for (const { op, after } of operations(body.graph)) {
      if (op.kind !== 'call' || seen.has(op.call)) continue;
      const group = groupOf(op.call, 'Add', body);
      const place = group && placeOf(group);
      if (!group || !place || isOwn(place, body) || isNegative(op.call) || isForChild(op.call, body) || holdsLock(op.call, body)) continue;
      const dones = countCalls(body, 'Done', place);
      // More `Done` than `Add`: the parent has counted the goroutine, what it adds itself is something else.
      if (dones > countCalls(body, 'Add', place)) continue;
      const isFirst = after.block === body.graph.entry && after.index === 1;
      if (dones === 0 && !isFirst) continue;
      if (isAwaitedByStarter(op, goroutine, body)) continue;
      seen.add(op.call);
      yield { goroutine, body, call: op.call, group, callsDone: dones > 0 };
    }
  }
}

/** The receiver of a call of a `sync.WaitGroup` method. */
function groupOf(call: Call, method: string, body: Body): Expr | undefined {
  const callee = calleeOf(call, body.env);
  return callee.kind === 'method' && calleeName(callee) === `(*sync.WaitGroup).${method}` ? callee.receiver : undefined;
}

/** A group that the goroutine declares itself counts others. */
function isOwn({ root }: Place, body: Body): boolean {
  return typeof root !== 'string' && root.owner === body.node && root.role === 'local';
}

/** `wg.Add(-1)` is a `Done`. */
function isNegative(call: Call): boolean {
  const arg = call.args[0];
  return arg !== undefined && unparen(arg).kind === 'unary';
}

/** Under a mutex whoever waits can be kept from overlooking the goroutine: `mu.Lock(); if closed { … }; wg.Add(1)`. */
function holdsLock(add: Call, body: Body): boolean {
  const names = operations(body.graph).flatMap(({ op }) => (op.kind === 'call' && op.call.start < add.start ? [{ at: op.call.start, name: calleeName(calleeOf(op.call, body.env)) ?? '' }] : []));
  const last = names.filter(({ name }) => /^\(\*sync\.(?:RW)?Mutex\)\./.test(name)).sort((a, b) => a.at - b.at).filter(({ at, name }) => !(/Unlock$/.test(name) && isOnLeavingBranch(at, add, body))).at(-1);
  return last !== undefined && /\.R?Lock$/.test(last.name);
}

/** An unlock right before a `return` does not unlock for the code behind it. */
function isOnLeavingBranch(at: number, add: Call, body: Body): boolean {
  const block = body.graph.blocks.find(b => b.ops.some(op => op.kind === 'call' && op.call.start === at));
  return block?.end.kind === 'return' && at < add.start;
}

/** `wg.Add(1); go child()`: a `go` statement comes before any `Done`, so it is the child that is counted. */
function isForChild(add: Call, body: Body): boolean {
  const later = operations(body.graph).map(({ op }) => op).filter(op => startOf(op) > add.start).sort((a, b) => startOf(a) - startOf(b));
  const next = later.find(op => op.kind === 'go' || callOf(op)?.fun.kind === 'funclit' || isDone(op, body));
  return next?.kind === 'go';
}

function callOf(op: Op): Call | undefined {
  if (op.kind === 'call') return op.call;
  return op.kind === 'defer' && op.stmt.call.kind === 'call' ? op.stmt.call : undefined;
}

function isDone(op: Op, body: Body): boolean {
  const call = callOf(op);
  return call !== undefined && groupOf(call, 'Done', body) !== undefined;
}

function startOf(op: Op): number {
  switch (op.kind) {
    case 'call':
      return op.call.start;
    case 'go':
    case 'defer':
    case 'send':
    case 'range':
      return op.stmt.start;
    case 'receive':
    case 'assign':
      return op.node.start;
    case 'eval':
      return op.expr.start;
  }
}

/** How often the body itself, children left out, calls the method on the group. */
function countCalls(body: Body, method: string, place: Place): number {
  let count = 0;
  walkStmts(body.block.stmts, {
    stmt: stmt => stmt.kind !== 'go',
    expr: x => {
      if (x.kind !== 'call') return;
      const group = groupOf(x, method, body);
      const other = group && placeOf(group);
      if (other && keyOf(other) === keyOf(place)) count++;
    },
  });
  return count;
}

/** Where a local group is declared. */
export function declarationOf(group: Expr): { readonly start: number; readonly end: number } | undefined {
  const root = placeOf(group)?.root;
  return typeof root === 'object' ? root.ident : undefined;
}
