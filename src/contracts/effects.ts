/**
 * What an operation does to a resource that variables hold: releases it, moves it out of sight, gives it another name
 * or nothing at all. Which resource it is says the table in resources.ts.
 */
import { graphOf } from '../flow/build.ts';
import type { End, FlowGraph, Op } from '../flow/graph.ts';
import { operations } from '../flow/search.ts';
import { type Callee, calleeName, calleeOf } from '../program/callee.ts';
import { isError, typeOf } from '../program/infer.ts';
import { functionOf } from '../program/values.ts';
import { memberOf } from '../program/members.ts';
import { type Env, resolveType } from '../program/resolve.ts';
import { isNamed } from '../program/types.ts';
import { type Call, type Expr, type FuncLit, type FuncNode, type Selector, unparen, type Variable } from '../syntax/ast.ts';
import { walkStmts } from '../syntax/walk.ts';
import { ASKS_BY_NAME, CARRIES_ARGUMENT, CLOSES_ARGUMENT, CLOSES_THROUGH, KEEPS_ARGUMENT, READS_BY_NAME, SENDS_BODY, WRAPS_BY_NAME, WRITES_BY_NAME } from './known.ts';
import type { Resource } from './resource.ts';
import { isOnlyShown, isReleasingPart, isStub, isWrapper } from './wrappers.ts';

/**
 * `resource`: the resource itself. `whole`: one of its fields is the resource, as with the body of a response. `view`:
 * reads from it; closing it closes nothing. `closer`: a function in a variable that releases it when it is called.
 * `carrier`: a context from which others can get it, or a struct around it that has nothing to release it; whoever stores
 * one may look after what it carries.
 */
export type Held = 'whole' | 'resource' | 'view' | 'closer' | 'carrier';
export type Tracked = ReadonlyMap<Variable, Held>;

/** What a function does with a resource it is given. */
export type ParamEffect = 'closes' | 'keeps' | 'uses';

/** What effects ask of contracts. */
export interface BodyEffects {
  paramEffect(callee: Callee, index: number, held: Held, resource: Resource, env: Env): ParamEffect;
  /** What a method does with its receiver; a method that cannot be looked into uses it. */
  receiverEffect(callee: Callee, held: Held, resource: Resource, env: Env): ParamEffect;
  takesOver(name: string): boolean;
  /** Whether a function does away with what it is given only where it returns an error. */
  actsOnlyOnFailure(callee: Callee, index: number, held: Held, resource: Resource, env: Env): boolean;
  /** Nothing of the calling goroutine runs after the operation. */
  endsHere(op: Op, env: Env): boolean;
}

export interface Where {
  readonly env: Env;
  /** The function that the operation belongs to. */
  readonly func: FuncNode;
  readonly effects: BodyEffects;
  readonly resource: Resource;
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
      return x.entity?.kind === 'var' ? tracked.get(x.entity) ?? heldByCase(x.entity, tracked, where) : undefined;
    case 'selector':
      return partOf(x, heldBy(x.x, tracked, where), where);
    case 'assert':
    case 'star':
      return heldBy(x.x, tracked, where);
    case 'unary':
      return x.op === '&' && heldBy(x.x, tracked, where) === 'carrier' ? 'carrier' : undefined;
    case 'composite':
      // `Options{Out: w, Before: func() { w.Close() }}` can release it after all.
      return isWrapper(x, value => heldBy(value, tracked, where) !== undefined, where.resource, where.env)
        && x.elements.every(({ value }) => heldBy(value, tracked, where) !== undefined || valueEffect(value, tracked, where) === 'none') ? 'carrier' : undefined;
    case 'call': {
      const arg = x.args[0];
      if (!arg) return isView(x, tracked, where) ? 'resource' : undefined;
      if (x.args.length === 1 && isConversion(x, where)) return heldBy(arg, tracked, where);
      return isContext(heldBy(arg, tracked, where), where) ? carriedBy(x, where) : viewOf(x, tracked, where);
    }
    default:
      return undefined;
  }
}

