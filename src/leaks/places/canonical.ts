/** Names of one place within a function, and of one field across functions. */
import { calleeOf } from '../../program/callee.ts';
import { typeOf } from '../../program/infer.ts';
import { memberOf } from '../../program/members.ts';
import { type Env, underlying } from '../../program/resolve.ts';
import { isNamed, type Type, typeName } from '../../program/types.ts';
import { type Expr, type Selector, unparen, type Variable } from '../../syntax/ast.ts';
import { keyOf, type Place } from './places.ts';
import { isNamedLikeMutex } from './standins.ts';

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

export function withoutPointer(expr: Expr): Expr {
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

export function pointee(type: Type): Type {
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
