/** Which calls lock and unlock, and which mutex: within one function by place, across functions by the field's type. */
import { calleeOf, type Callee } from '../program/callee.ts';
import { typeOf } from '../program/infer.ts';
import { memberOf } from '../program/members.ts';
import type { FuncInfo } from '../program/package.ts';
import { type Env, underlying } from '../program/resolve.ts';
import { isNamed, type Type, typeName } from '../program/types.ts';
import { type Call, type Expr, type Selector, unparen, type Variable } from '../syntax/ast.ts';
import { condLockerOf, isNewMutex } from './conds.ts';
import { keyOf, type Place } from './places.ts';
import { isNamedLikeMutex, methodOfSync } from './standins.ts';

export type Mode = 'write' | 'read';

/** A mutex as a function writes it. */
export interface Mutex {
  readonly expr: Expr;
  readonly place: Place;
  /** Equal for one mutex within a function and the literals inside it. */
  readonly key: string;
  /** Equal for the same field of the same type, whoever names it: what a callee does to `s.mu` under another name. */
  readonly family: string;
}

export interface LockCall {
  readonly does: 'lock' | 'unlock' | 'try';
  readonly mode: Mode;
  readonly isReadWrite: boolean;
  /** Through the interface: it may be a read lock as well. */
  readonly isLocker: boolean;
  /** It stands in for a mutex of `sync`, as the names of its type and method say. */
  readonly isPresumed: boolean;
  readonly mutex: Mutex;
}

type Meaning = Omit<LockCall, 'mutex'>;

const METHODS: ReadonlyMap<string, Meaning> = new Map<string, Meaning>([
  ...['(*sync.Mutex)', '(*sync.RWMutex)', '(sync.Locker)'].flatMap((type): [string, Meaning][] => {
    const kind = { mode: 'write', isReadWrite: type === '(*sync.RWMutex)', isLocker: type === '(sync.Locker)', isPresumed: false } as const;
    return [
      [`${type}.Lock`, { does: 'lock', ...kind }],
      [`${type}.Unlock`, { does: 'unlock', ...kind }],
      [`${type}.TryLock`, { does: 'try', ...kind }],
    ];
  }),
  ['(*sync.RWMutex).RLock', { does: 'lock', mode: 'read', isReadWrite: true, isLocker: false, isPresumed: false }],
  ['(*sync.RWMutex).RUnlock', { does: 'unlock', mode: 'read', isReadWrite: true, isLocker: false, isPresumed: false }],
  ['(*sync.RWMutex).TryRLock', { does: 'try', mode: 'read', isReadWrite: true, isLocker: false, isPresumed: false }],
]);

const memo = new WeakMap<Call, { found: LockCall | undefined }>();

export function lockCallOf(call: Call, env: Env): LockCall | undefined {
  const known = memo.get(call);
  if (known) return known.found;
  const found = lockCallee(calleeOf(call, env), env) ?? callOfEmbedded(call, env);
  // A lock that others share takes a context or a key.
  const isMutex = !found?.isPresumed || call.args.length === 0;
  memo.set(call, { found: isMutex ? found : undefined });
  return isMutex ? found : undefined;
}

/** What a method of a mutex does, whichever mutex it is. */
export function lockMethodOf(callee: Callee): Meaning | undefined {
  switch (callee.kind) {
    case 'method':
      return METHODS.get(callee.name) ?? (hasNoSignature(callee.func) ? presumed(callee.name, callee.func !== undefined) : undefined);
    case 'presumed':
      return presumed(callee.name, false);
    default:
      return undefined;
  }
}

/** One that takes or returns something is another kind of lock. */
function hasNoSignature(func: FuncInfo | undefined): boolean {
  return !func || (func.decl.type.params.length === 0 && func.decl.type.results.length === 0);
}

/** `(github.com/sasha-s/go-deadlock.RWMutex).RLock`: what stands in for a mutex of `sync` is used like one. */
function presumed(name: string, isAtHand: boolean): Meaning | undefined {
  const standsFor = methodOfSync(name, isAtHand);
  const known = standsFor === undefined ? undefined : METHODS.get(standsFor);
  return known && { ...known, isPresumed: true };
}

