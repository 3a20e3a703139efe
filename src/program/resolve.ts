/** From type expressions to types. */
import type { Expr, Field, FuncType, LocalType, TypeSpec } from '../syntax/ast.ts';
import type { GoFile } from './package.ts';
import type { Program } from './program.ts';
import { errorType, FieldOnDemand, type Signature, SignatureOnDemand, type StructField, substitute, type Type, type TypeDef, type TypeParam, unknown } from './types.ts';

/** Where an expression stands: what its names mean depends on the file. */
export interface Env {
  readonly program: Program;
  readonly file: GoFile;
  /** Type parameters in scope outside function bodies. */
  readonly typeParams?: ReadonlyMap<string, TypeParam>;
}

const BASIC = new Set(['bool', 'string', 'int', 'int8', 'int16', 'int32', 'int64', 'uint', 'uint8', 'uint16', 'uint32', 'uint64', 'uintptr',
  'float32', 'float64', 'complex64', 'complex128', 'byte', 'rune']);

/** The type that `x` denotes; undefined when it is no type expression. */
export function resolveType(x: Expr, env: Env, args: readonly Type[] = []): Type | undefined {
  switch (x.kind) {
    case 'ident':
      return x.entity ? (x.entity.kind === 'type' ? resolveLocal(x.entity, env) : undefined) : resolveName(x.name, env, args);
    case 'paren':
      return resolveType(x.x, env);
    case 'selector': {
      if (x.x.kind !== 'ident' || x.x.entity || env.file.pkg.declares(x.x.name, env.file)) return undefined;
      const path = env.program.importPathOf(env.file, x.x.name);
      if (path === undefined) return undefined;
      const pkg = env.program.imported(env.file, path);
      if (!pkg) return undefined;
      const entity = pkg.lookup(x.sel.name);
      return entity?.kind === 'type' ? named(pkg.path, x.sel.name, entity, env.program, args) : undefined;
    }
    case 'star': {
      const elem = resolveType(x.x, env);
      return elem && { kind: 'pointer', elem };
    }
    case 'index': {
      const args = x.indices.map(arg => typeAt(arg, env));
      const base = resolveType(x.x, env, args);
      // An alias has used the arguments already.
      return base?.kind === 'named' && !base.args.length ? { ...base, args } : base;
    }
    case 'unary':
      return x.op === '~' ? resolveType(x.x, env) : undefined;
    case 'array':
      return { kind: 'slice', elem: typeAt(x.elem, env), ...(x.length === undefined ? {} : { array: { of: x.length, file: env.file } }) };
    case 'map':
      return { kind: 'map', key: typeAt(x.key, env), value: typeAt(x.value, env) };
    case 'chan':
      return { kind: 'chan', dir: x.dir, elem: typeAt(x.elem, env) };
    case 'functype':
      return signatureOf(x, env);
    case 'struct':
      return { kind: 'struct', fields: x.fields.flatMap(field => structFields(field, env)) };
    case 'interface':
      return { kind: 'interface', methods: x.methods.map(m => ({ name: m.name.name, type: signatureOf(m.type, env) })), embeds: x.embeds.map(e => typeAt(e, env)) };
    default:
      return undefined;
  }
}

/** The type at a place where only a type can stand. A package that is not at hand still gives the type its name. */
export function typeAt(x: Expr, env: Env): Type {
  const resolved = resolveType(x, env);
  if (resolved) return resolved;
  if (x.kind === 'star') return { kind: 'pointer', elem: typeAt(x.x, env) };
  if (x.kind === 'index') return typeAt(x.x, env);
  if (x.kind === 'selector' && x.x.kind === 'ident' && !x.x.entity && !env.file.pkg.declares(x.x.name, env.file)) {
    const path = env.program.importPathOf(env.file, x.x.name);
    if (path !== undefined) return { kind: 'named', pkg: path, name: x.sel.name, args: [], def: undefined };
  }
  return unknown;
}

export function signatureOf(type: FuncType, env: Env): Signature {
  const inner = withTypeParams(type.typeParams, env);
  const typeParams = paramsIn(type.typeParams, inner);
  const types = (fields: readonly Field[]) => fields.flatMap(f => {
    const t = typeAt(f.type, inner);
    const own: Type = f.variadic ? { kind: 'slice', elem: t } : t;
    return f.names.length ? f.names.map(() => own) : [own];
  });
  return new SignatureOnDemand(typeParams, type.params.at(-1)?.variadic ?? false, () => types(type.params), () => types(type.results));
}

/** The environment inside a declaration with type parameters. */
export function withTypeParams(fields: readonly Field[], env: Env): Env {
  if (!fields.length) return env;
  const typeParams = new Map(env.typeParams);
  const inner: Env = { ...env, typeParams };
  for (const { names, type } of fields) {
    for (const { name } of names) typeParams.set(name, { kind: 'typeparam', name, bound: () => typeAt(type, inner) });
  }
  return inner;
}

