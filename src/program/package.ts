import { type FileKind, matches, mayCoexist } from '../source/constraints.ts';
import type { Module } from '../source/modules.ts';
import type { Source, Span } from '../source/text.ts';
import type { Block, Expr, FuncDecl, Ident, ImportSpec, TypeSpec, ValueSpec } from '../syntax/ast.ts';
import { initializerOf, readBody, readConsts, readFunc, readTypeSpec, readVarSpec, readWhole } from '../syntax/declarations.ts';
import { headIn, isShape, nameIn, outlineOf } from '../syntax/code.ts';
import type { Piece, Scan } from '../syntax/scan.ts';
import { type FuncHead, openersIn, parametersIn } from '../syntax/survey.ts';
import { type LaterFile, LaterFiles } from './later.ts';
import { isLookedAt, lookAtAll, lookAtBody, lookAtCalled, lookAtHead, lookAtMethods, lookForWords, methodsKey } from './looks.ts';
import { forgetConclusions } from './memo.ts';
import { mentionsIn, wordOf } from './mentions.ts';

/** One file of a package. */
export interface GoFile {
  readonly source: Source;
  readonly imports: readonly ImportSpec[];
  readonly kind: FileKind;
  readonly pkg: Package;
  /** Called when a declaration is not understood. */
  readonly misread: () => void;
}

/** A function as a look before parsing sees it; `info` reads its file where that has not been done. */
export interface FuncOutline {
  readonly bareName: string;
  /** The type a method is declared on; empty for a function. */
  readonly receiverType: string;
  /** See `parametersIn`. */
  readonly parameters: number;
  readonly resultText: string;
  info(): FuncInfo | undefined;
}

/** What has parsed bodies in memory. */
let withBodies: { drop(): void }[] = [];

/** Lets the bodies of all functions go, those of dependencies as well, and what was concluded from them. */
export function dropBodies(): void {
  for (const holder of withBodies) holder.drop();
  withBodies = [];
  forgetConclusions();
}

/** A declared function or method. */
export class FuncInfo implements FuncOutline {
  /** `Do` of `(*Client).Do`. */
  readonly bareName: string;
  private declared: FuncDecl | undefined;
  private parsed: { body: Block | undefined } | undefined;

  constructor(readonly piece: Piece, readonly file: GoFile) {
    this.bareName = piece.names[0] ?? '';
  }

  /** `Get`, `(*Client).Do`, `(Header).Set`, without the package. */
  get name(): string {
    const { receiver } = this.piece;
    return receiver ? `(${receiver.pointer ? '*' : ''}${receiver.type}).${this.bareName}` : this.bareName;
  }

  get receiverType(): string {
    return this.piece.receiver?.type ?? '';
  }

  info(): FuncInfo {
    return this;
  }

  get pkg(): Package {
    return this.file.pkg;
  }

  /** `net/http.Get`, `(*net/http.Client).Do`: the name that `go/types` gives it. */
  get fullName(): string {
    return qualify(this.pkg.path, this.name);
  }

  /** The signature, parsed when it is first asked for. */
  get decl(): FuncDecl {
    if (!this.declared) {
      const { found, hasError } = readFunc(this.file.source, this.piece);
      if (hasError) this.file.misread();
      this.declared = found;
    }
    return this.declared;
  }

  /** Text of the results, for a look before parsing them. */
  get resultText(): string {
    return this.textOf(this.piece.results);
  }

  get parameters(): number {
    return parametersIn(this.signatureText);
  }

  /** Text from behind the name to the body. */
  get signatureText(): string {
    return this.textOf(this.piece.signature);
  }

  /** Text of the body, for a look before parsing it. */
  get bodyText(): string {
    this.look();
    return this.textWithoutLooking();
  }

  /** The same for a search, which says itself what it has looked for. */
  textWithoutLooking(): string {
    return this.textOf(this.piece.body);
  }

