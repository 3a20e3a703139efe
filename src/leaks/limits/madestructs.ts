/** Where a struct is made that somebody uses: in the function, behind a variable, in a field, by a function of the package. */
import { type Callee, calleeOf } from '../../program/callee.ts';
import { typeOf } from '../../program/infer.ts';
import { memberOf } from '../../program/members.ts';
import { type Env, typeAt } from '../../program/resolve.ts';
import { isNamed, type Type } from '../../program/types.ts';
import { functionOf } from '../../program/values.ts';
import type { Site } from '../../source/text.ts';
import { type Call, type Element, type Expr, unparen, type Variable } from '../../syntax/ast.ts';
import { walkStmts } from '../../syntax/walk.ts';
import { type Body, bodyOf } from '../bodies.ts';
import type { Pass } from '../pass.ts';
import { putsInto } from '../places/fieldputs.ts';

export interface MadeStruct {
  /** What is put into its fields where it is made; nothing by `new(T)` and `var v T`. */
  readonly elements: readonly Element[];
  readonly at: Site;
  readonly env: Env;
  readonly names: readonly Name[];
}

/** A variable or field that has the struct, and the code in which its fields may be set through it. */
interface Name {
  /** How code that sets one of the fields begins, as a pattern. */
  readonly prefix: string;
  readonly texts: readonly string[];
}

interface Where {
  readonly type: string;
  readonly pass: Pass;
  readonly env: Env;
  /** The declared function that the expression stands in, if it stands in one. */
  readonly outer: Body | undefined;
  readonly names: readonly Name[];
  readonly depth: number;
}

/** Every struct of the type with this full name that `x` may stand for; none where it comes from elsewhere. */
export function structsBehind(x: Expr, type: string, body: Body, pass: Pass): MadeStruct[] {
  const outer = bodyOf(body.info, pass);
  return [...behind(x, { type, pass, env: body.env, outer, names: [], depth: 4 })];
}

function* behind(expr: Expr, where: Where): Generator<MadeStruct> {
  const x = unparen(expr);
  if (where.depth === 0) return;
  if (x.kind === 'unary' && x.op === '&') yield* behind(x.x, where);
  else if (x.kind === 'composite' && isNamed(typeOf(x, where.env), where.type)) yield made(x, x.elements, where);
  else if (x.kind === 'ident') yield* x.entity?.kind === 'var' ? behindLocal(x.entity, where) : behindGlobal(x.name, where);
  else if (x.kind === 'selector') yield* behindField(x.x, x.sel.name, where);
  else if (x.kind === 'call') yield* behindCall(x, 0, where);
}

function made(at: { readonly start: number; readonly end: number }, elements: readonly Element[], { env, names }: Where): MadeStruct {
  return { elements, at: { source: env.file.source, start: at.start, end: at.end }, env, names };
}

function* behindLocal(variable: Variable, from: Where): Generator<MadeStruct> {
  const { outer } = from;
  if (variable.role !== 'local' || !outer || isHandedOver(variable, outer)) return;
  const { origin, assigned, name } = variable;
  const where = { ...from, names: [...from.names, { prefix: prefixOf(name), texts: [outer.info.bodyText] }] };
  if (origin.kind === 'declared' && assigned.every(given => given === 'unknown')) {
    if (isValue(typeAt(origin.type, where.env), where.type)) yield made(variable.ident, [], where);
    return;
  }
  for (const given of [origin, ...assigned]) {
    if (given === 'unknown' || given.kind !== 'value') continue;
    const value = unparen(given.expr);
    if (given.count === 1) yield* behind(value, { ...where, depth: where.depth - 1 });
    else if (value.kind === 'call') yield* behindCall(value, given.index, where);
  }
}

function prefixOf(variable: string): string {
  return `(?<![.\\w])${variable}\\.`;
}

function isValue(type: Type, name: string): boolean {
  return type.kind === 'named' && isNamed(type, name);
}

/** Somebody gets it who may set its fields: a function value, code that is not at hand or that speaks of limits. */
function isHandedOver(variable: Variable, outer: Body): boolean {
  let found = false;
  const isIt = (arg: Expr) => {
    const inner = unparen(arg);
    const x = inner.kind === 'unary' && inner.op === '&' ? unparen(inner.x) : inner;
    return x.kind === 'ident' && x.entity === variable;
  };
  walkStmts(outer.block.stmts, { expr: x => void (found ||= x.kind === 'call' && x.args.some(isIt) && maySetLimits(functionOf(calleeOf(x, outer.env), outer.env))) });
  return found;
}

