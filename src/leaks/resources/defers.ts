/** Deferred calls in loops: they wait for the end of the function, not for the end of the round. */
import { applyOp, returnedAt, type Tracked } from '../../contracts/effects.ts';
import { ANY_RESOURCE, RESPONSE } from '../../contracts/resources.ts';
import type { Block, Op } from '../../flow/graph.ts';
import { operations, reachableFrom } from '../../flow/search.ts';
import { calleeName, calleeOf } from '../../program/callee.ts';
import { isError, typeOf, typeOfVariable } from '../../program/infer.ts';
import { underlying } from '../../program/resolve.ts';
import { isNamed } from '../../program/types.ts';
import { type Assign, type Call, type Defer, type Expr, type For, type Range, unparen, type ValueSpec, type Variable } from '../../syntax/ast.ts';
import { mayDeferInLoop } from '../../syntax/glance.ts';
import { askedBodies, type Body } from '../bodies.ts';
import { leaves } from '../goroutines/goroutines.ts';
import type { Pass } from '../pass.ts';
import { isShortLoop } from '../paths/rounds.ts';
import { keyOf, placeOf } from '../places/places.ts';
import { isCaptured, mentionsAnywhere, type Release, releasesOf } from './releases.ts';
import { whereOf } from './ways.ts';

export type Loop = For | Range;

/**
 * `endless`: nothing leaves the loop, so the call never runs. `channel`: it runs when the channel is closed at last.
 * `acquired`: every round acquires what is released only after the last one. `relock`: the second round waits for a
 * lock that the first one keeps.
 */
export interface DeferInLoop {
  readonly body: Body;
  readonly stmt: Defer;
  readonly loop: Loop;
  readonly why: 'endless' | 'channel' | 'acquired' | 'relock';
  readonly release: Release | undefined;
  /** The call in the loop that acquires it. */
  readonly acquiring: Call | undefined;
}

export function* defersInLoops(pass: Pass): Generator<DeferInLoop> {
  for (const body of askedBodies(pass, ({ bodyText }) => mayDeferInLoop(bodyText))) {
    for (const block of body.graph.blocks) {
      for (const op of block.ops) {
        const found = op.kind === 'defer' ? inLoop(op.stmt, block, body, pass) : undefined;
        if (found) yield found;
      }
    }
  }
}

function inLoop(stmt: Defer, block: Block, body: Body, pass: Pass): DeferInLoop | undefined {
  const loops = loopsThatRepeat(stmt, block, body, pass);
  const [innermost] = loops;
  if (!innermost) return undefined;
  const releases = releasesOf(stmt, body, pass);
  const plain = { body, stmt, release: releases[0], acquiring: undefined };
  if (!mayLeave(block, body, pass)) return { ...plain, loop: innermost, why: 'endless' };
  const overChannel = loops.find(loop => loop.kind === 'range' && underlying(typeOf(loop.x, body.env), body.env.program).kind === 'chan');
  if (overChannel) return { ...plain, loop: overChannel, why: 'channel' };
  if (isBrief(body)) return undefined;
  for (const loop of loops) {
    for (const release of releases) {
      const lock = /\.R?Unlock$/.test(release.name ?? '');
      // The second round is one too many for a lock already.
      if (!lock && isShortLoop(loop, body)) continue;
      const acquiring = lock ? lockedInside(release, loop, body) : acquiredInside(release, loop, stmt, body, pass);
      if (acquiring && !isGuarded(stmt, block, loop, body, pass)) return { body, stmt, loop, why: lock ? 'relock' : 'acquired', release, acquiring };
    }
  }
  return undefined;
}

/** The loops around a statement in which control comes round to it again, inner ones first. */
function loopsThatRepeat(stmt: Defer, block: Block, body: Body, pass: Pass): Loop[] {
  const around = [...body.graph.loops].filter(([loop]) => isWithin(stmt, loop.body)).sort(([a], [b]) => b.start - a.start);
  return around.filter(([, { head }], i) => {
    // What comes round only by way of an outer loop is a round of that one.
    const outer = new Set<Block>(around.slice(i + 1).map(([, outerLoop]) => outerLoop.head));
    const next = (b: Block) => pass.contracts.next(b, body.env).filter(to => !outer.has(to));
    return reachableFrom(block, next).has(head) && reachableFrom(head, next).has(block);
  }).map(([loop]) => loop);
}

function mayLeave(block: Block, body: Body, pass: Pass): boolean {
  return [...reachableFrom(block, b => pass.contracts.next(b, body.env))].some(b => leaves(b, body, pass));
}

/** `main` ends with the process; a test sets up what all of it needs and cleans up at its end, as deferring in a loop says. */
function isBrief({ info, node }: Body): boolean {
  return info.file.kind.test || (node === info.decl && info.name === 'main' && info.pkg.name === 'main');
}

/**
 * Only one round comes here: `if f == nil { f = open(); defer f.Close() }`, `if !locked { …; locked = true }`. A way
 * that asks such a question is not counted as a way back.
 */