  protected look(): void {
    if (isLookedAt(this.pkg)) lookAtBody(this.pkg, this, () => ({ name: nameIn(this.piece), text: this.textOf(this.piece) }));
  }

  private textOf(span: Span | undefined): string {
    return span ? this.file.source.text.slice(span.start, span.end) : '';
  }

  /** The body, parsed and bound when it is first asked for. */
  body(): Block | undefined {
    this.look();
    if (!this.parsed) {
      const whole = this.declared ? undefined : readWhole(this.file.source, this.piece);
      this.declared ??= whole?.decl;
      this.parsed = whole ?? { body: readBody(this.file.source, this.decl) };
      withBodies.push(this);
    }
    return this.parsed.body;
  }

  /** Lets the tree go; whoever asks for it later gets another one, head and body, since they share variables. */
  drop(): void {
    this.parsed = undefined;
    this.declared = undefined;
  }
}

/** What a line of `var` calls when the package is initialised, as if an `init` did it; and the function literals in it. */
class Initializer extends FuncInfo {
  private made: ReturnType<typeof initializerOf> | undefined;

  constructor(line: Piece, file: GoFile, private readonly specOf: () => ValueSpec | undefined) {
    super({ ...line, keyword: 'func', names: ['init'], body: line }, file);
  }

  private get initializer() {
    const nothing = { start: this.piece.start, end: this.piece.end, names: [], type: undefined, values: [] };
    if (!this.made) withBodies.push(this);
    return (this.made ??= initializerOf(this.specOf() ?? nothing));
  }

  override drop(): void {
    this.made = undefined;
  }

  /** What a line of `var` says is no body to its importers. */
  protected override look(): void {
    return;
  }

  override get decl(): FuncDecl {
    return this.initializer.decl;
  }

  override body(): Block {
    return this.initializer.body;
  }
}

