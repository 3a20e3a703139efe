/**
 * Owners: values that keep a resource in a field and have methods that release it. Who makes one has to call such a
 * method or hand the value on, as if it were the resource: `f, err := os.Create(p); …; return &Log{file: f}, nil`.
 */
import { allReturnedAt, applyOp, bodyEffect, literalEffect, namesIn, type Tracked } from '../contracts/effects.ts';
import type { Resource, ResourceTable } from '../contracts/resources.ts';
import { graphOf } from '../flow/build.ts';
import type { Op } from '../flow/graph.ts';
import { operations, type Place, search } from '../flow/search.ts';
import { calleeName, calleeOf } from '../program/callee.ts';
import { typeOf } from '../program/infer.ts';
import type { FuncInfo, FuncOutline, Package } from '../program/package.ts';
import type { Named, Type } from '../program/types.ts';
import { type Call, type Expr, unparen, type Variable } from '../syntax/ast.ts';
import { literalsIn } from '../syntax/walk.ts';
import type { Acquisition } from './acquisition.ts';
import type { Body } from './bodies.ts';
import { companionsless, stateOf, walkOf, whereOf } from './ways.ts';
import type { Pass } from './pass.ts';

type Acquire = (call: Call, body: Body, pass: Pass) => Acquisition | undefined;

/** Where a resource is put: into a field of a variable, or of a value that is returned at once. */
interface Stored {
  readonly owner: Named;
  readonly field: string;
  readonly in: { readonly variable: Variable; readonly from: Place } | { readonly result: number };
  /** The variable that the resource was in before, where there was one. */
  readonly through?: Variable;
}

/** The owner that a function hands to its caller, or makes of its receiver. */
export function ownerGiven(body: Body, pass: Pass, acquire: Acquire): Acquisition | undefined {
  for (const { op } of operations(body.graph)) {
    if (op.kind !== 'call') continue;
    const inner = acquire(op.call, body, pass);
    if (!inner || typeof inner.result !== 'number' || inner.held !== 'resource' || inner.resource.field !== undefined) continue;
    const parent = parentOf(op.call, inner.resource, body);
    if (parent === 'other') continue;
    const stored = storedAt(op.call, inner.result, inner.resource, body, pass);
    const resource = stored && owned(stored, inner.resource, pass);
    const result = resource && handedOver(stored, resource, body, pass);
    if (typeof result === 'number' && isOptional(op.call, result, body, pass)) continue;
    if (resource && result !== undefined) return { resource, result, held: 'whole', by: inner.by, evidence: 'likely', parent: parent === 'none' ? undefined : parent };
  }
  return undefined;
}

/** Whether a function may hand its caller a resource, or a value that owns one, by the words of its head and body. */
export function mayGive(func: FuncOutline, pkg: Package, resources: ResourceTable, rules?: ReadonlySet<string>): boolean {
  return resources.mayGive(func, pkg, rules) || mayGiveOwner(func, pkg, resources, rules);
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
  const resource: Resource = filled.get(base) ?? { ...base, inOwner: true };
  filled.set(base, resource);
  return { variable: stored.in.variable, resource };
}

/** Whether the result list or the receiver of a function speaks of a type that could be an owner. */
function mayGiveOwner({ name, results, receiver, info }: FuncOutline, pkg: Package, resources: ResourceTable, rules: ReadonlySet<string> | undefined): boolean {
  const owners = releasableIn(pkg);
  if (owners.size === 0) return false;
  const isGiven = (results.match(/\w+/g) ?? []).some(word => owners.has(word));
  if (!isGiven && (!owners.has(receiver) || RELEASING.test(name))) return false;
  // What is put off is a dependency's, where only what is called like a constructor is worth reading its file.
  const bodyText = pkg.isRead || MAKING.test(name) ? info()?.bodyText : undefined;
  if (bodyText === undefined) return false;
  if (!isGiven && !/\.\w+(?:, \w+)?\s*=[^=]/.test(bodyText)) return false;
  return (bodyText.length < SHORT && /[\w\])]\(/.test(bodyText)) || resources.mayAcquire(bodyText, rules);
}

/** So long may a function be that only hands on what another one gives. */
const SHORT = 120;

const RELEASING = /^(?:[Cc]lose|[Ss]top|[Ss]hut[Dd]own|[Rr]ollback|[Cc]ancel|[Rr]elease|[Ee]nd|[Ff]inish|[Dd]estroy|[Dd]ispose|[Ff]ree|[Qq]uit|[Aa]bort|[Cc]ommit|[Tt]ear[Dd]own|[Tt]erminate)(?![a-z])/;
const MAKING = /^(?:New|Open|Dial|Connect|Listen|Create|Start|Begin|Make|Build|Load|Acquire|Get|Must)(?![a-z])/;
/** Three parameters or more: `CancelJob(ctx, request, options)` ends something of the other side. */
const TAKES_MUCH = /^\([^()]*,[^()]*,/;
const releasable = new WeakMap<Package, ReadonlySet<string>>();

/** The types of a package with a method that sounds like releasing. */
function releasableIn(pkg: Package): ReadonlySet<string> {
  let found = releasable.get(pkg);
  if (!found) {
    found = new Set(pkg.module ? pkg.outlines.flatMap(func => (func.receiver && RELEASING.test(func.name) && !TAKES_MUCH.test(func.signature) ? func.receiver : [])) : []);
    releasable.set(pkg, found);
  }
  return found;
}

/**
 * A context that is derived from another ends with it. `none`: from one that never ends; a number: from the parameter at
 * that place; `other`: from one that somebody else may end.
 */
function parentOf(call: Call, { rule }: Resource, body: Body): number | 'none' | 'other' {
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
      if (target?.kind === 'selector') return inField(target, { block, index: i + 1 }, body);
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
      const stored = storedBy(op, variable, { block, index: i + 1 }, body);
      if (stored) found.push(stored);
      else if (op.kind === 'call' ? applyOp(op, tracked, where).effect === 'moved' : op.kind !== 'assign' && applyOp(op, tracked, where).effect !== 'none') return undefined;
    }
    const returned = block.end.kind === 'return' ? block.end.stmt?.results ?? [] : [];
    for (const [result, value] of returned.entries()) {
      const composite = compositeOf(value, variable, body);
      if (composite) found.push({ ...composite, in: { result } });
    }
  }
  const [only] = found;
  const isCaptured = () => literalsIn(body.block).some(literal => literalEffect(literal, tracked, where) !== 'none');
  return found.length === 1 && only && !isCaptured() ? { ...only, through: variable } : undefined;
}

