/** Which calls hand over a resource, and where it goes. */
import { allReturnedAt, applyOp, type HandedOn, type Held, localVariable, onlyGivesBack, returnedAt, type Tracked, type Where } from '../../contracts/effects.ts';
import { GIVES_FREE_RESPONSE } from '../../contracts/known.ts';
import { ANSWER, RESPONSE } from '../../contracts/resources.ts';
import { graphOf } from '../../flow/build.ts';
import type { Op } from '../../flow/graph.ts';
import { operations, type Place, search } from '../../flow/search.ts';
import { type Callee, calleeName, calleeOf, lastPart } from '../../program/callee.ts';
import { targetsOf } from '../../program/implementations.ts';
import { isError, typeOf } from '../../program/infer.ts';
import { memberOf } from '../../program/members.ts';
import { Memo } from '../../program/memo.ts';
import type { FuncInfo, FuncOutline } from '../../program/package.ts';
import { type Env, signatureOf, underlying } from '../../program/resolve.ts';
import { isNamed, type Type, typeName } from '../../program/types.ts';
import { functionOf } from '../../program/values.ts';
import { type Call, type Expr, type FuncLit, type Ident, isNil, unparen, type Variable, variableIn } from '../../syntax/ast.ts';
import { type Body, bodyOf } from '../bodies.ts';
import { functionsPut } from '../calls/putvalues.ts';
import type { Pass } from '../pass.ts';
import type { Acquisition } from './acquisition.ts';
import { givenBehind, isHarmlessBehind, isKeptBehind } from './behindinterfaces.ts';
import { givenByUse, isDecoded } from './byuse.ts';
import { companionsOf } from './companions.ts';
import { opensEmbedded } from './embeddedfiles.ts';
import { evidenceOfContent } from './emptybodies.ts';
import { isEndless, keptInField, ownerGiven, paramAt } from './owners.ts';
import { mayGive } from './ownerwords.ts';
import { mentionsAnywhere } from './releases.ts';
import { stopFunctionGiven } from './stopfunctions.ts';
import { type Companions, companionsless as NONE, stateOf, walkOf, whereOf } from './ways.ts';

const fresh = new Memo<FuncInfo | FuncLit, { found: Acquisition | undefined }>();

/** What a call hands over, if anything. */
export function acquisitionOf(call: Call, body: Body, pass: Pass): Acquisition | undefined {
  const given = findAcquisition(call, body, pass);
  const found = given?.parent === undefined ? given : { ...given, parent: parentAt(call, given.parent, body) };
  // The memory of a test is soon free, all of it.
  if (found?.isIdle && body.info.file.kind.test) return { ...found, evidence: 'doubtful' };
  if (found?.resource !== RESPONSE) return found;
  const content = evidenceOfContent(call, found.by ?? '', body);
  return content === 'sure' || found.evidence === 'doubtful' ? found : { ...found, evidence: content };
}

/** What the call hands over besides: the other end of a pipe. */
export function moreAcquiredBy(call: Call, { env }: Body, { contracts }: Pass): readonly Acquisition[] {
  const name = calleeName(calleeOf(call, env)) ?? '';
  return contracts.resources.acquiredBy(name).slice(1).map(known => ({ ...known, by: name, held: 'resource', evidence: 'sure' }));
}

/** Which parameter of this function the context at place `index` is; -1 for one that somebody else may end. */
function parentAt({ args }: Call, index: number, body: Body): number | undefined {
  const parent = args[index];
  return parent && isEndless(parent, body) ? undefined : (parent && paramAt(parent, body)) ?? -1;
}

function findAcquisition(call: Call, body: Body, pass: Pass): Acquisition | undefined {
  return acquisitionByCallee(call, body, pass) ?? (isUnseen(call, body) ? givenByUse(call, body, pass) : undefined);
}

/** The body of the callee is not at hand. */
function isUnseen(call: Call, { env }: Body): boolean {
  const callee = calleeOf(call, env);
  return callee.kind !== 'conversion' && callee.kind !== 'builtin' && !targetsOf(callee, env).length;
}

function isDiscard(arg: Expr, { env }: Body): boolean {
  const x = unparen(arg);
  return x.kind === 'selector' && x.sel.name === 'Discard' && x.x.kind === 'ident' && !x.x.entity && env.program.importPathOf(env.file, x.x.name) === 'io';
}