/** `switch w := out.(type) { case *bufio.Writer: … }`: in each case `w` is `out` by another name, until something else is assigned to it. */
function heldByCase({ origin, assigned }: Variable, tracked: Tracked, where: Where): Held | undefined {
  return origin.kind === 'typeswitch' && assigned.length === 0 ? heldBy(origin.x, tracked, where) : undefined;
}

/** Like `heldBy`, of a value that goes on living: `buffer[:n]` is still the buffer. */
function keptBy(expr: Expr, tracked: Tracked, where: Where): Held | undefined {
  const x = unparen(expr);
  return x.kind === 'slice' ? keptBy(x.x, tracked, where) : heldBy(x, tracked, where);
}

/** `root.FS()`: what is opened through it is opened through the resource. */
function isView(call: Call, tracked: Tracked, where: Where): boolean {
  const { views } = where.resource;
  const fun = views && unparen(call.fun);
  return fun?.kind === 'selector' && heldBy(fun.x, tracked, where) === 'resource' && views?.has(calleeName(calleeOf(call, where.env)) ?? '') === true;
}

/** `net.Conn(c)`, `unsafe.Pointer(c)`. */
function isConversion(call: Call, { env }: Where): boolean {
  if (resolveType(unparen(call.fun), env)) return true;
  const callee = calleeOf(call, env);
  return callee.kind === 'builtin' && callee.name === 'unsafe.Pointer';
}

/** `trace.SpanFromContext(ctx)` is the span again, `context.WithValue(ctx, k, v)` a context that has it, too. */
function carriedBy(call: Call, { env, resource }: Where): Held | undefined {
  if (resource.retrieve?.has(calleeName(calleeOf(call, env)) ?? '')) return 'resource';
  const type = typeOf(call, env);
  return isNamed(type.kind === 'tuple' ? type.types[0] ?? type : type, 'context.Context') ? 'carrier' : undefined;
}

/** `resp.Body` of a response, `cmd.Process` of a started command, `c.Conn` of a connection around another one. */
function partOf(x: Selector, whole: Held | undefined, { resource, env }: Where): Held | undefined {
  const { field, through } = resource;
  // Of an owner that embeds a response, `r.Body` is the body as well.
  if (whole === 'whole' && (x.sel.name === field || x.sel.name === through)) return 'resource';
  return whole === 'resource' && (x.sel.name === through || isReleasingPart(x, resource, env)) ? 'resource' : undefined;
}

/** A context from which others can get the resource. */
function isContext(held: Held | undefined, { resource }: Where): boolean {
  return held === 'carrier' && resource.retrieve !== undefined;
}

/** A library reader around the resource: `bufio.NewReader(resp.Body)`; to close one that nobody can look into may close both. */
function viewOf(call: Call, tracked: Tracked, where: Where): Held | undefined {
  const held = call.args.flatMap(arg => heldBy(arg, tracked, where) ?? []);
  const [first] = held;
  if (!first) return undefined;
  const callee = calleeOf(call, where.env);
  if (isStub(call, callee, where.resource, where.env)) return 'carrier';
  if (callee.kind === 'presumed' && WRAPS_BY_NAME.test(callee.name)) return first;
  if (callee.kind !== 'func' || !isLibrary(callee)) return undefined;
  if (CLOSES_THROUGH.has(callee.name)) return 'resource';
  const type = typeOf(call, where.env);
  const given = type.kind === 'tuple' ? type.types[0] : type;
  return given && (given.kind === 'pointer' || (given.kind === 'named' && !isError(given))) ? (held.includes('carrier') || CARRIES_ARGUMENT.has(callee.name) ? 'carrier' : 'view') : undefined;
}

