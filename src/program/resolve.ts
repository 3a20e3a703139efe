/** From type expressions to types. */
import type { Expr, Field, FuncType, LocalType } from '../syntax/ast.ts';
import type { GoFile } from './package.ts';
import type { Program } from './program.ts';
import { errorType, type Named, type Signature, substitute, type Type, unknown } from './types.ts';

/** Where an expression stands: what its names mean depends on the file. */
export interface Env {
  readonly program: Program;
  readonly file: GoFile;
  /** Names of type parameters in scope outside function bodies. */
  readonly typeParams?: ReadonlySet<string>;
}

const BASIC = new Set(['bool', 'string', 'int', 'int8', 'int16', 'int32', 'int64', 'uint', 'uint8', 'uint16', 'uint32', 'uint64', 'uintptr',
  'float32', 'float64', 'complex64', 'complex128', 'byte', 'rune']);

/** The type that `x` denotes; undefined when it is no type expression. */
export function resolveType(x: Expr, env: Env): Type | undefined {
  switch (x.kind) {
    case 'ident':
      return x.entity ? (x.entity.kind === 'type' ? resolveLocal(x.entity, env) : undefined) : resolveName(x.name, env);
    case 'paren':
      return resolveType(x.x, env);
    case 'selector': {
      if (x.x.kind !== 'ident' || x.x.entity || env.file.pkg.declares(x.x.name)) return undefined;
      const path = env.program.importPathOf(env.file, x.x.name);
      if (path === undefined) return undefined;
      const pkg = env.program.imported(env.file, path);
      if (!pkg) return undefined;
      const entity = pkg.lookup(x.sel.name);
      return entity?.kind === 'type' ? named(pkg.path, x.sel.name, entity, env.program) : undefined;
    }
    case 'star': {
      const elem = resolveType(x.x, env);
      return elem && { kind: 'pointer', elem };
    }
    case 'index': {
      const base = resolveType(x.x, env);
      return base?.kind === 'named' ? { ...base, args: x.indices.map(arg => typeAt(arg, env)) } : undefined;
    }
    case 'array':
      return { kind: 'slice', elem: typeAt(x.elem, env) };
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
  if (x.kind === 'selector' && x.x.kind === 'ident' && !x.x.entity && !env.file.pkg.declares(x.x.name)) {
    const path = env.program.importPathOf(env.file, x.x.name);
    if (path !== undefined) return { kind: 'named', pkg: path, name: x.sel.name, args: [], def: undefined };
  }
  return unknown;
}

export function signatureOf(type: FuncType, env: Env): Signature {
  const typeParams = type.typeParams.flatMap(f => f.names.map(n => n.name));
  const inner: Env = typeParams.length ? { ...env, typeParams: new Set([...(env.typeParams ?? []), ...typeParams]) } : env;
  const types = (fields: readonly Field[]) => fields.flatMap(f => {
    const t = typeAt(f.type, inner);
    const own: Type = f.variadic ? { kind: 'slice', elem: t } : t;
    return f.names.length ? f.names.map(() => own) : [own];
  });
  return { kind: 'func', typeParams, params: types(type.params), variadic: type.params.at(-1)?.variadic ?? false, results: types(type.results) };
}

function structFields(field: Field, env: Env) {
  const type = typeAt(field.type, env);
  if (field.names.length) return field.names.map(n => ({ name: n.name, embedded: false, type }));
  return [{ name: embeddedName(field.type), embedded: true, type }];
}

function embeddedName(type: Expr): string {
  if (type.kind === 'ident') return type.name;
  if (type.kind === 'selector') return type.sel.name;
  if (type.kind === 'star' || type.kind === 'index' || type.kind === 'paren') return embeddedName(type.x);
  return '';
}

function resolveLocal(entity: LocalType, env: Env): Type {
  if (!entity.spec) return { kind: 'typeparam', name: entity.name };
  return { kind: 'named', pkg: env.file.pkg.path, name: entity.name, args: [], def: { spec: entity.spec, file: env.file } };
}

function resolveName(name: string, env: Env): Type | undefined {
  if (env.typeParams?.has(name)) return { kind: 'typeparam', name };
  const own = env.file.pkg.lookup(name);
  if (own) return own.kind === 'type' ? named(env.file.pkg.path, name, own, env.program) : undefined;
  if (name === 'error') return errorType;
  if (name === 'any') return { kind: 'interface', methods: [], embeds: [] };
  if (BASIC.has(name)) return { kind: 'basic', name };
  for (const spec of env.file.imports) {
    if (spec.name !== '.') continue;
    const pkg = env.program.imported(env.file, spec.path);
    const entity = pkg?.lookup(name);
    if (pkg && entity?.kind === 'type') return named(pkg.path, name, entity, env.program);
  }
  return undefined;
}

const MAX_ALIASES = 20;

function named(pkg: string, name: string, def: NonNullable<Named['def']>, program: Program, depth = 0): Type {
  if (def.spec.isAlias && depth < MAX_ALIASES) return typeAt(def.spec.type, { program, file: def.file });
  return { kind: 'named', pkg, name, args: [], def: { spec: def.spec, file: def.file } };
}

/** The type behind a name, type arguments filled in. */
export function underlying(type: Type, program: Program): Type {
  let at = type;
  for (let i = 0; i < MAX_ALIASES && at.kind === 'named'; i++) {
    if (!at.def) return unknown;
    const params = at.def.spec.typeParams.flatMap(f => f.names.map(n => n.name));
    const env: Env = { program, file: at.def.file, ...(params.length ? { typeParams: new Set(params) } : {}) };
    const args = at.args;
    at = substitute(typeAt(at.def.spec.type, env), new Map(params.map((p, k) => [p, args[k] ?? unknown])));
  }
  return at;
}