function acquisitionByCallee(call: Call, body: Body, pass: Pass): Acquisition | undefined {
  const callee = calleeOf(call, body.env);
  const name = calleeName(callee);
  if (name !== undefined && (GIVES_FREE_RESPONSE.has(name) || opensEmbedded(callee, body.env))) return undefined;
  const [known] = name === undefined ? [] : pass.contracts.resources.acquiredBy(name);
  // `zstd.NewReader(nil)` has started nothing, and `zstd.NewWriter(nil)` has nowhere to write to.
  if (known?.resource.startsWithArgument && isNil(call.args[0])) return undefined;
  // Of what nobody is to read nothing is lost.
  if (known?.resource.rule === 'unclosed-resource' && call.args.some(arg => isDiscard(arg, body))) return undefined;
  if (known) return { ...known, by: name, held: known.resource.field === undefined ? 'resource' : 'whole', evidence: 'sure' };
  if (callee.kind !== 'func' && callee.kind !== 'method') {
    const known = functionOf(callee, body.env);
    if (known.kind === 'literal' && !known.within) return freshOfLiteral(known.literal, body, pass);
    const isValue = (callee.kind === 'variable' || callee.kind === 'unknown') && !functionsPut(call, body).some(put => givesNothing(put, pass));
    return (isValue ? givenByType(call, body, pass) : undefined) ?? unwrapped(call, body, pass);
  }
  if (callee.func && !callee.func.pkg.module) return unwrapped(call, body, pass);
  // Who wraps others of its kind, `func (c *checked) Get(u string) { resp, err := c.inner.Get(u) … }`, gives what those give.
  const targets = targetsOf(callee, body.env).filter((func, _i, { length }) => length === 1 || !beingAsked.has(func)).map(func => freshResult(func, pass));
  const [first] = targets;
  // Behind an interface all must hand over the same; what one of them keeps to itself, the caller cannot be blamed for.
  if (targets.length) return first && targets.every(t => t?.result === first.result && t.held === first.held && t.resource.noun === first.resource.noun) ? first : unwrapped(call, body, pass);
  const byType = givenByType(call, body, pass);
  if (byType?.held === 'whole' && isHarmlessBehind(callee, firstOf(typeOf(call, body.env)), body.env, pass, func => beingAsked.has(func) || freshResult(func, pass) !== undefined)) return undefined;
  if (byType?.held === 'resource' && isKeptBehind(callee, firstOf(typeOf(call, body.env)), byType.resource, body.env, pass)) return undefined;
  return byType ?? givenBehind(callee, firstOf(typeOf(call, body.env)), body.env, func => (beingAsked.has(func) ? undefined : freshResult(func, pass))) ?? unwrapped(call, body, pass);
}

/** A function of the standard library that is not in the table: `cmd.StdoutPipe`, whose result `Wait` closes. */
function givesNothing(callee: Callee, { contracts }: Pass): boolean {
  return (callee.kind === 'func' || callee.kind === 'method') && callee.func !== undefined && !callee.func.pkg.module && contracts.resources.acquiredBy(callee.name).length === 0;
}

/** `lo.Must(http.Get(u))`, `must(os.Open(path))`: the result is still the fresh resource of the call inside. */
function unwrapped(call: Call, body: Body, pass: Pass): Acquisition | undefined {
  const arg = call.args.length === 1 && call.args[0] ? unparen(call.args[0]) : undefined;
  if (arg?.kind !== 'call') return undefined;
  const [first, given] = [firstOf(typeOf(call, body.env)), firstOf(typeOf(arg, body.env))];
  if (first.kind === 'unknown' || typeName(first) !== typeName(given)) return undefined;
  const inner = acquisitionOf(arg, body, pass);
  if (!inner || inner.result !== 0 || !(givesBack(call, inner, body, pass) ?? pass.contracts.resources.ofType(first) !== undefined)) return undefined;
  return { ...inner, evidence: 'likely' };
}

function firstOf(type: Type): Type {
  return type.kind === 'tuple' ? type.types[0] ?? type : type;
}

/** Undefined where the function cannot be looked into. */
function givesBack(call: Call, { resource, held }: Acquisition, { env }: Body, pass: Pass): boolean | undefined {
  const [func] = targetsOf(calleeOf(call, env), env);
  const block = func?.body();
  const param = func?.decl.type.params[0]?.names[0]?.entity;
  if (!func || !block || param?.kind !== 'var') return undefined;
  const where: Where = { env: pass.contracts.envOf(func), func: func.decl, effects: pass.contracts, resource };
  return onlyGivesBack(graphOf(func.decl, block), new Map([[param, held]]), where);
}