/** The type parameters that `fields` declare, out of an environment that has them. */
function paramsIn(fields: readonly Field[], env: Env): TypeParam[] {
  return fields.flatMap(f => f.names.flatMap(n => env.typeParams?.get(n.name) ?? []));
}

function structFields(field: Field, env: Env): StructField[] {
  const type = () => typeAt(field.type, env);
  if (field.names.length) return field.names.map(n => new FieldOnDemand(n.name, false, type));
  return [new FieldOnDemand(embeddedName(field.type), true, type)];
}

/** What an embedded field is called. */
export function embeddedName(type: Expr): string {
  if (type.kind === 'ident') return type.name;
  if (type.kind === 'selector') return type.sel.name;
  if (type.kind === 'star' || type.kind === 'index' || type.kind === 'paren') return embeddedName(type.x);
  return '';
}

function resolveLocal(entity: LocalType, env: Env): Type {
  if (entity.spec) {
    return entity.spec.isAlias ? typeAt(entity.spec.type, env)
      : { kind: 'named', pkg: env.file.pkg.path, name: entity.name, args: [], def: { spec: entity.spec, file: env.file, isLocal: true } };
  }
  const { name, constraint } = entity;
  return { kind: 'typeparam', name, bound: () => ('kind' in constraint ? typeAt(constraint, env) : receiverBound(constraint, env)) };
}

/** The constraint that a receiver's type declares for its parameter `index`. */
function receiverBound({ type, index }: { readonly type: string; readonly index: number }, { program, file }: Env): Type {
  const entity = file.pkg.lookup(type);
  if (entity?.kind !== 'type') return unknown;
  const env = withTypeParams(entity.spec.typeParams, { program, file: entity.file });
  return paramsIn(entity.spec.typeParams, env)[index]?.bound() ?? unknown;
}

function resolveName(name: string, env: Env, args: readonly Type[]): Type | undefined {
  const param = env.typeParams?.get(name);
  if (param) return param;
  const own = env.file.pkg.lookup(name, env.file);
  if (own) return own.kind === 'type' ? named(env.file.pkg.path, name, own, env.program, args) : undefined;
  if (name === 'error') return errorType;
  if (name === 'any') return { kind: 'interface', methods: [], embeds: [] };
  if (BASIC.has(name)) return { kind: 'basic', name };
  for (const spec of env.file.imports) {
    if (spec.name !== '.') continue;
    const pkg = env.program.imported(env.file, spec.path);
    const entity = pkg?.lookup(name);
    if (pkg && entity?.kind === 'type') return named(pkg.path, name, entity, env.program, args);
  }
  return undefined;
}

const MAX_ALIASES = 20;
let aliases = 0;

function named(pkg: string, name: string, def: TypeDef, program: Program, args: readonly Type[]): Type {
  if (!def.spec.isAlias) return { kind: 'named', pkg, name, args: [], def: { spec: def.spec, file: def.file } };
  // Aliases of each other are no Go, but code may say so.
  if (aliases >= MAX_ALIASES) return unknown;
  aliases++;
  try {
    return instance(def, args, program);
  } finally {
    aliases--;
  }
}

/** What declarations without type parameters stand for: it is asked at every selector. */
const plain = new WeakMap<TypeSpec, Type>();

/** What a declaration says its name stands for, type arguments filled in. */
function instance({ spec, file }: TypeDef, args: readonly Type[], program: Program): Type {
  const known = plain.get(spec);
  if (known) return known;
  if (!spec.typeParams.length) {
    const type = typeAt(spec.type, { program, file });
    plain.set(spec, type);
    return type;
  }
  const env = withTypeParams(spec.typeParams, { program, file });
  const params = paramsIn(spec.typeParams, env);
  return substitute(typeAt(spec.type, env), new Map(params.map((p, k) => [p.name, args[k] ?? unknown])));
}

/** The type behind a name or a type parameter. */
export function underlying(type: Type, program: Program): Type {
  let at = type;
  for (let i = 0; i < MAX_ALIASES; i++) {
    if (at.kind === 'typeparam') at = coreOf(at.bound(), program);
    else if (at.kind !== 'named') return at;
    else if (!at.def) return unknown;
    else at = instance(at.def, at.args, program);
  }
  return unknown;
}

/** The one type that a constraint lets through, as far as what it is built of goes: `[]E` of `interface{ ~[]E }`. */
function coreOf(bound: Type, program: Program): Type {
  const inner = bound.kind === 'named' ? underlying(bound, program) : bound;
  if (inner.kind !== 'interface') return inner;
  const [only, ...more] = inner.embeds.map(embed => coreOf(embed, program)).filter(core => core.kind !== 'interface');
  return only && !more.length ? only : inner;
}