/** `checkStatus(resp)`, which closes the body of an answer that it refuses: while its error is nil, nothing has happened. */
export function isRefusal(x: Expr, tracked: Tracked, where: Where): boolean {
  const call = unparen(x);
  if (call.kind !== 'call') return false;
  const held = call.args.map(arg => heldBy(arg, tracked, where));
  const [index, ...more] = held.flatMap((as, i) => (as ? [i] : []));
  const as = index === undefined ? undefined : held[index];
  if (index === undefined || !as || more.length || as === 'closer' || as === 'carrier') return false;
  const others = call.args.reduce<Effect>((effect, arg, i) => (i === index ? effect : stronger(effect, argumentEffect(call, arg, i, tracked, where))), 'none');
  return others === 'none' && where.effects.actsOnlyOnFailure(calleeOf(call, where.env), index, as, where.resource, where.env);
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
      return { effect: effect === 'none' && op.kind === 'go' && isGiven(call, tracked, where) ? 'moved' : effect, tracked };
    }
    case 'send':
      return { effect: keptBy(op.stmt.value, tracked, where) ? 'moved' : valueEffect(op.stmt.value, tracked, where), tracked };
    case 'assign':
      return applyAssign(op, tracked, where);
    case 'range':
      // `for _, c := range []io.Closer{a, b} { c.Close() }`
      return { effect: unparen(op.stmt.x).kind === 'composite' ? valueEffect(op.stmt.x, tracked, where) : 'none', tracked };
    case 'receive':
    case 'eval':
      return { effect: 'none', tracked };
  }
}

/** What a goroutine is given, as an argument or to work on, lives on in it. */
function isGiven({ fun, args }: Call, tracked: Tracked, where: Where): boolean {
  const x = unparen(fun);
  return args.some(arg => heldBy(arg, tracked, where)) || (x.kind === 'selector' && (isOwner(x.x, tracked, where) || heldBy(x.x, tracked, where) === 'carrier'));
}

/** A value that keeps the resource in a field and may itself be kept by others. */
function isOwner(x: Expr, tracked: Tracked, where: Where): boolean {
  return where.resource.inOwner === true && heldBy(x, tracked, where) === 'whole';
}

function callEffect(call: Call, tracked: Tracked, where: Where): Effect {
  const fun = unparen(call.fun);
  if (fun.kind === 'selector') {
    if (isRelease(fun, tracked, where) || isReleaseOfStub(fun, tracked, where)) return 'released';
    const own = receiverEffect(call, heldBy(fun.x, tracked, where), where);
    if (own !== 'none') return own;
  }
  // `cancel()`, and `s.cancel()` of a value that keeps it.
  const called = fun.kind === 'ident' || fun.kind === 'selector' ? heldBy(fun, tracked, where) : undefined;
  if (called === 'closer' || (called === 'resource' && isFunction(where.resource))) return 'released';
  // `(&Transport{Conn: conn}).Listen()`: what a receiver is made of goes where the receiver goes.
  const literal = fun.kind === 'funclit' ? fun : fun.kind === 'ident' && !called ? literalBehind(call, where) : undefined;
  const own = literal ? literalEffect(literal, tracked, where) : fun.kind === 'selector' && !heldBy(fun.x, tracked, where) ? valueEffect(fun.x, tracked, where) : 'none';
  return call.args.reduce((effect, arg, i) => stronger(effect, argumentEffect(call, arg, i, tracked, where)), own);
}

/** `serve := func(l net.Listener) { … }; serve(l)`: the literal, when it is written in the function that calls it. */
function literalBehind(call: Call, where: Where): FuncLit | undefined {
  const known = functionOf(calleeOf(call, where.env), where.env);
  return known.kind === 'literal' && !known.within ? known.literal : undefined;
}

/** `conn.Done()`, which puts the connection back into its pool itself. */
function receiverEffect(call: Call, held: Held | undefined, { effects, resource, env }: Where): Effect {
  if (!(held === 'resource' && resource.releasedBy) && !(held === 'whole' && resource.inOwner)) return 'none';
  return effectOf(effects.receiverEffect(calleeOf(call, env), held, resource, env));
}

