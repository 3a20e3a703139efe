/**
 * What an operation does to a resource that variables hold: releases it, moves it out of sight, gives it another name
 * or nothing at all. The one resource of today is an HTTP response, whose body must be closed.
 */
import { graphOf } from '../flow/build.ts';
import type { End, FlowGraph, Op } from '../flow/graph.ts';
import { operations } from '../flow/search.ts';
import { type Callee, calleeOf } from '../program/callee.ts';
import { isError, typeOf } from '../program/infer.ts';
import { type Env, resolveType } from '../program/resolve.ts';
import { type Call, type Expr, type FuncLit, unparen, type FuncNode, type Variable } from '../syntax/ast.ts';
import { CLOSES_ARGUMENT, CLOSES_THROUGH } from './known.ts';

/**
 * `response`: its body is the resource. `body`: the resource itself. `view`: reads from it; closing it closes nothing.
 * `closer`: a function literal in a variable that closes it when it is called.
 */
export type Held = 'response' | 'body' | 'view' | 'closer';
export type Tracked = ReadonlyMap<Variable, Held>;

/** What a function does with a resource it is given. */
export type ParamEffect = 'closes' | 'keeps' | 'uses';

/** What effects ask of contracts. */
export interface BodyEffects {
  paramEffect(callee: Callee, index: number, held: Held, env: Env): ParamEffect;
}

export interface Where {
  readonly env: Env;
  /** The function that the operation belongs to. */
  readonly func: FuncNode;
  readonly effects: BodyEffects;
}

export type Effect = 'none' | 'released' | 'moved';

export interface Applied {
  /** `lost`: the last variable that held the resource was overwritten. */
  readonly effect: Effect | 'lost';
  readonly tracked: Tracked;
}

const stronger = (a: Effect, b: Effect): Effect => (a === 'released' || b === 'released' ? 'released' : a === 'moved' || b === 'moved' ? 'moved' : 'none');

/** What the expression holds of the resource. */
export function heldBy(expr: Expr, tracked: Tracked, where: Where): Held | undefined {
  const x = unparen(expr);
  switch (x.kind) {
    case 'ident':
      return x.entity?.kind === 'var' ? tracked.get(x.entity) : undefined;
    case 'selector':
      return x.sel.name === 'Body' && heldBy(x.x, tracked, where) === 'response' ? 'body' : undefined;
    case 'assert':
    case 'star':
      return heldBy(x.x, tracked, where);
    case 'call': {
      const arg = x.args[0];
      if (!arg) return undefined;
      if (x.args.length === 1 && resolveType(unparen(x.fun), where.env)) return heldBy(arg, tracked, where);
      return viewOf(x, tracked, where);
    }
    default:
      return undefined;
  }
}

/** A library reader around the resource: `bufio.NewReader(resp.Body)`. */
function viewOf(call: Call, tracked: Tracked, where: Where): Held | undefined {
  if (!call.args.some(arg => heldBy(arg, tracked, where))) return undefined;
  const callee = calleeOf(call, where.env);
  if (callee.kind !== 'func' || !isLibrary(callee)) return undefined;
  if (CLOSES_THROUGH.has(callee.name)) return 'body';
  const type = typeOf(call, where.env);
  const first = type.kind === 'tuple' ? type.types[0] : type;
  return first && (first.kind === 'pointer' || (first.kind === 'named' && !isError(first))) ? 'view' : undefined;
}

/** The standard library's functions do not keep or close what they are given, but for those in the tables. */
function isLibrary(callee: Callee): boolean {
  return (callee.kind === 'func' || callee.kind === 'method') && (callee.func?.pkg.module === undefined && callee.func !== undefined);
}

export function applyOp(op: Op, tracked: Tracked, where: Where): Applied {
  switch (op.kind) {
    case 'call':
      return { effect: callEffect(op.call, tracked, where), tracked };
    case 'defer':
    case 'go': {
      const call = unparen(op.stmt.call);
      if (call.kind !== 'call') return { effect: 'none', tracked };
      const effect = callEffect(call, tracked, where);
      return { effect: effect === 'none' && op.kind === 'go' && call.args.some(arg => heldBy(arg, tracked, where)) ? 'moved' : effect, tracked };
    }
    case 'send':
      return { effect: valueEffect(op.stmt.value, tracked, where), tracked };
    case 'assign':
      return applyAssign(op, tracked, where);
    case 'receive':
    case 'range':
    case 'eval':
      return { effect: 'none', tracked };
  }
}

function callEffect(call: Call, tracked: Tracked, where: Where): Effect {
  const fun = unparen(call.fun);
  if (fun.kind === 'selector') {
    const held = heldBy(fun.x, tracked, where);
    if (held === 'body' && fun.sel.name === 'Close') return 'released';
    if (held === 'response' && fun.sel.name === 'Write') return 'released';
  }
  if (fun.kind === 'ident' && heldBy(fun, tracked, where) === 'closer') return 'released';
  const own = fun.kind === 'funclit' ? literalEffect(fun, tracked, where) : 'none';
  return call.args.reduce((effect, arg, i) => stronger(effect, argumentEffect(call, arg, i, tracked, where)), own);
}

