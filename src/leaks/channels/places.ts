/** By which names a channel goes in one body: a variable, fields of local values that hold it, other names for those. */
import type { FlowGraph } from '../../flow/graph.ts';
import { operations } from '../../flow/search.ts';
import { resolveFunction } from '../../program/callee.ts';
import type { Env } from '../../program/resolve.ts';
import { functionOf } from '../../program/values.ts';
import { type Call, type CompositeLit, eachChild, type Expr, type FuncNode, type Ident, unparen } from '../../syntax/ast.ts';
import { walkExpr } from '../../syntax/walk.ts';
import type { Body } from '../bodies.ts';
import { canonicalPlace, holds } from '../places/canonical.ts';
import { fieldValuesOf, isOwn, literalOf } from '../places/ownvalues.ts';
import { keyOf, type Place } from '../places/places.ts';

/** All names of one channel in one body, the literals inside it included. */
export interface Names {
  readonly places: readonly Place[];
  readonly endings: readonly Ending[];
  /** The call that gives it, where the call stands for it: `for v := range generate()`. */
  readonly call?: Call;
  /** The call that has made it, of a function that is followed inside. */
  readonly origin?: Origin;
  /** What the body returns its caller follows. */
  readonly isFollowed?: true;
  /** Equal for equal sets. */
  readonly key: string;
}

/** `c := newConn()`: the call, and the channel inside the function that makes it. */
export interface Origin {
  readonly call: Call;
  readonly body: Body;
  readonly names: Names;
}

/**
 * What says that nobody waits at the channel any more: a `message` from another channel, the `close` of another one,
 * the end of the `wait` for a group. By a `turn` one of several goroutines says so of itself.
 */
export interface Ending {
  readonly by: 'message' | 'close' | 'wait' | 'turn';
  readonly place: Place;
}

export function namesOf(places: readonly Place[], endings: readonly Ending[] = [], more: Pick<Names, 'call' | 'origin' | 'isFollowed'> = {}): Names {
  const byKey = new Map(places.map(place => [keyOf(place), place]));
  const keys = [...byKey.keys()].sort();
  const marks = [...(more.call ? [`call@${more.call.start}`] : []), ...(more.origin ? [`from@${more.origin.call.start} ${more.origin.names.key}`] : []), ...(more.isFollowed ? ['returned'] : [])];
  return { ...more, places: keys.flatMap(key => byKey.get(key) ?? []), endings, key: [...keys, ...marks, ...endings.map(({ by, place }) => `!${by} ${keyOf(place)}`)].join(' ') };
}

/** What an expression is to a channel: the channel itself, or something that has it in a field. */
export function relationOf(x: Expr, { places, call }: Names, env: Env): 'channel' | 'holder' | undefined {
  if (call && unparen(x) === call) return 'channel';
  const place = canonicalPlace(x, env);
  if (!place) return undefined;
  if (places.some(p => p.fields.length === place.fields.length && holds(place, p))) return 'channel';
  return places.some(p => p.fields.length > place.fields.length && holds(place, p)) ? 'holder' : undefined;
}

/** A message from `x`, or its close, says that nobody waits any more. */
export function isEnding(by: 'message' | 'close' | 'turn', x: Expr, names: Names, env: Env): boolean {
  return names.endings.length > 0 && isEndingAt(by, canonicalPlace(x, env), names);
}

export function isEndingAt(by: Ending['by'], place: Place | undefined, { endings }: Names): boolean {
  return place !== undefined && endings.some(ending => ending.by === by && keyOf(ending.place) === keyOf(place));
}

/** `s.run` of what holds the channel, or of a channel with methods. */
export function isMethodOfHolder(x: Expr, names: Names, env: Env): boolean {
  return x.kind === 'selector' && relationOf(x.x, names, env) !== undefined && resolveFunction(x, env).kind === 'method';
}

/**
 * The channel is mentioned in an expression, in function literals as well, also in those that a local variable stands
 * for; other fields of what holds it do not count.
 */
export function isMentioned(x: Expr, names: Names, env: Env, within: readonly Expr[] = []): boolean {
  const inner = unparen(x);
  if (inner.kind === 'ident') return relationOf(inner, names, env) !== undefined || isMentionedBehind(inner, names, env, within);
  if (inner.kind === 'selector') {
    if (relationOf(inner, names, env) || isMethodOfHolder(inner, names, env)) return true;
    // `s.other` is not `s`.
    return !canonicalPlace(inner, env) && isMentioned(inner.x, names, env, within);
  }
  if (inner.kind === 'funclit') return mentionedIn(inner, names, env, within);
  let found = false;
  eachChild(inner, child => {
    found ||= isMentioned(child, names, env, within);
  });
  return found;
}

function mentionedIn(literal: Expr & { kind: 'funclit' }, names: Names, env: Env, within: readonly Expr[]): boolean {
  let found = false;
  walkExpr(literal, {
    expr: x => {
      if (found || (x !== literal && x.kind !== 'funclit' && x.kind !== 'ident' && x.kind !== 'selector')) return !found;
      if (x.kind === 'selector' && canonicalPlace(x, env)) {
        found ||= relationOf(x, names, env) !== undefined || isMethodOfHolder(x, names, env);
        return false;
      }
      if (x.kind === 'ident') found ||= relationOf(x, names, env) !== undefined || isMentionedBehind(x, names, env, [...within, literal]);
      return !found;
    },
  });
  return found;
}

/** `report` of `report := func(e event) { c <- e }`. */
function isMentionedBehind(x: Ident, names: Names, env: Env, within: readonly Expr[]): boolean {
  if (x.entity?.kind !== 'var' || x.entity.role !== 'local' || x.entity.ident === x) return false;
  const callee = functionOf(resolveFunction(x, env), env);
  return callee.kind === 'literal' && !within.includes(callee.literal) && mentionedIn(callee.literal, names, env, within);
}

/** With the names that assignments of the body give: `w := &worker{jobs: jobs}`, `s.done = done` of a local `s`. */
export function withAliases(names: Names, graph: FlowGraph, func: FuncNode, env: Env): Names {
  const found = [...names.places];
  for (const { op } of operations(graph)) {
    if (op.kind !== 'assign' || op.lhs.length !== op.rhs.length) continue;
    op.lhs.forEach((target, i) => {
      const value = op.rhs[i];
      const place = value && localPlace(target, func, env);
      if (!place) return;
      const literal = literalOf(value);
      if (literal) found.push(...fieldsHolding(literal, place, names, env));
      else if (place.fields.length && relationOf(value, names, env) === 'channel') found.push(place);
    });
  }
  return found.length === names.places.length ? names : namesOf(found, names.endings, names);
}

/** A place below a variable of the function itself, which nobody else sees unless it is handed on. */
function localPlace(target: Expr, func: FuncNode, env: Env): Place | undefined {
  const place = canonicalPlace(target, env);
  return place && typeof place.root === 'object' && place.root.owner === func && isOwn(place.root) ? place : undefined;
}

/** The places in a composite literal at `at` that the channel is put into. */
export function fieldsHolding(literal: CompositeLit, at: Place, names: Names, env: Env): Place[] {
  return fieldValuesOf(literal, env).flatMap(({ fields, value }): Place[] => {
    const place = { root: at.root, fields: [...at.fields, ...fields] };
    const inner = literalOf(value);
    if (inner) return fieldsHolding(inner, place, names, env);
    return relationOf(value, names, env) === 'channel' ? [place] : [];
  });
}
