/**
 * Owners: values that keep a resource in a field and have methods that release it. Who makes one has to call such a
 * method or hand the value on, as if it were the resource: `f, err := os.Create(p); …; return &Log{file: f}, nil`.
 */
import { allReturnedAt, applyOp, bodyEffect, literalEffect, namesIn, type Tracked, type Where } from '../../contracts/effects.ts';
import type { Resource } from '../../contracts/resource.ts';
import { RESPONSE } from '../../contracts/resources.ts';
import { graphOf } from '../../flow/build.ts';
import { type FlowGraph, type Op, successors } from '../../flow/graph.ts';
import { operations, type Place, reachableFrom, search } from '../../flow/search.ts';
import { calleeName, calleeOf } from '../../program/callee.ts';
import { typeOf } from '../../program/infer.ts';
import { memberOf } from '../../program/members.ts';
import { Memo } from '../../program/memo.ts';
import type { FuncInfo, Package } from '../../program/package.ts';
import type { Program } from '../../program/program.ts';
import { type Env, underlying } from '../../program/resolve.ts';
import type { Named, StructField, Type } from '../../program/types.ts';
import { type Call, type Expr, isNil, unparen, type Variable, variableIn } from '../../syntax/ast.ts';
import { literalsIn } from '../../syntax/walk.ts';
import type { Body } from '../bodies.ts';
import type { Pass } from '../pass.ts';
import type { Acquisition } from './acquisition.ts';
import { companionsOf } from './companions.ts';
import { isIdleContext } from './idlecontexts.ts';
import { isKeptBesides } from './keptbesides.ts';
import { type Companions, companionsless, stateOf, walkOf, whereOf } from './ways.ts';

type Acquire = (call: Call, body: Body, pass: Pass) => Acquisition | undefined;

/** Where a resource is put: into a field of a variable, or of a value that is returned at once. */
interface Stored {
  readonly owner: Named;
  readonly field: string;
  readonly in: { readonly variable: Variable; readonly from: Place } | { readonly result: number };
  /** The variable that the resource was in before, where there was one. */
  readonly through?: Variable;
  /** What of the resource is put there, where it is not the whole of it: `Body` of a response. */
  readonly part?: string | undefined;
  /** What came with the resource that is put there at once. */
  readonly companions?: Companions | undefined;
}

/** The owner that a function hands to its caller, or makes of its receiver. */
export function ownerGiven(body: Body, pass: Pass, acquire: Acquire): Acquisition | undefined {
  for (const { op } of operations(body.graph)) {
    if (op.kind !== 'call') continue;
    const inner = acquire(op.call, body, pass);
    const kept = inner && keepable(inner);
    if (!inner || !kept || typeof inner.result !== 'number') continue;
    const parent = parentOf(op.call, kept, body);
    if (parent === 'other') continue;
    const stored = storedAt(op.call, inner.result, kept, body, pass);
    const resource = stored && owned(stored, stored.part === undefined ? kept : partOf(kept), pass);
    const result = resource && handedOver(stored, resource, body, pass);
    if (typeof result === 'number' && stored && isOptional(op.call, result, stored, body, pass)) continue;
    // A response that a method fetches is there from one call to the next, or not: `Read` of a reader that tries again.
    if (result === 'receiver' && kept !== inner.resource) continue;
    if (resource && result !== undefined) return { resource, result, held: 'whole', by: inner.by, evidence: 'variable' in stored.in && isKeptBesides(stored.in, resource, body, pass) ? 'doubtful' : 'likely', parent: parent === 'none' ? undefined : parent, isIdle: parent === 'none' && isIdleContext(op.call, inner.by, body) };
  }
  return undefined;
}

