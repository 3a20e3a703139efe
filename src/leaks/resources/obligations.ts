/**
 * Obligations: a call hands over something that must be released, and some way through the function forgets it.
 * Breadth-first search from the call; conditions on the error that came with it and on nil end ways that owe nothing.
 */
import { applyOp, bodyEffect, heldBy, literalEffect, localVariable, namesIn, onlyReads, type Tracked, type Where } from '../../contracts/effects.ts';
import type { Resource } from '../../contracts/resource.ts';
import type { Op } from '../../flow/graph.ts';
import { type Arrival, operations, type Place, reachableFrom, search, type Walk } from '../../flow/search.ts';
import { calleeName, calleeOf } from '../../program/callee.ts';
import { functionOf } from '../../program/values.ts';
import { atLeast } from '../../source/goversion.ts';
import { type Call, type Expr, type FuncLit, unparen, type Variable } from '../../syntax/ast.ts';
import { walkExpr } from '../../syntax/walk.ts';
import { askedBodies, type Body, isTest } from '../bodies.ts';
import { isCommand } from '../calls/commands.ts';
import { isLastOfMain } from '../calls/lastofmain.ts';
import type { Pass } from '../pass.ts';
import { factsAt, firstFound } from '../paths/facts.ts';
import { spanOf } from '../paths/reach.ts';
import { nextWithTicks } from '../timers/tickchannels.ts';
import type { Acquisition } from './acquisition.ts';
import { acquisitionOf, type Assigned, destinationOf, filledOwner, moreAcquiredBy } from './acquisitions.ts';
import { isOfClosed } from './closed.ts';
import { asking, missesErrorCheck } from './errorchecks.ts';
import { isExpectedToFail } from './expectederrors.ts';
import { type Filled, filledByLiterals } from './filledbyliterals.ts';
import { localOwnerOf } from './localowners.ts';
import { mayAcquire } from './prefilter.ts';
import { type LeftOpen, leftOpenBy } from './takenover.ts';
import { type Companions, type State, stateOf, walkOf, whereOf } from './ways.ts';

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
  /** The goroutine that takes it over, where the way leads through that one. */
  readonly leftTo?: LeftOpen;
  /** The call that alone gets it, and does not release it. */
  readonly handedTo?: Call;
}

const found = new WeakMap<Pass, readonly Unmet[]>();

/** The calls of a package whose resource some way forgets, of the resources that the rule `rule` is about. */
export function unmetObligations(rule: string, pass: Pass): readonly Unmet[] {
  let all = found.get(pass);
  if (!all) {
    all = [...askedBodies(pass, mayAcquire(pass))].flatMap(body => [...unmetIn(body, pass)]);
    found.set(pass, all);
  }
  return all.filter(({ acquisition: { resource } }) => resource.rule === rule);
}

function* unmetIn(body: Body, pass: Pass): Generator<Unmet> {
  const operands = new Set<Variable>();
  for (const { op, after } of operations(body.graph)) {
    if (op.kind !== 'call') continue;
    for (const filled of filledByLiterals(op, after, body, pass)) yield* unmetAfter(filled, body, pass);
    const first = acquisitionOf(op.call, body, pass);
    if (!first) continue;
    for (const acquisition of [first, ...moreAcquiredBy(op.call, body, pass)]) {
      if (acquisition.parent !== undefined || isCured(acquisition.resource, pass) || !pass.rules.has(acquisition.resource.rule)) continue;
      const unmet = unmetAt(op, after, acquisition, body, pass);
      const operand = typeof acquisition.result === 'number' ? undefined : operandIn(op.call, acquisition.result);
      if (!unmet || (operand && operands.has(operand))) continue;
      if (operand?.assigned.length === 0) operands.add(operand);
      yield unmet;
    }
  }
}

