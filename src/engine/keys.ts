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
import { answerOf, fromPattern, type Looks } from '../program/looks.ts';
import { hashOf } from '../source/hash.ts';
import type { Module, Modules } from '../source/modules.ts';
import { importedFilesIn, readBriefly } from '../source/read.ts';
import { codeIn, type FunctionCode } from '../syntax/code.ts';
import { importsIn } from '../syntax/imports.ts';
import type { Unit } from './analysis.ts';
import type { UnitResult } from './portable.ts';

/** What is known of one folder's files. */
interface Contents {
  /** Of the bytes. */
  readonly hash: string;
  readonly files: readonly string[];
  /** What all files import, and what those import that are no tests. */
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
  looksTheSame(looks: Looks, codes: Readonly<Record<string, string>>): boolean {
    return Object.entries(looks).every(([dir, packages]) => this.codeOf(dir).code === codes[dir] || looksTheSame(packages, this.functionsIn(dir)));
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
    const { hash, ownImports } = this.contentsOf(dir);
    // Only code that cannot be built imports in a circle without tests; then this is what the others see of it.
    this.packages.set(dir, hash);
    const key = this.keyOfFolder(dir, this.codeOf(dir).shape, ownImports);
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
  const all = files.map(file => ({ file, ...codeIn(readBriefly(file)?.toString('latin1') ?? '') }));
  // Nobody imports an external test package.
  const codes = all.filter(({ file, packageName }) => !(file.endsWith('_test.go') && packageName.endsWith('_test')));
  return { code: hashed([...files, ...codes.flatMap(({ whole }) => whole)]), shape: hashed([...files, ...codes.flatMap(({ shape }) => shape)]) };
}

/** By the name of the package; under the empty name all. */
type Functions = ReadonlyMap<string, readonly FunctionCode[]>;

function functionsOf(files: readonly string[]): Functions {
  const found = new Map<string, FunctionCode[]>();
  for (const file of files) {
    const { packageName, functions } = codeIn(readBriefly(file)?.toString('utf8') ?? '');
    for (const name of ['', packageName]) found.set(name, [...found.get(name) ?? [], ...functions]);
  }
  return found;
}

function looksTheSame(packages: Looks[string], functions: Functions): boolean {
  return Object.entries(packages).every(([name, { heads, bodies, searches, all }]) => {
    const own = functions.get(name) ?? [];
    const named = (wanted: string) => own.filter(func => func.name === wanted);
    return !all
      && Object.entries(heads).every(([name, hash]) => hash === hashOf(name === 'init' ? '' : named(name).map(({ head }) => head).join('\n')))
      && Object.entries(bodies).every(([name, hashes]) => hashes.split('+').every(hash => named(name).some(({ text }) => hashOf(text) === hash)))
      && Object.entries(searches).every(([pattern, answer]) => answer === answerOf(namesWith(fromPattern(pattern), own)));
  });
}

function namesWith(words: RegExp, functions: readonly FunctionCode[]): string[] {
  return functions.flatMap(({ name, body }) => (words.test(body) ? name : []));
}

function contentsOf(files: readonly string[]): Contents {
  const hash = createHash('sha1');
  const imports = new Set<string>();
  const ownImports = new Set<string>();
  for (const file of files) {
    const bytes = readBriefly(file);
    hash.update(`${file}\0${bytes?.length ?? -1}\0`);
    if (!bytes) continue;
    hash.update(bytes);
    for (const path of importsIn(bytes)) {
      imports.add(path);
      if (!file.endsWith('_test.go')) ownImports.add(path);
    }
  }
  return { hash: hash.digest('hex'), files, imports: [...imports].sort(), ownImports: [...ownImports].sort() };
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
