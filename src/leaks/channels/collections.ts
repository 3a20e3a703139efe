/** Slices and maps of a function that hold channels, or values with channels in their fields, and are seen by nobody else. */
import { calleeOf } from '../../program/callee.ts';
import { typeOf } from '../../program/infer.ts';
import { underlying } from '../../program/resolve.ts';
import { type Call, type Expr, unparen, type Variable } from '../../syntax/ast.ts';
import { walkStmts } from '../../syntax/walk.ts';
import type { Body } from '../bodies.ts';
import { fieldValuesOf, literalOf } from '../places/ownvalues.ts';
import { capacityOf, isMake } from './makes.ts';

/** What lies below each value of a collection: `jobs[i].done` is `done` of `jobs`. */
export interface Element {
  readonly of: Variable;
  readonly fields: readonly string[];
}

export interface Collection {
  /** Variables that stand for a value of it from where they are declared. */
  readonly values: ReadonlySet<Variable>;
  readonly makes: readonly { readonly element: Element; readonly capacity: number | undefined }[];
}

export function sameElement(a: Element, b: Element): boolean {
  return a.of === b.of && a.fields.join('.') === b.fields.join('.');
}

/** What an expression names; `given` are the arguments of the function that it stands in. */
export function elementOf(expr: Expr, collections: ReadonlyMap<Variable, Collection>, given: ReadonlyMap<Variable, Expr>): Element | undefined {
  const x = unparen(expr);
  if (x.kind === 'selector') {
    const base = elementOf(x.x, collections, given);
    return base && { of: base.of, fields: [...base.fields, x.sel.name] };
  }
  if (x.kind === 'index') {
    const of = variableOf(x.x);
    return of && collections.has(of) ? { of, fields: [] } : undefined;
  }
  const variable = variableOf(x);
  if (!variable) return undefined;
  const arg = given.get(variable);
  if (arg) return elementOf(arg, collections, NONE);
  for (const [of, { values }] of collections) if (values.has(variable)) return { of, fields: [] };
  const { origin, assigned } = variable;
  if (assigned.length > 0) return undefined;
  if (origin.kind === 'range' && origin.position === 1) return elementsOf(variableOf(origin.x), collections);
  return origin.kind === 'value' && origin.count === 1 && unparen(origin.expr).kind === 'index' ? elementOf(origin.expr, collections, given) : undefined;
}

const NONE: ReadonlyMap<Variable, Expr> = new Map();

function elementsOf(of: Variable | undefined, collections: ReadonlyMap<Variable, Collection>): Element | undefined {
  return of && collections.has(of) ? { of, fields: [] } : undefined;
}

function variableOf(expr: Expr): Variable | undefined {
  const x = unparen(expr);
  return x.kind === 'ident' && x.entity?.kind === 'var' ? x.entity : undefined;
}

/** Those of a body whose every mention is understood. */
export function collectionsIn(body: Body): ReadonlyMap<Variable, Collection> {
  const stores = storesIn(body);
  const found = new Map<Variable, Collection>();
  for (const of of new Set(stores.map(store => store.of))) {
    const own = stores.filter(store => store.of === of);
    const values = new Set(own.flatMap(({ value }) => variableOf(value) ?? []));
    const makes = own.flatMap(({ value }) => makesBelow(value, of, body));
    if (makes.length && isOwn(of, values, body)) found.set(of, { values, makes });
  }
  return found;
}

interface Store {
  readonly of: Variable;
  readonly value: Expr;
}

/** `xs = append(xs, x)`, `xs[i] = x`, `m[k] = x`, of variables of the body. */
function storesIn({ block, node, env }: Body): readonly Store[] {
  const found: Store[] = [];
  const put = (of: Variable | undefined, value: Expr) => {
    if (of?.role === 'local' && of.owner === node) found.push({ of, value });
  };
  walkStmts(block.stmts, {
    stmt: stmt => {
      if (stmt.kind !== 'assign' || stmt.lhs.length !== stmt.rhs.length) return;
      stmt.lhs.forEach((target, i) => {
        const value = stmt.rhs[i];
        const x = unparen(target);
        if (value && x.kind === 'index') put(variableOf(x.x), value);
        const call = value && unparen(value);
        const [to, added] = call?.kind === 'call' && isAppend(call, env) ? call.args : [];
        if (to && added && variableOf(to) === variableOf(x)) put(variableOf(x), added);
      });
    },
  });
  return found;
}

