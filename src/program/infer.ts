/** Types of expressions. Types are static in Go: they follow from declarations, not from the flow of the program. */
import { type Call, type CompositeLit, type Expr, unparen, type Variable } from '../syntax/ast.ts';
import { isClockOn, timed } from '../source/clock.ts';
import { memberOf, unseenEmbed } from './members.ts';
import { Memo } from './memo.ts';
import type { PackageEntity } from './package.ts';
import { type Env, resolveType, signatureOf, typeAt, underlying } from './resolve.ts';
import { errorType, type Signature, substitute, type Type, typeName, unify, unknown, withReceiver } from './types.ts';
import { typeOfWellKnown } from './wellknown.ts';

// A line of `var` outlives the unit, and its type may be what a function of another package gives.
const memo = new Memo<Expr, Type>();
const ofVariable = new Memo<Variable, Type>();
const ofPackageVar = new Memo<object, Type>();

const boolType: Type = { kind: 'basic', name: 'bool' };
const intType: Type = { kind: 'basic', name: 'int' };

/** The type of a value; `tuple` for a call with several results, `unknown` where something is not at hand. */
export function typeOf(x: Expr, env: Env): Type {
  const known = memo.get(x);
  if (known) return known;
  memo.set(x, unknown);
  const type = isClockOn() ? timed('types', () => infer(x, env)) : infer(x, env);
  memo.set(x, type);
  return type;
}

/** `[]T{{…}, {…}}`: literals that leave their type to the one around them get it when that one is looked at. */
function nameElided({ elements }: CompositeLit, type: Type, env: Env): void {
  const outer = underlying(type, env.program);
  if (outer.kind !== 'slice' && outer.kind !== 'map') return;
  const name = (inner: Expr | undefined, to: Type) => {
    if (inner?.kind !== 'composite' || inner.type) return;
    memo.set(inner, to);
    nameElided(inner, to.kind === 'pointer' ? to.elem : to, env);
  };
  for (const { key, value } of elements) {
    name(value, outer.kind === 'map' ? outer.value : outer.elem);
    if (outer.kind === 'map') name(key, outer.key);
  }
}

function infer(x: Expr, env: Env): Type {
  switch (x.kind) {
    case 'ident':
      return typeOfName(x, env);
    case 'literal':
      return { kind: 'basic', name: { int: 'int', float: 'float64', imaginary: 'complex128', rune: 'rune', string: 'string' }[x.token] };
    case 'composite': {
      const type = x.type ? typeAt(x.type, env) : unknown;
      nameElided(x, type, env);
      return type;
    }
    case 'funclit':
      return signatureOf(x.type, env);
    case 'paren':
      return typeOf(x.x, env);
    case 'selector':
      return typeOfSelector(x.x, x.sel.name, env);
    case 'index':
      return typeOfIndex(x.x, env);
    case 'slice': {
      const base = typeOf(x.x, env);
      return base.kind === 'pointer' ? base.elem : base;
    }
    case 'assert':
      return x.type ? typeAt(x.type, env) : unknown;
    case 'call':
      return typeOfCall(x, env);
    case 'star': {
      const base = underlying(typeOf(x.x, env), env.program);
      return base.kind === 'pointer' ? base.elem : unknown;
    }
    case 'unary':
      return typeOfUnary(x.op, x.x, env);
    case 'binary': {
      if (/^(==|!=|<|<=|>|>=|&&|\|\|)$/.test(x.op)) return boolType;
      const left = typeOf(x.x, env);
      return x.op === '<<' || x.op === '>>' ? left : ofOperands(left, typeOf(x.y, env));
    }
    default:
      return unknown;
  }
}

/** Both operands have one type, unless one is an untyped constant (`2 * time.Second`), which takes the other's. */
function ofOperands(left: Type, right: Type): Type {
  return left.kind === 'unknown' || (left.kind === 'basic' && right.kind !== 'unknown') ? right : left;
}

function typeOfName(x: Expr & { kind: 'ident' }, env: Env): Type {
  const { entity } = x;
  if (entity?.kind === 'var') return typeOfVariable(entity, env);
  if (entity?.kind === 'const') return entity.type ? typeAt(entity.type, env) : entity.value ? typeOf(entity.value, env) : unknown;
  if (entity) return unknown;
  const own = env.file.pkg.lookup(x.name, env.file);
  if (own) return typeOfEntity(own, env);
  if (x.name === 'true' || x.name === 'false') return boolType;
  if (x.name === 'iota') return intType;
  for (const spec of env.file.imports) {
    const found = spec.name === '.' ? env.program.imported(env.file, spec.path)?.lookup(x.name) : undefined;
    if (found) return typeOfEntity(found, env);
  }
  return unknown;
}