const SETS_NO_LIMIT = /^(?:golang\.org\/x\/net\/http2\.ConfigureServer|fmt\.\w+|log\.\w+)$/;

function maySetLimits(callee: Callee): boolean {
  switch (callee.kind) {
    case 'builtin':
    case 'conversion':
      return false;
    case 'func':
    case 'method':
      if (SETS_NO_LIMIT.test(callee.name)) return false;
      return !callee.func?.pkg.module || /Timeout/.test(callee.func.bodyText);
    case 'presumed':
      return !SETS_NO_LIMIT.test(callee.name);
    case 'literal':
    case 'variable':
    case 'unknown':
      return true;
  }
}

/** A package-level variable that keeps what it is declared with. */
function* behindGlobal(name: string, where: Where): Generator<MadeStruct> {
  const { env, pass } = where;
  const entity = env.file.pkg.lookup(name, env.file);
  if (entity?.kind !== 'var' || entity.file.pkg !== pass.pkg) return;
  const isSet = new RegExp(`(?<![.\\w])${name}\\s*=[^=]`);
  if (pass.pkg.funcs.some(func => func.name !== 'init' && isSet.test(func.bodyText))) return;
  const { spec, index, file } = entity;
  const there = { ...where, env: { program: env.program, file }, outer: undefined, names: [...where.names, { prefix: prefixOf(name), texts: textsOf(pass) }], depth: where.depth - 1 };
  const value = spec.values[index];
  if (value) yield* behind(value, there);
  else if (spec.type && isValue(typeAt(spec.type, there.env), where.type)) yield made(entity.ident, [], there);
}

/** A field, also one that is embedded under the type's own name. */
function* behindField(x: Expr, name: string, where: Where): Generator<MadeStruct> {
  const { env, pass } = where;
  const member = memberOf(typeOf(x, env), name, env.program);
  if (member?.kind !== 'field' || !member.owner) return;
  // The fields of an embedded struct are set as if they were the outer one's.
  const prefix = where.type.endsWith(`.${name}`) ? '\\.' : `\\.${name}\\.`;
  const names = [...where.names, { prefix, texts: textsOf(pass) }];
  for (const { value, within } of putsInto({ owner: member.owner, name }, env.program)) {
    if (within.pkg !== pass.pkg) continue;
    yield* behind(value, { ...where, env: pass.contracts.envOf(within), outer: bodyOf(within, pass), names, depth: where.depth - 1 });
  }
}

/** `newServer(addr)`: what the function returns. */
function* behindCall(call: Call, index: number, where: Where): Generator<MadeStruct> {
  const { env, pass } = where;
  const callee = calleeOf(call, env);
  if (callee.kind === 'builtin' && callee.name === 'new') {
    const type = call.args[0] && typeAt(call.args[0], env);
    if (type && isValue(type, where.type)) yield made(call, [], where);
  }
  if ((callee.kind !== 'func' && callee.kind !== 'method') || callee.func?.pkg !== pass.pkg) return;
  const outer = bodyOf(callee.func, pass);
  if (!outer) return;
  const there = { ...where, env: outer.env, outer, depth: where.depth - 1 };
  for (const { end } of outer.graph.blocks) {
    const result = end.kind === 'return' ? end.stmt?.results[index] : undefined;
    if (result) yield* behind(result, there);
  }
}

function textsOf({ pkg }: Pass): readonly string[] {
  return pkg.files.filter(({ kind }) => !kind.test).map(({ source }) => source.text);
}

/** Whether one of the fields is set to something, where the struct is made or afterwards. */
export function setsField({ elements, names }: MadeStruct, fields: readonly string[]): boolean {
  const isGiven = elements.some(({ key, value }) => !key || (key.kind === 'ident' && fields.includes(key.name) && !isZero(value)));
  return isGiven || names.some(({ prefix, texts }) => {
    const isSet = new RegExp(`${prefix}(?:${fields.join('|')})\\s*=[^=]`);
    return texts.some(text => isSet.test(text));
  });
}

function isZero(value: Expr): boolean {
  const x = unparen(value);
  return (x.kind === 'literal' && x.text === '0') || (x.kind === 'ident' && x.name === 'nil');
}

export function elementOf({ elements }: MadeStruct, name: string): Expr | undefined {
  return elements.find(({ key }) => key?.kind === 'ident' && key.name === name)?.value;
}
