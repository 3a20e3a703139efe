import type { FileKind } from '../source/constraints.ts';
import type { Module } from '../source/modules.ts';
import type { Source } from '../source/text.ts';
import type { Block, FuncDecl, Ident, TypeSpec, ValueSpec } from '../syntax/ast.ts';
import { outlineOf, parseBody, type Outline } from '../syntax/outline.ts';

/** One file of a package. */
export interface GoFile {
  readonly source: Source;
  readonly outline: Outline;
  readonly kind: FileKind;
  readonly pkg: Package;
}

/** A declared function or method. */
export class FuncInfo {
  /** `Get`, `(*Client).Do`, `(Header).Set`, without the package. */
  readonly name: string;
  private parsed: { body: Block | undefined } | undefined;

  constructor(readonly decl: FuncDecl, readonly file: GoFile) {
    const receiver = decl.receiver && receiverOf(decl);
    this.name = receiver ? `(${receiver.pointer ? '*' : ''}${receiver.type}).${decl.name.name}` : decl.name.name;
  }

  get pkg(): Package {
    return this.file.pkg;
  }

  /** `net/http.Get`, `(*net/http.Client).Do`: the name that `go/types` gives it. */
  get fullName(): string {
    return qualify(this.pkg.path, this.name);
  }

  /** Text of the body, for a look before parsing it. */
  get bodyText(): string {
    const span = this.decl.bodySpan;
    return span ? this.file.source.text.slice(span.start, span.end) : '';
  }

  /** The body, parsed and bound when it is first asked for. */
  body(): Block | undefined {
    this.parsed ??= { body: parseBody(this.file.source, this.decl)?.body };
    return this.parsed.body;
  }
}

/** The full name of a function: `(*Client).Do` in `net/http` is `(*net/http.Client).Do`. */
export function qualify(path: string, name: string): string {
  if (!path) return name;
  const method = /^\((\*?)(.*)$/.exec(name);
  return method ? `(${method[1]}${path}.${method[2]}` : `${path}.${name}`;
}

/** The type a method is declared on, `T` of `func (r *T[K]) …`. */
export function receiverOf(decl: FuncDecl): { type: string; pointer: boolean } | undefined {
  let type = decl.receiver?.type;
  if (type?.kind === 'paren') type = type.x;
  const pointer = type?.kind === 'star';
  if (type?.kind === 'star') type = type.x;
  if (type?.kind === 'index') type = type.x;
  return type?.kind === 'ident' ? { type: type.name, pointer } : undefined;
}

/** What a package declares under a name. */
export type PackageEntity =
  | { readonly kind: 'func'; readonly func: FuncInfo; readonly file: GoFile }
  | { readonly kind: 'var' | 'const'; readonly ident: Ident; readonly spec: ValueSpec; readonly index: number; readonly file: GoFile }
  | { readonly kind: 'type'; readonly spec: TypeSpec; readonly file: GoFile };

/**
 * A package. One that is only imported is read in part: of its files those are parsed that seem to declare a name
 * somebody asks for, since clients use a handful of what a large dependency declares.
 */
export class Package {
  readonly files: GoFile[] = [];
  readonly funcs: FuncInfo[] = [];
  private postponed: { readonly source: Source; readonly kind: FileKind }[] = [];
  private readonly asked = new Set<string>();
  private readonly scope = new Map<string, PackageEntity[]>();
  private readonly methods = new Map<string, FuncInfo[]>();

  constructor(readonly path: string, readonly name: string, readonly dir: string, readonly module: Module | undefined) {}

  /** A file that is parsed when a name is asked for that it seems to declare. */
  postpone(source: Source, kind: FileKind): void {
    this.postponed.push({ source, kind });
  }

  /** The texts of the files that nobody has needed yet. */
  get postponedTexts(): readonly string[] {
    return this.postponed.map(({ source }) => source.text);
  }

  private parseThose(key: string, name: string, pattern: string): void {
    if (this.postponed.length === 0 || this.asked.has(key)) return;
    this.asked.add(key);
    const wanted = new RegExp(pattern, 'm');
    const isWanted = ({ source }: { readonly source: Source }) => source.text.includes(name) && wanted.test(source.text);
    const found = this.postponed.filter(isWanted);
    if (found.length === 0) return;
    this.postponed = this.postponed.filter(p => !found.includes(p));
    for (const { source, kind } of found) this.add(source, outlineOf(source), kind);
  }

  add(source: Source, outline: Outline, kind: FileKind): void {
    const file: GoFile = { source, outline, kind, pkg: this };
    this.files.push(file);
    for (const decl of outline.decls) {
      if (decl.kind === 'func') this.addFunc(new FuncInfo(decl, file));
      else if (decl.kind === 'type') for (const spec of decl.specs) this.declare(spec.name.name, { kind: 'type', spec, file });
      else if (decl.kind !== 'import') this.addValues(decl.kind, decl.specs, file);
    }
  }

  private addFunc(func: FuncInfo): void {
    this.funcs.push(func);
    const receiver = receiverOf(func.decl);
    if (receiver) push(this.methods, receiver.type, func);
    else if (!func.decl.receiver) this.declare(func.decl.name.name, { kind: 'func', func, file: func.file });
  }

  private addValues(kind: 'var' | 'const', specs: readonly ValueSpec[], file: GoFile): void {
    for (const spec of specs) {
      spec.names.forEach((ident, index) => this.declare(ident.name, { kind, ident, spec, index, file }));
    }
  }

  private declare(name: string, entity: PackageEntity): void {
    if (name !== '_' && name !== 'init') push(this.scope, name, entity);
  }

  /** What `name` means at package level. Files that exclude each other may both declare it; see `preferred`. */
  lookup(name: string): PackageEntity | undefined {
    this.parseThose(name, name, `^(?:(?:func|type|var|const)\\s+|[ \\t]+)(?:\\w+, )*${name}\\b`);
    const found = this.scope.get(name);
    return found && preferred(found);
  }

  /** The methods declared on the type `name`, without embedded ones. */
  methodsOf(name: string): readonly FuncInfo[] {
    this.parseThose(`(${name})`, name, `^func \\([^)\\n]*\\b${name}\\b`);
    return this.methods.get(name) ?? [];
  }
}

/** Of several declarations under one name, the one that most builds see: without constraint first, then for Linux. */
function preferred<T extends { readonly file: GoFile }>(found: readonly T[]): T | undefined {
  return found.find(e => !e.file.kind.constraint && !e.file.kind.test) ?? found.find(e => /_(linux|unix)|^linux/.test(e.file.source.path)) ?? found[0];
}

function push<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const list = map.get(key);
  if (list) list.push(value);
  else map.set(key, [value]);
}