/** The local variable or receiver in a field of which a call's result is kept, from where on, and as what resource. */
export function ownerKeeping(call: Call, { resource, result, held }: Acquisition, body: Body, pass: Pass) {
  if (typeof result !== 'number' || held !== 'resource' || resource.field !== undefined) return undefined;
  const stored = storedAt(call, result, resource, body, pass);
  const owner = stored && 'variable' in stored.in ? owned(stored, resource, pass) : undefined;
  return stored && owner && 'variable' in stored.in ? { resource: owner, ...stored.in, through: stored.through } : undefined;
}

const whole = new WeakMap<Resource, Resource>();
const parts = new WeakMap<Resource, Resource>();

/** The resource as its owner keeps it: a response is released through its body. */
function keepable({ resource, held }: Acquisition): Resource | undefined {
  if (held === 'resource' && resource.field === undefined) return resource;
  if (resource !== RESPONSE || resource.field === undefined) return undefined;
  const { field, releasesWhole: _, types: __, ...rest } = resource;
  return memoised(whole, resource, () => ({ ...rest, through: field }));
}

/** The part alone, once it is somewhere else than the rest. */
function partOf(resource: Resource): Resource {
  return memoised(parts, resource, () => {
    const { through: _, ...rest } = resource;
    return rest;
  });
}

function memoised(known: WeakMap<Resource, Resource>, resource: Resource, make: () => Resource): Resource {
  const made = known.get(resource) ?? make();
  known.set(resource, made);
  return made;
}

const filled = new WeakMap<Resource, Resource>();

/**
 * What a call hands over into a field of a value of this function: `s.listener, err = net.Listen(…)`. As long as nobody
 * else has that value, what it keeps has to be released before it is forgotten.
 */
export function keptInField(target: Expr, inner: Resource, body: Body, pass: Pass): { readonly variable: Variable; readonly resource: Resource } | undefined {
  const x = unparen(target);
  if (x.kind !== 'selector' || inner.field !== undefined) return undefined;
  const stored = inField(x, { block: body.graph.entry, index: 0 }, body);
  if (!stored || !('variable' in stored.in)) return undefined;
  const base = owned(stored, inner, pass) ?? unowned(stored, inner, pass);
  return { variable: stored.in.variable, resource: memoised(filled, base, () => ({ ...base, inOwner: true })) };
}

/**
 * A context that is derived from another ends with it. `none`: from one that never ends; a number: from the parameter at
 * that place; `other`: from one that somebody else may end.
 */
export function parentOf(call: Call, { rule }: Resource, body: Body): number | 'none' | 'other' {
  if (rule !== 'lost-cancel') return 'none';
  const parent = call.args[0];
  return !parent ? 'other' : isEndless(parent, body) ? 'none' : paramAt(parent, body) ?? 'other';
}

/** `context.Background()`, or a variable that is never anything else. */
export function isEndless(context: Expr, { env }: Body): boolean {
  const x = unparen(context);
  if (x.kind === 'call') return /^context\.(?:Background|TODO)$/.test(calleeName(calleeOf(x, env)) ?? '');
  if (x.kind !== 'ident' || x.entity?.kind !== 'var' || x.entity.assigned.length > 0 || x.entity.origin.kind !== 'value') return false;
  const from = unparen(x.entity.origin.expr);
  return from.kind === 'call' && /^context\.(?:Background|TODO)$/.test(calleeName(calleeOf(from, env)) ?? '');
}

/** Which parameter of the function an expression is. */
export function paramAt(expr: Expr, { node }: Body): number | undefined {
  const x = unparen(expr);
  const names = node.type.params.flatMap(f => f.names);
  const at = x.kind === 'ident' && x.entity?.kind === 'var' ? names.findIndex(name => name.entity === x.entity) : -1;
  return at < 0 ? undefined : at;
}

