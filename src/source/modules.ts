/** Which module a folder belongs to, and in which folder an imported package stands, without asking the go command. */
import { readFileSync, realpathSync, type Stats, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, dirname, join, relative, resolve, sep } from 'node:path';
import { gitRootOf } from './gitroot.ts';
import { type GoMod, isFolderTarget, type LineError, parseGoMod, parseGoWork, type Replace } from './gomod.ts';
import type { Problem } from './problem.ts';
import { reasonOf } from './read.ts';

/** A Go module. A folder tree without `go.mod` is one as well: its `path` is empty and `mod` undefined. */
export interface Module {
  /** Absolute. */
  readonly root: string;
  readonly path: string;
  /** The language version as `go.mod` writes it. */
  readonly go: string | undefined;
  readonly mod: GoMod | undefined;
}

/** Where a package stands. */
export interface Place {
  readonly dir: string;
  readonly module: Module;
}

/** A `go.work` file. */
interface Workspace {
  readonly root: string;
  readonly modules: readonly Module[];
  readonly replaces: readonly Replace[];
}

/** Everything is remembered, absence too, so asking again costs a look into a map. Folders are absolute. */
export class Modules {
  private readonly byRoot = new Map<string, Module | undefined>();
  private readonly byDir = new Map<string, Module>();
  private readonly works = new Map<string, Workspace | undefined>();
  private readonly places = new Map<string, Place | undefined>();
  /** For a module of the module cache the module it was first imported for: its go.mod chooses the versions. */
  private readonly mains = new Map<Module, Module>();
  private readonly cache = moduleCache();

  constructor(private readonly report: (problem: Problem) => void) {}

  /**
   * The module that `dir` belongs to: that of the nearest `go.mod` upward. What lies below `vendor/` belongs to the
   * module that vendors it, even where it has a `go.mod` left.
   */
  moduleOf(dir: string): Module {
    let found = this.byDir.get(dir);
    if (!found) {
      found = this.vendoring(dir) ?? this.nearest(dir) ?? this.bare(dir);
      this.byDir.set(dir, found);
    }
    return found;
  }

  private vendoring(dir: string): Module | undefined {
    const inside = `${dir}${sep}`;
    const vendor = `${sep}vendor${sep}`;
    for (let at = inside.indexOf(vendor); at >= 0; at = inside.indexOf(vendor, at + 1)) {
      const root = inside.slice(0, at) || sep;
      const module = this.moduleAt(root);
      if (module) return module;
      // `go work vendor` puts the folder beside the go.work, where no module need be.
      if (this.workspace(root)?.root === root) return this.moduleOf(root);
    }
    return undefined;
  }

  private nearest(dir: string): Module | undefined {
    const module = this.moduleAt(dir);
    const parent = dirname(dir);
    return module ?? (parent === dir ? undefined : this.byDir.get(parent) ?? this.nearest(parent));
  }

  private bare(root: string, path = ''): Module {
    const module = { root, path, go: undefined, mod: undefined };
    this.byRoot.set(root, module);
    return module;
  }

  /** The module whose `go.mod` stands in `root`. */
  private moduleAt(root: string): Module | undefined {
    if (this.byRoot.has(root)) return this.byRoot.get(root);
    const path = join(root, 'go.mod');
    const mod = this.read(path, parseGoMod);
    // Mistakes in somebody else's published module are not for this user to correct.
    if (mod && !root.startsWith(this.cache + sep)) this.complain('bad-go-mod', path, mod.errors);
    const module = mod && { root, path: mod.module ?? '', go: mod.go, mod };
    this.byRoot.set(root, module);
    return module;
  }

  private read<T>(path: string, parse: (text: string) => T): T | undefined {
    if (!statOf(path)?.isFile()) return undefined;
    try {
      return parse(readFileSync(path, 'utf8'));
    } catch (error) {
      const message = `cannot be read: ${reasonOf(error)}; imports below it may stay unresolved`;
      this.report({ level: 'warning', id: 'bad-go-mod', path, message });
      return undefined;
    }
  }

  private complain(id: string, path: string, errors: readonly LineError[]): void {
    const [first] = errors;
    if (!first) return;
    const more = errors.length > 1 ? ` (and ${errors.length - 1} more)` : '';
    const message = `${first.message}${more}; the other lines are used, correct this one`;
    this.report({ level: 'warning', id, path, line: first.line, message });
  }