/**
 * `(*http.Response, error)` and nothing else: a websocket handshake, which returns a connection as well, is none. Beside a
 * reader something may be said about it: `(io.ReadCloser, int64, error)`.
 */
function givenByType(call: Call, body: Body, pass: Pass): Acquisition | undefined {
  const type = typeOf(call, body.env);
  const [first, second, ...more] = type.kind === 'tuple' ? type.types : [];
  const last = more.at(-1) ?? second;
  if (!first || !last || !isError(last) || isToldOfFailure(call, body)) return undefined;
  const resource = pass.contracts.resources.ofType(first, bareNameOf(calleeOf(call, body.env))) ?? (hasBody(first, body.env) ? ANSWER : undefined);
  if (!resource || (resource.field !== undefined && (more.length || isDecoded(call)))) return undefined;
  return { resource, result: 0, held: resource.field === undefined ? 'resource' : 'whole', evidence: 'likely' };
}

/** `next(item, err)`: whoever is told that something has failed opens nothing. */
function isToldOfFailure(call: Call, { env }: Body): boolean {
  const fun = underlying(typeOf(call.fun, env), env.program);
  return call.args.some((arg, i) => !isNil(arg) && (isError(typeOf(arg, env)) || (fun.kind === 'func' && fun.params[i] !== undefined && isError(fun.params[i]))));
}

/** The name of a function, or of what a function value is kept in. */
function bareNameOf(callee: Callee): string {
  if (callee.kind !== 'variable') return lastPart(calleeName(callee) ?? '');
  const { holder } = callee;
  return holder.kind === 'local' ? holder.variable.ident.name : holder.kind === 'field' ? holder.name : holder.entity.ident.name;
}

/** A struct of a client library with an open body in it: `Body io.ReadCloser`, which of a request is what it sends. */
function hasBody(type: Type, { program }: Env): boolean {
  if (isNamed(type, 'net/http.Request')) return false;
  const base = type.kind === 'pointer' ? type.elem : type;
  if (base.kind !== 'named' || underlying(base, program).kind !== 'struct') return false;
  const member = memberOf(type, 'Body', program);
  return member?.kind === 'field' && isNamed(member.type, 'io.ReadCloser');
}

/** Whether a function hands its caller a resource or an owner of one. */
export function isGiver(outline: FuncOutline, pass: Pass): boolean {
  const func = outline.info();
  return func !== undefined && freshResult(func, pass) !== undefined;
}

/** A function that hands its caller a resource which one of its own calls handed to it. */
function freshResult(func: FuncInfo, pass: Pass): Acquisition | undefined {
  const { resources } = pass.contracts;
  return freshOnce(func, () => (mayGive(func, func.pkg, resources) ? findFresh(func, pass) : undefined));
}

function freshOfLiteral(literal: FuncLit, body: Body, pass: Pass): Acquisition | undefined {
  return freshOnce(literal, () => freshOfBody({ ...body, node: literal, block: literal.body, graph: graphOf(literal, literal.body) }, pass));
}

const beingAsked = new Set<FuncInfo | FuncLit>();

/** Recursion gives nothing fresh. */
function freshOnce(func: FuncInfo | FuncLit, find: () => Acquisition | undefined): Acquisition | undefined {
  const known = fresh.get(func);
  if (known) return known.found;
  if (beingAsked.has(func)) return undefined;
  beingAsked.add(func);
  try {
    const found = find();
    fresh.set(func, { found });
    return found;
  } finally {
    beingAsked.delete(func);
  }
}

function findFresh(func: FuncInfo, pass: Pass): Acquisition | undefined {
  const body = bodyOf(func, pass);
  return body && freshOfBody(body, pass);
}

