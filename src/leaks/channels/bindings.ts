/**
 * Under which names a channel goes on: in a function that is given it, and in what a function gives back that was given
 * it: `g := newGroup(errs)` has it in `g.errs`.
 */
import { graphOf } from '../../flow/build.ts';
import type { FlowGraph } from '../../flow/graph.ts';
import { operations } from '../../flow/search.ts';
import { type Callee, calleeOf } from '../../program/callee.ts';
import { functionOf } from '../../program/values.ts';
import { type Call, type Expr, type Ident, isNil, unparen, type Variable } from '../../syntax/ast.ts';
import type { Body } from '../bodies.ts';
import { canonicalPlace, holds } from '../places/canonical.ts';
import { fieldValuesOf, isOwn, literalOf } from '../places/ownvalues.ts';
import type { Place } from '../places/places.ts';
import { parameterOf } from './paramcalls.ts';
import { type Names, namesOf, withAliases } from './places.ts';

type Fields = readonly string[];

/** With all names that the body itself gives it. */
export function withNames(names: Names, body: Body): Names {
  const own = withAliases(names, body.graph, body.node, body.env);
  const given = resultPlaces(own, body);
  return given.length ? withAliases(namesOf([...own.places, ...given], own.endings, own), body.graph, body.node, body.env) : own;
}

/** `g := newGroup(errs)`, `m := &manager{others: newGroup(errs)}`. */
function resultPlaces(names: Names, body: Body): readonly Place[] {
  return operations(body.graph).flatMap(({ op }) => (op.kind !== 'assign' ? [] : op.lhs.flatMap((target, i): readonly Place[] => {
    const value = op.rhs.length === op.lhs.length ? op.rhs[i] : op.rhs[0];
    const place = value && placeOfOwn(target, body);
    if (!place) return [];
    const x = unparen(value);
    const found = x.kind === 'call' ? resultsOf(x, names, body).get(op.rhs.length === op.lhs.length ? 0 : i) ?? [] : literalOf(x) ? fieldsIn(x, names, body) : [];
    return found.map(fields => ({ root: place.root, fields: [...place.fields, ...fields] }));
  })));
}

/** A local variable that is given its value once, or a field of one that is made here. */
function placeOfOwn(target: Expr, body: Body): Place | undefined {
  const place = canonicalPlace(target, body.env);
  if (!place || typeof place.root !== 'object' || place.root.owner !== body.node) return undefined;
  return (place.fields.length ? isOwn(place.root) : isGivenOnce(place.root)) ? place : undefined;
}

export function isGivenOnce({ role, origin, assigned }: Variable): boolean {
  return role === 'local' && (origin.kind === 'declared' ? assigned.length === 1 : assigned.length === 0);
}

/** In which fields of the value of an expression the channel is; an empty list of fields where the value is the channel. */
export function fieldsIn(expr: Expr, names: Names, body: Body): readonly Fields[] {
  const x = unparen(expr);
  if (x.kind === 'call') return resultsOf(x, names, body).get(0) ?? [];
  const literal = literalOf(x);
  if (literal) return fieldValuesOf(literal, body.env).flatMap(({ fields, value }) => fieldsIn(value, names, body).map(inner => [...fields, ...inner]));
  const place = canonicalPlace(x, body.env);
  return place ? names.places.filter(named => holds(place, named)).map(named => named.fields.slice(place.fields.length)) : [];
}

const NO_RESULTS: ReadonlyMap<number, readonly Fields[]> = new Map();
const memo = new WeakMap<FlowGraph, Map<string, ReadonlyMap<number, readonly Fields[]>>>();

/** By result, the fields of what a call returns that have the channel it was given. */
export function resultsOf(call: Call, names: Names, from: Body): ReadonlyMap<number, readonly Fields[]> {
  if (!names.places.length || !mayCarry(call, names, from)) return NO_RESULTS;
  const callee = functionOf(calleeOf(call, from.env), from.env);
  const body = calleeBody(callee, from);
  if (!body?.node.type.results.length) return NO_RESULTS;
  const inner = namesIn(body, callee, receiverOf(callee), call.args, names, from);
  if (!inner.places.length) return NO_RESULTS;
  const known = memo.get(body.graph) ?? new Map<string, ReadonlyMap<number, readonly Fields[]>>();
  memo.set(body.graph, known);
  const before = known.get(inner.key);
  if (before) return before;
  known.set(inner.key, NO_RESULTS);
  const found = findResults(body, withNames(inner, body));
  known.set(inner.key, found);
  return found;
}