  /** The modules that the nearest `go.work` upward uses; none where there is no such file or `GOWORK` is `off`. */
  workspaceOf(dir: string): readonly Module[] {
    return this.workspace(dir)?.modules ?? [];
  }

  /** Whether a `go.work` that is in force stands in `dir` itself. */
  isWorkspaceRoot(dir: string): boolean {
    return this.workspace(dir)?.root === dir;
  }

  private workspace(dir: string): Workspace | undefined {
    // The go command does not look at what a published module was developed with.
    if (dir.startsWith(this.cache + sep)) return undefined;
    if (this.works.has(dir)) return this.works.get(dir);
    const { GOWORK } = process.env;
    const parent = dirname(dir);
    const found = GOWORK && GOWORK === dir ? this.readWork(GOWORK)
      : GOWORK ? (GOWORK === 'off' ? undefined : this.workspace(GOWORK))
        : this.readWork(join(dir, 'go.work')) ?? (parent === dir ? undefined : this.workspace(parent));
    this.works.set(dir, found);
    return found;
  }

  private readWork(path: string): Workspace | undefined {
    const work = this.read(path, parseGoWork);
    if (!work) return undefined;
    const root = realOf(dirname(path));
    const errors = [...work.errors];
    const modules = work.uses.flatMap(({ dir, line }) => {
      const module = this.moduleAt(realOf(resolve(root, dir)));
      if (!module) errors.push({ line, message: `use ${dir}: no go.mod there` });
      return module ?? [];
    });
    this.complain('bad-go-work', path, errors);
    return { root, modules: [...new Set(modules)], replaces: work.replaces };
  }

  /** The import path of the package in `dir`; `.` for the root of a tree without `go.mod`. */
  importPathOf(dir: string): string {
    const module = this.moduleOf(dir);
    const below = relative(module.root, dir).split(sep).join('/');
    if (below.startsWith('vendor/')) return below.slice('vendor/'.length);
    if (module.path === 'std') return below || 'std';
    return [module.path, below].filter(part => part !== '').join('/') || '.';
  }

  /**
   * The folder of the package that files of `from` import as `importPath`; undefined where its source is not at hand,
   * which includes the standard library.
   */
  resolve(from: Module, importPath: string): Place | undefined {
    const key = `${from.root}\0${importPath}`;
    if (this.places.has(key)) return this.places.get(key);
    const place = isImportPath(importPath) ? this.find(from, importPath) : undefined;
    this.places.set(key, place);
    return place;
  }

  private find(from: Module, importPath: string): Place | undefined {
    const main = this.mains.get(from);
    if (main) return this.inModule(from, importPath) ?? this.resolve(main, importPath) ?? this.inCache(from, main, importPath);
    return this.inModule(from, importPath)
      ?? first(this.workspaceOf(from.root), module => this.inModule(module, importPath))
      ?? this.inReplacement(from, importPath)
      ?? this.inVendor(from, importPath)
      ?? this.inCache(from, from, importPath)
      ?? this.inRepository(from, importPath);
  }

  /** Whether it stands in the module cache, where nothing changes. */
  isPublished({ root }: Module): boolean {
    return root.startsWith(this.cache + sep);
  }

  /** Of the modules that `go.mod` and `go.work` require, those that can be read. */
  atHand(module: Module): readonly string[] {
    const work = this.workspaceOf(module.root);
    const required = [module, ...work].flatMap(({ mod }) => [...mod?.requires ?? []]);
    return [JSON.stringify(work.map(({ root, mod }) => [root, mod?.replaces])), ...required.flatMap(([path, version]) => {
      const root = join(this.cache, `${escapeCase(path)}@${escapeCase(version)}`);
      return isFolder(root) ? [root] : [];
    })];
  }

  private inModule(module: Module, importPath: string): Place | undefined {
    const dir = folderIn(module, importPath);
    // A nested module is another one, of which `from` may want another version.
    return dir !== undefined && this.moduleOf(dir) === module ? this.placeOf(dir, module) : undefined;
  }

  private inReplacement(from: Module, importPath: string): Place | undefined {
    return first(prefixesOf(importPath), path => {
      const found = this.replacementOf(from, path);
      if (!found || !isFolderTarget(found.replace.target)) return undefined;
      const root = realOf(resolve(found.base, found.replace.target));
      const dir = join(root, importPath.slice(path.length));
      return isFolder(dir) ? this.placeOf(dir, this.moduleAt(root) ?? this.bare(root, path)) : undefined;
    });
  }