/** `s.RLock()` where `s` has such a mutex embedded, so that nobody knows which methods it has. */
function callOfEmbedded({ fun }: Call, env: Env): LockCall | undefined {
  const x = unparen(fun);
  if (x.kind !== 'selector' || !/^(?:Try)?R?(?:Unl|L)ock$/.test(x.sel.name)) return undefined;
  const type = typeOf(x.x, env);
  if (memberOf(type, x.sel.name, env.program)) return undefined;
  const inner = underlying(pointee(type), env.program);
  const embedded = inner.kind === 'struct' ? inner.fields.filter(field => field.embedded) : [];
  const [method] = embedded.flatMap(field => presumed(`(${typeName(pointee(field.type))}).${x.sel.name}`, false) ?? []);
  const mutex = method && mutexAt(x.x, env);
  return mutex && { ...method, mutex };
}

/** What a method of a mutex does, also as a method value. */
export function lockCallee(callee: Callee, env: Env): LockCall | undefined {
  const method = lockMethodOf(callee);
  const receiver = callee.kind === 'method' || callee.kind === 'presumed' ? callee.receiver : undefined;
  if (!method || !receiver) return undefined;
  const behind = method.isLocker ? mutexOfCond(receiver, env) : undefined;
  if (behind) return { ...method, ...behind };
  const mutex = mutexAt(receiver, env);
  return mutex && { ...method, mutex };
}

/** `cond.L.Lock()` locks the mutex that the cond was made with. */
function mutexOfCond(expr: Expr, env: Env): Omit<LockCall, 'does' | 'isPresumed'> | undefined {
  const locker = condLockerOf(expr, env);
  if (locker && isNewMutex(locker.mutex, locker.env)) return ownOfCond(expr, env);
  const mutex = locker && mutexAt(locker.mutex, locker.env);
  if (!locker || !mutex) return undefined;
  const place = locker.here && locker.owner ? rebased(mutex.place, canonicalPlace(locker.owner, locker.env), canonicalPlace(locker.here, env)) : mutex.place;
  if (!place) return undefined;
  const isReadWrite = isNamed(typeOf(withoutPointer(locker.mutex), locker.env), 'sync.RWMutex');
  return { mode: locker.mode, isReadWrite, isLocker: false, mutex: { expr, place, key: keyOf(place), family: mutex.family } };
}

/** `sync.NewCond(&sync.Mutex{})`: its only name is `cond.L`. */
function ownOfCond(expr: Expr, env: Env): Omit<LockCall, 'does' | 'isPresumed'> | undefined {
  const x = unparen(expr);
  const place = canonicalPlace(x, env);
  const cond = x.kind === 'selector' ? familyOf(x.x, env) : undefined;
  if (!place || cond === undefined) return undefined;
  return { mode: 'write', isReadWrite: false, isLocker: false, mutex: { expr, place, key: keyOf(place), family: `${cond}.L` } };
}

/** What `from` has, as `to` names it. */
function rebased(place: Place, from: Place | undefined, to: Place | undefined): Place | undefined {
  if (!from || !to || !holds(from, place)) return undefined;
  return { root: to.root, fields: [...to.fields, ...place.fields.slice(from.fields.length)] };
}

export function mutexAt(expr: Expr, env: Env): Mutex | undefined {
  const place = canonicalPlace(expr, env);
  const family = place && familyOf(expr, env);
  return place && family !== undefined ? { expr, place, key: keyOf(place), family } : undefined;
}

/** The same for all names of one place. */
export function canonicalKey(expr: Expr, env: Env): string | undefined {
  const place = canonicalPlace(expr, env);
  return place && keyOf(place);
}

/**
 * The place behind names that are given once (`mu := &s.mu`), embedded fields left out, since `s.Mutex.Lock()` and
 * `s.Lock()` are the same.
 */
export function canonicalPlace(expr: Expr, env: Env, depth = 4): Place | undefined {
  const x = withoutConversion(withoutPointer(expr), env);
  if (x.kind === 'ident') {
    const variable = x.entity?.kind === 'var' ? x.entity : undefined;
    const value = variable && depth > 0 ? onlyValue(variable, env) : undefined;
    const behind = value && canonicalPlace(value, env, depth - 1);
    return behind ?? { root: variable ?? x.name, fields: [] };
  }
  if (x.kind !== 'selector') return undefined;
  const base = canonicalPlace(x.x, env, depth);
  return base && (isEmbedded(x, env) ? base : { root: base.root, fields: [...base.fields, x.sel.name] });
}

