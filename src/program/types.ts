/** Go's types as plain values. `unknown` is never evidence for anything. */
import type { FuncInfo, GoFile } from './package.ts';
import type { Expr, TypeSpec } from '../syntax/ast.ts';

export type Type =
  | { readonly kind: 'basic'; readonly name: string }
  | Named
  | { readonly kind: 'pointer'; readonly elem: Type }
  /** Arrays count as slices: few care for the length. */
  | { readonly kind: 'slice'; readonly elem: Type; readonly array?: ArrayLength }
  | { readonly kind: 'map'; readonly key: Type; readonly value: Type }
  | { readonly kind: 'chan'; readonly dir: 'both' | 'send' | 'receive'; readonly elem: Type }
  | Signature
  | { readonly kind: 'struct'; readonly fields: readonly StructField[] }
  | { readonly kind: 'interface'; readonly methods: readonly Method[]; readonly embeds: readonly Type[] }
  | { readonly kind: 'tuple'; readonly types: readonly Type[] }
  | TypeParam
  | { readonly kind: 'unknown' };

export interface Named {
  readonly kind: 'named';
  /** Import path; empty for `error`. */
  readonly pkg: string;
  readonly name: string;
  readonly args: readonly Type[];
  /** Undefined when the package's source is not at hand. */
  readonly def: TypeDef | undefined;
}
/** `of` in `[of]T`, and where its names are declared. */
export interface ArrayLength { readonly of: Expr | '...'; readonly file: GoFile }
export interface TypeDef {
  readonly spec: TypeSpec;
  readonly file: GoFile;
  /** Declared in a function: it has no methods, whatever a type of its name at package level has. */
  readonly isLocal?: boolean;
}
export interface TypeParam {
  readonly kind: 'typeparam';
  readonly name: string;
  /** Its constraint, resolved when it is asked for, since constraints mention their own parameters. */
  readonly bound: () => Type;
}
export interface Signature {
  readonly kind: 'func';
  readonly typeParams: readonly TypeParam[];
  readonly params: readonly Type[];
  readonly variadic: boolean;
  readonly results: readonly Type[];
}
export interface StructField {
  readonly name: string;
  readonly embedded: boolean;
  readonly type: Type;
}
export interface Method {
  readonly name: string;
  readonly type: Signature;
}

/** What `x.name` selects. */
export type Member =
  | { readonly kind: 'field'; readonly type: Type; readonly owner: Named | undefined }
  /** `func` is the declaration where there is one (not for interface methods). */
  | { readonly kind: 'method'; readonly type: Signature; readonly owner: Named; readonly func: FuncInfo | undefined };

/** One member is asked of a struct or an interface at a time, and the types of the others may be of packages that nobody has to read otherwise. */
export class FieldOnDemand implements StructField {
  private known: Type | undefined;

  constructor(readonly name: string, readonly embedded: boolean, private readonly find: () => Type) {}

  get type(): Type {
    return (this.known ??= this.find());
  }
}

/** As many callers ask for results alone. */
export class SignatureOnDemand implements Signature {
  readonly kind = 'func';
  private knownParams: readonly Type[] | undefined;
  private knownResults: readonly Type[] | undefined;

  constructor(
    readonly typeParams: readonly TypeParam[],
    readonly variadic: boolean,
    private readonly findParams: () => readonly Type[],
    private readonly findResults: () => readonly Type[],
  ) {}

  get params(): readonly Type[] {
    return (this.knownParams ??= this.findParams());
  }

  get results(): readonly Type[] {
    return (this.knownResults ??= this.findResults());
  }
}

/** The type of the method expression `T.m`. */
export function withReceiver(receiver: Type, method: Signature): Signature {
  return new SignatureOnDemand(method.typeParams, method.variadic, () => [receiver, ...method.params], () => method.results);
}

export const unknown: Type = { kind: 'unknown' };
export const errorType: Named = { kind: 'named', pkg: '', name: 'error', args: [], def: undefined };

