import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { classify } from '../source/constraints.ts';
import { type Module, Modules } from '../source/modules.ts';
import type { Problem } from '../source/problem.ts';
import { importedFilesIn, type Overlay, readBriefly, readSource } from '../source/read.ts';
import type { Source } from '../source/text.ts';
import { type Scan, scanFile } from '../syntax/scan.ts';
import { surveyFile } from '../syntax/survey.ts';
import { lookForWords } from './looks.ts';
import { type GoFile, Package } from './package.ts';

/** A folder whose packages are read with their tests. */
export interface AskedFolder {
  readonly importPath: string;
  readonly files: readonly string[];
  readonly module: () => Module | undefined;
}

export interface ProgramOptions {
  readonly modules: Modules;
  /** Folder of the standard library's signatures. */
  readonly std: string;
  readonly overlay?: Overlay | undefined;
  /** By folder. Of others that are imported the tests are left out. */
  readonly asked?: ReadonlyMap<string, AskedFolder>;
  readonly report: (problem: Problem) => void;
}

/** Everything that is known of the code: packages are read when somebody asks for them, declarations only. */
export class Program {
  private readonly byDir = new Map<string, readonly Package[]>();
  private readonly importNames = new WeakMap<GoFile, Map<string, string | undefined>>();
  private readonly std = new Map<string, Package | undefined>();

  constructor(private readonly options: ProgramOptions) {}

  /** The packages in a folder that was asked for, the same however it is first come upon. */
  askedIn(dir: string): readonly Package[] {
    const asked = this.options.asked?.get(dir);
    return asked ? this.packagesIn(dir, asked.importPath, asked.module(), asked.files) : [];
  }

  /**
   * The packages in a folder: usually one, with its tests; an external test package (`package x_test`) stands apart,
   * and stray files of a third name (`package main` with `//go:build ignore`) do as well.
   */
  packagesIn(dir: string, importPath: string, module: Module | undefined, files: readonly string[]): readonly Package[] {
    const known = this.byDir.get(dir);
    if (known) return known;
    const packages = new Map<string, Package>();
    this.byDir.set(dir, []);
    for (const path of files) {
      const source = readSource(path, this.options.report, this.options.overlay);
      if (!source) continue;
      const scan = scanFile(source.text);
      const kind = classify(path, source.text);
      const misread = this.misreadOf(path);
      if (scan.hasError) misread();
      if (!scan.packageName) {
        this.options.report({ level: 'warning', id: 'no-package-clause', path, message: 'skipped: no package clause found, so this is not a Go file' });
        continue;
      }
      const name = scan.packageName;
      const ownPath = name.endsWith('_test') && kind.test ? `${importPath}_test` : importPath;
      const key = kind.ignored ? path : name;
      const pkg = packages.get(key) ?? new Package(ownPath, name, dir, module);
      packages.set(key, pkg);
      pkg.add(source, scan, kind, misread);
    }
    const found = [...packages.values()];
    this.byDir.set(dir, found);
    this.read.push(...found);
    return found;
  }

  /** The packages read so far, in the order of reading, the standard library's left out; it only grows. */
  readonly read: Package[] = [];

  /** A package that is only imported: without its tests, read as far as it is needed, and nobody is told what is wrong with it. */
  private dependencyIn(dir: string, importPath: string, module: Module): readonly Package[] {
    let pkg: Package | undefined;
    for (const path of importedFilesIn(dir)) {
      const { survey, header } = this.surveyOf(path) ?? {};
      const kind = header === undefined ? undefined : classify(path, header);
      if (!survey || !kind || kind.ignored) continue;
      pkg ??= new Package(importPath, survey.packageName, dir, module, !this.options.modules.isPublished(module));
      if (survey.packageName === pkg.name) pkg.addLater({ survey, kind, read: () => this.readLater(path) });
    }
    const found = pkg ? [pkg] : [];
    this.byDir.set(dir, found);
    this.read.push(...found);
    return found;
  }

  private surveyOf(path: string): ReturnType<typeof surveyFile> | undefined {
    const bytes = this.bytesOf(path);
    return bytes && surveyFile(bytes);
  }

  private bytesOf(path: string): Buffer | undefined {
    const instead = this.options.overlay?.get(path);
    return instead === undefined ? readBriefly(path) : Buffer.from(instead);
  }

  private readLater(path: string): { source: Source; scan: Scan } | undefined {
    const source = readSource(path, () => undefined, this.options.overlay);
    return source && { source, scan: scanFile(source.text) };
  }

  private misreadOf(path: string): () => void {
    return () => this.options.report({ level: 'note', id: 'not-understood', path, message: 'a declaration of this file is broken, or newer than this tool; the others are used' });
  }