function argumentEffect(call: Call, arg: Expr, index: number, tracked: Tracked, where: Where): Effect {
  const held = heldBy(arg, tracked, where);
  if (!held) return valueEffect(arg, tracked, where);
  if (held === 'closer') return 'released';
  const callee = calleeOf(call, where.env);
  if (callee.kind === 'conversion') return 'none';
  if (callee.kind === 'builtin') return callee.name === 'append' ? 'moved' : 'none';
  if (isLibrary(callee)) return 'name' in callee && CLOSES_ARGUMENT.has(callee.name) ? 'released' : 'none';
  if (callee.kind === 'literal') return literalParamEffect(callee.literal, index, held, where);
  const effect = where.effects.paramEffect(callee, index, held, where.env);
  return effect === 'closes' ? 'released' : effect === 'keeps' ? 'moved' : 'none';
}

function literalParamEffect(literal: FuncLit, index: number, held: Held, where: Where): Effect {
  const name = literal.type.params.flatMap(f => f.names)[index];
  const entity = name?.entity;
  return entity?.kind === 'var' ? literalEffect(literal, new Map([[entity, held]]), where) : 'none';
}

/** The effect of a value that goes somewhere: into a literal, a field, a channel, an argument. */
function valueEffect(expr: Expr, tracked: Tracked, where: Where): Effect {
  const x = unparen(expr);
  if (heldBy(x, tracked, where)) return 'moved';
  switch (x.kind) {
    case 'composite':
      return x.elements.reduce<Effect>((effect, e) => stronger(effect, valueEffect(e.value, tracked, where)), 'none');
    case 'unary':
      return x.op === '&' ? valueEffect(x.x, tracked, where) : 'none';
    case 'funclit':
      return literalEffect(x, tracked, where);
    case 'selector':
      // The method value `resp.Body.Close`: whoever gets it calls it.
      return x.sel.name === 'Close' && heldBy(x.x, tracked, where) === 'body' ? 'released' : 'none';
    default:
      return 'none';
  }
}

/** What a function literal does with the resources it captures, whenever it runs. */
function literalEffect(literal: FuncLit, tracked: Tracked, where: Where): Effect {
  const inner: Where = { ...where, func: literal };
  const graph = graphOf(literal, literal.body);
  const effect = closureEffect(graph, tracked, inner);
  return effect === 'none' && returnsHeld(graph, tracked, inner) ? 'moved' : effect;
}

/** The strongest effect of any operation of a body, order not considered. */
export function closureEffect(graph: FlowGraph, tracked: Tracked, where: Where): Effect {
  let effect: Effect = 'none';
  let names: Tracked = tracked;
  for (const { op } of operations(graph)) {
    const applied = applyOp(op, names, where);
    if (applied.effect !== 'lost') {
      effect = stronger(effect, applied.effect);
      names = new Map([...names, ...applied.tracked]);
    }
  }
  return effect;
}

/** Whether a return of the graph hands the resource on. */
export function returnsHeld(graph: FlowGraph, tracked: Tracked, where: Where): boolean {
  return graph.blocks.some(block => block.end.kind === 'return' && returnedAt(block.end, tracked, where) !== undefined);
}

/** Which result of a return hands the resource on, and as what. */
export function returnedAt(end: End & { kind: 'return' }, tracked: Tracked, where: Where): { result: number; held: Held } | undefined {
  const values = end.stmt?.results ?? [];
  for (const [result, value] of values.entries()) {
    const held = heldBy(value, tracked, where);
    if (held) return { result, held };
    if (valueEffect(value, tracked, where) !== 'none') return { result, held: 'view' };
  }
  if (values.length) return undefined;
  const names = where.func.type.results.flatMap(f => f.names);
  for (const [result, name] of names.entries()) {
    const held = name.entity?.kind === 'var' ? tracked.get(name.entity) : undefined;
    if (held) return { result, held };
  }
  return undefined;
}

function applyAssign(op: Op & { kind: 'assign' }, tracked: Tracked, where: Where): Applied {
  const names = new Map(tracked);
  let effect: Effect = 'none';
  const targetsOf = op.lhs.length === op.rhs.length ? (i: number) => op.lhs.slice(i, i + 1) : () => op.lhs.slice(0, 1);
  const gained = new Set<Variable>();
  op.rhs.forEach((value, i) => {
    const target = targetsOf(i)[0];
    if (!target) return;
    const held = heldBy(value, tracked, where);
    const local = localVariable(target, where);
    if (isBlank(target)) return;
    const literal = unparen(value);
    if (!held && local && literal.kind === 'funclit' && literalEffect(literal, tracked, where) === 'released') {
      names.set(local, 'closer');
      gained.add(local);
    } else if (!held) effect = stronger(effect, valueEffect(value, tracked, where));
    else if (!local) effect = stronger(effect, 'moved');
    else {
      names.set(local, held);
      gained.add(local);
    }
  });
  let overwritten = false;
  for (const target of op.lhs) {
    // `resp.Body = …`: the body was replaced, which is done to wrap it.
    if (target.kind === 'selector' && heldBy(target, tracked, where)) effect = stronger(effect, 'moved');
    const variable = target.kind === 'ident' && target.entity?.kind === 'var' ? target.entity : undefined;
    if (variable && tracked.has(variable) && !gained.has(variable)) {
      names.delete(variable);
      overwritten = true;
    }
  }
  const stillHeld = [...names.values()].some(held => held !== 'view');
  return { effect: effect === 'none' && overwritten && !stillHeld ? 'lost' : effect, tracked: names };
}

function isBlank(x: Expr): boolean {
  return x.kind === 'ident' && x.name === '_';
}

/** A variable of the function itself; one of an outer function or the package outlives the call. */
export function localVariable(x: Expr, where: Where): Variable | undefined {
  return x.kind === 'ident' && x.entity?.kind === 'var' && x.entity.owner === where.func ? x.entity : undefined;
}
