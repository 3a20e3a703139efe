/** What may call `Done` on a group: operations, calls and the functions behind them. Unknown counts as may. */
import { graphOf } from '../../flow/build.ts';
import type { Op } from '../../flow/graph.ts';
import { operations } from '../../flow/search.ts';
import { calleeOf, resolveFunction } from '../../program/callee.ts';
import { targetsOf } from '../../program/implementations.ts';
import { Memo } from '../../program/memo.ts';
import type { FuncInfo } from '../../program/package.ts';
import { functionOf } from '../../program/values.ts';
import { type Call, type Expr, unparen } from '../../syntax/ast.ts';
import { walkExpr } from '../../syntax/walk.ts';
import { bodiesOf, type Body, bodyOf } from '../bodies.ts';
import type { Pass } from '../pass.ts';
import { type GroupCall, groupCallOf, groupFamily } from './groups.ts';

/** `wg.Done()`, also deferred, alone or in a literal. */
export function doneBy(op: Op, body: Body): GroupCall | undefined {
  const call = op.kind === 'call' ? op.call : op.kind === 'defer' ? unparen(op.stmt.call) : undefined;
  if (call?.kind !== 'call') return undefined;
  const own = groupCallOf(call, body.env);
  if (own) return own.does === 'done' ? own : undefined;
  const fun = unparen(call.fun);
  if (op.kind !== 'defer' || fun.kind !== 'funclit') return undefined;
  return [...operations(graphOf(fun, fun.body))].map(inner => doneBy(inner.op, body)).find(found => found !== undefined);
}

/** `Done` itself, a function that gets hold of the group, or a method that calls `Done` on the same field. */
export function mayCountDownBy(call: Call, family: string, body: Body, pass: Pass): boolean {
  const own = groupCallOf(call, body.env);
  if (own?.family === family) return own.does === 'done' || own.does === 'minus';
  if (call.args.some(arg => touches(arg, family, body))) return true;
  const callee = functionOf(calleeOf(call, body.env), body.env);
  if (callee.kind === 'literal') return touches(callee.literal, family, body);
  return targetsOf(callee, body.env).some(func => dones(func, pass).has(family));
}

/** The expression names the group, or a function that does. */
function touches(x: Expr, family: string, body: Body): boolean {
  let found = false;
  walkExpr(x, {
    expr: inner => {
      if (found) return false;
      if (groupFamily(inner, body.env) === family) found = true;
      if (inner.kind === 'ident' && inner.entity?.kind === 'var') {
        const callee = functionOf(resolveFunction(inner, body.env), body.env);
        found ||= callee.kind === 'literal' && inner !== inner.entity.ident && namesGroup(callee.literal, family, body);
      }
      if (inner.kind === 'call') {
        const own = groupCallOf(inner, body.env);
        found ||= own?.family === family;
      }
      return !found;
    },
  });
  return found;
}

function namesGroup(x: Expr, family: string, { env }: Body): boolean {
  let found = false;
  walkExpr(x, { expr: inner => void (found ||= groupFamily(inner, env) === family || (inner.kind === 'call' && groupCallOf(inner, env)?.family === family)) });
  return found;
}

const DEPTH = 2;
const memos = Array.from({ length: DEPTH + 1 }, () => new Memo<FuncInfo, ReadonlySet<string>>());

/** The groups on which a function calls `Done` somewhere, itself or through what it calls. */
function dones(func: FuncInfo, pass: Pass, depth = DEPTH): ReadonlySet<string> {
  const known = memos[depth]?.get(func);
  if (known) return known;
  const found = new Set<string>();
  memos[depth]?.set(func, found);
  if (!func.pkg.module || !bodyOf(func, pass)) return found;
  for (const body of bodiesOf(func, pass)) {
    for (const { op } of operations(body.graph)) {
      const call = op.kind === 'call' ? op.call : op.kind === 'defer' || op.kind === 'go' ? unparen(op.stmt.call) : undefined;
      if (call?.kind !== 'call') continue;
      const own = groupCallOf(call, body.env);
      if (own?.does === 'done' || own?.does === 'minus') found.add(own.family);
      if (depth > 0) for (const target of targetsOf(calleeOf(call, body.env), body.env)) for (const family of dones(target, pass, depth - 1)) found.add(family);
    }
  }
  return found;
}

/** Whether an operation calls `Done`, or gives the group to somebody who may. */
export function mayCountDownAt(op: Op, family: string, body: Body, pass: Pass): boolean {
  switch (op.kind) {
    case 'call':
      return mayCountDownBy(op.call, family, body, pass);
    case 'go':
    case 'defer': {
      const call = unparen(op.stmt.call);
      return call.kind === 'call' && mayCountDownBy(call, family, body, pass);
    }
    case 'send':
      return touches(op.stmt.value, family, body);
    case 'assign':
      return op.rhs.some(x => unparen(x).kind !== 'funclit' && touches(x, family, body)) || op.lhs.some(x => x.kind !== 'ident') && op.rhs.some(x => touches(x, family, body));
    case 'receive':
    case 'range':
    case 'eval':
      return false;
  }
}

/** A function that counts itself was not counted by whoever starts it. */
export function addsItself(family: string, body: Body): boolean {
  return operations(body.graph).some(({ op }) => {
    const own = op.kind === 'call' ? groupCallOf(op.call, body.env) : undefined;
    return own?.does === 'add' && own.family === family;
  });
}
