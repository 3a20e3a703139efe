/** What is known on a way of variables that were set to `true`, `false` or `nil` on it: `fired = true … if !fired`. */
import type { Op } from '../../flow/graph.ts';
import { type Expr, unparen } from '../../syntax/ast.ts';
import { keyOf, placeOf } from '../places/places.ts';

/** By the key of a place; what is not in it may be anything. */
export type Flags = ReadonlyMap<string, Flag>;
type Flag = 'true' | 'false' | 'nil' | 'not nil';

export function afterOp(op: Op, flags: Flags): Flags {
  if (op.kind !== 'assign') return flags;
  const next = new Map(flags);
  op.lhs.forEach((target, i) => {
    const key = keyAt(target);
    if (key === undefined) return;
    for (const known of next.keys()) if (known === key || known.startsWith(`${key}.`)) next.delete(known);
    const value = op.rhs.length === op.lhs.length ? op.rhs[i] : undefined;
    const flag = value && constantOf(value);
    if (flag) next.set(key, flag);
  });
  return next;
}

/** Undefined where the branch contradicts what is known. */
export function afterBranch(condition: Expr, taken: boolean, flags: Flags): Flags | undefined {
  const said = saidBy(unparen(condition), taken);
  if (!said) return flags;
  const known = flags.get(said.key);
  if (known !== undefined && known !== said.flag) return undefined;
  return new Map([...flags, [said.key, said.flag]]);
}

/** Equal for equal flags. */
export function flagsKey(flags: Flags): string {
  return [...flags].map(([key, flag]) => `${key}=${flag}`).sort().join(' ');
}

function saidBy(x: Expr, taken: boolean): { key: string; flag: Flag } | undefined {
  if (x.kind === 'ident' || x.kind === 'selector') {
    const key = keyAt(x);
    return key === undefined ? undefined : { key, flag: taken ? 'true' : 'false' };
  }
  if (x.kind !== 'binary' || (x.op !== '==' && x.op !== '!=') || constantOf(x.y) !== 'nil') return undefined;
  const key = keyAt(x.x);
  return key === undefined ? undefined : { key, flag: (x.op === '==') === taken ? 'nil' : 'not nil' };
}

function constantOf(expr: Expr): Flag | undefined {
  const x = unparen(expr);
  if (x.kind !== 'ident' || x.entity) return undefined;
  return x.name === 'true' || x.name === 'false' || x.name === 'nil' ? x.name : undefined;
}

function keyAt(x: Expr): string | undefined {
  const place = placeOf(x);
  return place && keyOf(place);
}
