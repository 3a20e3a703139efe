/**
 * Obligations: a call hands over something that must be released, and some way through the function forgets it.
 * Breadth-first search from the call; conditions on the error that came with it and on nil end ways that owe nothing.
 */
import { applyOp, bodyEffect, onlyReads, type Tracked } from '../contracts/effects.ts';
import { RUNS_AT_END } from '../contracts/known.ts';
import type { Resource } from '../contracts/resources.ts';
import { calleeName, calleeOf } from '../program/callee.ts';
import type { Op } from '../flow/graph.ts';
import { type Arrival, operations, type Place, reachableFrom, search, type Turn } from '../flow/search.ts';
import { atLeast } from '../source/goversion.ts';
import { type Call, unparen, type Variable } from '../syntax/ast.ts';
import { type Acquisition, acquisitionOf, type Assigned, destinationOf } from './acquisitions.ts';
import { type Body, bodiesWith } from './bodies.ts';
import type { Pass } from './pass.ts';
import { mayAcquire } from './prefilter.ts';
import { factsAt } from './facts.ts';
import { mentions, type State, stateOf, walkOf, whereOf } from './ways.ts';

export interface Unmet {
  readonly body: Body;
  readonly call: Call;
  readonly acquisition: Acquisition;
  /** Where the result goes; undefined when the call is a statement. */
  readonly target: Assigned | undefined;
  readonly why: 'discarded' | 'overwritten' | 'returns';
  /** Undefined when the result is thrown away at once. */
  readonly way: Arrival<unknown> | undefined;
  /** Nothing in the function ever releases it. */
  readonly never: boolean;
}

const found = new WeakMap<Pass['pkg'], readonly Unmet[]>();

/** The calls of a package whose resource some way forgets, of the resources that the rule `rule` is about. */
export function unmetObligations(rule: string, pass: Pass): readonly Unmet[] {
  let all = found.get(pass.pkg);
  if (!all) {
    all = [...bodiesWith(pass, mayAcquire(pass))].flatMap(body => [...unmetIn(body, pass)]);
    found.set(pass.pkg, all);
  }
  return all.filter(({ acquisition: { resource } }) => resource.rule === rule);
}

function* unmetIn(body: Body, pass: Pass): Generator<Unmet> {
  for (const { op, after } of operations(body.graph)) {
    if (op.kind !== 'call') continue;
    const acquisition = acquisitionOf(op.call, body, pass);
    if (!acquisition || isCured(acquisition.resource, pass)) continue;
    const unmet = unmetAt(op, after, acquisition, body, pass);
    if (unmet) yield unmet;
  }
}

/** In this version of Go the collector does the work. */
function isCured({ curedIn }: Resource, { go }: Pass): boolean {
  return curedIn !== undefined && atLeast(go, curedIn);
}

function unmetAt(op: Op & { kind: 'call' }, after: Place, acquisition: Acquisition, body: Body, pass: Pass): Unmet | undefined {
  const { call } = op;
  const { resource, held, result } = acquisition;
  if (op.discarded && result !== 'receiver') return { body, call, acquisition, target: undefined, why: 'discarded', way: undefined, never: true };
  const target = destinationOf(call, acquisition, after, body);
  if (target.kind !== 'variable' && target.kind !== 'blank') return undefined;
  if (target.kind === 'blank' && (resource.retrievable || isCoveredByParent(call, resource, body, pass))) return undefined;
  const start = stateOf(new Map(target.kind === 'variable' ? [[target.variable, held]] : []), target.companions, factsAt(call, body));
  if (isClosedAtExit(start.tracked, resource, call, body, pass)) return undefined;
  if (resource.onlyInLoop && !reachableFrom(target.from.block, b => pass.contracts.next(b, body.env)).has(target.from.block)) return undefined;
  const way = search(target.from, start, walkOf(resource, body, pass));
  if (!way || isProcessEnd(way, body)) return undefined;
  if (target.kind === 'blank') return { body, call, acquisition, target, why: 'discarded', way: undefined, never: true };
  if (missesErrorCheck(way.turns, target.companions.errors, body)) return undefined;
  const evidence = restsOnNames(target.variable, body) ? 'likely' : acquisition.evidence;
  return { body, call, acquisition: { ...acquisition, evidence }, target, why: way.at.kind === 'op' ? 'overwritten' : 'returns', way, never: isForgotten(start.tracked, resource, body, pass) };
}

/** The function asks for the error, but not on this way: something else told it already that the call had failed. */
function missesErrorCheck(turns: readonly Turn[], errors: ReadonlySet<Variable>, { graph }: Body): boolean {
  if (errors.size === 0 || turns.some(({ condition }) => mentions(condition, errors))) return false;
  return turns.length > 0 && graph.blocks.some(({ end }) => end.kind === 'branch' && end.condition !== undefined && mentions(end.condition, errors));
}

/** The variable is handed to a function of which only the name says that it does not keep or close it. */
function restsOnNames(variable: Variable, { graph, env }: Body): boolean {
  return [...operations(graph)].some(({ op }) => op.kind === 'call' && op.call.args.some(arg => arg.kind === 'ident' && arg.entity === variable) && onlyReads(calleeOf(op.call, env)));
}

/** `ctx, _ = context.WithTimeout(ctx, d)` where the same function can cancel the parent: that ends the child as well. */
function isCoveredByParent(call: Call, resource: Resource, { env, node }: Body, { contracts }: Pass): boolean {
  const parent = resource.rule === 'lost-cancel' && call.args[0] ? unparen(call.args[0]) : undefined;
  if (parent?.kind !== 'ident' || parent.entity?.kind !== 'var' || parent.entity.owner !== node) return false;
  const { origin, assigned } = parent.entity;
  return [origin, ...assigned].some(from => from !== 'unknown' && from.kind === 'value' && from.expr !== call && from.expr.kind === 'call'
    && contracts.resources.acquiredBy(calleeName(calleeOf(from.expr, env)) ?? '')?.resource === resource);
}

/** `defer func() { if resp != nil { resp.Body.Close() } }()`, or the same with `t.Cleanup`, stands above the call: it reads the variable at the end. */
function isClosedAtExit(tracked: Tracked, resource: Resource, call: Call, body: Body, pass: Pass): boolean {
  const where = whereOf(resource, body, pass);
  return [...operations(body.graph)].some(({ op }) => isPutOff(op, call, body) && applyOp(op, tracked, where).effect === 'released');
}

/** A function literal, written above the call, that runs when the function or the test is over. */
function isPutOff(op: Op, before: Call, { env }: Body): boolean {
  if (op.kind === 'defer') return op.stmt.start < before.start && op.stmt.call.kind === 'call' && op.stmt.call.fun.kind === 'funclit';
  return op.kind === 'call' && op.call.start < before.start && op.call.args[0]?.kind === 'funclit' && RUNS_AT_END.has(calleeName(calleeOf(op.call, env)) ?? '');
}

/** Nothing in the function releases the resource or hands it on, on any path. */
function isForgotten(tracked: Tracked, resource: Resource, body: Body, pass: Pass): boolean {
  const where = whereOf(resource, body, pass);
  return bodyEffect(body.graph, tracked, where) === 'none';
}

/** When `main` returns, the process ends and takes everything with it. */
function isProcessEnd(way: Arrival<State>, { info, node }: Body): boolean {
  return way.at.kind === 'return' && node === info.decl && info.name === 'main' && info.pkg.name === 'main';
}
