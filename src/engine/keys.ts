/**
 * What the result for a folder depends on. One hash stands for its files and for the shape of the packages that it
 * imports, of those that they import outside of their tests, and so on through the module, its vendored and replaced
 * packages; a shape is all that is declared, but no bodies. A package of the module cache is named by its folder, which has
 * its version in it; the versions that were chosen and whether they are at hand are facts of the module.
 *
 * What was looked at beyond shapes the result says itself (`Looks`). While the code of a folder is the same, it holds;
 * where that has changed, the looks are taken again. A result that points into another folder depends on that folder's
 * files to the letter; see `beside`.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { answerOf, answerOfCalled, fromPattern, hashOfHeads, joined, type Looks, type PackageLooks } from '../program/looks.ts';
import { hashOf } from '../source/hash.ts';
import type { Module, Modules } from '../source/modules.ts';
import { importedFilesIn, readBriefly } from '../source/read.ts';
import { callsIn } from '../syntax/calls.ts';
import { codeIn, type FunctionCode } from '../syntax/code.ts';
import { importsIn } from '../syntax/imports.ts';
import type { Unit } from './analysis.ts';
import type { UnitResult } from './portable.ts';

/** What is known of one folder's files. */
interface Contents {
  /** Of the bytes. */
  readonly hash: string;
  readonly files: readonly string[];
  /** What all files import, and what those do that importers of the package get: no tests, and no `main` beside it. */
  readonly imports: readonly string[];
  readonly ownImports: readonly string[];
}

/** By folder: the hash of its bytes, that of its declarations, and that of these without bodies. */
export type Codes = Record<string, { readonly bytes: string; readonly code: string; readonly shape: string }>;

export class Keys {
  private readonly asked: ReadonlyMap<string, Unit>;
  private readonly contents = new Map<string, Contents>();
  private readonly packages = new Map<string, string>();
  private readonly facts = new Map<Module, string>();
  private readonly functions = new Map<string, Functions>();
  private readonly calls = new Map<string, ReadonlySet<string>>();

  /**
   * `run` is what else the results of this run depend on; `codes` has what is known of folders' code and is added to.
   */
  constructor(private readonly modules: Modules, units: readonly Unit[], private readonly run: string, private readonly codes: Codes) {
    this.asked = new Map(units.map(unit => [unit.dir, unit]));
  }

  keyOf(unit: Unit): string {
    const { hash, imports } = this.contentsOf(unit.dir);
    return hashed([this.run, unit.dir, unit.importPath, this.keyOfFolder(unit.dir, hash, imports)]);
  }

  /** The code of every folder that was looked into. */
  codesOf(looks: Looks): Record<string, string> {
    return Object.fromEntries(Object.keys(looks).map(dir => [dir, this.codeOf(dir).code]));
  }

  /** Whether everything looks as it did when the code was `codes`. */
  looksTheSame({ dir: own }: Unit, looks: Looks, codes: Readonly<Record<string, string>>): boolean {
    return Object.entries(looks).every(([dir, packages]) => this.codeOf(dir).code === codes[dir] || looksTheSame(packages, this.functionsIn(dir), () => this.callsIn(own)));
  }

  private callsIn(dir: string): ReadonlySet<string> {
    const known = this.calls.get(dir) ?? callsIn(this.contentsOf(dir).files.map(file => readBriefly(file)?.toString('utf8') ?? ''));
    this.calls.set(dir, known);
    return known;
  }

  private functionsIn(dir: string): Functions {
    const known = this.functions.get(dir) ?? functionsOf(this.contentsOf(dir).files);
    this.functions.set(dir, known);
    return known;
  }

  /** The other folders of the module that a result points into, as one hash. */
  beside(unit: Unit, { diagnostics }: UnitResult): string {
    const sites = diagnostics.flatMap(({ at, trail = [] }) => [at, ...trail.map(step => step.at)]);
    const dirs = new Set(sites.map(({ path }) => dirname(path)));
    dirs.delete(unit.dir);
    return dirs.size ? hashed([...dirs].sort().map(dir => this.contentsOf(dir).hash)) : '';
  }

  /** As its importers depend on it. */
  private keyOfPackage(dir: string): string {
    const known = this.packages.get(dir);
    if (known !== undefined) return known;
    const { ownImports } = this.contentsOf(dir);
    const { shape } = this.codeOf(dir);
    // Only code that cannot be built imports in a circle without tests; then this is what the others see of it.
    this.packages.set(dir, shape);
    const key = this.keyOfFolder(dir, shape, ownImports);
    this.packages.set(dir, key);
    return key;
  }

  /** Made anew when the bytes are not those of the last run. */
  private codeOf(dir: string): Codes[string] {
    const { hash, files } = this.contentsOf(dir);
    const known = this.codes[dir];
    return known?.bytes === hash ? known : (this.codes[dir] = { bytes: hash, ...codeOfAll(files) });
  }

  private keyOfFolder(dir: string, hash: string, imports: readonly string[]): string {
    const module = this.modules.moduleOf(dir);
    return hashed([hash, this.factsOf(module), ...imports.map(path => `${path} ${this.keyOfImport(module, path)}`)]);
  }

