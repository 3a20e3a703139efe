/**
 * Workers: a method or constructor starts a goroutine that ends only when another method of the same type says so, by
 * closing a channel in a field. Whoever makes one in a local variable and lets it go leaves the goroutine behind.
 */
import { bodyEffect } from '../../contracts/effects.ts';
import type { Resource } from '../../contracts/resource.ts';
import { graphOf } from '../../flow/build.ts';
import { type Block, type Op, successors } from '../../flow/graph.ts';
import { type Arrival, operations, type Place, reachableFrom, search } from '../../flow/search.ts';
import { calleeOf } from '../../program/callee.ts';
import { typeOf } from '../../program/infer.ts';
import { Memo } from '../../program/memo.ts';
import type { FuncInfo, Package } from '../../program/package.ts';
import { type Env, signatureOf, underlying } from '../../program/resolve.ts';
import { isNamed, type Type } from '../../program/types.ts';
import { type Call, type Expr, unparen, type Variable } from '../../syntax/ast.ts';
import { askedBodies, bodiesOf, bodiesWith, type Body } from '../bodies.ts';
import { isCommand } from '../calls/commands.ts';
import { allGoroutinesOf, endsWithProcess, type Goroutine, goroutinesIn, leaves, SPAWN } from '../goroutines/goroutines.ts';
import { mayFailAfter } from '../goroutines/startresults.ts';
import type { Pass } from '../pass.ts';
import { callIn, spanOf } from '../paths/reach.ts';
import { mayCome } from '../paths/zerofields.ts';
import { canonicalPlace, familyOf } from '../places/canonical.ts';
import { destinationOf } from './acquisitions.ts';
import { companionsOf } from './companions.ts';
import { localOwnerOf } from './localowners.ts';
import { companionsless, mentions, type State, stateOf, walkOf, whereOf } from './ways.ts';
import { wrappersOf } from './workerwrappers.ts';

/** A function that leaves a goroutine running in what it is called on, or in what it returns. */
interface Starter {
  readonly func: FuncInfo;
  readonly at: 'receiver' | 'result';
  /** The field with the channel whose close ends the goroutine. */
  readonly channel: string;
  /** The methods that close it. */
  readonly stops: readonly string[];
  readonly goroutine: Goroutine;
  /** The result that is a function which closes it as well. */
  readonly stopResult: number | undefined;
}

export interface UnstoppedWorker {
  readonly body: Body;
  readonly call: Call;
  readonly starter: Starter;
  readonly variable: Variable;
  readonly way: Arrival<State>;
  /** The function stops it nowhere. */
  readonly never: boolean;
}

export function* unstoppedWorkers(pass: Pass): Generator<UnstoppedWorker> {
  const starters = startersByName(pass);
  if (starters.size === 0) return;
  for (const body of askedBodies(pass, mayStart([...starters.values()], pass))) {
    if (isCommand(body) || (body.node === body.info.decl && endsWithProcess(body.info))) continue;
    for (const { op, after } of operations(body.graph)) {
      if (op.kind !== 'call') continue;
      const callee = calleeOf(op.call, body.env);
      const starter = (callee.kind === 'func' || callee.kind === 'method') && callee.func ? starters.get(callee.func) : undefined;
      const found = starter && unstopped(op.call, after, starter, body, pass);
      if (found) yield found;
    }
  }
}

/** Those that start one, and those that hand on what they give. */
function startersByName(pass: Pass): ReadonlyMap<FuncInfo, Starter> {
  const starters = new Map(reachableStarters(pass).map(starter => [starter.func, starter]));
  const giving = new Set([...starters.values()].flatMap(({ at, func }) => (at === 'result' ? func : [])));
  for (const { wrapper, starter } of wrappersOf(giving, pass)) {
    const given = starters.get(starter);
    if (given) starters.set(wrapper, { ...given, func: wrapper });
  }
  return starters;
}