/** The one field that the resource ends up in; undefined where it goes anywhere else as well. */
function storedAt(call: Call, result: number, resource: Resource, body: Body, pass: Pass): Stored | undefined {
  for (const block of body.graph.blocks) {
    for (const [i, op] of block.ops.entries()) {
      const at = op.kind === 'assign' ? op.rhs.findIndex(x => unparen(x) === call) : -1;
      if (op.kind !== 'assign' || at < 0) continue;
      const target = op.lhs[op.rhs.length === 1 ? result : at];
      if (target?.kind === 'selector') {
        const stored = inField(target, { block, index: i + 1 }, body);
        return stored && { ...stored, companions: companionsOf(op, call, target, body) };
      }
      const variable = target?.kind === 'ident' && target.entity?.kind === 'var' && target.entity.owner === body.node ? target.entity : undefined;
      return variable && storedLater(variable, resource, body, pass);
    }
  }
  return undefined;
}

function inField(target: Expr & { kind: 'selector' }, from: Place, body: Body): Stored | undefined {
  const x = unparen(target.x);
  const variable = x.kind === 'ident' && x.entity?.kind === 'var' ? x.entity : undefined;
  const owner = ownerType(typeOf(target.x, body.env), body);
  return variable && owner && (variable.owner === body.node) ? { owner, field: target.sel.name, in: { variable, from } } : undefined;
}

function storedLater(variable: Variable, resource: Resource, body: Body, pass: Pass): Stored | undefined {
  const where = whereOf(resource, body, pass);
  const tracked: Tracked = new Map([[variable, 'resource']]);
  const found: Stored[] = [];
  for (const block of body.graph.blocks) {
    for (const [i, op] of block.ops.entries()) {
      const stored = storedBy(op, variable, resource, { block, index: i + 1 }, body);
      if (stored) found.push(stored);
      else if (op.kind === 'call' ? applyOp(op, tracked, where).effect === 'moved' : op.kind !== 'assign' && applyOp(op, tracked, where).effect !== 'none') return undefined;
    }
    const returned = block.end.kind === 'return' ? block.end.stmt?.results ?? [] : [];
    for (const [result, value] of returned.entries()) {
      const composite = compositeOf(value, variable, resource, body);
      if (composite) found.push({ ...composite, in: { result } });
    }
  }
  const [first, ...more] = found;
  if (!first || more.some(other => !isSamePlace(first.in, other.in))) return undefined;
  const isCaptured = () => literalsIn(body.block).some(literal => literalEffect(literal, tracked, where) !== 'none');
  // `s.ReadCloser, s.Seeker = f, f`: the field by which it is released is the one that counts.
  const stored = more.length ? found.find(each => owned(each, resource, pass) !== undefined) : first;
  return stored && !isCaptured() ? { ...stored, through: variable } : undefined;
}

function isSamePlace(a: Stored['in'], b: Stored['in']): boolean {
  return 'variable' in a ? 'variable' in b && a.variable === b.variable : 'result' in b && a.result === b.result;
}

/** `t.f = x`, `t := &T{f: x}`. */
function storedBy(op: Op, variable: Variable, resource: Resource, from: Place, body: Body): Stored | undefined {
  if (op.kind !== 'assign' || op.lhs.length !== op.rhs.length) return undefined;
  for (const [i, value] of op.rhs.entries()) {
    const target = op.lhs[i];
    const given = givenOf(value, variable, resource);
    const stored = given && target?.kind === 'selector' ? inField(target, from, body) : undefined;
    if (stored) return { ...stored, ...given };
    const composite = compositeOf(value, variable, resource, body);
    if (composite && target?.kind === 'ident' && target.entity?.kind === 'var' && target.entity.owner === body.node) return { ...composite, in: { variable: target.entity, from } };
  }
  return undefined;
}

/** The resource itself, or the part that is released: `resp`, `resp.Body`. */
function givenOf(value: Expr, variable: Variable, { through }: Resource): Pick<Stored, 'part'> | undefined {
  const x = unparen(value);
  const isIt = (e: Expr) => e.kind === 'ident' && e.entity === variable;
  if (isIt(x)) return {};
  return x.kind === 'selector' && x.sel.name === through && isIt(unparen(x.x)) ? { part: through } : undefined;
}

