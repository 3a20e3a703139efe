/** Which calls lock and unlock, and which mutex: within one function by place, across functions by the field's type. */
import { type Callee, calleeOf } from '../../program/callee.ts';
import { typeOf } from '../../program/infer.ts';
import { memberOf } from '../../program/members.ts';
import type { FuncInfo } from '../../program/package.ts';
import { type Env, underlying } from '../../program/resolve.ts';
import { isNamed, typeName } from '../../program/types.ts';
import { type Call, type Expr, unparen } from '../../syntax/ast.ts';
import { canonicalPlace, familyOf, holds, pointee, withoutPointer } from '../places/canonical.ts';
import { keyOf, type Place } from '../places/places.ts';
import { methodOfSync } from '../places/standins.ts';
import { condLockerOf, isNewMutex } from './conds.ts';

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
