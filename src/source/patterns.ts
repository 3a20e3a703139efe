/** What `./...`, a folder, an import path or a file on the command line means: the go command's rules. */
import { existsSync, readdirSync, realpathSync, statSync, type Dirent } from 'node:fs';
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import type { Module, Modules } from './modules.ts';
import type { Problem } from './problem.ts';
import { reasonOf } from './read.ts';

export interface PackageFolder {
  readonly dir: string;
  readonly module: Module;
  readonly importPath: string;
  /** Absolute paths of the Go files, sorted; names that begin with `.` or `_` are left out. */
  readonly files: readonly string[];
  /** When single files were asked for: only these are reported. */
  readonly only?: ReadonlySet<string>;
}

export function expandPatterns(cwd: string, patterns: readonly string[], modules: Modules, report: (problem: Problem) => void): PackageFolder[] {
  const walk = new Walk(modules, report);
  for (const pattern of patterns) walk.pattern(realpathSync(cwd), pattern);
  return walk.folders();
}

class Walk {
  private readonly whole = new Map<string, readonly string[]>();
  private readonly single = new Map<string, Set<string>>();

  constructor(private readonly modules: Modules, private readonly report: (problem: Problem) => void) {}

  folders(): PackageFolder[] {
    const dirs = [...new Set([...this.whole.keys(), ...this.single.keys()])].sort();
    return dirs.map(dir => {
      const folder = { dir, module: this.modules.moduleOf(dir), importPath: this.modules.importPathOf(dir), files: this.whole.get(dir) ?? this.goFiles(dir) };
      const only = this.whole.has(dir) ? undefined : this.single.get(dir);
      return only ? { ...folder, only } : folder;
    });
  }

  pattern(cwd: string, pattern: string): void {
    if (/^(all|std|cmd|main)$/.test(pattern) && !existsSync(resolve(cwd, pattern))) {
      return this.report({ level: 'error', id: 'unsupported-pattern', message: `\`${pattern}\` is a name of the go command that needs a build; name a folder, for instance ./...` });
    }
    const isPath = /^\.{1,2}(\/|$)/.test(pattern) || isAbsolute(pattern) || pattern.endsWith('.go') || pattern.startsWith('.\\');
    const local = resolve(cwd, pattern.replace(/\.\.\..*$/, '') || '.');
    if (isPath || (!pattern.includes('...') && existsSync(resolve(cwd, pattern)))) return this.path(cwd, pattern);
    const folder = this.importPath(cwd, pattern);
    if (folder) return this.path(folder.dir, folder.rest);
    // Users type `cmd/...` where the go command wants `./cmd/...`.
    if (existsSync(local)) return this.path(cwd, `./${pattern}`);
    this.report({ level: 'error', id: 'missing-path', message: `${pattern}: no such folder, and no module here has that import path; try ./...` });
  }

  /** The folder of an import path, and what is left of the pattern. */
  private importPath(cwd: string, pattern: string): { dir: string; rest: string } | undefined {
    const own = this.modules.moduleOf(cwd);
    const fixed = pattern.replace(/\/?\.\.\..*$/, '');
    for (const module of [own, ...this.modules.workspaceOf(cwd)]) {
      if (!module.path || !(fixed === module.path || fixed.startsWith(`${module.path}/`))) continue;
      const dir = join(module.root, fixed.slice(module.path.length));
      if (existsSync(dir)) return { dir, rest: pattern.includes('...') ? './...' : '.' };
    }
    return undefined;
  }

  private path(cwd: string, pattern: string): void {
    const dots = pattern.indexOf('...');
    if (dots < 0) return this.literal(resolve(cwd, pattern), pattern);
    const fixed = pattern.slice(0, dots);
    const start = resolve(cwd, fixed.endsWith('/') || fixed === '' ? fixed || '.' : dirname(fixed));
    if (!isFolder(start)) return this.missing(start, pattern);
    const prefix = fixed.endsWith('/') ? undefined : resolve(cwd, fixed);
    const before = this.whole.size;
    const root = realpathSync(start);
    for (const dir of this.roots(root)) this.walk(dir, dir, prefix);
    if (this.whole.size === before) this.report({ level: 'warning', id: 'no-packages', message: `"${pattern}" matched no packages` });
  }

  /** At the folder of a go.work all its modules below count; the folder itself need not be one. */
  private roots(dir: string): readonly string[] {
    if (!existsSync(join(dir, 'go.work'))) return [dir];
    const used = this.modules.workspaceOf(dir).map(m => m.root).filter(root => root === dir || root.startsWith(dir + sep));
    return used.includes(dir) || !existsSync(join(dir, 'go.mod')) ? used : [dir, ...used];
  }

  private missing(path: string, pattern: string): void {
    this.report({ level: 'error', id: 'missing-path', path, message: `pattern ${pattern}: no such file or folder; check the spelling, or use ./... for everything below` });
  }

  private literal(path: string, pattern: string): void {
    const stat = statSync(path, { throwIfNoEntry: false });
    if (!stat) return this.missing(path, pattern);
    const real = realpathSync(path);
    if (stat.isDirectory()) {
      const files = this.goFiles(real);
      if (files.length) this.whole.set(real, files);
      else this.report({ level: 'warning', id: 'no-packages', path: real, message: 'no Go files in this folder; use ./... below it for its sub-folders' });
      return;
    }
    if (!path.endsWith('.go')) return this.report({ level: 'error', id: 'not-a-go-file', path, message: 'is no .go file; name Go files, folders or patterns such as ./...' });
    const dir = dirname(real);
    this.single.set(dir, (this.single.get(dir) ?? new Set()).add(real));
  }

  /** Every package folder below; `prefix` is that of a pattern such as `./srv...`. */
  private walk(dir: string, root: string, prefix: string | undefined): void {
    const entries = this.entries(dir);
    const files = entries.filter(e => isGoFile(e)).map(e => join(dir, e.name));
    if (files.length && (prefix === undefined || dir.startsWith(prefix))) this.whole.set(dir, files.sort());
    for (const entry of entries) {
      if (!entry.isDirectory()) continue;
      const below = join(dir, entry.name);
      if (prefix !== undefined && !below.startsWith(prefix) && !prefix.startsWith(below)) continue;
      if (!this.isSkipped(entry.name, below, root)) this.walk(below, root, prefix);
    }
  }

  private isSkipped(name: string, dir: string, root: string): boolean {
    if (/^[._]/.test(name) || name === 'testdata' || name === 'vendor') return true;
    const module = this.modules.moduleOf(root);
    if (existsSync(join(dir, 'go.mod'))) return module.mod !== undefined && !`${root}${sep}`.includes(`${sep}vendor${sep}`);
    return module.mod?.ignores.some(ignore => (ignore.startsWith('./')
      ? relative(module.root, dir) === ignore.slice(2).replaceAll('/', sep).replace(/[\\/]$/, '')
      : dir === join(module.root, ignore) || basename(dir) === ignore)) ?? false;
  }

  private entries(dir: string): Dirent[] {
    try {
      return readdirSync(dir, { withFileTypes: true });
    } catch (error) {
      this.report({ level: 'warning', id: 'unreadable-folder', path: dir, message: `skipped: ${reasonOf(error)}` });
      return [];
    }
  }

  private goFiles(dir: string): string[] {
    return this.entries(dir).filter(isGoFile).map(e => join(dir, e.name)).sort();
  }
}

function isGoFile(entry: Dirent): boolean {
  return entry.name.endsWith('.go') && !/^[._]/.test(entry.name) && !entry.isDirectory();
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