  private contentsOf(dir: string): Contents {
    const known = this.contents.get(dir) ?? contentsOf(this.asked.get(dir)?.files ?? importedFilesIn(dir));
    this.contents.set(dir, known);
    return known;
  }

  private keyOfImport(module: Module, path: string): string {
    const place = this.modules.resolve(module, path);
    if (!place) return '';
    return this.modules.isPublished(place.module) ? place.dir : this.keyOfPackage(place.dir);
  }

  private factsOf(module: Module): string {
    let found = this.facts.get(module);
    if (found === undefined) this.facts.set(module, (found = hashed([module.root, textOf(join(module.root, 'go.mod')), textOf(join(module.root, 'vendor', 'modules.txt')), ...this.modules.atHand(module)])));
    return found;
  }
}

function codeOfAll(files: readonly string[]): { code: string; shape: string } {
  const all = files.map(file => ({ file, ...codeIn(readBriefly(file)?.toString('latin1') ?? '', file) }));
  // Nobody imports an external test package.
  const codes = all.filter(({ file, packageName }) => !(file.endsWith('_test.go') && packageName.endsWith('_test')));
  return { code: hashed([...files, ...codes.flatMap(({ whole }) => whole)]), shape: hashed([...files, ...codes.flatMap(({ shape }) => shape)]) };
}

/** By the name of the package; under the empty name all. */
type Functions = ReadonlyMap<string, readonly FunctionCode[]>;

function functionsOf(files: readonly string[]): Functions {
  const found = new Map<string, FunctionCode[]>();
  for (const file of files) {
    const { packageName, functions } = codeIn(readBriefly(file)?.toString('utf8') ?? '', file);
    for (const name of ['', packageName]) for (const func of functions) push(found, name, func);
  }
  return found;
}

function looksTheSame(packages: Looks[string], functions: Functions, calls: () => ReadonlySet<string>): boolean {
  return Object.entries(packages).every(([name, looks]) => looksTheSameIn(functions.get(name) ?? [], looks, calls));
}

function looksTheSameIn(functions: readonly FunctionCode[], { heads, methods, called, bodies, searches, all }: PackageLooks, calls: () => ReadonlySet<string>): boolean {
  if (all) return false;
  const byName = new Map<string, FunctionCode[]>();
  for (const func of functions) push(byName, func.name, func);
  const named = (name: string) => byName.get(name) ?? [];
  const headsOf = (found: readonly FunctionCode[]) => found.map(({ head }) => head);
  const names = heads.names.split(' ').filter(name => name !== '');
  return heads.hash === hashOfHeads(names.map(name => (name === 'init' ? '' : joined(headsOf(named(name))))))
    && Object.entries(methods).every(([key, answer]) => answer === answerOf(headsOf(functions.filter(methodsOf(key)))))
    && (called === undefined || called === answerOfCalled(functions.flatMap(({ bareName, outline }) => (outline === undefined ? [] : [[bareName, outline] as const])), calls()))
    && Object.entries(bodies).every(([of, hashes]) => hashes.split('+').every(hash => named(of).some(({ text }) => hashOf(text) === hash)))
    && Object.entries(searches).every(([pattern, answer]) => answer === answerOf(headsOf(functions.filter(withWords(fromPattern(pattern))))));
}

function withWords(words: RegExp): (func: FunctionCode) => boolean {
  return ({ body }) => words.test(body);
}

function push<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const list = map.get(key);
  if (list) list.push(value);
  else map.set(key, [value]);
}

/** See `methodsKey`. */
function methodsOf(key: string): (func: FunctionCode) => boolean {
  const space = key.indexOf(' ');
  const has = space < 0 ? () => true : withWords(fromPattern(key.slice(space + 1)));
  const [type = '', name = ''] = (space < 0 ? key : key.slice(0, space)).split('.');
  return func => func.receiver !== '' && (type === '' || func.receiver === type) && (name === '' || func.bareName === name) && has(func);
}

function contentsOf(files: readonly string[]): Contents {
  const hash = createHash('sha1');
  const imports = new Set<string>();
  const own = new Map<string, string[]>();
  for (const file of files) {
    const bytes = readBriefly(file);
    hash.update(`${file}\0${bytes?.length ?? -1}\0`);
    if (!bytes) continue;
    hash.update(bytes);
    const { packageName, paths } = importsIn(bytes);
    for (const path of paths) imports.add(path);
    if (!file.endsWith('_test.go')) own.set(packageName, [...own.get(packageName) ?? [], ...paths]);
  }
  // Programs that make some of a package's files stand beside it and may import what itself imports the package.
  if (own.size > 1) own.delete('main');
  return { hash: hash.digest('hex'), files, imports: [...imports].sort(), ownImports: [...new Set([...own.values()].flat())].sort() };
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

export function hashed(parts: readonly string[]): string {
  return createHash('sha1').update(JSON.stringify(parts)).digest('hex');
}