function freshOfBody(body: Body, pass: Pass): Acquisition | undefined {
  for (const { op, after } of operations(body.graph)) {
    if (op.kind !== 'call') continue;
    const acquisition = acquisitionOf(op.call, body, pass);
    if (!acquisition || typeof acquisition.result !== 'number' || acquisition.parent === -1 || acquisition.before !== undefined) continue;
    const target = destinationOf(op.call, acquisition, after, body);
    if (target.kind === 'returned') return isHidden(acquisition, target.result, body) ? undefined : { ...acquisition, result: target.result };
    if (target.kind !== 'variable') continue;
    // Once it is released the caller gets it as well, and cannot tell.
    if (isReturnedReleased(target, acquisition, body, pass) || isRefilled(target, acquisition, body)) continue;
    const [handed, ...more] = handedOn(target, acquisition, body, pass);
    if (!handed || handed.held === 'carrier') {
      const shown = shownAround(target, acquisition, body, pass);
      if (shown) return { ...acquisition, ...shown, evidence: acquisition.evidence === 'sure' ? 'likely' : acquisition.evidence };
      continue;
    }
    if (isHidden(acquisition, handed.result, body)) return undefined;
    if (handed.held === 'closer') return { ...acquisition, ...handed, closers: [], evidence: acquisition.evidence === 'sure' ? 'likely' : acquisition.evidence };
    return { ...acquisition, ...handed, closers: more.flatMap(({ held, result }) => (held === 'closer' ? result : [])) };
  }
  return ownerGiven(body, pass, acquisitionOf) ?? stopFunctionGiven(body, pass);
}

/** It is handed out as an interface without the methods that release it: how that is to be released, nobody knows. */
function isHidden({ resource }: Acquisition, result: number, { node, env }: Body): boolean {
  if (!resource.releases.length && !resource.releasedBy) return false;
  const type = signatureOf(node.type, env).results[result];
  const inner = type && underlying(type, env.program);
  if (!type || inner?.kind !== 'interface' || (inner.methods.length === 0 && inner.embeds.length === 0)) return false;
  return !resource.releases.some(name => memberOf(type, name, env.program)?.kind === 'method');
}

function handedOn(target: Target & { kind: 'variable' }, { resource }: Acquisition, body: Body, pass: Pass): readonly HandedOn[] {
  let handed: readonly HandedOn[] = [];
  const where = whereOf(resource, body, pass);
  search(target.from, stateOf(target.tracked, target.companions), {
    ...walkOf(resource, body, pass),
    returns: (end, state) => {
      handed = allReturnedAt(end, state.tracked, where).filter(({ held }) => held !== 'view');
      return handed.length > 0;
    },
  });
  return handed;
}

/**
 * `responses = append(responses, resp); retry, err := retry(ctx, responses); …; return resp, err`: what is handed on was
 * shown to others before. They may close it as well, but then it would be of no use to the caller.
 */
function shownAround(target: Target & { kind: 'variable' }, { resource, held, result }: Acquisition, body: Body, pass: Pass): { readonly result: number } | undefined {
  if ((resource !== RESPONSE && resource !== ANSWER) || held !== 'whole') return undefined;
  const where = whereOf(resource, body, pass);
  const walk = walkOf(resource, body, pass);
  let handed: HandedOn | undefined;
  search(target.from, stateOf(target.tracked, target.companions), {
    ...walk,
    op: (op, state) => walk.op(op, state) ?? (isShown(op, state.tracked, where, body) ? state : undefined),
    returns: (end, state) => {
      handed = returnedAt(end, state.tracked, where);
      return handed !== undefined;
    },
  });
  return handed?.held === 'whole' && !isHidden({ resource, result, held, evidence: 'likely' }, handed.result, body) ? { result: handed.result } : undefined;
}

/** It is put into a slice of the function itself, or given to somebody who cannot be looked into. */
function isShown(op: Op, tracked: Tracked, where: Where, { env }: Body): boolean {
  if (applyOp(op, tracked, where).effect !== 'moved') return false;
  if (op.kind === 'call') return !targetsOf(calleeOf(op.call, env), env).length && !where.effects.endsHere(op, env);
  return op.kind === 'assign' && op.lhs.every(x => localVariable(x, where)) && op.rhs.every(x => x.kind === 'call' && x.fun.kind === 'ident' && x.fun.name === 'append');
}

/** On some way it is returned after it was released: whether the caller has anything to release, he cannot know. */
function isReturnedReleased(target: Target & { kind: 'variable' }, { resource, held }: Acquisition, body: Body, pass: Pass): boolean {
  const where = whereOf(resource, body, pass);
  const walk = walkOf(resource, body, pass);
  const start = { ...stateOf(target.tracked, target.companions), released: false };
  return search(target.from, start, {
    key: state => `${walk.key(state)} ${state.released}`,
    op(op, state) {
      const next = walk.op(op, state);
      if (next !== undefined) return next === 'arrive' ? undefined : { ...next, released: state.released };
      return applyOp(op, state.tracked, where).effect === 'released' ? { ...state, released: true } : undefined;
    },
    edge(condition, taken, state, to) {
      const next = walk.edge(condition, taken, state, to);
      return next && { ...next, released: state.released };
    },
    returns: (end, state) => state.released && returnedAt(end, state.tracked, where)?.held === held,
  }) !== undefined;
}