/** Whether the words of a body speak of a start, and of the making of what is started. */
function mayStart(starters: readonly Starter[], { pkg }: Pass): (info: FuncInfo) => boolean {
  const pairs = starters.map(({ func, at }) => {
    const call = new RegExp(`\\b${func.bareName}\\(`);
    const type = func.piece.receiver?.type;
    if (at === 'result' || type === undefined) return { call, make: call };
    const mention = new RegExp(`\\b${type}\\b`);
    const makers = [func.pkg, pkg].flatMap(({ outlines }) => outlines.filter(({ resultText }) => mention.test(resultText)).map(({ bareName }) => bareName));
    return { call, make: new RegExp(`\\b${type}(?:\\[[^\\]\\n]*\\])?\\{${[...new Set(makers)].map(name => `|\\b${name}\\(`).join('')}`) };
  });
  return ({ bodyText }) => pairs.some(({ call, make }) => call.test(bodyText) && make.test(bodyText));
}

function unstopped(call: Call, after: Place, starter: Starter, body: Body, pass: Pass): UnstoppedWorker | undefined {
  const resource = resourceOf(starter);
  const { parent } = starter.goroutine;
  if (parent.node === starter.func.decl && !mayCome(op => isStart(op, starter.goroutine), call, parent)) return undefined;
  const held = starter.at === 'receiver' ? receiverVariable(call, starter, body, after) : resultVariable(call, after, resource, body);
  if (!held) return starter.at === 'result' ? unstoppedInOwner(call, starter, resource, body, pass) : undefined;
  const tracked = new Map([[held.variable, 'resource' as const]]);
  // What is stopped in a deferred call above, or kept by somebody before it is started, is not this function's alone.
  if (isShared(held.variable, call, resource, body, pass) || closesItself(starter.channel, body, pass) || takesStop(call, starter, body)) return undefined;
  const way = search(held.from, stateOf(tracked, held.companions), walkOf(resource, body, pass));
  return way && { body, call, starter, variable: held.variable, way, never: bodyEffect(body.graph, tracked, whereOf(resource, body, pass)) === 'none' };
}

/** `c.tracker = newTracker()` of a value that the function makes, and drops where it fails. */
function unstoppedInOwner(call: Call, starter: Starter, resource: Resource, body: Body, pass: Pass): UnstoppedWorker | undefined {
  const owner = localOwnerOf(call, { resource, result: 0, held: 'resource', evidence: 'sure' }, body, pass);
  const [variable] = owner?.tracked.keys() ?? [];
  if (!owner || !variable || closesItself(starter.channel, body, pass)) return undefined;
  const way = search(owner.from, stateOf(owner.tracked, companionsless), owner.walk);
  return way && { body, call, starter, variable, way, never: owner.never };
}

function resourceOf({ stops, at }: Starter): Resource {
  return { rule: 'unstopped-worker', noun: `worker ${at} ${stops.join()}`, released: 'stopped', releases: stops, acquire: new Map(), words: /$^/ };
}

const NOTHING = { errors: new Set<Variable>(), flags: new Set<Variable>(), context: undefined };

/** `w.Start()` of a local value that is made here. */
function receiverVariable(call: Call, starter: Starter, body: Body, after: Place) {
  const { node, env } = body;
  const fun = unparen(call.fun);
  const x = fun.kind === 'selector' ? unparen(fun.x) : undefined;
  const variable = x?.kind === 'ident' && x.entity?.kind === 'var' ? x.entity : undefined;
  if (!variable || variable.owner !== node || variable.role !== 'local' || variable.origin.kind !== 'value') return undefined;
  return isMade(variable.origin.expr, env) ? { variable, ...startedAfter(call, starter, body, after) } : undefined;
}

/** Where the goroutine runs, and what says that it does: of `err := w.Start()` the error, unless it may come when the goroutine is running. */
function startedAfter(call: Call, { goroutine }: Starter, body: Body, after: Place) {
  const { block } = after;
  const at = block.ops.findIndex((op, i) => i >= after.index && op.kind === 'assign' && op.rhs.some(x => unparen(x) === call));
  const op = block.ops[at];
  if (op?.kind !== 'assign') return { companions: NOTHING, from: after };
  return { companions: mayFailAfter(other => isStart(other, goroutine), goroutine.parent) ? NOTHING : companionsOf(op, call, undefined, body), from: { block, index: at + 1 } };
}

/** A value of the caller's own: a literal, or what a constructor gives that does nothing but fill one in. */
function isMade(value: Expr, env: Env, depth = 2): boolean {
  const x = unparen(value);
  if (x.kind === 'composite') return true;
  if (x.kind === 'unary') return x.op === '&' && isMade(x.x, env, depth);
  if (x.kind !== 'call' || depth === 0) return false;
  const callee = calleeOf(x, env);
  const func = callee.kind === 'func' && callee.func.pkg.module ? callee.func : undefined;
  const body = func?.body();
  // A helper of tests puts the stop off to the end of the test.
  if (!func || !body || /\bCleanup\(/.test(func.bodyText)) return false;
  const inside: Env = { ...env, file: func.file };
  const returned = graphOf(func.decl, body).blocks.flatMap(({ end }) => (end.kind === 'return' && end.stmt?.results[0] ? [unparen(end.stmt.results[0])] : []));
  return returned.some(result => isMade(result.kind === 'ident' && result.entity?.kind === 'var' && result.entity.origin.kind === 'value' ? result.entity.origin.expr : result, inside, depth - 1));
}

function isStart(op: Op, { stmt }: Goroutine): boolean {
  return (op.kind === 'go' ? op.stmt : op.kind === 'call' ? op.call : undefined) === stmt;
}

function resultVariable(call: Call, after: Place, resource: Resource, body: Body) {
  const target = destinationOf(call, { resource, result: 0, held: 'resource', evidence: 'sure' }, after, body);
  const [variable] = target.kind === 'variable' ? target.tracked.keys() : [];
  return target.kind === 'variable' && variable ? { ...target, variable } : undefined;
}

/** Something before the start has the value already: it was stored, handed on, or its stop is deferred. */
function isShared(variable: Variable, call: Call, resource: Resource, body: Body, pass: Pass): boolean {
  const where = whereOf(resource, body, pass);
  const before = { ...body.graph, blocks: body.graph.blocks.map(block => ({ ...block, ops: block.ops.filter(op => spanOf(op).start < call.start), end: { kind: 'stuck' as const } })) };
  return bodyEffect(before, new Map([[variable, 'resource' as const]]), where) !== 'none';
}

/** The function, or a literal in it, closes the channel without a method. */
function closesItself(channel: string, { info }: Body, pass: Pass): boolean {
  return /\bclose\(/.test(info.bodyText) && [...bodiesOf(info, pass)].some(body => closes(channel, body));
}

/** `w, stop := startWorker()`: who has the function that ends the goroutine need not call the method. */
function takesStop(call: Call, { stopResult }: Starter, { graph }: Body): boolean {
  return stopResult !== undefined && operations(graph).some(({ op }) => {
    if (op.kind !== 'assign' || op.rhs.length !== 1 || op.rhs[0] === undefined || unparen(op.rhs[0]) !== call) return false;
    const stop = op.lhs[stopResult];
    return stop !== undefined && !(stop.kind === 'ident' && stop.name === '_');
  });
}

/** The place of a function among the results of a starter that has a literal which closes the channel. */
function stopResultOf(channel: string, starter: Body, pass: Pass): number | undefined {
  const { info, env } = starter;
  const at = signatureOf(info.decl.type, env).results.findIndex(type => underlying(type, env.program).kind === 'func');
  return at >= 0 && closesItself(channel, starter, pass) ? at : undefined;
}

function closes(family: string, body: Body): boolean {
  return operations(body.graph).some(({ op }) => {
    const call = callIn(op);
    const closed = call && calleeOf(call, body.env).kind === 'builtin' ? call.args[0] : undefined;
    return closed !== undefined && fieldFamily(closed, body) === family;
  });
}

// ---------------------------------------------------------------------------------------------- who starts workers

const known = new Memo<FuncInfo, readonly Starter[]>();

/** Those that what was asked for calls, by the name at least: of the package itself and of packages of its module that it imports. */
function reachableStarters(pass: Pass): Starter[] {
  return pass.contracts.program.neighbours(pass.pkg, 'close(').flatMap(pkg => startersIn(pkg, pass));
}

function startersIn(pkg: Package, pass: Pass): Starter[] {
  if (!pkg.withWords(CLOSES_FIELD).some(({ piece }) => piece.receiver)) return [];
  const inside: Pass = { ...pass, pkg };
  return calledAmong(pkg.withWords(SPAWN), pass).flatMap(info => startersBy(info, inside));
}

/** A look before parsing: who is called indeed, types say. */
function calledAmong(funcs: readonly FuncInfo[], { pkg, isAsked }: Pass): readonly FuncInfo[] {
  if (funcs.length === 0) return [];
  const call = new RegExp(`\\b(${[...new Set(funcs.map(info => info.bareName))].join('|')})\\(`, 'g');
  const texts = pkg.funcs.flatMap(info => (isAsked(info.file) ? info.bodyText : []));
  const called = new Set(texts.flatMap(text => [...text.matchAll(call)].map(([, name = '']) => name)));
  return funcs.filter(({ bareName: name }) => called.has(name));
}

function startersBy(info: FuncInfo, pass: Pass): readonly Starter[] {
  let found = known.get(info);
  if (!found) known.set(info, (found = goroutinesIn(info, pass).flatMap(goroutine => starterOf(goroutine, pass) ?? [])));
  return found;
}

/** `close(w.done)`. */
const CLOSES_FIELD = /\bclose\(\s*\w+(?:\.\w+)+\s*\)/;

function starterOf(goroutine: Goroutine, pass: Pass): Starter | undefined {
  const { parent, body } = goroutine;
  // What serves in a loop of its own is no start: its caller waits for it.
  if (!body || parent.node !== parent.info.decl || parent.info.file.kind.test || servesIn(parent)) return undefined;
  const owner = ownerOf(goroutine);
  const channel = owner && onlyEnd(body, pass);
  if (!channel) return undefined;
  const closers = stopsOf(channel, parent.info, pass).filter(info => info !== body.info && isOfOwner(info, owner, parent));
  if (closers.length === 0) return undefined;
  // A goroutine that closes it ends for reasons of its own.
  const started = new Set(allGoroutinesOf(pass).flatMap(other => (other.body && other.body.node === other.body.info.decl ? [other.body.info] : [])));
  return closers.some(info => started.has(info)) ? undefined : { func: parent.info, at: owner, channel, stops: closers.map(info => info.bareName), goroutine, stopResult: stopResultOf(channel, parent, pass) };
}

function servesIn({ graph }: Body): boolean {
  return [...graph.loops.keys()].some(loop => loop.kind === 'for' && !loop.cond);
}

/** The goroutine works on the receiver, or on a local value that the function returns. */
function ownerOf({ parent }: Goroutine): Starter['at'] | undefined {
  if (parent.info.decl.receiver) return 'receiver';
  return parent.graph.blocks.some(({ end }) => end.kind === 'return' && isLocal(end.stmt?.results[0], parent)) ? 'result' : undefined;
}

/** The stop is a method of what is started, not of something that the goroutine works on as well. */
function isOfOwner({ piece }: FuncInfo, owner: Starter['at'], starter: Body): boolean {
  const type = piece.receiver?.type;
  if (owner === 'receiver') return type === starter.info.piece.receiver?.type;
  return starter.graph.blocks.some(({ end }) => {
    const result = end.kind === 'return' ? end.stmt?.results[0] : undefined;
    return result !== undefined && isLocal(result, starter) && nameOf(typeOf(result, starter.env)) === type;
  });
}

function nameOf(type: Type): string | undefined {
  const base = type.kind === 'pointer' ? type.elem : type;
  return base.kind === 'named' ? base.name : undefined;
}

function isLocal(x: Expr | undefined, { node }: Body): boolean {
  const inner = x && unparen(x);
  return inner?.kind === 'ident' && inner.entity?.kind === 'var' && inner.entity.owner === node && inner.entity.role === 'local';
}

/** The family of the one channel field without which the goroutine would loop for ever. */
export function onlyEnd(body: Body, pass: Pass): string | undefined {
  const next = (b: Block) => pass.contracts.next(b, body.env);
  for (const { channel, to } of endsIn(body)) {
    const family = fieldFamily(channel, body);
    if (family !== undefined && neverLeaves(body, b => next(b).filter(after => after !== to), pass)) return family;
  }
  return undefined;
}

/** The channels whose close may end a goroutine, and where control goes then: cases of a `select`, ends of a `range`. */
function* endsIn({ graph }: Body): Generator<{ channel: Expr; to: Block }> {
  for (const { end } of graph.blocks) {
    if (end.kind !== 'select') continue;
    for (const { to } of end.arms) {
      const [first] = to.ops;
      if (first?.kind === 'receive') yield { channel: first.channel, to };
    }
  }
  for (const [stmt, { after }] of graph.loops) if (stmt.kind === 'range') yield { channel: stmt.x, to: after };
  for (const block of graph.blocks) {
    const closed = closedBranch(block);
    if (closed) yield closed;
  }
}

/** `v, ok := <-c; if !ok { return }`. */
function closedBranch({ ops, end }: Block): { channel: Expr; to: Block } | undefined {
  const condition = end.kind === 'branch' && end.condition ? unparen(end.condition) : undefined;
  if (end.kind !== 'branch' || !condition) return undefined;
  const isNegated = condition.kind === 'unary' && condition.op === '!';
  const ok = isNegated ? unparen(condition.x) : condition;
  for (const op of ops) {
    const [value] = op.kind === 'assign' && op.lhs.length === 2 ? op.rhs.map(unparen) : [];
    const flag = op.kind === 'assign' ? op.lhs[1] : undefined;
    const isIt = ok.kind === 'ident' && ok.entity !== undefined && flag?.kind === 'ident' && flag.entity === ok.entity;
    if (isIt && value?.kind === 'unary' && value.op === '<-') return { channel: value.x, to: isNegated ? end.then : end.else };
  }
  return undefined;
}

function neverLeaves(body: Body, next: (b: Block) => readonly Block[], pass: Pass): boolean {
  const live = [body.graph.entry, ...reachableFrom(body.graph.entry, next)];
  return !live.some(block => leaves(block, body, pass)) && live.some(block => reachableFrom(block, next).has(block));
}

function fieldFamily(channel: Expr, { env }: Body): string | undefined {
  const x = unparen(channel);
  const place = x.kind === 'selector' ? canonicalPlace(x, env) : undefined;
  return place?.fields.length ? familyOf(x, env) : undefined;
}

/** The methods of the type that close the channel, and those that call one of these. */
function stopsOf(family: string, { pkg }: FuncInfo, pass: Pass): FuncInfo[] {
  const field = family.slice(family.lastIndexOf('.') + 1);
  const closing = new RegExp(`\\bclose\\([\\w.]*\\b${field}\\)`);
  const inside: Pass = { ...pass, pkg };
  const stops = new Set(methodsThat(body => closes(family, body) && !asksWhatItIsGiven(family, body), info => closing.test(info.bodyText), inside));
  for (const stop of stops) {
    const calls = ({ graph, env, info }: Body) => operations(graph).some(({ op }) => {
      const call = callIn(op);
      const callee = call && calleeOf(call, env);
      return callee?.kind === 'method' && callee.func === stop && isOwnReceiver(callee.receiver, info);
    });
    for (const caller of methodsThat(calls, info => info.bodyText.includes(`.${stop.bareName}(`), inside)) stops.add(caller);
  }
  return [...stops];
}

/** `if event.IsLast() { close(q.events) }`: what closes it for some arguments alone is called for other things. */
function asksWhatItIsGiven(family: string, body: Body): boolean {
  const params = new Set(body.node.type.params.flatMap(({ names }) => names).flatMap(name => (name.entity?.kind === 'var' && !isNamed(typeOf(name, body.env), 'context.Context') ? name.entity : [])));
  const asking = params.size ? body.graph.blocks.filter(({ end }) => end.kind === 'branch' && end.condition !== undefined && comesFrom(end.condition, params)) : [];
  const mayClose = (from: Block) => [from, ...reachableFrom(from, ({ end }) => successors(end))].some(block => closesIn(family, block, body));
  return asking.some(({ end }) => end.kind === 'branch' && mayClose(end.then) !== mayClose(end.else));
}

/** The condition says something of the parameters, itself or by a variable: `_, ok := event.Kind().(*last)`. */
function comesFrom(condition: Expr, params: ReadonlySet<Variable>): boolean {
  const x = unparen(condition);
  const origin = x.kind === 'ident' && x.entity?.kind === 'var' && x.entity.assigned.length === 0 ? x.entity.origin : undefined;
  return mentions(x, params) || (origin?.kind === 'value' && unparen(origin.expr).kind === 'assert' && mentions(origin.expr, params));
}

function closesIn(family: string, block: Block, body: Body): boolean {
  return closes(family, { ...body, graph: { ...body.graph, blocks: [block] } });
}

/** Every function that closes the channel, itself or through others. */
export function closersOf(family: string, { pkg }: FuncInfo, pass: Pass): readonly FuncInfo[] {
  const inside: Pass = { ...pass, pkg };
  const closers = new Set([...bodiesWith(inside, ({ bodyText }) => /\bclose\(/.test(bodyText))].filter(body => closes(family, body)).map(({ info }) => info));
  for (const closer of closers) for (const caller of pkg.mentioning(closer.bareName)) if (caller.bodyText.includes(`.${closer.bareName}(`)) closers.add(caller);
  return [...closers];
}

function methodsThat(does: (body: Body) => boolean, mayDo: (info: FuncInfo) => boolean, inside: Pass): FuncInfo[] {
  return [...bodiesWith(inside, info => info.piece.receiver !== undefined && mayDo(info))].filter(does).map(body => body.info);
}

function isOwnReceiver(receiver: Expr, { decl }: FuncInfo): boolean {
  const x = unparen(receiver);
  return x.kind === 'ident' && x.entity?.kind === 'var' && x.entity.ident === decl.receiver?.names[0];
}
