/** Which calls count, count down and wait, and on which WaitGroup: variables by declaration, fields by the type that has them. */
import { type Callee, calleeOf, lastPart, resolveFunction, writtenName } from '../../program/callee.ts';
import { typeOf } from '../../program/infer.ts';
import type { Env } from '../../program/resolve.ts';
import { isNamed } from '../../program/types.ts';
import { type Call, type Expr, unparen } from '../../syntax/ast.ts';
import { familyOf } from '../places/canonical.ts';

/** `minus` is `Add(-1)`. */
export type GroupAction = 'add' | 'minus' | 'done' | 'wait' | 'go';

export interface GroupCall {
  readonly does: GroupAction;
  readonly call: Call;
  readonly group: Expr;
  /** Equal for the same variable, and for the same field of the same type. */
  readonly family: string;
}

const METHODS: ReadonlyMap<string, GroupAction> = new Map<string, GroupAction>([
  ['(*sync.WaitGroup).Add', 'add'], ['(*sync.WaitGroup).Done', 'done'], ['(*sync.WaitGroup).Wait', 'wait'], ['(*sync.WaitGroup).Go', 'go'],
]);

const WRITTEN: ReadonlySet<string> = new Set([...METHODS.keys()].map(lastPart));

const memo = new WeakMap<Call, { found: GroupCall | undefined }>();

export function groupCallOf(call: Call, env: Env): GroupCall | undefined {
  const known = memo.get(call);
  if (known) return known.found;
  const method = WRITTEN.has(writtenName(call) ?? '') ? groupMethod(calleeOf(call, env), env) : undefined;
  const does = method?.does === 'add' && isNegative(call) ? 'minus' : method?.does;
  const found = method && does && { does, call, group: method.group, family: method.family };
  memo.set(call, { found });
  return found;
}

/** `wg.Done` without a call, handed on as a function. */
export function groupValueOf(x: Expr, env: Env): Omit<GroupCall, 'call'> | undefined {
  return unparen(x).kind === 'selector' ? groupMethod(resolveFunction(x, env), env) : undefined;
}

function groupMethod(callee: Callee, env: Env): Omit<GroupCall, 'call'> | undefined {
  const does = callee.kind === 'method' ? METHODS.get(callee.name) : undefined;
  const family = does && callee.kind === 'method' ? familyOf(callee.receiver, env) : undefined;
  return does && family !== undefined && callee.kind === 'method' ? { does, group: callee.receiver, family } : undefined;
}

/** The family of an expression that is a WaitGroup or points to one. */
export function groupFamily(x: Expr, env: Env): string | undefined {
  const inner = unparen(x);
  const isPlace = inner.kind === 'ident' || inner.kind === 'selector' || inner.kind === 'star' || (inner.kind === 'unary' && inner.op === '&');
  return isPlace && isNamed(typeOf(inner, env), 'sync.WaitGroup') ? familyOf(inner, env) : undefined;
}

function isNegative({ args: [arg] }: Call): boolean {
  const x = arg && unparen(arg);
  return x?.kind === 'unary' && x.op === '-';
}