/** `resp.Body = io.NopCloser(text)`: what the caller gets holds nothing any more, at least on some way. */
function isRefilled({ tracked }: Target & { kind: 'variable' }, { resource: { field } }: Acquisition, { graph }: Body): boolean {
  return field !== undefined && operations(graph).some(({ op }) => op.kind === 'assign' && op.lhs.some((target, i) => {
    const x = unparen(target);
    const variable = x.kind === 'selector' && x.sel.name === field ? variableIn(x.x) : undefined;
    const value = op.rhs[i];
    // A reader around the body still has to be closed.
    return variable !== undefined && tracked.has(variable) && value !== undefined && !mentionsAnywhere(value, variable);
  }));
}

/** A target whose name is given what the call hands over. */
export type Assigned = Target & { readonly kind: 'variable' | 'blank' };

export type Target =
  | { readonly kind: 'variable'; readonly tracked: Tracked; readonly lhs: readonly Expr[]; readonly companions: Companions; readonly from: Place }
  | { readonly kind: 'returned'; readonly result: number }
  /** `_, err := http.Get(u)`: lost at once, unless the error is known not to be nil afterwards. */
  | { readonly kind: 'blank'; readonly ident: Ident; readonly defines: boolean; readonly lhs: readonly Expr[]; readonly companions: Companions; readonly from: Place }
  /** `j.file, err = os.Create(p)`. */
  | { readonly kind: 'field'; readonly companions: Companions }
  | { readonly kind: 'elsewhere' };

/** Where the result of a call goes. */
export function destinationOf(call: Call, acquisition: Acquisition, after: Place, body: Body): Target {
  const { result } = acquisition;
  if (typeof result !== 'number') return ownOperand(call, result, acquisition, after, body);
  const { block } = after;
  for (let i = after.index; i < block.ops.length; i++) {
    const op = block.ops[i];
    if (op?.kind !== 'assign') continue;
    const at = op.rhs.findIndex(x => unasserted(x) === call);
    if (at < 0) continue;
    const lhs = op.lhs[op.rhs.length === 1 ? result : at];
    if (!lhs) return { kind: 'elsewhere' };
    const from = { block, index: i + 1 };
    const companions = acquisition.resource.evenOnError ? NONE : companionsOf(op, call, lhs, body);
    const tracked = trackedBy(op.lhs, lhs, acquisition, companions, body);
    if (!tracked) return unparen(lhs).kind === 'selector' ? { kind: 'field', companions } : { kind: 'elsewhere' };
    if (tracked.size) return { kind: 'variable', tracked, lhs: op.lhs, companions, from };
    return lhs.kind === 'ident' ? { kind: 'blank', ident: lhs, defines: !('op' in op.node) || op.node.op === ':=', lhs: op.lhs, companions, from } : { kind: 'elsewhere' };
  }
  if (block.end.kind !== 'return') return { kind: 'elsewhere' };
  const returned = block.end.stmt?.results.findIndex(x => unasserted(x) === call) ?? -1;
  if (returned < 0) return { kind: 'elsewhere' };
  return { kind: 'returned', result: block.end.stmt?.results.length === 1 ? result : returned };
}

/** What the call hands over, and the value of this function's own whose field gets it: `s.ctx, s.cancel = context.WithCancel(ctx)`. */
export function filledOwner(call: Call, acquisition: Acquisition, { block, index }: Place, body: Body, pass: Pass): { readonly acquisition: Acquisition; readonly target: Assigned } | undefined {
  const { result, evidence } = acquisition;
  const at = block.ops.findIndex((op, i) => i >= index && op.kind === 'assign' && op.rhs.length === 1 && op.rhs[0] !== undefined && unparen(op.rhs[0]) === call);
  const op = block.ops[at];
  const field = op?.kind === 'assign' && typeof result === 'number' ? op.lhs[result] : undefined;
  const kept = field && keptInField(field, acquisition.resource, body, pass);
  if (op?.kind !== 'assign' || !kept || !isMadeHere(kept.variable, body)) return undefined;
  const tracked: Tracked = new Map([[kept.variable, 'whole']]);
  const where = whereOf(kept.resource, body, pass);
  if (isGivenAwayBefore(op, kept.variable, where, body)) return undefined;
  return {
    acquisition: { ...acquisition, resource: kept.resource, held: 'whole', evidence: evidence === 'doubtful' ? evidence : 'likely' },
    target: { kind: 'variable', tracked, lhs: op.lhs, companions: companionsOf(op, call, field, body), from: { block, index: at + 1 } },
  };
}