/** `t.f = x`, `t := &T{f: x}`. */
function storedBy(op: Op, variable: Variable, from: Place, body: Body): Stored | undefined {
  if (op.kind !== 'assign' || op.lhs.length !== op.rhs.length) return undefined;
  for (const [i, value] of op.rhs.entries()) {
    const target = op.lhs[i];
    const x = unparen(value);
    if (target?.kind === 'selector' && x.kind === 'ident' && x.entity === variable) return inField(target, from, body);
    const composite = compositeOf(value, variable, body);
    if (composite && target?.kind === 'ident' && target.entity?.kind === 'var' && target.entity.owner === body.node) return { ...composite, in: { variable: target.entity, from } };
  }
  return undefined;
}

function compositeOf(value: Expr, variable: Variable, body: Body): Pick<Stored, 'owner' | 'field'> | undefined {
  const x = unparen(value);
  const literal = x.kind === 'unary' && x.op === '&' ? unparen(x.x) : x;
  if (literal.kind !== 'composite') return undefined;
  const element = literal.elements.find(e => e.value.kind === 'ident' && e.value.entity === variable);
  const owner = element && ownerType(typeOf(literal, body.env), body);
  return owner && element.key?.kind === 'ident' ? { owner, field: element.key.name } : undefined;
}

/** A struct type of the same package. */
function ownerType(type: Type, { info }: Body): Named | undefined {
  const base = type.kind === 'pointer' ? type.elem : type;
  return base.kind === 'named' && base.def?.file.pkg === info.pkg && !base.def.isLocal ? base : undefined;
}

const derived = new WeakMap<Package, Map<string, Resource | undefined>>();

const methodless = new WeakMap<Package, Map<string, Resource>>();

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
    const methods = releasingMethods(owner.name, { ...inner, field }, pkg, pass);
    known.set(key, methods.length ? { ...inner, field, releasesWhole: methods } : undefined);
  }
  return known.get(key);
}

function releasingMethods(owner: string, resource: Resource, pkg: Package, pass: Pass): readonly string[] {
  const methods = pkg.funcs.filter(({ piece, file }) => piece.receiver?.type === owner && !file.kind.test);
  let found: readonly string[] = [];
  for (;;) {
    const known = found;
    const whole = { ...resource, releasesWhole: known };
    const more = methods.filter(method => !known.includes(method.bareName) && releasesReceiver(method, whole, pass)).map(method => method.bareName);
    if (more.length === 0) return found;
    found = [...found, ...more];
  }
}

function releasesReceiver(method: FuncInfo, resource: Resource, pass: Pass): boolean {
  // Waiting for the end of the context that it then cancels ends nothing.
  if (resource.releases.length === 0 && /<-[^\n]*\.Done\(\)/.test(method.bodyText)) return false;
  const words = [resource.field ?? '', ...resource.releasesWhole ?? []];
  if (!words.some(word => method.bodyText.includes(`.${word}`))) return false;
  const body = method.body();
  const receiver = method.decl.receiver?.names[0]?.entity;
  return body !== undefined && receiver?.kind === 'var'
    && bodyEffect(graphOf(method.decl, body), new Map([[receiver, 'whole']]), { env: pass.contracts.envOf(method), func: method.decl, effects: pass.contracts, resource }) === 'released';
}

/** Which result the owner is, or that it is the receiver; undefined when it is released or kept by others on the way. */
function handedOver({ in: place, through }: Stored, resource: Resource, body: Body, pass: Pass): number | 'receiver' | undefined {
  if ('result' in place) return place.result;
  const where = whereOf(resource, body, pass);
  let result: number | 'receiver' | undefined;
  const start: Tracked = new Map([[place.variable, 'whole'], ...(through ? namesIn(body.graph, new Map([[through, 'resource']]), where) : [])]);
  search(place.from, stateOf(start, companionsless), {
    ...walkOf(resource, body, pass),
    returns: (end, { tracked }) => {
      const given = allReturnedAt(end, tracked, where).find(({ held }) => held === 'whole');
      if (given) result = given.result;
      else if (place.variable.role === 'receiver' && tracked.has(place.variable)) result = 'receiver';
      return result !== undefined;
    },
  });
  return result;
}

/** On some way the owner is returned without the call: whether it keeps anything then, its caller cannot know. */
function isOptional(call: Call, result: number, body: Body, pass: Pass): boolean {
  return search({ block: body.graph.entry, index: 0 }, '', {
    key: () => '',
    op: op => ((op.kind === 'call' && op.call === call) || pass.contracts.endsHere(op, body.env) ? undefined : ''),
    edge: () => '',
    returns: ({ stmt }) => {
      const value = stmt?.results[result];
      return value !== undefined && !(value.kind === 'ident' && value.name === 'nil');
    },
  }) !== undefined;
}