function isGuarded(stmt: Defer, block: Block, loop: Loop, body: Body, pass: Pass): boolean {
  const set = new Set(assignsIn(loop, body).flatMap(op => op.lhs.flatMap(x => (x.kind === 'ident' && x.entity?.kind === 'var' ? [x.entity] : []))));
  const outlasts = (x: Expr) => x.kind === 'ident' && x.entity?.kind === 'var' && set.has(x.entity) && !isWithin(x.entity.ident, loop)
    && !isError(typeOfVariable(x.entity, body.env));
  const isGuard = (expr: Expr): boolean => {
    const x = unparen(expr);
    return outlasts(x) || (x.kind === 'binary' && (x.op === '==' || x.op === '!=') && outlasts(x.x) && x.y.kind === 'ident' && x.y.name === 'nil');
  };
  const around = [...body.graph.loops].filter(([l]) => isWithin(stmt, l.body));
  const stops = new Set(around.map(([, { head }]) => head));
  const heads = around.filter(([l]) => isWithin(l, loop)).map(([, { head }]) => head);
  const inRound = (b: Block) => (stops.has(b) ? [] : pass.contracts.next(b, body.env));
  const comes = (from: Block, to: Block) => from === to || reachableFrom(from, inRound).has(to);
  // The other answer goes on with the loop; one that leaves it is no guard.
  const guards = (yes: Block, no: Block) => comes(yes, block) && !comes(no, block) && heads.some(head => comes(no, head));
  const next = (b: Block): readonly Block[] => {
    const { end } = b;
    if (end.kind === 'branch' && end.condition && isGuard(end.condition) && (guards(end.then, end.else) || guards(end.else, end.then))) return [];
    return pass.contracts.next(b, body.env);
  };
  return !reachableFrom(block, next).has(block);
}

// --------------------------------------------------------------------------------------------------- in the loop

/** The call that locks the same mutex in every round. One mutex a round, taken all together, is meant so. */
function lockedInside({ subject, name }: Release, loop: Loop, body: Body): Call | undefined {
  const place = placeOf(subject);
  if (!place || name === undefined || (typeof place.root !== 'string' && isSetIn(place.root, loop, body))) return undefined;
  const lock = name.replace(/Unlock$/, 'Lock');
  for (const { op } of operations(body.graph)) {
    if (op.kind !== 'call' || !isWithin(op.call, loop.body)) continue;
    const callee = calleeOf(op.call, body.env);
    if (calleeName(callee) !== lock || !('receiver' in callee) || !callee.receiver) continue;
    if (keyOfExpr(callee.receiver) === keyOf(place)) return op.call;
  }
  return undefined;
}

function isSetIn(variable: Variable, loop: Loop, body: Body): boolean {
  if (isWithin(variable.ident, loop)) return true;
  return assignsIn(loop, body).some(op => op.lhs.some(x => isVariable(x, variable)));
}

/** The call whose result is released, when the loop makes it and no longer needs it after the round. */
function acquiredInside(release: Release, loop: Loop, stmt: Defer, body: Body, pass: Pass): Call | undefined {
  const { subject } = release;
  const variable = placeOf(subject)?.root;
  if (variable === undefined || typeof variable === 'string' || variable.owner !== body.node) return undefined;
  const made = assignsIn(loop, body).findLast(op => op.node.start < stmt.start && op.lhs.some(x => isVariable(x, variable)));
  const call = made && callThatGives(made, variable, body);
  if (!made || !call || isReleasedByHand(release, loop, body) || (isPlainFunction(release, body) && made.lhs.length === 1)) return undefined;
  if (isNeededLater(variable, loop, stmt, body, pass) || areShared(made, variable, loop, stmt, body)) return undefined;
  return call;
}

/** `undo := apply(option); defer undo()` is no resource; what comes beside one is: `conn, cleanup := dial()`. */
function isPlainFunction({ subject, name }: Release, body: Body): boolean {
  return name === undefined && typeOf(subject, body.env).kind === 'func';
}

function callThatGives({ lhs, rhs }: Op & { kind: 'assign' }, variable: Variable, body: Body): Call | undefined {
  const value = rhs[rhs.length === lhs.length ? lhs.findIndex(x => isVariable(x, variable)) : 0];
  const call = value && unparen(value);
  if (call?.kind !== 'call') return undefined;
  const { kind } = calleeOf(call, body.env);
  return kind === 'conversion' || kind === 'builtin' ? undefined : call;
}