/** `g` of `g.Go(…)`, `c` of `signal.Notify(c)`: however often it is called, it has one thing to release. */
function operandIn({ fun, args }: Call, which: 'receiver' | 'argument'): Variable | undefined {
  const operand = which === 'argument' ? args[0] : fun.kind === 'selector' ? fun.x : undefined;
  const x = operand && unparen(operand);
  return x?.kind === 'ident' && x.entity?.kind === 'var' ? x.entity : undefined;
}

/** In this version of Go the collector does the work. */
function isCured({ curedIn }: Resource, { go }: Pass): boolean {
  return curedIn !== undefined && atLeast(go, curedIn);
}

function unmetAt(op: Op & { kind: 'call' }, after: Place, given: Acquisition, body: Body, pass: Pass): Unmet | undefined {
  const { call } = op;
  if (typeof given.result !== 'number' && isExpectedToFail(call, after, body, pass)) return undefined;
  const filled = filledOwner(call, given, after, body, pass);
  const acquisition = filled?.acquisition ?? given;
  const { resource, result } = acquisition;
  if (op.discarded && typeof result === 'number' && !resource.holdsFrom) return { body, call, acquisition, target: undefined, why: 'discarded', way: undefined, never: true };
  if (isOnlyChannelKept(call, after, resource, body, pass)) return { body, call, acquisition, target: undefined, why: 'discarded', way: undefined, never: true };
  const target = filled?.target ?? destinationOf(call, acquisition, after, body);
  if (target.kind === 'elsewhere') return handedInVain(call, after, acquisition, body, pass);
  if (target.kind === 'field') return unmetByOwner(op, acquisition, target.companions, body, pass);
  if ((target.kind !== 'variable' && target.kind !== 'blank') || isOfClosed(op, body, pass)) return undefined;
  if (target.kind === 'blank' && (resource.retrieve || isCoveredByParent(call, resource, body, pass) || isOfStandIn(acquisition, body))) return undefined;
  const tracked = target.kind === 'variable' ? withEarlierClosers(target.tracked, resource, call, body, pass) : NOTHING;
  if (!tracked || (typeof result !== 'number' && isLookedAfterBefore(call, tracked, resource, body, pass))) return undefined;
  if (resource.holdsFrom && !isPutToUse(tracked, resource, body, pass)) return undefined;
  if (resource.onlyInLoop && !reachableFrom(target.from.block, b => pass.contracts.next(b, body.env)).has(target.from.block)) return undefined;
  const never = isForgotten(tracked, resource, body, pass);
  if (resource.onlyWhenNever && (!never || target.kind === 'blank')) return undefined;
  const walk = leavingBefore(acquisition.before, walkOf(resource, body, pass));
  const { errors } = target.companions;
  if (acquisition.before !== undefined && !isReleasedWhereOwed(target, tracked, resource, body, pass)) return undefined;
  const cases = factsAt(target.from, body, pass);
  const first = firstFound(cases, facts => search(target.from, stateOf(tracked, target.companions, facts), walk));
  const isUnasked = first !== undefined && missesErrorCheck(first.turns, errors, body.graph.blocks);

  const way = isUnasked ? firstFound(cases, facts => search(target.from, { ...stateOf(tracked, target.companions, facts), isAsked: false }, asking(walk))) : first;
  // A goroutine that uses a connection of its owner may be meant to go on; one that waits for a context is not.
  if (!first && target.kind === 'variable') {
    const left = filled ? undefined : unmetByGoroutine(call, acquisition, target, tracked, body, pass);
    return left ?? (filled && given.resource.releases.length ? undefined : unmetByOwner(op, given, target.companions, body, pass));
  }
  if (target.kind === 'blank') return first && !isProcessEnd(first, body, pass) ? { body, call, acquisition, target, why: 'discarded', way: undefined, never: true } : undefined;
  if (!way || isProcessEnd(way, body, pass)) return undefined;
  const evidence = acquisition.evidence === 'sure' && restsOnNames(tracked, whereOf(resource, body, pass), body) ? 'likely' : acquisition.evidence;
  return { body, call, acquisition: { ...acquisition, evidence }, target, why: way.at.kind === 'op' ? 'overwritten' : 'returns', way, never };
}