export function typeOfVariable(variable: Variable, env: Env): Type {
  const known = ofVariable.get(variable);
  if (known) return known;
  ofVariable.set(variable, unknown);
  const type = inferVariable(variable, env);
  ofVariable.set(variable, type);
  return type;
}

function inferVariable({ origin }: Variable, env: Env): Type {
  switch (origin.kind) {
    case 'declared': {
      const type = typeAt(origin.type, env);
      return origin.variadic ? { kind: 'slice', elem: type } : type;
    }
    case 'value':
      return valueAt(origin.expr, origin.index, origin.count, env);
    case 'range':
      return rangeType(underlying(typeOf(origin.x, env), env.program), origin.position, env);
    case 'typeswitch': {
      const only = origin.types.length === 1 ? origin.types[0] : undefined;
      return only && !(only.kind === 'ident' && only.name === 'nil') ? typeAt(only, env) : typeOf(origin.x, env);
    }
  }
}

/** The type of value `index` of the `count` values that `x` gives: results of a call, comma-ok forms. */
function valueAt(x: Expr, index: number, count: number, env: Env): Type {
  if (count > 1 && index > 0 && isCommaOk(x)) return boolType;
  const type = typeOf(x, env);
  if (type.kind === 'tuple') return type.types[index] ?? unknown;
  return index === 0 ? type : unknown;
}

function isCommaOk(x: Expr): boolean {
  const inner = unparen(x);
  return inner.kind === 'index' || inner.kind === 'assert' || (inner.kind === 'unary' && inner.op === '<-');
}

function rangeType(over: Type, position: number, env: Env): Type {
  switch (over.kind) {
    case 'slice':
      return position === 0 ? intType : over.elem;
    case 'map':
      return position === 0 ? over.key : over.value;
    case 'chan':
      return position === 0 ? over.elem : unknown;
    case 'pointer':
      return rangeType(underlying(over.elem, env.program), position, env);
    case 'basic':
      return over.name !== 'string' ? over : position === 0 ? intType : { kind: 'basic', name: 'rune' };
    case 'func': {
      const yieldFunc = over.params[0];
      return yieldFunc?.kind === 'func' ? yieldFunc.params[position] ?? unknown : unknown;
    }
    default:
      return unknown;
  }
}

/** The type of a package-level name used as a value. */
export function typeOfEntity(entity: PackageEntity, env: Env): Type {
  const own: Env = { program: env.program, file: entity.file };
  if (entity.kind === 'func') return signatureOf(entity.func.decl.type, own);
  if (entity.kind === 'type') return unknown;
  const known = ofPackageVar.get(entity.ident);
  if (known) return known;
  ofPackageVar.set(entity.ident, unknown);
  const { spec, index } = entity;
  const value = spec.values.length === spec.names.length ? spec.values[index] : spec.values[0];
  const type = spec.type ? typeAt(spec.type, own) : value ? valueAt(value, spec.values.length === spec.names.length ? 0 : index, spec.names.length, own) : unknown;
  ofPackageVar.set(entity.ident, type);
  return type;
}

function typeOfSelector(x: Expr, name: string, env: Env): Type {
  if (x.kind === 'ident' && !x.entity && !env.file.pkg.declares(x.name, env.file)) {
    const path = env.program.importPathOf(env.file, x.name);
    if (path !== undefined) {
      const pkg = env.program.imported(env.file, path);
      if (!pkg) return typeOfWellKnown(`${path}.${name}`, env.program);
      const entity = pkg.lookup(name);
      return entity ? typeOfEntity(entity, env) : unknown;
    }
  }
  const asType = resolveType(x, env);
  const owner = asType ?? typeOf(x, env);
  const member = memberOf(owner, name, env.program);
  if (!member) return typeOfUnseenMethod(owner, name, env);
  // A method expression `T.m` takes its receiver as the first parameter.
  if (asType && member.kind === 'method') return withReceiver(asType, member.type);
  return member.type;
}