  /** The package that `path` names in an import of `file`; undefined where its source is not at hand. */
  imported({ pkg: { module } }: GoFile, path: string): Package | undefined {
    return this.importedInto(module, path);
  }

  private importedInto(module: Module | undefined, path: string): Package | undefined {
    const found = module && this.options.modules.resolve(module, path);
    if (!found) return this.standard(path);
    const known = this.byDir.get(found.dir) ?? (this.options.asked?.has(found.dir) ? this.askedIn(found.dir) : this.dependencyIn(found.dir, path, found.module));
    return known.find(p => !p.path.endsWith('_test') && !p.name.endsWith('_test') && p.isImportable) ?? known[0];
  }

  /** The packages that `pkg` imports and whose source is at hand, by the path of the import; not those of the standard library. */
  importedBy(pkg: Package): ReadonlyMap<string, Package> {
    const found = [...pkg.importPaths].flatMap((path): [string, Package][] => {
      const other = this.importedInto(pkg.module, path);
      return other?.module ? [[path, other]] : [];
    });
    return new Map(found);
  }

  /** The package itself and those of its own module that it imports, as far as some file of theirs has the word: of others nothing is read for this. */
  neighbours(pkg: Package, word: string): readonly Package[] {
    const { module } = pkg;
    const isNear = (path: string) => module !== undefined && (path === module.path || path.startsWith(`${module.path}/`)) && this.mayHave(word, module, path);
    const imported = [...pkg.importPaths].flatMap(path => (isNear(path) ? this.importedInto(module, path) ?? [] : []));
    return [...new Set([pkg, ...imported])].filter(other => other.module === module);
  }

  /** By a look at the bytes, where the package has not been read. */
  private mayHave(word: string, module: Module, path: string): boolean {
    const dir = this.options.modules.resolve(module, path)?.dir;
    if (dir === undefined || this.byDir.has(dir)) return dir !== undefined;
    const has = importedFilesIn(dir).some(file => this.bytesOf(file)?.includes(word));
    if (!has) lookForWords({ dir, name: '', mayChange: true }, new RegExp(word.replace('(', '\\(')), () => []);
    return has;
  }

  /** A package of the standard library, or one that is as well known and not at hand, from the table of signatures. */
  standard(path: string): Package | undefined {
    if (!this.std.has(path)) this.std.set(path, this.readStandard(path));
    return this.std.get(path);
  }

  private readStandard(path: string): Package | undefined {
    const file = join(this.options.std, `${path}.txt`);
    if (path.startsWith('.') || path.includes('/.') || !existsSync(file)) return undefined;
    const source = readSource(file, this.options.report);
    if (!source) return undefined;
    const scan = scanFile(source.text);
    const pkg = new Package(path, scan.packageName, file, undefined);
    const misread = this.misreadOf(file);
    if (scan.hasError) misread();
    pkg.add(source, scan, { test: false, generated: true, ignored: false, constraint: undefined }, misread);
    return pkg;
  }

  /** The import path that `name` stands for in a file; undefined where no import has that name. */
  importPathOf(file: GoFile, name: string): string | undefined {
    let names = this.importNames.get(file);
    if (!names) this.importNames.set(file, (names = new Map()));
    if (!names.has(name)) names.set(name, this.findImport(file, name));
    return names.get(name);
  }

  private findImport(file: GoFile, name: string): string | undefined {
    const { imports } = file;
    const plain = imports.filter(spec => spec.name === undefined);
    return (imports.find(spec => spec.name === name)
      ?? plain.find(spec => lastElement(spec.path) === name)
      ?? plain.find(spec => couldBeNamed(spec.path, name))
      // Reading a package only for its name is dear, so only those are read that the file does not use under their usual name.
      ?? plain.find(spec => !file.source.text.includes(`${lastElement(spec.path)}.`) && this.imported(file, spec.path)?.name === name))?.path;
  }
}

/** The name that an import without one most likely has: `v2` and `.v3` at the end are versions. */
export function lastElement(path: string): string {
  const parts = path.split('/');
  const last = parts.at(-1) ?? '';
  const named = /^v\d+$/.test(last) && parts.length > 1 ? parts.at(-2) ?? last : last;
  return named.replace(/\.v\d+$/, '');
}

/** `go-redis` and `redis-go` are packages `redis`, `yaml.v3` is `yaml`; `pkg/v1` may be `v1` all the same. */
function couldBeNamed(path: string, name: string): boolean {
  const last = lastElement(path);
  return path.endsWith(`/${name}`) || last === `go-${name}` || last === `${name}-go` || last === `${name}.go` || last.replaceAll('-', '') === name || last.replaceAll('-', '_') === name;
}
