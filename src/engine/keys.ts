/**
 * What the result for a folder depends on, as one hash: its files, those of the packages that it imports, of those that
 * they import outside of their tests, and so on through the module, its vendored and replaced packages. A package of the module cache is named by its folder,
 * which has its version in it; the versions that were chosen and whether they are at hand are facts of the module.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Module, Modules } from '../source/modules.ts';
import { importedFilesIn, readBriefly } from '../source/read.ts';
import { importsIn } from '../syntax/imports.ts';
import type { Unit } from './analysis.ts';

/** What is known of one folder's files. */
interface Contents {
  readonly hash: string;
  /** What all files import, and what those import that are no tests. */
  readonly imports: readonly string[];
  readonly ownImports: readonly string[];
}

export class Keys {
  private readonly asked: ReadonlyMap<string, Unit>;
  private readonly contents = new Map<string, Contents>();
  private readonly packages = new Map<string, string>();
  private readonly facts = new Map<Module, string>();

  /** `run` is what else the results of this run depend on. */
  constructor(private readonly modules: Modules, units: readonly Unit[], private readonly run: string) {
    this.asked = new Map(units.map(unit => [unit.dir, unit]));
  }

  keyOf(unit: Unit): string {
    return hashed([this.run, unit.dir, unit.importPath, this.keyOfFolder(unit.dir, this.contentsOf(unit.dir).imports)]);
  }

  /** As its importers depend on it. */
  private keyOfPackage(dir: string): string {
    const known = this.packages.get(dir);
    if (known !== undefined) return known;
    const { hash, ownImports } = this.contentsOf(dir);
    // Only code that cannot be built imports in a circle without tests; then this is what the others see of it.
    this.packages.set(dir, hash);
    const key = this.keyOfFolder(dir, ownImports);
    this.packages.set(dir, key);
    return key;
  }

  private keyOfFolder(dir: string, imports: readonly string[]): string {
    const module = this.modules.moduleOf(dir);
    return hashed([this.contentsOf(dir).hash, this.factsOf(module), ...imports.map(path => `${path} ${this.keyOfImport(module, path)}`)]);
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
  return { hash: hash.digest('hex'), imports: [...imports].sort(), ownImports: [...ownImports].sort() };
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