function typeOfUnseenMethod(owner: Type, name: string, env: Env): Type {
  const base = owner.kind === 'pointer' ? owner.elem : owner;
  const unseen = base.kind === 'named' && !base.def && base.pkg ? owner : unseenEmbed(owner, env.program);
  return unseen ? typeOfWellKnown(`(${typeName(unseen)}).${name}`, env.program) : unknown;
}

function typeOfIndex(x: Expr, env: Env): Type {
  const declared = typeOf(x, env);
  const base = underlying(declared.kind === 'pointer' ? declared.elem : declared, env.program);
  if (base.kind === 'slice') return base.elem;
  if (base.kind === 'map') return base.value;
  if (base.kind === 'basic') return { kind: 'basic', name: 'byte' };
  return base.kind === 'func' ? base : unknown;
}

function typeOfUnary(op: string, x: Expr, env: Env): Type {
  if (op === '&') {
    const elem = typeOf(x, env);
    return elem.kind === 'unknown' ? unknown : { kind: 'pointer', elem };
  }
  if (op === '<-') {
    const over = underlying(typeOf(x, env), env.program);
    return over.kind === 'chan' ? over.elem : unknown;
  }
  return op === '!' ? boolType : typeOf(x, env);
}

function typeOfCall(call: Call, env: Env): Type {
  const fun = unparen(call.fun);
  const conversion = resolveType(fun, env);
  if (conversion) return conversion;
  if (fun.kind === 'ident' && !fun.entity && !env.file.pkg.declares(fun.name, env.file)) {
    const type = typeOfBuiltin(fun.name, call, env);
    if (type) return type;
  }
  const signature = underlying(typeOf(fun, env), env.program);
  if (signature.kind !== 'func') return unknown;
  const results = instantiate(signature, call, fun, env);
  return results.length === 1 ? results[0] ?? unknown : { kind: 'tuple', types: results };
}

function typeOfBuiltin(name: string, call: Call, env: Env): Type | undefined {
  const first = call.args[0];
  switch (name) {
    case 'make':
      return first ? typeAt(first, env) : unknown;
    case 'new':
      return first ? { kind: 'pointer', elem: typeOfNew(first, env) } : unknown;
    case 'append':
    case 'min':
    case 'max':
      return first ? typeOf(first, env) : unknown;
    case 'len':
    case 'cap':
    case 'copy':
      return intType;
    case 'recover':
      return { kind: 'interface', methods: [], embeds: [] };
    default:
      return undefined;
  }
}

/** Since Go 1.26 the operand may be a value; of a package that is not at hand it is taken for a type. */
function typeOfNew(operand: Expr, env: Env): Type {
  const type = resolveType(operand, env) ?? typeOf(operand, env);
  return type.kind === 'unknown' ? typeAt(operand, env) : type;
}

/** Results of a call, with type arguments that are written or follow from the arguments. */
function instantiate(signature: Signature, call: Call, fun: Expr, env: Env): readonly Type[] {
  if (!signature.typeParams.length) return signature.results;
  const found = new Map<string, Type>();
  const under = (type: Type) => underlying(type, env.program);
  if (fun.kind === 'index') fun.indices.forEach((x, i) => found.set(signature.typeParams[i]?.name ?? '', typeAt(x, env)));
  argumentTypes(call, env).forEach((actual, i) => {
    const last = signature.params.length - 1;
    const param = signature.params[Math.min(i, last)];
    if (!param) return;
    unify(signature.variadic && i >= last && !call.spread && param.kind === 'slice' ? param.elem : param, actual, found, under);
  });
  // What a constraint is built of tells the rest: `S ~[]E` gives E once S is known, and S once E is.
  for (const param of signature.typeParams) {
    const core = under(param);
    const known = found.get(param.name);
    if (known) unify(core, under(known), found, under);
  }
  for (const param of signature.typeParams) {
    const core = under(param);
    if (!found.has(param.name) && core.kind !== 'interface' && core.kind !== 'unknown') found.set(param.name, substitute(core, found));
  }
  return signature.results.map(r => substitute(r, found));
}

/** `f(g())` passes all results of `g`. */
function argumentTypes(call: Call, env: Env): readonly Type[] {
  const types = call.args.map(arg => typeOf(arg, env));
  const only = types.length === 1 ? types[0] : undefined;
  return only?.kind === 'tuple' ? only.types : types;
}

/** Whether values of `type` are errors, as far as declarations tell. */
export function isError(type: Type): boolean {
  return type.kind === 'named' && type.pkg === errorType.pkg && type.name === errorType.name;
}