function effectOf(effect: ParamEffect): Effect {
  return effect === 'closes' ? 'released' : effect === 'keeps' ? 'moved' : 'none';
}

/** The method selected is one that releases what its receiver holds. */
function isRelease({ x, sel }: Selector, tracked: Tracked, where: Where): boolean {
  const { releases, releasesWhole, anyPart } = where.resource;
  const part = unparen(x);
  const held = heldBy(x, tracked, where) ?? (anyPart && part.kind === 'selector' ? heldBy(part.x, tracked, where) : undefined);
  return (held === 'resource' && releases.includes(sel.name)) || (held === 'whole' && (releasesWhole ?? []).includes(sel.name));
}

/** What was taken for a stub has a `Close` after all. */
function isReleaseOfStub({ x, sel }: Selector, tracked: Tracked, where: Where): boolean {
  const { stubs, releases } = where.resource;
  return stubs !== undefined && releases.includes(sel.name) && heldBy(x, tracked, where) === 'carrier';
}

/** A resource that is released by calling it. */
function isFunction({ releases, releasedBy }: Resource): boolean {
  return releases.length === 0 && releasedBy === undefined;
}

function argumentEffect(call: Call, arg: Expr, index: number, tracked: Tracked, where: Where): Effect {
  const held = heldBy(arg, tracked, where);
  if (!held) return valueEffect(arg, tracked, where);
  if (held === 'closer') return 'released';
  if (isContext(held, where)) return 'none';
  const callee = functionOf(calleeOf(call, where.env), where.env);
  const name = calleeName(callee);
  if (name !== undefined && where.resource.releasedBy?.has(name)) return 'released';
  if (name !== undefined && where.effects.takesOver(name)) return 'moved';
  // `bufio.NewReader(f)` has no `Close`, so nobody closes what is behind it.
  if (name !== undefined && SENDS_BODY.has(name)) return held === 'resource' ? 'moved' : 'none';
  if (callee.kind === 'conversion') return 'none';
  if (callee.kind === 'builtin') return callee.name === 'append' ? 'moved' : 'none';
  if (isLibrary(callee)) return libraryEffect('name' in callee ? callee.name : '', where.resource);
  if (onlyReads(callee, held) || isStub(call, callee, where.resource, where.env) || isUnseenUser(call, callee, index, held, where)) return 'none';
  if (callee.kind === 'literal') return literalParamEffect(callee.literal, index, held, where);
  return effectOf(where.effects.paramEffect(callee, index, held, where.resource, where.env));
}

/** A function of a package that is not at hand which by its name reads what it is given: `yaml.NewDecoder`, `toml.DecodeReader`. */
export function onlyReads(callee: Callee, held: Held | undefined): boolean {
  return callee.kind === 'presumed' && (READS_BY_NAME.test(callee.name) || (held === 'whole' && ASKS_BY_NAME.test(callee.name)));
}

/** Somebody who cannot be looked into, but who has no way to release it, or is only there to read and write it. */
function isUnseenUser(call: Call, callee: Callee, index: number, held: Held, { env, resource }: Where): boolean {
  if (callee.kind === 'presumed' && (WRAPS_BY_NAME.test(callee.name) || (resource.rule === 'unclosed-file' && WRITES_BY_NAME.test(callee.name)))) return true;
  return held === 'view' || held === 'carrier' ? isOnlyShown(call, callee, index, 'wrapper', resource, env) : held === 'resource' && isOnlyShown(call, callee, index, 'resource', resource, env);
}