/** `*net/http.Response`, `chan<- int`: how Go's own tools write a type with full package paths. */
export function typeName(type: Type): string {
  switch (type.kind) {
    case 'basic':
    case 'typeparam':
      return type.name;
    case 'named': {
      const args = type.args.length ? `[${type.args.map(typeName).join(', ')}]` : '';
      return `${type.pkg ? `${type.pkg}.` : ''}${type.name}${args}`;
    }
    case 'pointer':
      return `*${typeName(type.elem)}`;
    case 'slice':
      return `[]${typeName(type.elem)}`;
    case 'map':
      return `map[${typeName(type.key)}]${typeName(type.value)}`;
    case 'chan':
      return `${{ both: 'chan', send: 'chan<-', receive: '<-chan' }[type.dir]} ${typeName(type.elem)}`;
    case 'func':
      return `func(${type.params.map(typeName).join(', ')})${type.results.length ? ` (${type.results.map(typeName).join(', ')})` : ''}`;
    case 'struct':
      return `struct{${type.fields.map(f => `${f.name} ${typeName(f.type)}`).join('; ')}}`;
    case 'interface':
      return `interface{${type.methods.map(m => m.name).join('; ')}}`;
    case 'tuple':
      return `(${type.types.map(typeName).join(', ')})`;
    case 'unknown':
      return 'unknown';
  }
}

/** Whether `type` is the named type `name` (`net/http.Response`), pointers not counted. */
export function isNamed(type: Type, name: string): boolean {
  const base = type.kind === 'pointer' ? type.elem : type;
  return base.kind === 'named' && `${base.pkg}.${base.name}` === name;
}

/** `type` with type parameters replaced. */
export function substitute(type: Type, args: ReadonlyMap<string, Type>): Type {
  if (!args.size) return type;
  const inner = (t: Type) => substitute(t, args);
  switch (type.kind) {
    case 'typeparam':
      return args.get(type.name) ?? type;
    case 'named':
      return type.args.length ? { ...type, args: type.args.map(inner) } : type;
    case 'pointer':
    case 'slice':
      return { ...type, elem: inner(type.elem) };
    case 'chan':
      return { ...type, elem: inner(type.elem) };
    case 'map':
      return { ...type, key: inner(type.key), value: inner(type.value) };
    case 'func':
      return substituteSignature(type, args);
    case 'tuple':
      return { ...type, types: type.types.map(inner) };
    case 'struct':
      return { ...type, fields: type.fields.map(f => new FieldOnDemand(f.name, f.embedded, () => inner(f.type))) };
    case 'interface':
      return { ...type, methods: type.methods.map(m => ({ name: m.name, type: substituteSignature(m.type, args) })), embeds: type.embeds.map(inner) };
    case 'basic':
    case 'unknown':
      return type;
  }
}

export function substituteSignature(type: Signature, args: ReadonlyMap<string, Type>): Signature {
  if (!args.size) return type;
  const all = (types: readonly Type[]) => types.map(t => substitute(t, args));
  return new SignatureOnDemand(type.typeParams, type.variadic, () => all(type.params), () => all(type.results));
}

/**
 * Finds what the type parameters in `pattern` stand for, given the type of an argument. `under` gives what is behind a
 * name: a `type Names []string` goes where `[]E` is wanted.
 */
export function unify(pattern: Type, given: Type, found: Map<string, Type>, under: (type: Type) => Type): void {
  if (given.kind === 'unknown') return;
  if (pattern.kind === 'typeparam') {
    if (!found.has(pattern.name)) found.set(pattern.name, given);
    return;
  }
  const actual = given.kind === 'named' && pattern.kind !== 'named' ? under(given) : given;
  if ((pattern.kind === 'pointer' && actual.kind === 'pointer') || (pattern.kind === 'slice' && actual.kind === 'slice')
    || (pattern.kind === 'chan' && actual.kind === 'chan')) {
    unify(pattern.elem, actual.elem, found, under);
  } else if (pattern.kind === 'map' && actual.kind === 'map') {
    unify(pattern.key, actual.key, found, under);
    unify(pattern.value, actual.value, found, under);
  } else if (pattern.kind === 'func' && actual.kind === 'func') {
    pattern.params.forEach((p, i) => unify(p, actual.params[i] ?? unknown, found, under));
    pattern.results.forEach((r, i) => unify(r, actual.results[i] ?? unknown, found, under));
  } else if (pattern.kind === 'named' && actual.kind === 'named') {
    pattern.args.forEach((a, i) => unify(a, actual.args[i] ?? unknown, found, under));
  }
}
