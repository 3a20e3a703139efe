/** Where a function makes channels, and how much they hold. */
import type { Op } from '../../flow/graph.ts';
import { operations, type Place as Point } from '../../flow/search.ts';
import { calleeOf } from '../../program/callee.ts';
import { type Env, typeAt, underlying } from '../../program/resolve.ts';
import { type Call, type Expr, unparen } from '../../syntax/ast.ts';
import type { Body } from '../bodies.ts';
import { constantOf } from '../paths/rounds.ts';
import { canonicalPlace } from '../places/canonical.ts';
import { fieldValuesOf, isOwn, literalOf } from '../places/ownvalues.ts';
import type { Place } from '../places/places.ts';

/** A channel in a variable of the function that makes it, or in a field of one. */
export interface Made {
  readonly call: Call;
  readonly place: Place;
  /** Undefined where it cannot be told. */
  readonly capacity: number | undefined;
  /** The assignment, and what comes after it. */
  readonly op: Op;
  readonly after: Point;
}

export function* channelsMadeIn(body: Body): Generator<Made> {
  for (const { op, after } of operations(body.graph)) {
    if (op.kind !== 'assign' || op.lhs.length !== op.rhs.length) continue;
    for (const [i, target] of op.lhs.entries()) {
      const value = op.rhs[i];
      const place = value && canonicalPlace(target, body.env);
      if (!place || typeof place.root !== 'object' || place.root.owner !== body.node || place.root.role !== 'local') continue;
      // A field of what a call gave or a pointer leads to, others may see.
      if (place.fields.length && !isOwn(place.root)) continue;
      for (const { call, fields, capacity } of makesIn(value, body)) {
        yield { call, place: { root: place.root, fields: [...place.fields, ...fields] }, capacity, op, after };
      }
    }
  }
}

/** `make(chan T)`, and those in a composite literal with the fields that they are put into. */
export function makesIn(value: Expr, body: Body): { call: Call; fields: readonly string[]; capacity: number | undefined }[] {
  const x = unparen(value);
  if (x.kind === 'call') return isMake(x, body.env) ? [{ call: x, fields: [], capacity: capacityOf(x, body.env) }] : [];
  const literal = literalOf(x);
  return literal ? fieldValuesOf(literal, body.env).flatMap(({ fields, value: inner }) => makesIn(inner, body).map(made => ({ ...made, fields: [...fields, ...made.fields] }))) : [];
}

export function isMake(call: Call, env: Env): boolean {
  const [type] = call.args;
  const callee = calleeOf(call, env);
  if (callee.kind !== 'builtin' || callee.name !== 'make' || !type) return false;
  const made = typeAt(type, env);
  return underlying(made, env.program).kind === 'chan';
}

export function capacityOf({ args }: Call, env: Env): number | undefined {
  return args[1] ? constantOf(args[1], env) : 0;
}
