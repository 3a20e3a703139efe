/** How long a duration is, where that is written in the source: `50 * time.Millisecond`, or a name for it. */
import { resolveType } from '../../program/resolve.ts';
import { isNamed } from '../../program/types.ts';
import { type Expr, unparen } from '../../syntax/ast.ts';
import type { Body } from '../bodies.ts';
import { onlyValue } from './tickchannels.ts';

/** The units of package time. */
export const SECONDS: ReadonlyMap<string, number> = new Map([
  ['Nanosecond', 1e-9], ['Microsecond', 1e-6], ['Millisecond', 1e-3], ['Second', 1], ['Minute', 60], ['Hour', 3600],
]);

/** In seconds; undefined where it is not constant or its constant is not at hand. */
export function secondsOf(duration: Expr, body: Body): number | undefined {
  const value = valueOf(duration, body, 4);
  if (!value) return undefined;
  return value.unit ? value.amount : value.amount * 1e-9;
}

/** `unit`: the amount is in seconds; otherwise it is a bare number. */
interface Value {
  readonly amount: number;
  readonly unit: boolean;
}

function valueOf(expr: Expr, body: Body, depth: number): Value | undefined {
  const x = unparen(expr);
  if (depth === 0) return undefined;
  if (x.kind === 'literal') return x.token === 'int' || x.token === 'float' ? { amount: Number(x.text.replaceAll('_', '')), unit: false } : undefined;
  if (x.kind === 'selector') return unitOf(x, body);
  if (x.kind === 'ident') {
    const named = namedBy(x, body);
    return named && valueOf(named, body, depth - 1);
  }
  if (x.kind === 'call') {
    const type = resolveType(x.fun, body.env);
    return type && isNamed(type, 'time.Duration') && x.args[0] ? valueOf(x.args[0], body, depth - 1) : undefined;
  }
  if (x.kind !== 'binary') return undefined;
  const left = valueOf(x.x, body, depth);
  const right = valueOf(x.y, body, depth);
  if (!left || !right) return undefined;
  if (x.op === '*' && !(left.unit && right.unit)) return { amount: left.amount * right.amount, unit: left.unit || right.unit };
  if (x.op === '/' && !right.unit) return { amount: left.amount / right.amount, unit: left.unit };
  // A bare number beside a duration counts nanoseconds: `100 + 250*time.Millisecond`.
  const unit = left.unit || right.unit;
  const [a, b] = [left, right].map(v => (unit && !v.unit ? v.amount * 1e-9 : v.amount));
  if (a === undefined || b === undefined) return undefined;
  return x.op === '+' ? { amount: a + b, unit } : x.op === '-' ? { amount: a - b, unit } : undefined;
}

function unitOf({ x, sel }: Expr & { kind: 'selector' }, { env }: Body): Value | undefined {
  if (x.kind !== 'ident' || x.entity || env.program.importPathOf(env.file, x.name) !== 'time') return undefined;
  const amount = SECONDS.get(sel.name);
  return amount === undefined ? undefined : { amount, unit: true };
}

/** The value of a constant of the function or the package, or of a local variable that keeps one. */
function namedBy(x: Expr & { kind: 'ident' }, { info }: Body): Expr | undefined {
  if (x.entity?.kind === 'const') return x.entity.value;
  if (x.entity?.kind === 'var') return onlyValue(x.entity);
  const declared = x.entity ? undefined : info.pkg.lookup(x.name);
  return declared?.kind === 'const' ? declared.spec.values[declared.index] : undefined;
}