/** The value goes somewhere that outlives the round: a list, a field, a goroutine, somebody who keeps it. */
function isNeededLater(variable: Variable, loop: Loop, stmt: Defer, body: Body, pass: Pass): boolean {
  const isResponse = isNamed(typeOfVariable(variable, body.env), 'net/http.Response');
  const where = whereOf(isResponse ? RESPONSE : ANY_RESOURCE, body, pass);
  let tracked: Tracked = new Map([[variable, isResponse ? 'whole' : 'resource']]);
  for (const { op } of operations(body.graph)) {
    if (!isWithin(spanOf(op), loop.body) || spanOf(op) === stmt) continue;
    if ((isBounded(loop) && isShared(op, variable)) || isPartKept(op, variable, loop)) return true;
    const applied = applyOp(op, tracked, where);
    if (applied.effect === 'moved' && !(op.kind === 'go' && !isBounded(loop))) return true;
    // Released by hand as well: the deferred call is there for the ways out.
    if (applied.effect === 'released' && op.kind === 'call') return true;
    if (applied.effect !== 'lost') tracked = new Map([...tracked, ...applied.tracked]);
  }
  return body.graph.blocks.some(({ end }) => end.kind === 'return' && end.stmt && isWithin(end.stmt, loop.body) && returnedAt(end, tracked, where));
}

/** Other methods than `Close` that the loop calls itself: `t.Stop()`, `cancel()`. */
function isReleasedByHand({ call, subject, name }: Release, loop: Loop, body: Body): boolean {
  const key = keyOfExpr(subject);
  return operations(body.graph).some(({ op }) => {
    if (op.kind !== 'call' || op.call === call || !isWithin(op.call, loop.body)) return false;
    const callee = calleeOf(op.call, body.env);
    if (name === undefined) return keyOfExpr(op.call.fun) === key;
    return calleeName(callee) === name && 'receiver' in callee && callee.receiver !== undefined && keyOfExpr(callee.receiver) === key;
  });
}

function keyOfExpr(x: Expr): string | undefined {
  const place = placeOf(x);
  return place && keyOf(place);
}

/** What the same call gave beside it, such as the context of a `cancel`, goes on being used by others. */
function areShared({ lhs, node }: Op & { kind: 'assign' }, variable: Variable, loop: Loop, stmt: Defer, body: Body): boolean {
  const beside = lhs.flatMap(x => (x.kind === 'ident' && x.entity?.kind === 'var' && x.entity !== variable && !isError(typeOfVariable(x.entity, body.env)) ? [x.entity] : []));
  return beside.some(other => operations(body.graph).some(({ op }) => isWithin(spanOf(op), loop.body)
    && spanOf(op) !== stmt && spanOf(op) !== node && (isShared(op, other) || isPutAway(op, other, loop))));
}

/** A goroutine or a function literal has it. */
function isShared(op: Op, variable: Variable): boolean {
  switch (op.kind) {
    case 'go':
      return mentionsAnywhere(op.stmt.call, variable);
    case 'call':
      return op.call.args.some(arg => isCaptured(arg, variable));
    case 'assign':
      return op.rhs.some(x => isCaptured(x, variable));
    default:
      return false;
  }
}

/** `expired = timer.C`: a variable that outlives the round gets a part of it. */
function isPartKept(op: Op, variable: Variable, loop: Loop): boolean {
  if (op.kind !== 'assign') return false;
  return op.rhs.some((x, i) => {
    const to = op.lhs[i];
    return unparen(x).kind === 'selector' && placeOf(x)?.root === variable && !(to?.kind === 'ident' && to.entity?.kind === 'var' && isWithin(to.entity.ident, loop));
  });
}

/** `list = append(list, ctx)`, `s.ctx = ctx`, `m[k] = task{ctx}`. */
function isPutAway(op: Op, variable: Variable, loop: Loop): boolean {
  if (op.kind === 'send') return mentionsAnywhere(op.stmt.value, variable);
  if (op.kind !== 'assign' || !op.rhs.some(x => mentionsAnywhere(x, variable))) return false;
  return op.lhs.some(x => x.kind !== 'ident' || (x.entity?.kind === 'var' && !isWithin(x.entity.ident, loop) && op.rhs.some(isCollecting)));
}

function isCollecting(x: Expr): boolean {
  const value = unparen(x);
  return value.kind === 'composite' || (value.kind === 'call' && value.fun.kind === 'ident' && value.fun.name === 'append' && !value.fun.entity);
}

/** The loop says itself how far it goes; one without a condition goes on until something happens. */
function isBounded(loop: Loop): boolean {
  return loop.kind === 'range' || loop.cond !== undefined;
}

function assignsIn(loop: Loop, body: Body): (Op & { kind: 'assign' })[] {
  return operations(body.graph).flatMap(({ op }) => (op.kind === 'assign' && isWithin(op.node, loop.body) ? [op] : []));
}

function isVariable(x: Expr, variable: Variable): boolean {
  return x.kind === 'ident' && x.entity === variable;
}

interface Span { readonly start: number; readonly end: number }

function isWithin(inner: Span, outer: Span): boolean {
  return outer.start <= inner.start && inner.end <= outer.end;
}

function spanOf(op: Op): Span | Assign | ValueSpec {
  switch (op.kind) {
    case 'call':
      return op.call;
    case 'receive':
    case 'assign':
      return op.node;
    case 'eval':
      return op.expr;
    case 'go':
    case 'defer':
    case 'send':
    case 'range':
      return op.stmt;
  }
}