function compositeOf(value: Expr, variable: Variable, resource: Resource, body: Body): Pick<Stored, 'owner' | 'field' | 'part'> | undefined {
  const x = unparen(value);
  const literal = x.kind === 'unary' && x.op === '&' ? unparen(x.x) : x;
  if (literal.kind !== 'composite') return undefined;
  const type = typeOf(literal, body.env);
  const owner = ownerType(type, body);
  for (const [i, element] of literal.elements.entries()) {
    const given = givenOf(element.value, variable, resource);
    const field = !element.key ? fieldsOf(type, body.env.program)[i]?.name : element.key.kind === 'ident' ? element.key.name : undefined;
    if (given && owner && field !== undefined) return { owner, field, ...given };
  }
  return undefined;
}

function fieldsOf(type: Type, program: Program): readonly StructField[] {
  const inner = underlying(type, program);
  return inner.kind === 'struct' ? inner.fields : [];
}

/** A struct type of the same package. */
function ownerType(type: Type, { info }: Body): Named | undefined {
  const base = type.kind === 'pointer' ? type.elem : type;
  return base.kind === 'named' && base.def?.file.pkg === info.pkg && !base.def.isLocal ? base : undefined;
}

const derived = new Memo<Package, Map<string, Resource | undefined>>();

const methodless = new Memo<Package, Map<string, Resource>>();

/** The resource in a field of a type that has no method to release it. */
function unowned({ owner, field }: Stored, inner: Resource, { pkg }: Pass): Resource {
  const known = methodless.get(pkg) ?? new Map<string, Resource>();
  methodless.set(pkg, known);
  const key = keyOf(owner, field, inner);
  const resource = known.get(key) ?? { ...inner, field, releasesWhole: [] };
  known.set(key, resource);
  return resource;
}

function keyOf(owner: Named, field: string, { rule, noun }: Resource): string {
  return `${owner.name}.${field} ${rule} ${noun}`;
}

/** The owner as a resource of its own: what releases the field, and the methods that do. */
function owned({ owner, field }: Stored, inner: Resource, pass: Pass): Resource | undefined {
  const pkg = owner.def?.file.pkg;
  if (!pkg) return undefined;
  const known = derived.get(pkg) ?? new Map<string, Resource | undefined>();
  derived.set(pkg, known);
  const key = keyOf(owner, field, inner);
  if (!known.has(key)) {
    known.set(key, undefined);
    const methods = releasingMethods(owner, { ...inner, field, releasesWhole: promoted(owner, field, inner, pass) }, pkg, pass);
    known.set(key, methods.length ? { ...inner, field, releasesWhole: methods } : undefined);
  }
  return known.get(key);
}

/** `struct { *os.File }` is closed like the file. */
function promoted(owner: Named, field: string, { releases }: Resource, { contracts: { program } }: Pass): readonly string[] {
  if (!fieldsOf(owner, program).some(({ name, embedded }) => embedded && name === field)) return [];
  return releases.filter(name => {
    const member = memberOf(owner, name, program);
    return member?.kind === 'method' && member.owner !== owner;
  });
}

/** Methods in tests count for types of tests alone. */
function releasingMethods({ name: owner, def }: Named, resource: Resource, pkg: Package, pass: Pass): readonly string[] {
  let found = resource.releasesWhole ?? [];
  for (;;) {
    const known = found;
    const whole = { ...resource, releasesWhole: known };
    const words = [resource.field ?? '', ...(resource.through === undefined ? [] : [resource.through]), ...known];
    const methods = pkg.methodsOf(owner, new RegExp(`\\.(?:${words.join('|')})`)).filter(({ file }) => !file.kind.test || def?.file.kind.test === true);
    const more = methods.filter(method => !known.includes(method.bareName) && releasesReceiver(method, whole, pass)).map(method => method.bareName);
    if (more.length === 0) return found;
    found = [...found, ...more];
  }
}

