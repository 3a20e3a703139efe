/**
 * Goroutines whose starter waits at once for a sign of life: `go run(ready); <-ready`. What a goroutine does before it
 * gives the sign, it has done when the starter goes on.
 */
import type { Op } from '../../flow/graph.ts';
import { operations, type Place, search } from '../../flow/search.ts';
import { type Expr, variableIn } from '../../syntax/ast.ts';
import { walkExpr } from '../../syntax/walk.ts';
import { type Body, paramsOf } from '../bodies.ts';
import type { Goroutine } from '../goroutines/goroutines.ts';
import { spanOf } from '../paths/reach.ts';
import { type Place as Location, placeOf } from '../places/places.ts';

/** Whether the operation of the goroutine comes before anything that its starter does behind the start. */
export function isAwaitedByStarter(op: Op, goroutine: Goroutine, body: Body): boolean {
  const { parent, stmt } = goroutine;
  const start = operations(parent.graph).find(other => (other.op.kind === 'go' || other.op.kind === 'call') && spanOf(other.op).start === stmt.start);
  if (!start) return false;
  return operations(parent.graph).some(({ op: wait }) => {
    const channel = wait.kind === 'receive' && !wait.inSelect && wait.node.start > stmt.end ? placeOf(wait.channel) : undefined;
    if (!channel || typeof channel.root === 'string' || !waitsAlways(wait, start.after)) return false;
    return placesInside(channel, goroutine, body).some(place => isNamedOnlyAfter(op, place, body));
  });
}

/** No way from the start leads past the receive. */
function waitsAlways(wait: Op, from: Place): boolean {
  return search(from, '', { key: () => '', op: other => (other === wait ? undefined : ''), edge: () => '', returns: () => true }) === undefined;
}

/** The place itself, which a literal knows, and what the receiver and the parameters make of it. */
function placesInside(channel: Location, { call, callee }: Goroutine, body: Body): readonly Location[] {
  const params = paramsOf(body.node);
  const given = call.args.flatMap((arg, i) => renamed(channel, arg, params[i]?.name));
  const own = callee.kind === 'method' && body.node.kind === 'func' ? renamed(channel, callee.receiver, body.node.receiver?.names[0]) : [];
  return callee.kind === 'literal' ? [channel, ...given] : [...own, ...given];
}

/** `s.ready` for `worker.ready` where `worker` is handed over as `s`. */
function renamed({ root, fields }: Location, given: Expr, name: Expr | undefined): readonly Location[] {
  const place = placeOf(given);
  const variable = variableIn(name);
  const isPart = place !== undefined && place.root === root && place.fields.every((field, i) => field === fields[i]);
  return isPart && variable ? [{ root: variable, fields: fields.slice(place.fields.length) }] : [];
}

/** The goroutine uses the channel, and on every way for the first time behind the operation. */
function isNamedOnlyAfter(op: Op, place: Location, body: Body): boolean {
  const mentions = (other: Op) => expressionsOf(other).some(x => mentionsPlace(x, place));
  const isEarly = search({ block: body.graph.entry, index: 0 }, '', {
    key: () => '',
    op: other => (other === op ? undefined : mentions(other) ? 'arrive' : ''),
    edge: () => '',
    returns: () => false,
  }) !== undefined;
  return !isEarly && operations(body.graph).some(({ op: other }) => mentions(other));
}

function expressionsOf(op: Op): readonly Expr[] {
  switch (op.kind) {
    case 'call':
      return [op.call];
    case 'go':
    case 'defer':
      return [op.stmt.call];
    case 'send':
      return [op.stmt.channel, op.stmt.value];
    case 'receive':
      return [op.channel];
    case 'range':
      return [op.stmt.x];
    case 'assign':
      return [...op.lhs, ...op.rhs];
    case 'eval':
      return [op.expr];
  }
}

function mentionsPlace(x: Expr, place: Location): boolean {
  let found = false;
  walkExpr(x, { expr: inner => {
    const at = placeOf(inner);
    found ||= at !== undefined && at.root === place.root && at.fields.length === place.fields.length && at.fields.every((field, i) => field === place.fields[i]);
  } });
  return found;
}