/** The full name of a function: `(*Client).Do` in `net/http` is `(*net/http.Client).Do`. */
export function qualify(path: string, name: string): string {
  if (!path) return name;
  const method = /^\((\*?)(.*)$/.exec(name);
  return method ? `(${method[1]}${path}.${method[2]}` : `${path}.${name}`;
}

/** What a package declares under a name. */
export type PackageEntity =
  | { readonly kind: 'func'; readonly func: FuncInfo; readonly file: GoFile }
  | { readonly kind: 'var'; readonly ident: Ident; readonly spec: ValueSpec; readonly index: number; readonly file: GoFile }
  /** `values`: those of its line, or of the one that it repeats. */
  | { readonly kind: 'const'; readonly ident: Ident; readonly spec: ValueSpec; readonly index: number; readonly iota: number; readonly values: readonly Expr[]; readonly file: GoFile }
  | { readonly kind: 'type'; readonly spec: TypeSpec; readonly file: GoFile };

/** A declaration and, once somebody has asked, what it declares. */
interface Entry {
  readonly piece: Piece;
  readonly file: GoFile;
  readonly func: FuncInfo | undefined;
  /** By name. */
  entities: ReadonlyMap<string, PackageEntity> | undefined;
}

const files = new WeakMap<Source, GoFile>();

/** The file of a package that a source was read for. */
export function fileOf(source: Source): GoFile | undefined {
  return files.get(source);
}

/**
 * A package. Clients use a handful of what a large one declares, so declarations are parsed when they are asked for, and
 * of a dependency a file is read when somebody asks for a name that it declares.
 */
export class Package {
  private readonly read: GoFile[] = [];
  private readonly functions: FuncInfo[] = [];
  private readonly scope = new Map<string, Entry[]>();
  private readonly methods = new Map<string, FuncInfo[]>();
  /** Names that are declared as aliases of a name of this package, by that name. */
  private readonly aliases = new Map<string, string[]>();
  private mentions: ReadonlyMap<string, readonly FuncInfo[]> | undefined;
  private readonly withThose = new WeakMap<RegExp, { readonly among: number; readonly found: readonly FuncInfo[] }>();
  private readonly later = new LaterFiles(file => this.addRead(file));

  /** `mayChange`: its files may be others in the next run. */
  constructor(readonly path: string, readonly name: string, readonly dir: string, readonly module: Module | undefined, readonly mayChange = module !== undefined) {}

  /** Nothing of it is ever put off: it is no dependency. */
  get isRead(): boolean {
    return !this.later.wasUsed;
  }

  /** All of them; those that were put off are read now. */
  get files(): readonly GoFile[] {
    lookAtAll(this);
    this.later.readAll();
    return this.read;
  }

  /** Functions, methods and, as functions named `init`, the lines of `var` that call something. */
  get funcs(): readonly FuncInfo[] {
    lookAtAll(this);
    return this.allFunctions();
  }

  /** Those of them whose bodies have the words. A pattern that is asked again, for another importer, is not searched for again. */
  withWords(words: RegExp): readonly FuncInfo[] {
    const functions = this.allFunctions();
    let known = this.withThose.get(words);
    if (known?.among !== functions.length) {
      known = { among: functions.length, found: functions.filter(func => words.test(func.textWithoutLooking())) };
      this.withThose.set(words, known);
    }
    return this.searched(words, known.found);
  }

  /** What a search for words has found; lines of `var` belong to the shape of the package. */
  private searched(words: RegExp, found: readonly FuncInfo[]): readonly FuncInfo[] {
    lookForWords(this, words, () => found.flatMap(func => (func instanceof Initializer ? [] : headOfFunc(func))));
    return found;
  }

  /** The texts of the types that are declared, in what has been read. */
  get typeTexts(): readonly string[] {
    return [...this.scope.values()].flatMap(entries => entries.flatMap(entry => (entry.piece.keyword === 'type' ? textOf(entry) : [])));
  }

  /** The line of `var` at an offset of a file, if it calls something. */
  initializerAt(file: GoFile, { start, end }: Span): FuncInfo | undefined {
    return this.functions.find(func => func instanceof Initializer && func.file === file && func.piece.start <= start && end <= func.piece.end);
  }

  private allFunctions(): readonly FuncInfo[] {
    this.later.readAll();
    return this.functions;
  }

  /** Whoever goes through the outlines for those whose names the unit calls depends on these alone. `known`: all outlines. */
  lookAtCalled(known: readonly FuncOutline[]): void {
    lookAtCalled(this, () => known.flatMap(func => {
      const outline = func instanceof Initializer ? undefined : outlineOf({ receiver: func.receiverType, name: func.bareName, parameters: func.parameters, results: func.resultText });
      return outline === undefined ? [] : [[func.bareName, outline] as const];
    }));
  }

  /** The functions and methods, without reading what was put off. Who uses them says for what: see `lookAtCalled`; names of methods that sound like releasing are part of the package's shape. */
  get outlines(): readonly FuncOutline[] {
    const waiting = this.later.heads().map(head => ({
      bareName: head.name, receiverType: head.receiver, parameters: head.parameters, resultText: head.results, info: () => this.outlined(head),
    }));
    return [...this.functions, ...waiting];
  }

  private outlined({ name, receiver }: FuncHead): FuncInfo | undefined {
    if (receiver) return this.methodsCalled(receiver, name)[0];
    const entity = this.lookup(name);
    return entity?.kind === 'func' ? entity.func : undefined;
  }

  /** See `openersIn`. */
  get openers(): readonly string[] {
    return [...this.read.flatMap(({ source }) => openersIn(source.text)), ...this.later.openers()];
  }

  /** What its files import. */
  get importPaths(): ReadonlySet<string> {
    return new Set([...this.read.flatMap(file => file.imports.map(spec => spec.path)), ...this.later.importPaths()]);
  }

  /** Whether it has code for others, and not only tests and programs run by hand. */
  get isImportable(): boolean {
    return !this.later.isEmpty || this.read.some(({ kind }) => !kind.ignored && !kind.test);
  }

  /** A file of a dependency, to be read when it is needed. */
  addLater(file: LaterFile): void {
    this.later.add(file);
  }

  private addRead(file: LaterFile): void {
    const read = file.read();
    if (read) this.add(read.source, read.scan, file.kind, () => undefined);
  }

  add(source: Source, { imports, pieces }: Scan, kind: FileKind, misread: () => void): void {
    const file: GoFile = { source, imports, kind, pkg: this, misread };
    this.read.push(file);
    files.set(source, file);
    for (const piece of pieces) {
      const func = piece.keyword === 'func' ? new FuncInfo(piece, file) : undefined;
      const entry: Entry = { piece, file, func, entities: undefined };
      if (func) this.functions.push(func);
      if (func && piece.receiver) push(this.methods, piece.receiver.type, func);
      else for (const name of piece.names) if (name !== '_' && !(func && name === 'init')) push(this.scope, name, entry);
      const target = piece.keyword === 'type' ? ALIAS.exec(source.text.slice(piece.start, piece.end))?.[1] : undefined;
      if (target !== undefined) push(this.aliases, target, piece.names[0] ?? '');
      if (piece.keyword === 'var' && source.text.slice(piece.start, piece.end).includes('(')) {
        this.functions.push(new Initializer(piece, file, () => specOf(entitiesOf(entry))));
      }
    }
  }

  /** What `name` means at package level to `from`. Files that exclude each other may both declare it; see `preferred`. */
  lookup(name: string, from?: GoFile): PackageEntity | undefined {
    const found = this.declaredAs(name);
    const entry = found && preferred(found, from);
    return entry && entitiesOf(entry).get(name);
  }

  /** Whether anything is declared under `name` that `from` sees; parses nothing. */
  declares(name: string, from: GoFile): boolean {
    return this.declaredAs(name)?.some(({ file }) => coexist(file, from)) ?? false;
  }

  private declaredAs(name: string): readonly Entry[] | undefined {
    this.later.readName(name, this.scope);
    const found = this.scope.get(name);
    if (isLookedAt(this) && !found?.some(({ piece }) => isShape(piece))) lookAtHead(this, name, () => (found ?? []).map(headOfEntry));
    return found;
  }

  /** The method declared on the type `type` that `from` sees, not one of an embedded type. */
  methodOf(type: string, name: string, from: GoFile): FuncInfo | undefined {
    return preferred(this.methodsCalled(type, name), from);
  }

  private methodsCalled(type: string, name: string): readonly FuncInfo[] {
    this.later.readMethods(type, name);
    return this.readUnder(type).flatMap(([own, methods]) => {
      const found = methods.filter(m => m.bareName === name);
      if (isLookedAt(this)) lookAtHead(this, `${own}.${name}`, () => found.map(headOfFunc));
      return found;
    });
  }

  /** The functions whose bodies have the word `name`, one of the functions and methods of this package. */
  mentioning(name: string): readonly FuncInfo[] {
    this.mentions ??= mentionsIn(this.allFunctions());
    const found = this.mentions.get(name) ?? [];
    return isLookedAt(this) ? this.searched(wordOf(name), found) : found;
  }

  /** Lets go what only the analysis of the package itself asks for over and over. */
  drop(): void {
    for (const func of this.functions) func.drop();
    this.mentions = undefined;
  }

  /** The methods called `name`, whatever type they are declared on. */
  methodsNamed(name: string): readonly FuncInfo[] {
    this.later.readAll();
    const found = [...this.methods.values()].flatMap(methods => methods.filter(m => m.bareName === name));
    lookAtMethods(this, methodsKey('', name), () => found.map(headOfFunc));
    return found;
  }

  /** The methods declared on the type `name`, without embedded ones; those whose bodies have the words. */
  methodsOf(name: string, words?: RegExp): readonly FuncInfo[] {
    this.later.readMethods(name);
    return this.readUnder(name).flatMap(([own, methods]) => {
      const found = words ? methods.filter(func => words.test(func.textWithoutLooking())) : methods;
      lookAtMethods(this, methodsKey(own, '', words), () => found.map(headOfFunc));
      return found;
    });
  }

  /** The methods of a type by the name that they are declared on: its own and those of its aliases. */
  private readUnder(name: string): [name: string, methods: readonly FuncInfo[]][] {
    const aliases = this.aliases.get(name) ?? [];
    return [[name, this.methods.get(name) ?? []], ...aliases.flatMap(alias => {
      this.later.readMethods(alias);
      return this.readUnder(alias);
    })];
  }
}

function headOfFunc({ piece, file: { source } }: FuncInfo): string {
  return headIn(piece, source);
}

function headOfEntry({ piece, file: { source } }: Entry): string {
  return headIn(piece, source);
}

/** `type T = U`. */
const ALIAS = /^(?:type\s+)?[\p{L}_][\p{L}\p{N}_]*\s*=\s*([\p{L}_][\p{L}\p{N}_]*)$/u;

function entitiesOf(entry: Entry): ReadonlyMap<string, PackageEntity> {
  if (!entry.entities && entry.piece.keyword === 'var' && textOf(entry).includes('func')) withBodies.push({ drop: () => void (entry.entities = undefined) });
  return (entry.entities ??= readEntities(entry));
}

function textOf({ piece: { start, end }, file }: Entry): string {
  return file.source.text.slice(start, end);
}

function readEntities({ piece, file, func }: Entry): Map<string, PackageEntity> {
  const entities = new Map<string, PackageEntity>();
  const variables = (spec: ValueSpec) => spec.names.forEach((ident, index) => entities.set(ident.name, { kind: 'var', ident, spec, index, file }));
  if (func) {
    entities.set(func.bareName, { kind: 'func', func, file });
  } else if (piece.keyword === 'type') {
    const { found, hasError } = readTypeSpec(file.source, piece);
    if (found) entities.set(found.name.name, { kind: 'type', spec: found, file });
    if (hasError) file.misread();
  } else if (piece.keyword === 'var') {
    const { found, hasError } = readVarSpec(file.source, piece);
    if (found) variables(found);
    if (hasError) file.misread();
  } else {
    const { found, hasError } = readConsts(file.source, piece);
    let values: readonly Expr[] = [];
    for (const [iota, spec] of (found?.specs ?? []).entries()) {
      if (spec.values.length > 0) ({ values } = spec);
      for (const [index, ident] of spec.names.entries()) entities.set(ident.name, { kind: 'const', ident, spec, index, iota, values, file });
    }
    if (hasError) file.misread();
  }
  return entities;
}

function specOf(entities: ReadonlyMap<string, PackageEntity>): ValueSpec | undefined {
  for (const entity of entities.values()) return entity.kind === 'var' ? entity.spec : undefined;
  return undefined;
}

/** What a build on Linux has switched on, the most common one of a server. */
const HOST_TAGS: ReadonlySet<string> = new Set(['linux', 'amd64', 'cgo']);

/** Of several declarations under one name, one that can be built together with `from`: the one that a build on Linux sees. */
function preferred<T extends { readonly file: GoFile }>(found: readonly T[], from: GoFile | undefined): T | undefined {
  if (found.length < 2) return found[0];
  const together = from ? found.filter(e => coexist(e.file, from)) : found;
  const candidates = together.length ? together : found;
  return candidates.find(e => !e.file.kind.test && matches(e.file.kind.constraint, HOST_TAGS)) ?? candidates[0];
}

/** Whether some build holds both files. */
function coexist(a: GoFile, b: GoFile): boolean {
  return a === b || mayCoexist(a.kind.constraint, b.kind.constraint);
}

function push<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const list = map.get(key);
  if (list) list.push(value);
  else map.set(key, [value]);
}