  /** The `replace` in force for a module, and the folder to which its target is relative. */
  private replacementOf(from: Module, path: string): { base: string; replace: Replace } | undefined {
    const work = this.workspace(from.root);
    const scopes = [work, from, ...work?.modules ?? []];
    return first(scopes, scope => {
      const replaces = !scope ? [] : 'replaces' in scope ? scope.replaces : scope.mod?.replaces ?? [];
      const replace = replaces.find(r => r.path === path && (r.version === undefined || r.version === from.mod?.requires.get(path)));
      return scope && replace && { base: scope.root, replace };
    });
  }

  private inVendor(from: Module, importPath: string): Place | undefined {
    return first(new Set([from.root, this.workspace(from.root)?.root ?? from.root]), root => {
      const dir = join(root, 'vendor', importPath);
      return isFolder(dir) ? this.placeOf(dir, this.moduleOf(dir)) : undefined;
    });
  }

  private inCache(from: Module, main: Module, importPath: string): Place | undefined {
    return first(prefixesOf(importPath), path => {
      const replace = this.replacementOf(from, path)?.replace;
      const wanted = [from, ...this.workspaceOf(from.root)].map(module => module.mod?.requires.get(path));
      const versions = replace ? [replace.targetVersion] : wanted;
      return first(new Set(versions), version => {
        if (version === undefined) return undefined;
        const root = join(this.cache, `${escapeCase(replace?.target ?? path)}@${escapeCase(version)}`);
        const dir = join(root, importPath.slice(path.length));
        if (!isFolder(dir)) return undefined;
        const module = this.moduleAt(root) ?? this.bare(root, path);
        if (!this.mains.has(module)) this.mains.set(module, main);
        return this.placeOf(dir, module);
      });
    });
  }

  /**
   * The last resort: the same repository holds the package, though no directive says so. A module nested in `from`;
   * or what the module around it sees, as when a nested module's dependencies are vendored at the top.
   */
  private inRepository(from: Module, importPath: string): Place | undefined {
    const nested = folderIn(from, importPath);
    if (nested !== undefined) return this.placeOf(nested, this.moduleOf(nested));
    const parent = dirname(from.root);
    const around = parent === from.root ? undefined : this.nearest(parent);
    return around && gitRootOf(around.root) === gitRootOf(from.root) ? this.resolve(around, importPath) : undefined;
  }

  private placeOf(dir: string, module: Module): Place {
    const real = realOf(dir);
    return real === dir ? { dir, module } : { dir: real, module: this.moduleOf(real) };
  }
}

/** The folder that `importPath` has below the root of a module, if there is one. */
function folderIn(module: Module, importPath: string): string | undefined {
  // Packages of the standard library have no prefix; those of a tree without go.mod have no import path.
  const below = module.path === 'std' ? importPath
    : importPath === module.path ? ''
      : module.path && importPath.startsWith(`${module.path}/`) ? importPath.slice(module.path.length + 1) : undefined;
  if (below === undefined) return undefined;
  const dir = join(module.root, below);
  return isFolder(dir) ? dir : undefined;
}

/** Relative imports (`./x`) and what broken code holds between the quotes lead nowhere. */
function isImportPath(text: string): boolean {
  return text !== '' && !/[\0\\]/.test(text) && text.split('/').every(part => part !== '' && part !== '.' && part !== '..');
}

/** `a/b/c`, `a/b`, `a`. */
function prefixesOf(importPath: string): string[] {
  const parts = importPath.split('/');
  return parts.map((_, i) => parts.slice(0, parts.length - i).join('/'));
}

function first<T, R>(items: Iterable<T>, find: (item: T) => R | undefined): R | undefined {
  for (const item of items) {
    const found = find(item);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Where the go command keeps downloaded modules. */
function moduleCache(): string {
  const { GOMODCACHE, GOPATH } = process.env;
  return GOMODCACHE || join(GOPATH?.split(delimiter)[0] || join(homedir(), 'go'), 'pkg', 'mod');
}

/** On disk `A` is written `!a`, since some file systems do not tell them apart. */
function escapeCase(path: string): string {
  return path.replace(/[A-Z]/g, letter => `!${letter.toLowerCase()}`);
}

export function isFolder(path: string): boolean {
  return statOf(path)?.isDirectory() ?? false;
}

/** Undefined also where a folder on the way may not be entered: for us nothing is there. */
function statOf(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}

/** The path without symbolic links; the path itself where there is nothing. */
export function realOf(path: string): string {
  try {
    return realpathSync.native(path);
  } catch {
    return path;
  }
}