function findResults(body: Body, names: Names): ReadonlyMap<number, readonly Fields[]> {
  const count = body.node.type.results.reduce((n, { names: own }) => n + Math.max(1, own.length), 0);
  return new Map(Array.from({ length: count }, (_, i) => i).flatMap((i): [number, readonly Fields[]][] => {
    const returned = onlyResult(i, body);
    const fields = returned ? fieldsIn(returned, names, body) : [];
    return fields.length ? [[i, fields]] : [];
  }));
}

/** The one thing that a function returns where it returns anything. */
export function onlyResult(result: number, { graph, node }: Pick<Body, 'graph' | 'node'>): Expr | undefined {
  const ends = graph.blocks.flatMap(({ end }) => (end.kind === 'return' ? [end.stmt] : []));
  const named = node.type.results.flatMap(({ names }) => names)[result];
  const given = ends.flatMap(stmt => stmt?.results[result] ?? (stmt?.results.length === 0 && named ? [named] : []));
  const values = given.filter(x => !isNil(unparen(x))).map(unparen);
  const [first] = values;
  const variable = first?.kind === 'ident' ? first.entity : undefined;
  return values.length === 1 || (variable && values.every(x => x.kind === 'ident' && x.entity === variable)) ? first : undefined;
}

/** Something that a call is given leads to the channel. */
function mayCarry(call: Call, names: Names, from: Body): boolean {
  const fun = unparen(call.fun);
  return [...call.args, ...(fun.kind === 'selector' ? [fun.x] : [])].some(arg => fieldsIn(arg, names, from).length > 0);
}

function calleeBody(callee: Callee, from: Body): Body | undefined {
  const func = callee.kind === 'func' || callee.kind === 'method' ? callee.func : undefined;
  const block = func?.pkg.module ? func.body() : undefined;
  return func && block && { info: func, node: func.decl, block, graph: graphOf(func.decl, block), env: { program: from.env.program, file: func.file } };
}

/** What the channel is called in the body that a call runs. */
export function namesIn(body: Body, callee: Callee, receiver: Expr | undefined, args: readonly Expr[], names: Names, from: Body): Names {
  const own = receiverVariableOf(body);
  const given = args.flatMap((arg, i) => placesFor(arg, parameterOf(body, i), names, from));
  const held = receiver ? placesFor(receiver, own, names, from) : [];
  const endings = callee.kind === 'literal' ? names.endings : names.endings.flatMap(({ by, place }) => {
    const at = namesOf([place]);
    const behind = [...args.flatMap((arg, i) => placesFor(arg, parameterOf(body, i), at, from)), ...(receiver ? placesFor(receiver, own, at, from) : [])];
    return behind.map(inside => ({ by, place: inside }));
  });
  return namesOf([...(callee.kind === 'literal' ? names.places : []), ...given, ...held], endings);
}

function placesFor(arg: Expr, to: Variable | undefined, names: Names, from: Body): readonly Place[] {
  return to ? placesBehind(arg, to, names, from) : [];
}

/** The names in the callee of what an argument leads to: `s.c` of `s` is `p.c` of the parameter `p`. */
export function placesBehind(arg: Expr, param: Variable, names: Names, from: Body): readonly Place[] {
  return fieldsIn(arg, names, from).map(fields => ({ root: param, fields }));
}

export function receiverOf(callee: Callee): Expr | undefined {
  return callee.kind === 'method' || callee.kind === 'presumed' ? callee.receiver : undefined;
}

export function receiverVariableOf({ node }: Body): Variable | undefined {
  return node.kind === 'func' ? variableOf(node.receiver?.names[0]) : undefined;
}

function variableOf(name: Ident | undefined): Variable | undefined {
  return name?.entity?.kind === 'var' ? name.entity : undefined;
}
