import { type Call, type Expr, type FuncLit, unparen, type Variable } from '../syntax/ast.ts';
import { isClockOn, timed } from '../source/clock.ts';
import { typeOf } from './infer.ts';
import { memberOf, unseenEmbed } from './members.ts';
import { Memo } from './memo.ts';
import { type FuncInfo, type PackageEntity, qualify } from './package.ts';
import { type Env, resolveType } from './resolve.ts';
import type { Member, Named, Type } from './types.ts';

/** Who is called. */
export type Callee =
  /** A declared function. */
  | { readonly kind: 'func'; readonly name: string; readonly func: FuncInfo }
  /** A method of `owner` on `receiver`; interface methods have no `func`. */
  | { readonly kind: 'method'; readonly name: string; readonly func: FuncInfo | undefined; readonly owner: Named; readonly receiver: Expr }
  /**
   * Something of a package whose source is not at hand, by the name it has in the package or on the type: it may be a
   * conversion, or a method of an embedded type. Good for looking it up in a table of known functions, and for no more.
   */
  | { readonly kind: 'presumed'; readonly name: string; readonly receiver: Expr | undefined }
  | { readonly kind: 'builtin'; readonly name: string }
  | { readonly kind: 'conversion'; readonly type: Type }
  /** `within` is the function that the literal is written in, where that is not the one of the call. */
  | { readonly kind: 'literal'; readonly literal: FuncLit; readonly within?: FuncInfo }
  /** A function value; `functionOf` in values.ts may know which. */
  | { readonly kind: 'variable'; readonly holder: Holder }
  | { readonly kind: 'unknown' };

/** What a function value is kept in. */
export type Holder =
  | { readonly kind: 'local'; readonly variable: Variable }
  | { readonly kind: 'package'; readonly entity: PackageEntity & { readonly kind: 'var' | 'const' } }
  | { readonly kind: 'field'; readonly owner: Named; readonly name: string };

const BUILTINS = new Set(['append', 'cap', 'clear', 'close', 'complex', 'copy', 'delete', 'imag', 'len', 'make', 'max', 'min', 'new', 'panic',
  'print', 'println', 'real', 'recover']);

const memo = new Memo<Call, Callee>();
const UNKNOWN: Callee = { kind: 'unknown' };

export function calleeOf(call: Call, env: Env): Callee {
  const known = memo.get(call);
  if (known) return known;
  const callee = isClockOn() ? timed('types', () => resolveFunction(call.fun, env)) : resolveFunction(call.fun, env);
  memo.set(call, callee);
  return callee;
}

/** What a function value stands for: of a call, of a `go` or `defer`, of a method value handed on. */
export function resolveFunction(expr: Expr, env: Env): Callee {
  const fun = unparen(expr);
  if (fun.kind === 'funclit') return { kind: 'literal', literal: fun };
  const conversion = resolveType(fun, env);
  if (conversion) return { kind: 'conversion', type: conversion };
  if (fun.kind === 'index') return resolveFunction(fun.x, env);
  if (fun.kind === 'ident') return calleeOfName(fun, env);
  if (fun.kind === 'selector') return calleeOfSelector(fun, env);
  return UNKNOWN;
}

function calleeOfName(fun: Expr & { kind: 'ident' }, env: Env): Callee {
  if (fun.entity) return fun.entity.kind === 'var' ? { kind: 'variable', holder: { kind: 'local', variable: fun.entity } } : UNKNOWN;
  const own = env.file.pkg.lookup(fun.name, env.file);
  if (own) return calleeOfEntity(own);
  if (BUILTINS.has(fun.name)) return { kind: 'builtin', name: fun.name };
  for (const spec of env.file.imports) {
    const found = spec.name === '.' ? env.program.imported(env.file, spec.path)?.lookup(fun.name) : undefined;
    if (found) return calleeOfEntity(found);
  }
  return UNKNOWN;
}

function calleeOfSelector(fun: Expr & { kind: 'selector' }, env: Env): Callee {
  const { x, sel } = fun;
  if (x.kind === 'ident' && !x.entity && !env.file.pkg.declares(x.name, env.file)) {
    const path = env.program.importPathOf(env.file, x.name);
    if (path === 'unsafe') return { kind: 'builtin', name: `unsafe.${sel.name}` };
    if (path !== undefined) {
      const pkg = env.program.imported(env.file, path);
      if (!pkg) return { kind: 'presumed', name: `${path}.${sel.name}`, receiver: undefined };
      const entity = pkg.lookup(sel.name);
      return entity ? calleeOfEntity(entity) : UNKNOWN;
    }
  }
  const type = resolveType(x, env) ?? typeOf(x, env);
  const member = memberOf(type, sel.name, env.program);
  if (member?.kind === 'method') return { kind: 'method', name: methodName(member, sel.name), func: member.func, owner: member.owner, receiver: x };
  if (member?.kind === 'field') return member.owner ? { kind: 'variable', holder: { kind: 'field', owner: member.owner, name: sel.name } } : UNKNOWN;
  const own = methodOfUnseenType(type, sel.name, x);
  if (own.kind !== 'unknown') return own;
  const embedded = unseenEmbed(type, env.program);
  return embedded ? methodOfUnseenType(embedded, sel.name, x) : UNKNOWN;
}

function calleeOfEntity(entity: PackageEntity): Callee {
  if (entity.kind === 'func') return { kind: 'func', name: entity.func.fullName, func: entity.func };
  return entity.kind === 'type' ? UNKNOWN : { kind: 'variable', holder: { kind: 'package', entity } };
}

function methodName(member: Member & { kind: 'method' }, name: string): string {
  if (member.func) return member.func.fullName;
  const { pkg, name: owner } = member.owner;
  return pkg ? `(${pkg}.${owner}).${name}` : `(${owner}).${name}`;
}

/** A type whose package is not at hand still has its name: `(*google.golang.org/grpc.ClientConn).Close`. */
function methodOfUnseenType(type: Type, name: string, receiver: Expr): Callee {
  const pointer = type.kind === 'pointer';
  const base = pointer ? type.elem : type;
  if (base.kind !== 'named' || base.def) return UNKNOWN;
  return { kind: 'presumed', name: qualify(base.pkg, `(${pointer ? '*' : ''}${base.name}).${name}`), receiver };
}

/** The name that a call is written with: the last part of the callee's full name where that has one. It tells most calls apart before anything is resolved. */
export function writtenName({ fun }: Call): string | undefined {
  const x = unparen(fun);
  const named = x.kind === 'index' ? unparen(x.x) : x;
  return named.kind === 'selector' ? named.sel.name : named.kind === 'ident' ? named.name : undefined;
}

/** `Do` of `(*net/http.Client).Do`. */
export function lastPart(fullName: string): string {
  return fullName.slice(fullName.lastIndexOf('.') + 1);
}

/** The full name of who is called, where it has one, presumed or not: what tables of known functions are asked for. */
export function calleeName(callee: Callee): string | undefined {
  return callee.kind === 'func' || callee.kind === 'method' || callee.kind === 'presumed' ? callee.name : undefined;
}

