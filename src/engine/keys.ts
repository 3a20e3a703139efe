/**
 * What the result for a folder depends on, as one hash: its files, those of the packages that it imports, of those that
 * they import outside of their tests, and so on through the module, its vendored and replaced packages. A package of the module cache is named by its folder,
 * which has its version in it; the versions that were chosen and whether they are at hand are facts of the module.
 *
 * Of what is imported only the declarations count, so that a comment between them changes one result and not those of
 * all importers. A result that points into another folder depends on that folder's files to the letter; see `beside`.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Module, Modules } from '../source/modules.ts';
import { importedFilesIn, readBriefly } from '../source/read.ts';
import { codeIn } from '../syntax/code.ts';
import { importsIn } from '../syntax/imports.ts';
import type { Unit } from './analysis.ts';
import type { UnitResult } from './portable.ts';

/** What is known of one folder's files. */
interface Contents {
  /** Of the bytes. */
  readonly hash: string;
  /** Of the declarations, made when the bytes are not those of the last run. */
  readonly code: () => string;
  /** What all files import, and what those import that are no tests. */
  readonly imports: readonly string[];
  readonly ownImports: readonly string[];
}

/** By folder: the hash of its bytes and that of its declarations. */
export type Codes = Record<string, { readonly bytes: string; readonly code: string }>;

export class Keys {
  private readonly asked: ReadonlyMap<string, Unit>;
  private readonly contents = new Map<string, Contents>();
  private readonly packages = new Map<string, string>();
  private readonly facts = new Map<Module, string>();

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
    const { hash, code, ownImports } = this.contentsOf(dir);
    // Only code that cannot be built imports in a circle without tests; then this is what the others see of it.
    this.packages.set(dir, hash);
    const key = this.keyOfFolder(dir, this.codeOf(dir, hash, code), ownImports);
    this.packages.set(dir, key);
    return key;
  }

  private codeOf(dir: string, bytes: string, code: () => string): string {
    const known = this.codes[dir];
    return known?.bytes === bytes ? known.code : (this.codes[dir] = { bytes, code: code() }).code;
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

function codeOfAll(files: readonly string[]): string {
  return hashed(files.flatMap(file => [file, ...codeIn(readBriefly(file)?.toString('latin1') ?? '')]));
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
  return { hash: hash.digest('hex'), code: () => codeOfAll(files), imports: [...imports].sort(), ownImports: [...ownImports].sort() };
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
