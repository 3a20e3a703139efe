/** Slices and maps in fields that hold channels, or values with channels in their fields: what is put in, taken out and reached through them. */
import type { Op } from '../../flow/graph.ts';
import { calleeOf } from '../../program/callee.ts';
import type { FuncInfo } from '../../program/package.ts';
import type { Env } from '../../program/resolve.ts';
import { type Expr, unparen } from '../../syntax/ast.ts';
import type { Body } from '../bodies.ts';
import { familyOf } from '../places/canonical.ts';

/** The field with the set that a channel comes out of: `ch` of `for _, ch := range t.subs`, `m.send` of `for m := range h.members`, `f.outs[i]`. */
export function collectionOf(channel: Expr, body: Body, depth = 3): string | undefined {
  const x = unparen(channel);
  if (depth === 0) return undefined;
  if (x.kind === 'selector') return collectionOf(x.x, body, depth - 1);
  if (x.kind === 'index') return setAt(x.x, body.env);
  const variable = x.kind === 'ident' && x.entity?.kind === 'var' ? x.entity : undefined;
  if (!variable || variable.assigned.length > 0) return undefined;
  const { origin } = variable;
  if (origin.kind === 'range') return setAt(origin.x, body.env);
  return origin.kind === 'value' && origin.index === 0 && /^(?:index|ident)$/.test(unparen(origin.expr).kind) ? collectionOf(origin.expr, body, depth - 1) : undefined;
}

/** A field, or the one local variable that it was put into. */
function setAt(expr: Expr, env: Env): string | undefined {
  const x = unparen(expr);
  if (x.kind === 'selector') return familyOf(x, env);
  const variable = x.kind === 'ident' && x.entity?.kind === 'var' ? x.entity : undefined;
  const value = variable?.assigned.length === 0 && variable.origin.kind === 'value' && variable.origin.count === 1 ? unparen(variable.origin.expr) : undefined;
  return value?.kind === 'selector' ? familyOf(value, env) : undefined;
}

/** `if len(ch) < cap(ch) { ch <- x }`. */
export function hasRoomFor(channel: Expr, { info }: Body): boolean {
  return info.bodyText.includes(`len(${info.file.source.text.slice(channel.start, channel.end)})`);
}

const REMOVES = /\bdelete\(|\bappend\(|\bslices\.Delete/;

export function mayRemove(field: string, { bodyText }: FuncInfo): boolean {
  return bodyText.includes(`.${field}`) && REMOVES.test(bodyText);
}

/** `delete(t.subs, name)`, `t.subs = append(t.subs[:i], t.subs[i+1:]...)`, `t.subs = slices.Delete(t.subs, i, i+1)`; `t.subs = nil` takes all out. */
export function isRemoving(op: Op, family: string, env: Env): boolean {
  const isSet = (x: Expr | undefined) => x !== undefined && setAt(x, env) === family;
  if (op.kind === 'call') {
    const callee = calleeOf(op.call, env);
    return callee.kind === 'builtin' && callee.name === 'delete' && isSet(op.call.args[0]);
  }
  return op.kind === 'assign' && op.lhs.some((target, i) => {
    const value = unparen(op.rhs[i] ?? target);
    return unparen(target).kind === 'selector' && isSet(target) && value !== unparen(target) && !isAppendTo(value, isSet);
  });
}

/** `t.subs = append(t.subs, ch)`, `t.subs[name] = ch`. */
export function isAdding(op: Op, family: string, env: Env): boolean {
  const isSet = (x: Expr | undefined) => x !== undefined && setAt(x, env) === family;
  return op.kind === 'assign' && op.lhs.some((target, i) => {
    const x = unparen(target);
    return x.kind === 'index' ? isSet(x.x) : isSet(x) && isAppendTo(unparen(op.rhs[i] ?? target), isSet);
  });
}

function isAppendTo(value: Expr, isSet: (x: Expr | undefined) => boolean): boolean {
  return value.kind === 'call' && value.fun.kind === 'ident' && value.fun.name === 'append' && isSet(value.args[0]);
}

/** The set that a channel is put into, itself or in a field of a value that is made for it: `s.waiting[id] = &call{done: ch}`. */
export function putInto(op: Op, isChannel: (x: Expr) => boolean, env: Env): string | undefined {
  if (op.kind !== 'assign') return undefined;
  const has = (expr: Expr | undefined): boolean => {
    const x = expr && unparen(expr);
    if (!x) return false;
    const literal = x.kind === 'unary' && x.op === '&' ? unparen(x.x) : x;
    return isChannel(x) || (literal.kind === 'composite' && literal.elements.some(({ value }) => isChannel(value)));
  };
  for (const [i, target] of op.lhs.entries()) {
    const [x, value] = [unparen(target), op.rhs[i]];
    const call = value && unparen(value);
    if (x.kind === 'index' && has(value)) return setAt(x.x, env);
    if (x.kind === 'selector' && call?.kind === 'call' && call.fun.kind === 'ident' && call.fun.name === 'append' && call.args.slice(1).some(has)) return setAt(x, env);
  }
  return undefined;
}