/** What a literal has left in a variable of the function. */
function* unmetAfter({ call, acquisition, runner, target }: Filled, body: Body, pass: Pass): Generator<Unmet> {
  const { resource, evidence } = acquisition;
  if (target.kind !== 'variable' || isCured(resource, pass) || !pass.rules.has(resource.rule)) return;
  const { tracked, companions, from } = target;
  if (isLookedAfterBefore(runner, tracked, resource, body, pass)) return;
  const later = [from.block, ...reachableFrom(from.block, b => pass.contracts.next(b, body.env))];
  const way = firstFound(factsAt(from, body, pass), facts => search(from, stateOf(tracked, companions, facts), walkOf(resource, body, pass)));
  if (!way || isProcessEnd(way, body, pass) || missesErrorCheck(way.turns, companions.errors, later)) return;
  yield { body, call, acquisition: { ...acquisition, evidence: evidence === 'sure' ? 'likely' : evidence }, target, why: way.at.kind === 'op' ? 'overwritten' : 'returns', way, never: isForgotten(tracked, resource, body, pass) };
}

/** `status(http.Get(u))`: given to a function that neither releases nor keeps it, and to nobody else. */
function handedInVain(call: Call, { block, index }: Place, acquisition: Acquisition, body: Body, pass: Pass): Unmet | undefined {
  const { resource, result, held, evidence } = acquisition;
  if (typeof result !== 'number' || resource.onlyInLoop || resource.onlyWhenNever || resource.holdsFrom || isCommand(body)) return undefined;
  const takers = block.ops.slice(index).flatMap(op => (op.kind === 'call' && op.call.args.some(arg => unparen(arg) === call) ? [op.call] : []));
  const [taker] = takers;
  const callee = taker && functionOf(calleeOf(taker, body.env), body.env);
  if (!taker || (callee?.kind !== 'func' && callee?.kind !== 'method') || !callee.func?.pkg.module) return undefined;
  // `f(g())` passes all results of `g`.
  const at = taker.args.length === 1 ? result : taker.args.findIndex(arg => unparen(arg) === call);
  if (pass.contracts.paramEffect(callee, at, held, resource, body.env) !== 'uses') return undefined;
  return { body, call, acquisition: { ...acquisition, evidence: evidence === 'sure' ? 'likely' : evidence }, target: undefined, why: 'discarded', way: undefined, never: true, handedTo: taker };
}

/** What the function leaves to a goroutine, and that one forgets. */
function unmetByGoroutine(call: Call, acquisition: Acquisition, target: Assigned, tracked: Tracked, body: Body, pass: Pass): Unmet | undefined {
  const { resource, evidence } = acquisition;
  const leftTo = resource.onlyWhenNever || resource.onlyInLoop ? undefined : leftOpenBy(tracked, resource, body, pass);
  return leftTo && { body, call, acquisition: { ...acquisition, evidence: evidence === 'sure' ? 'likely' : evidence }, target, why: 'returns', way: leftTo.way, never: false, leftTo };
}

/** `sess.Begin()` stands somewhere in the function. */
function isPutToUse(tracked: Tracked, resource: Resource, body: Body, pass: Pass): boolean {
  const where = whereOf(resource, body, pass);
  const names = namesIn(body.graph, tracked, where);
  return operations(body.graph).some(({ op }) => {
    const fun = op.kind === 'call' ? unparen(op.call.fun) : undefined;
    return fun?.kind === 'selector' && resource.holdsFrom?.includes(fun.sel.name) === true && heldBy(fun.x, names, where) === 'resource';
  });
}

function leavingBefore(place: number | undefined, walk: Walk<State>): Walk<State> {
  if (place === undefined) return walk;
  return {
    ...walk,
    op: (op, state) => {
      const after = walk.op(op, state);
      return after === 'arrive' ? undefined : after;
    },
    returns: (end, state) => end.stmt !== undefined && end.stmt.start < place && walk.returns(end, state),
  };
}