function isAppend(call: Call, env: Body['env']): boolean {
  const callee = calleeOf(call, env);
  return callee.kind === 'builtin' && callee.name === 'append' && call.args.length === 2 && !call.spread;
}

/** The channels that are made for a value which is put into a collection: itself, or in its fields. */
function makesBelow(value: Expr, of: Variable, { env, node }: Body): Collection['makes'] {
  const variable = variableOf(value);
  if (variable && (variable.owner !== node || variable.assigned.length > 0 || variable.origin.kind !== 'value' || variable.origin.count !== 1)) return [];
  const x = unparen(variable?.origin.kind === 'value' ? variable.origin.expr : value);
  if (x.kind === 'call' && isMake(x, env)) return [{ element: { of, fields: [] }, capacity: capacityOf(x, env) }];
  const literal = literalOf(x);
  return literal ? fieldValuesOf(literal, env).flatMap(({ fields, value: inner }) => {
    const call = unparen(inner);
    return call.kind === 'call' && isMake(call, env) ? [{ element: { of, fields }, capacity: capacityOf(call, env) }] : [];
  }) : [];
}

/** The collection and its values are only put in, taken out, communicated with and handed to goroutines. */
function isOwn(of: Variable, values: ReadonlySet<Variable>, { block, env }: Body): boolean {
  const known = new Set<Expr>([of.ident, ...[...values].map(({ ident }) => ident)]);
  const isValue = (x: Expr) => known.add(unparen(x));
  let isKnown = true;
  walkStmts(block.stmts, {
    stmt: stmt => {
      if (stmt.kind === 'range') isValue(stmt.x);
      if (stmt.kind === 'send') isValue(stmt.channel);
      if (stmt.kind === 'go') knowStarted(unparen(stmt.call), isValue);
      if (stmt.kind === 'assign') {
        stmt.lhs.forEach(x => variableOf(x) === of && isValue(x));
        stmt.rhs.forEach((x, i) => unparen(stmt.lhs[i] ?? x).kind === 'index' && isValue(x));
      }
    },
    expr: x => {
      if (x.kind === 'index' || (x.kind === 'unary' && x.op === '<-')) isValue(x.x);
      if (x.kind === 'selector') isValue(x.x);
      if (x.kind === 'call') {
        const callee = calleeOf(x, env);
        if (callee.kind === 'builtin' && /^(?:append|len|cap|make|delete|close)$/.test(callee.name)) x.args.forEach(isValue);
        // A method of a value may do anything with its channels.
        else if (x.fun.kind === 'selector' && callee.kind === 'method') isKnown &&= known.has(x.fun) || !isOne(variableOf(x.fun.x), of, values);
        for (const arg of x.args) isKnown &&= known.has(unparen(arg)) || !leadsTo(arg, of, values, env);
      }
      const variable = x.kind === 'ident' ? variableOf(x) : undefined;
      if (isOne(variable, of, values)) isKnown &&= known.has(x);
    },
  });
  return isKnown;
}

function isOne(variable: Variable | undefined, of: Variable, values: ReadonlySet<Variable>): boolean {
  return variable !== undefined && (variable === of || values.has(variable));
}

/** `j.done`, `xs[i]`, which a call that is not understood is given; `j.name` says nothing of a channel. */
function leadsTo(arg: Expr, of: Variable, values: ReadonlySet<Variable>, env: Body['env']): boolean {
  const x = unparen(arg);
  if (x.kind === 'selector') return underlying(typeOf(x, env), env.program).kind === 'chan' && leadsTo(x.x, of, values, env);
  return isOne(variableOf(x.kind === 'index' ? x.x : x), of, values);
}

function knowStarted(call: Expr, know: (x: Expr) => unknown): void {
  if (call.kind !== 'call') return;
  call.args.forEach(know);
  know(call.fun);
}