/** `t.Cleanup(cancel)`, `time.AfterFunc(d, cancel)`: whoever in the library is given a function calls it. */
function libraryEffect(name: string, resource: Resource): Effect {
  if (isFunction(resource) || CLOSES_ARGUMENT.has(name)) return 'released';
  return KEEPS_ARGUMENT.test(name) ? 'moved' : 'none';
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
      return stronger(literalEffect(x, tracked, where), hasOwner(x, tracked, where) ? 'moved' : 'none');
    case 'selector':
      // The method value `resp.Body.Close`: whoever gets it calls it.
      return isRelease(x, tracked, where) ? 'released' : isOwner(x.x, tracked, where) && isMethod(x, where) ? 'moved' : 'none';
    default:
      return 'none';
  }
}

function isMethod({ x, sel }: Selector, { env }: Where): boolean {
  return memberOf(typeOf(x, env), sel.name, env.program)?.kind === 'method';
}

/** A literal that goes somewhere takes the owner along. */
function hasOwner(literal: FuncLit, tracked: Tracked, where: Where): boolean {
  let found = false;
  walkStmts(literal.body.stmts, { expr: x => void (found ||= x.kind === 'ident' && isOwner(x, tracked, where)) });
  return found;
}

const beingRead = new Set<FuncLit>();

/** What a function literal does with the resources it captures, whenever it runs. */
export function literalEffect(literal: FuncLit, tracked: Tracked, where: Where): Effect {
  // A literal that calls itself adds nothing by that.
  if (beingRead.has(literal)) return 'none';
  beingRead.add(literal);
  try {
    return bodyEffect(graphOf(literal, literal.body), tracked, { ...where, func: literal });
  } finally {
    beingRead.delete(literal);
  }
}

/** The strongest effect of any operation of a body, order not considered; handing it to the caller is `moved`. */
export function bodyEffect(graph: FlowGraph, tracked: Tracked, where: Where): Effect {
  const { effect, names } = operationsEffect(graph, tracked, where);
  const isReturned = () => graph.blocks.some(block => block.end.kind === 'return' && returnedAt(block.end, names, where) !== undefined);
  return effect === 'none' && isReturned() ? 'moved' : effect;
}

/** Every name that the resource has anywhere in a body: `u := l.(*net.UDPConn)`. */
export function namesIn(graph: FlowGraph, tracked: Tracked, where: Where): Tracked {
  return operationsEffect(graph, tracked, where).names;
}

/** Whether a body does nothing with the resource but give it back to its caller: `func must[T any](v T, err error) T`. */
export function onlyGivesBack(graph: FlowGraph, tracked: Tracked, where: Where): boolean {
  const { effect, names } = operationsEffect(graph, tracked, where);
  return effect === 'none' && graph.blocks.some(({ end }) => end.kind === 'return' && returnedAt(end, names, where)?.result === 0);
}

/** What the operations do, and every name that the resource has in the end. */
function operationsEffect(graph: FlowGraph, tracked: Tracked, where: Where): { effect: Effect; names: Tracked } {
  let effect: Effect = 'none';
  let names: Tracked = tracked;
  for (const { op } of operations(graph)) {
    const applied = applyOp(op, names, where);
    if (applied.effect !== 'lost') {
      effect = stronger(effect, applied.effect);
      names = withBest(names, applied.tracked);
    }
  }
  return { effect, names };
}

/** `w = bufio.NewWriter(w)`: a name that is the resource at one place may be a view of it at another. */
function withBest(names: Tracked, more: Tracked): Tracked {
  const gained = [...more].filter(([variable, held]) => {
    const known = names.get(variable);
    return known === undefined || RANK[held] < RANK[known];
  });
  return gained.length ? new Map([...names, ...gained]) : names;
}

/** Of several results the one that matters most to the caller. */
const RANK: Readonly<Record<Held, number>> = { resource: 0, whole: 1, closer: 2, view: 3, carrier: 4 };

/** A result of a return that hands the resource on, and as what. */
export interface HandedOn {
  readonly result: number;
  readonly held: Held;
  /** The caller gets a reader of it, and nothing to close: `io.NopCloser(resp.Body)`, `csv.NewReader(f)`. */
  readonly onlyRead?: true;
}