/** The place that a local variable is another name for. */
function onlyValue({ role, origin, assigned }: Variable, env: Env): Expr | undefined {
  // `var in <-chan int = c` is declared and then given its value.
  const given = origin.kind === 'declared' ? assigned : [origin, ...assigned];
  const [only] = given;
  if (role !== 'local' || given.length !== 1 || only === undefined || only === 'unknown' || only.kind !== 'value' || only.count !== 1) return undefined;
  const value = withoutConversion(withoutPointer(only.expr), env);
  return value.kind === 'ident' || value.kind === 'selector' ? value : undefined;
}

/** `c` of `(<-chan int)(c)`. */
function withoutConversion(x: Expr, env: Env): Expr {
  const [arg] = x.kind === 'call' && x.args.length === 1 && calleeOf(x, env).kind === 'conversion' ? x.args : [];
  return arg ? withoutPointer(arg) : x;
}

function withoutPointer(expr: Expr): Expr {
  const x = unparen(expr);
  return x.kind === 'star' || (x.kind === 'unary' && x.op === '&') ? withoutPointer(x.x) : x;
}

/** An embedded field has the name of its type, as a plain one may have: `hub *hub`. */
function isEmbedded(x: Selector, env: Env): boolean {
  const type = pointee(typeOf(x, env));
  if (type.kind !== 'named' || type.name !== x.sel.name) return false;
  const member = memberOf(typeOf(x.x, env), x.sel.name, env.program);
  const struct = member?.kind === 'field' && member.owner ? underlying(member.owner, env.program) : undefined;
  return struct?.kind !== 'struct' || struct.fields.some(field => field.embedded && field.name === x.sel.name);
}

function pointee(type: Type): Type {
  return type.kind === 'pointer' ? type.elem : type;
}

const MOST_NAMES = 4;

/** The struct type that has a mutex embedded, of a value that is locked like one: itself, or what it has embedded in turn. */
function embedderOf(type: Type, env: Env, depth = MOST_NAMES): string | undefined {
  const base = pointee(type);
  if (base.kind !== 'named' || base.pkg === 'sync' || !base.def || depth === 0) return undefined;
  const inner = underlying(base, env.program);
  const embedded = inner.kind === 'struct' ? inner.fields.filter(field => field.embedded).map(field => pointee(field.type)) : [];
  if (embedded.some(isMutex)) return typeName(base);
  return embedded.map(field => embedderOf(field, env, depth - 1)).find(name => name !== undefined);
}

function isMutex(type: Type): boolean {
  return isNamed(type, 'sync.Mutex') || isNamed(type, 'sync.RWMutex') || isNamedLikeMutex(typeName(type));
}

/** The field of a named type, or the variable, that an expression stands for; undefined for anything else. */
export function familyOf(expr: Expr, env: Env, depth = MOST_NAMES): string | undefined {
  const x = withoutPointer(expr);
  const embedder = depth === MOST_NAMES ? embedderOf(typeOf(x, env), env) : undefined;
  if (embedder !== undefined) return `${embedder}.`;
  if (x.kind === 'selector') {
    if (isEmbedded(x, env)) return `${typeName(pointee(typeOf(x.x, env)))}.`;
    const member = memberOf(typeOf(x.x, env), x.sel.name, env.program);
    const owner = member?.kind === 'field' && member.owner ? member.owner : pointee(typeOf(x.x, env));
    return `${owner.kind === 'named' ? `${owner.pkg}.${owner.name}` : typeName(owner)}.${x.sel.name}`;
  }
  if (x.kind !== 'ident') return undefined;
  if (x.entity?.kind !== 'var') return `${env.file.pkg.path}:${x.name}`;
  const value = depth > 0 ? onlyValue(x.entity, env) : undefined;
  const behind = value && familyOf(value, env, depth - 1);
  if (behind !== undefined) return behind;
  const type = pointee(typeOf(x, env));
  const isOfItsOwn = type.kind === 'named' && (type.pkg === 'sync' || isNamedLikeMutex(typeName(type)));
  return isOfItsOwn ? familyOfVariable(x.entity.ident.start, env) : `${typeName(type)}.`;
}

/** A mutex of its own, known by where its variable is declared. */
export function familyOfVariable(declaredAt: number, env: Env): string {
  return `${env.file.source.path}@${declaredAt}`;
}

/** Whether `outer` is `inner` or something that holds it: `s` and `s.pool` of `s.pool.mu`. */
export function holds(outer: Place, inner: Place): boolean {
  return outer.root === inner.root && outer.fields.every((field, i) => inner.fields[i] === field);
}