/** What is closed only where the call has failed is nothing that has to be closed where it has not. */
function isReleasedWhereOwed({ from, companions }: Assigned, tracked: Tracked, resource: Resource, body: Body, pass: Pass): boolean {
  const where = whereOf(resource, body, pass);
  const walk = walkOf(resource, body, pass);
  return search(from, stateOf(tracked, companions), {
    ...walk,
    op: (op, state) => {
      if (applyOp(op, state.tracked, where).effect === 'released') return 'arrive';
      const after = walk.op(op, state);
      return after === 'arrive' ? undefined : after;
    },
    returns: () => false,
  }) !== undefined;
}

/** What the function puts into a field of a value of its own, and forgets with it. */
function unmetByOwner(op: Op & { kind: 'call' }, acquisition: Acquisition, companions: Companions, body: Body, pass: Pass): Unmet | undefined {
  const { call } = op;
  const owner = localOwnerOf(call, acquisition, body, pass);
  if (!owner) return undefined;
  const { resource, tracked, from, walk, never } = owner;
  const later = [from.block, ...reachableFrom(from.block, b => pass.contracts.next(b, body.env))];
  const way = firstFound(factsAt(from, body, pass), facts => search(from, stateOf(tracked, companions, facts), walk));
  if (!way || isProcessEnd(way, body, pass) || missesErrorCheck(way.turns, companions.errors, later)) return undefined;
  const why = way.at.kind === 'op' ? 'overwritten' : 'returns';
  return { body, call, acquisition: { ...acquisition, resource, evidence: 'likely' }, target: undefined, why, way, never };
}

/**
 * `case <-time.NewTimer(d).C:` in a loop, `c := time.NewTicker(d).C` in a function that returns: nobody can stop it.
 * Outside of a `select` the timer is waited for.
 */
function isOnlyChannelKept(call: Call, { block }: Place, { channel, firesOnce }: Resource, body: Body, pass: Pass): boolean {
  if (channel === undefined) return false;
  const isChannel = (x: Expr) => x.kind === 'selector' && x.sel.name === channel && unparen(x.x) === call;
  const next = (b: Place['block']) => nextWithTicks(b, body, pass);
  const after = reachableFrom(block, next);
  if (firesOnce ? !after.has(block) : ![block, ...after].some(b => b.end.kind === 'return' && !isMain(body))) return false;
  return operations(body.graph).some(({ op }) => (op.kind === 'receive' && isChannel(unparen(op.channel)) && (op.inSelect || !firesOnce))
    || (op.kind === 'range' && isChannel(unparen(op.stmt.x)))
    || (op.kind === 'assign' && op.rhs.some(x => isChannel(unparen(x))) && op.lhs.every(x => x.kind === 'ident')));
}

/** It is handed to a function of which only the name says that it does not keep or close it. */
function restsOnNames(tracked: Tracked, where: Where, { graph, env }: Body): boolean {
  return operations(graph).some(({ op }) => op.kind === 'call' && op.call.args.some(arg => {
    const held = heldBy(arg, tracked, where);
    return held !== undefined && onlyReads(calleeOf(op.call, env), held);
  }));
}

/** `_, err := store.GetObject(key)`, of which only the type tells that there is a reader: a test that does not want it has put something of its own behind it. */
function isOfStandIn({ by, resource }: Acquisition, body: Body): boolean {
  return by === undefined && resource.types?.includes('io.ReadCloser') === true && isTest(body);
}