/** On some way to the assignment somebody else has got hold of the variable's value already. */
function isGivenAwayBefore(assignment: Op, variable: Variable, where: Where, { graph }: Body): boolean {
  const tracked: Tracked = new Map([[variable, 'whole']]);
  return search({ block: graph.entry, index: 0 }, { given: false }, {
    key: ({ given }) => `${given}`,
    op(op, state) {
      if (op === assignment) return state.given ? 'arrive' : undefined;
      const { effect } = applyOp(op, tracked, where);
      return effect === 'lost' ? { given: false } : effect === 'none' ? state : { given: true };
    },
    edge: (_condition, _taken, state) => state,
    returns: () => false,
  }) !== undefined;
}

/** `pool.Get().(*Conn)`: the call. */
function unasserted(expr: Expr): Expr {
  const x = unparen(expr);
  return x.kind === 'assert' ? unasserted(x.x) : x;
}

/** The variables that get hold of the resource; empty where all are blank, undefined where one is no local variable. */
function trackedBy(lhs: readonly Expr[], own: Expr, { held, closers = [], resource }: Acquisition, { context }: Companions, body: Body): Tracked | undefined {
  const given: (readonly [Expr | undefined, Held])[] = [[own, held], ...closers.map(i => [lhs[i], 'closer'] as const),
    ...(resource.pairedWith === undefined ? [] : [[lhs[resource.pairedWith], 'resource'] as const])];
  const kept = given.filter(([x]) => x !== undefined && !(x.kind === 'ident' && x.name === '_'));
  const tracked = kept.flatMap(([x, as]) => {
    const variable = variableIn(x);
    return variable?.owner === body.node ? [[variable, as] as const] : [];
  });
  if (tracked.length < kept.length) return undefined;
  return new Map([...tracked, ...(tracked.length && context && resource.retrieve ? [[context, 'carrier'] as const] : [])]);
}

/** `err := cmd.Start()`, `signal.Notify(c)`: the command or the channel itself, when this function made it. */
function ownOperand(call: Call, which: 'receiver' | 'argument', { held }: Acquisition, after: Place, body: Body): Target {
  const fun = unparen(call.fun);
  const operand = which === 'argument' ? call.args[0] : fun.kind === 'selector' ? fun.x : undefined;
  const x = operand && unparen(operand);
  const variable = x?.kind === 'ident' && x.entity?.kind === 'var' ? x.entity : undefined;
  if (!variable || variable.owner !== body.node || !isMadeHere(variable, body)) return { kind: 'elsewhere' };
  const { block } = after;
  const at = block.ops.findIndex((op, i) => i >= after.index && op.kind === 'assign' && op.rhs.some(rhs => unparen(rhs) === call));
  const op = block.ops[at];
  const companions = op?.kind === 'assign' ? companionsOf(op, call, undefined, body) : NONE;
  return { kind: 'variable', tracked: new Map([[variable, held]]), lhs: [], companions, from: at < 0 ? after : { block, index: at + 1 } };
}

/** `exec.Command(…)`, `&Server{…}`, `new(Server)`, `make(chan os.Signal, 1)`, `var s Server`; what a helper made, the helper may look after. */
export function isMadeHere({ origin, role, assigned }: Variable, { env }: Body): boolean {
  if (role !== 'local') return false;
  const isDeclared = origin.kind === 'declared' && (origin.type.kind === 'ident' || origin.type.kind === 'selector');
  return [...(isDeclared ? [] : [origin]), ...assigned].every(from => from === 'unknown' || (from.kind === 'value' && isMaking(from.expr, env)));
}

function isMaking(expr: Expr, env: Env): boolean {
  const made = unparen(expr);
  if (made.kind === 'call') {
    const callee = calleeOf(made, env);
    return (callee.kind === 'builtin' && /^(?:new|make)$/.test(callee.name)) || /^(?:os\/exec\.Command(?:Context)?|golang\.org\/x\/sync\/errgroup\.WithContext)$/.test(calleeName(callee) ?? '');
  }
  return made.kind === 'composite' || (made.kind === 'unary' && made.op === '&' && unparen(made.x).kind === 'composite');
}