function releasesReceiver(method: FuncInfo, resource: Resource, pass: Pass): boolean {
  const body = method.body();
  const receiver = method.decl.receiver?.names[0]?.entity;
  if (!body || receiver?.kind !== 'var') return false;
  const where: Where = { env: pass.contracts.envOf(method), func: method.decl, effects: pass.contracts, resource };
  const graph = graphOf(method.decl, body);
  return bodyEffect(resource.releases.length ? graph : beforeDone(graph, where), new Map([[receiver, 'whole']]), where) === 'released';
}

/** What happens before the end of a context: to cancel it after `<-ctx.Done()` ends nothing. */
function beforeDone(graph: FlowGraph, { env }: Where): FlowGraph {
  const isDone = (op: Op) => op.kind === 'receive' && op.channel.kind === 'call' && calleeName(calleeOf(op.channel, env)) === '(context.Context).Done';
  const lastOf = ({ ops }: FlowGraph['entry']) => ops.findIndex(isDone);
  const reached = [graph.entry, ...reachableFrom(graph.entry, block => (lastOf(block) < 0 ? successors(block.end) : []))];
  return { ...graph, blocks: reached.map(block => (lastOf(block) < 0 ? block : { ...block, ops: block.ops.slice(0, lastOf(block)) })) };
}

/** Which result the owner is, or that it is the receiver; undefined when it is released or kept by others on the way. */
function handedOver({ in: place, through, companions = companionsless }: Stored, resource: Resource, body: Body, pass: Pass): number | 'receiver' | undefined {
  if ('result' in place) return place.result;
  const where = whereOf(resource, body, pass);
  let result: number | 'receiver' | undefined;
  const start: Tracked = new Map([[place.variable, 'whole'], ...(through ? namesIn(body.graph, new Map([[through, 'resource']]), where) : [])]);
  search(place.from, stateOf(start, companions), {
    ...walkOf(resource, body, pass),
    returns: (end, { tracked }) => {
      const given = allReturnedAt(end, tracked, where).find(({ held }) => held === 'whole');
      if (given) result = given.result;
      // `l = &Log{file: f}` is a value of the method's own, whatever it is called.
      else if (place.variable.role === 'receiver' && place.variable.assigned.length === 0 && tracked.has(place.variable)) result = 'receiver';
      return result !== undefined;
    },
  });
  return result;
}

/**
 * On some way the owner is returned without the call, and nothing else in the same field: whether it keeps anything then,
 * its caller cannot know.
 */
function isOptional(call: Call, result: number, stored: Stored, body: Body, pass: Pass): boolean {
  return search({ block: body.graph.entry, index: 0 }, '', {
    key: () => '',
    op: op => ((op.kind === 'call' && op.call === call) || fillsSame(op, stored, body) || pass.contracts.endsHere(op, body.env) ? undefined : ''),
    edge: () => '',
    returns: ({ stmt }) => {
      const value = stmt?.results[result];
      return value !== undefined && !(value.kind === 'ident' && value.name === 'nil');
    },
  }) !== undefined;
}

/** `s.ReadCloser = r`: another stream in the place of the file; not one that has nothing to close. */
function fillsSame(op: Op, { in: place, field }: Stored, { env }: Body): boolean {
  return op.kind === 'assign' && op.lhs.length === op.rhs.length && op.lhs.some((target, i) => {
    const x = unparen(target);
    const value = op.rhs[i];
    if (x.kind !== 'selector' || x.sel.name !== field || !value || isNil(unparen(value))) return false;
    return 'variable' in place && variableIn(x.x) === place.variable && !/^io(?:\/ioutil)?\.NopCloser$/.test(calleeNameOf(value, env) ?? '');
  });
}

function calleeNameOf(value: Expr, env: Env): string | undefined {
  const x = unparen(value);
  return x.kind === 'call' ? calleeName(calleeOf(x, env)) : undefined;
}