/** `ctx, _ = context.WithTimeout(ctx, d)` where the same function can cancel the parent: that ends the child as well. */
function isCoveredByParent(call: Call, resource: Resource, { env, node }: Body, { contracts }: Pass): boolean {
  const parent = resource.rule === 'lost-cancel' && call.args[0] ? unparen(call.args[0]) : undefined;
  if (parent?.kind !== 'ident' || parent.entity?.kind !== 'var' || parent.entity.owner !== node) return false;
  const { origin, assigned } = parent.entity;
  return [origin, ...assigned].some(from => from !== 'unknown' && from.kind === 'value' && from.expr !== call && from.expr.kind === 'call'
    && contracts.resources.acquiredBy(calleeName(calleeOf(from.expr, env)) ?? '')[0]?.resource === resource);
}

const NOTHING: Tracked = new Map();

/**
 * Literals above the call that release what it gives, since they read the variable when they run: `defer func() { if
 * resp != nil { resp.Body.Close() } }()`. One in a variable must still be called; undefined where one is out of sight.
 */
function withEarlierClosers(tracked: Tracked, resource: Resource, call: Call, body: Body, pass: Pass): Tracked | undefined {
  const where = whereOf(resource, body, pass);
  const found = new Map(tracked);
  for (const { op } of operations(body.graph)) {
    for (const literal of literalsOf(op)) {
      if (literal.start > call.start || (literal.start < call.start && call.end < literal.end) || literalEffect(literal, tracked, where) !== 'released') continue;
      const variable = variableGiven(op, literal, where);
      if (!variable) return undefined;
      found.set(variable, 'closer');
    }
  }
  return found;
}

/**
 * `s := &Server{}; defer s.Close(); err := s.Listen()`: what is to get the resource is released in any case. `r.cmd = cmd;
 * err := cmd.Start()`: it is kept by somebody already.
 */
function isLookedAfterBefore(call: Call, tracked: Tracked, resource: Resource, body: Body, pass: Pass): boolean {
  const where = whereOf(resource, body, pass);
  return operations(body.graph).some(({ op }) => spanOf(op).start < call.start && applyOp(op, tracked, where).effect === (op.kind === 'defer' ? 'released' : 'moved'));
}

/** The function literals that an operation hands to somebody who runs them when he likes. */
function literalsOf(op: Op): readonly FuncLit[] {
  switch (op.kind) {
    case 'call':
      return op.call.args.flatMap(literalsAt);
    case 'go':
    case 'defer':
      return literalsAt(op.stmt.call);
    case 'assign':
      return op.rhs.flatMap(literalsAt);
    case 'send':
      return literalsAt(op.stmt.value);
    case 'receive':
    case 'range':
    case 'eval':
      return [];
  }
}

/** Outermost ones, those of calls inside left to the calls' own operations. */
function literalsAt(x: Expr): readonly FuncLit[] {
  const found: FuncLit[] = [];
  walkExpr(x, {
    expr: inner => {
      if (inner.kind === 'funclit') found.push(inner);
      return inner.kind !== 'funclit' && (inner.kind !== 'call' || inner === x);
    },
  });
  return found;
}

/** `closeAll := func() { … }`. */
function variableGiven(op: Op, literal: FuncLit, where: Where): Variable | undefined {
  const at = op.kind === 'assign' && op.lhs.length === op.rhs.length ? op.rhs.findIndex(x => unparen(x) === literal) : -1;
  const target = op.kind === 'assign' ? op.lhs[at] : undefined;
  return target && localVariable(target, where);
}

/** Nothing in the function releases the resource or hands it on, on any path. */
function isForgotten(tracked: Tracked, resource: Resource, body: Body, pass: Pass): boolean {
  const where = whereOf(resource, body, pass);
  return bodyEffect(body.graph, tracked, where) === 'none';
}

/** When `main` returns, or what it calls last, the process ends and takes everything with it. */
function isProcessEnd(way: Arrival<State>, body: Body, pass: Pass): boolean {
  return way.at.kind === 'return' && (isMain(body) || (body.node === body.info.decl && isLastOfMain(body.info, pass)));
}

function isMain(body: Body): boolean {
  if (isCommand(body)) return true;
  const { info, node } = body;
  return node === info.decl && info.name === 'main' && info.pkg.name === 'main';
}