/** Which result of a return hands the resource on. */
export function returnedAt(end: End & { kind: 'return' }, tracked: Tracked, where: Where): HandedOn | undefined {
  return allReturnedAt(end, tracked, where)[0];
}

/** The results of a return that hand the resource on, the one that matters most to the caller first: `return f, f.Close, nil`. */
export function allReturnedAt(end: End & { kind: 'return' }, tracked: Tracked, where: Where): readonly HandedOn[] {
  const values = end.stmt?.results ?? [];
  if (values.length === 0) return namedResults(tracked, where);
  const given = values.flatMap((value, result): HandedOn[] => {
    const held = keptBy(value, tracked, where);
    if (held) return [{ result, held, ...(held === 'view' && { onlyRead: true as const }) }];
    const effect = valueEffect(value, tracked, where);
    // What keeps a releasing function in a field has a method of its own to call it.
    const isFunctionValue = ['funclit', 'selector'].includes(unparen(value).kind);
    return effect === 'none' ? [] : [{ result, held: effect === 'released' && isFunctionValue ? 'closer' : 'view' }];
  });
  return given.sort((a, b) => RANK[a.held] - RANK[b.held]);
}

function namedResults(tracked: Tracked, where: Where): readonly HandedOn[] {
  return where.func.type.results.flatMap(f => f.names).flatMap((name, result) => {
    const held = name.entity?.kind === 'var' ? tracked.get(name.entity) : undefined;
    return held ? [{ result, held }] : [];
  });
}

function applyAssign(op: Op & { kind: 'assign' }, tracked: Tracked, where: Where): Applied {
  const names = new Map(tracked);
  let effect: Effect = 'none';
  const targetsOf = op.lhs.length === op.rhs.length ? (i: number) => op.lhs.slice(i, i + 1) : () => op.lhs.slice(0, 1);
  const gained = new Set<Variable>();
  op.rhs.forEach((value, i) => {
    const target = targetsOf(i)[0];
    if (!target) return;
    const held = keptBy(value, tracked, where);
    const local = localVariable(target, where);
    // `_ = f`, and `j.w = bufio.NewWriter(j.file)`, `j.seeker = f`: what its own owner keeps does not go away.
    if (isBlank(target) || (target.kind === 'selector' && heldBy(target.x, tracked, where) === 'whole' && (!held || held === 'view' || held === 'resource'))) return;
    const literal = unparen(value);
    if (!held && local && isCloser(literal, tracked, where)) {
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
    if (target.kind === 'selector' && heldBy(target, tracked, where) && !where.resource.inOwner) effect = stronger(effect, 'moved');
    const variable = target.kind === 'ident' && target.entity?.kind === 'var' ? target.entity : undefined;
    if (variable && tracked.has(variable) && !gained.has(variable)) {
      names.delete(variable);
      overwritten = true;
    }
  }
  const stillHeld = [...names.values()].some(held => held !== 'view' && held !== 'carrier');
  return { effect: effect === 'none' && overwritten && !stillHeld ? 'lost' : effect, tracked: names };
}

/** A function that releases the resource once it is called: a literal, or `unlock := mu.Unlock`. */
function isCloser(x: Expr, tracked: Tracked, where: Where): boolean {
  return x.kind === 'funclit' ? literalEffect(x, tracked, where) === 'released' : x.kind === 'selector' && isRelease(x, tracked, where);
}

function isBlank(x: Expr): boolean {
  return x.kind === 'ident' && x.name === '_';
}

/** A variable of the function itself; one of an outer function or the package outlives the call. */
export function localVariable(x: Expr, where: Where): Variable | undefined {
  return x.kind === 'ident' && x.entity?.kind === 'var' && x.entity.owner === where.func ? x.entity : undefined;
}
