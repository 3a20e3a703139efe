import { operations } from '../flow/search.ts';
import { calleeName, calleeOf } from '../program/callee.ts';
import { type Call, type Expr, unparen } from '../syntax/ast.ts';
import { walkStmts } from '../syntax/walk.ts';
import type { Body } from './bodies.ts';
import { type Goroutine, goroutinesOf } from './goroutines.ts';
import type { Pass } from './pass.ts';
import { keyOf, type Place, placeOf } from './places.ts';

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
  for (const goroutine of goroutinesOf(pass)) {
    const { body } = goroutine;
    if (!body || !/\.Add\(/.test(body.info.bodyText)) continue;
    for (const { op } of operations(body.graph)) {
      if (op.kind !== 'call' || seen.has(op.call)) continue;
      const group = groupOf(op.call, 'Add', body);
      const place = group && placeOf(group);
      if (!group || !place || isOwn(place, body) || isNegative(op.call)) continue;
      const callsDone = mentionsInBody(body, 'Done', place, 'outside go');
      if (!callsDone && !countsItself(goroutine, body, place)) continue;
      if (addedBefore(goroutine, place)) continue;
      seen.add(op.call);
      yield { goroutine, body, call: op.call, group, callsDone };
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

/** Without a `Done` in sight: the group is waited for by the function around, and no child is started that it could count. */
function countsItself(goroutine: Goroutine, body: Body, place: Place): boolean {
  if (goroutine.callee.kind !== 'literal' || startsOthers(body)) return false;
  return mentionsInBody(goroutine.parent, 'Wait', place, 'everywhere');
}

function startsOthers(body: Body): boolean {
  return [...operations(body.graph)].some(({ op }) => op.kind === 'go');
}

/** The parent has counted the goroutine already; what it adds itself is for others. */
function addedBefore({ parent, callee, body, stmt }: Goroutine, place: Place): boolean {
  if (callee.kind !== 'literal' || !body) return false;
  return [...operations(parent.graph)].some(({ op }) => op.kind === 'call' && op.call.start < stmt.start && isCallOn(op.call, 'Add', place, parent));
}

function mentionsInBody(body: Body, method: string, place: Place, scope: 'outside go' | 'everywhere'): boolean {
  let found = false;
  walkStmts(body.block.stmts, {
    stmt: stmt => !(scope === 'outside go' && stmt.kind === 'go'),
    expr: x => void (found ||= x.kind === 'call' && isCallOn(x, method, place, body)),
  });
  return found;
}

function isCallOn(call: Call, method: string, place: Place, body: Body): boolean {
  const group = groupOf(call, method, body);
  const other = group && placeOf(group);
  return other !== undefined && keyOf(other) === keyOf(place);
}
