import { existsSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { type GoMod, parseGoMod } from './gomod.ts';
import type { Problem } from './problem.ts';
import { reasonOf } from './read.ts';

/** A Go module; without a `go.mod` a bare folder, whose `path` is empty. */
export interface Module {
  readonly root: string;
  readonly path: string;
  readonly go: string | undefined;
  readonly mod: GoMod | undefined;
}

/** Finds modules and, for an import, the folder of the package. */
export class Modules {
  private readonly byRoot = new Map<string, Module | undefined>();
  private readonly byDir = new Map<string, Module>();
  private readonly works = new Map<string, readonly Module[]>();
  private readonly resolved = new Map<string, { dir: string; module: Module } | undefined>();

  constructor(private readonly report: (problem: Problem) => void) {}

  /** The module that `dir` belongs to. What lies below `vendor/` belongs to the module that vendors it. */
  moduleOf(dir: string): Module {
    const known = this.byDir.get(dir);
    if (known) return known;
    const vendor = `${dir}${sep}`.indexOf(`${sep}vendor${sep}`);
    const found = vendor >= 0 && existsSync(join(dir.slice(0, vendor), 'go.mod'))
      ? this.moduleOf(dir.slice(0, vendor))
      : this.nearest(dir) ?? { root: dir, path: '', go: undefined, mod: undefined };
    this.byDir.set(dir, found);
    return found;
  }

  private nearest(dir: string): Module | undefined {
    for (let at = dir; ; at = dirname(at)) {
      const module = this.moduleAt(at);
      if (module) return module;
      if (dirname(at) === at) return undefined;
    }
  }

  /** The module whose `go.mod` stands in `root`. */
  moduleAt(root: string): Module | undefined {
    if (this.byRoot.has(root)) return this.byRoot.get(root);
    const mod = this.read(join(root, 'go.mod'));
    const module = mod && { root, path: mod.module ?? '', go: mod.go, mod };
    this.byRoot.set(root, module);
    return module;
  }

  private read(path: string): GoMod | undefined {
    if (!existsSync(path) || !statSync(path).isFile()) return undefined;
    let text: string;
    try {
      text = readFileSync(path, 'utf8');
    } catch (error) {
      this.report({ level: 'warning', id: 'bad-go-mod', path, message: `cannot be read: ${reasonOf(error)}` });
      return undefined;
    }
    const mod = parseGoMod(text);
    for (const { line, message } of mod.errors) {
      this.report({ level: 'warning', id: 'bad-go-mod', path, line, message: `${message}; this line is ignored, \`go mod verify\` tells more` });
    }
    return mod;
  }

  /** The `use` modules of the nearest `go.work` upward; none where there is no such file. */
  workspaceOf(dir: string): readonly Module[] {
    const known = this.works.get(dir);
    if (known) return known;
    const file = join(dir, 'go.work');
    const parent = dirname(dir);
    let found: readonly Module[] = [];
    if (existsSync(file)) {
      found = (this.read(file)?.uses ?? []).flatMap(use => this.moduleAt(realOf(resolve(dir, use))) ?? []);
    } else if (parent !== dir) {
      found = this.workspaceOf(parent);
    }
    this.works.set(dir, found);
    return found;
  }

  /** The import path of the package in `dir`. */
  importPathOf(dir: string): string {
    const module = this.moduleOf(dir);
    const below = relative(module.root, dir).split(sep).join('/');
    if (below.startsWith('vendor/')) return below.slice('vendor/'.length);
    if (module.path === 'std') return below || 'std';
    return [module.path, below].filter(Boolean).join('/') || '.';
  }

  /** The folder of the package `importPath` as seen from `from`; undefined where its source is not at hand. */
  resolve(from: Module, importPath: string): { dir: string; module: Module } | undefined {
    const key = `${from.root}\0${importPath}`;
    if (!this.resolved.has(key)) this.resolved.set(key, this.find(from, importPath));
    return this.resolved.get(key);
  }

  private find(from: Module, importPath: string): { dir: string; module: Module } | undefined {
    const own = inModule(from, importPath);
    if (own) return own;
    for (const module of this.workspaceOf(from.root)) {
      const found = inModule(module, importPath);
      if (found) return found;
    }
    const vendored = join(from.root, 'vendor', importPath);
    if (isFolder(vendored)) return { dir: vendored, module: from };
    return this.inDependency(from, importPath);
  }

  private inDependency(from: Module, importPath: string): { dir: string; module: Module } | undefined {
    for (let path = importPath; path.includes('/') || path.includes('.'); path = path.slice(0, Math.max(0, path.lastIndexOf('/')))) {
      const root = this.dependencyRoot(from, path);
      if (!root) continue;
      const dir = join(root, importPath.slice(path.length));
      if (isFolder(dir)) return { dir, module: this.moduleAt(root) ?? { root, path, go: undefined, mod: undefined } };
    }
    return undefined;
  }

  private dependencyRoot(from: Module, path: string): string | undefined {
    const version = from.mod?.requires.get(path);
    const replace = from.mod?.replaces.find(r => r.path === path && (!r.version || r.version === version));
    if (replace && /^(\.{0,2}\/|[A-Za-z]:)/.test(replace.target)) return realOf(resolve(from.root, replace.target));
    const target = replace?.target ?? path;
    const wanted = replace?.targetVersion ?? version;
    if (!wanted) return undefined;
    const root = join(moduleCache(), `${escapeCase(target)}@${escapeCase(wanted)}`);
    return isFolder(root) ? root : undefined;
  }
}

function inModule(module: Module, importPath: string): { dir: string; module: Module } | undefined {
  const prefix = module.path === 'std' ? '' : module.path;
  const below = importPath === prefix ? '' : prefix === '' ? importPath : importPath.startsWith(`${prefix}/`) ? importPath.slice(prefix.length + 1) : undefined;
  if (below === undefined || (prefix === '' && module.path === '')) return undefined;
  const dir = join(module.root, below);
  return isFolder(dir) ? { dir, module } : undefined;
}

let cacheDir: string | undefined;

/** Where the go command keeps downloaded modules. */
function moduleCache(): string {
  const { GOMODCACHE, GOPATH } = process.env;
  cacheDir ??= GOMODCACHE || join(GOPATH?.split(':')[0] || join(homedir(), 'go'), 'pkg', 'mod');
  return cacheDir;
}

/** On disk `A` is written `!a`, since some file systems do not tell them apart. */
function escapeCase(path: string): string {
  return path.replace(/[A-Z]/g, letter => `!${letter.toLowerCase()}`);
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

function realOf(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

