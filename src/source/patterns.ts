/** What `./...`, a folder, an import path or a file on the command line means: the go command's rules, a little kinder. */
import { type Dirent, existsSync, readdirSync, type Stats, statSync } from 'node:fs';
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { isFolder, type Module, type Modules, realOf } from './modules.ts';
import type { Problem } from './problem.ts';
import { reasonOf } from './read.ts';

export interface PackageFolder {
  /** Absolute, symbolic links resolved. */
  readonly dir: string;
  readonly module: Module;
  readonly importPath: string;
  /** Absolute paths of the Go files, sorted. Names that begin with `.` or `_` are left out unless they were asked for. */
  readonly files: readonly string[];
  /** When single files were asked for: their real paths. The others only help to understand these. */
  readonly only?: ReadonlySet<string>;
}

/**
 * The folders that `patterns` mean, each once, sorted. Folders need not build nor belong to a module. Where the go
 * command gives up this goes on: without `go.mod` everything below is walked, at a `go.work` all its modules below, and
 * files may come from many folders. Build constraints are not looked at.
 */
export function expandPatterns(
  cwd: string,
  patterns: readonly string[],
  modules: Modules,
  report: (problem: Problem) => void,
): PackageFolder[] {
  const from = realOf(resolve(cwd));
  // Without go.mod this makes `from` the root to which import paths are relative.
  modules.moduleOf(from);
  const expansion = new Expansion(from, modules, report);
  for (const pattern of patterns) expansion.add(sep === '\\' ? pattern.replaceAll('\\', '/') : pattern);
  return expansion.folders();
}

/** The folders without their excluded files, which are only read where others need them. */
export function withoutExcluded(folders: readonly PackageFolder[], isExcluded: (path: string) => boolean): readonly PackageFolder[] {
  return folders.flatMap(folder => {
    const asked = [...folder.only ?? folder.files];
    const kept = asked.filter(path => !isExcluded(path));
    return kept.length === asked.length ? [folder] : kept.length ? [{ ...folder, only: new Set(kept.map(realOf)) }] : [];
  });
}

/** Names of the go command for sets of packages that only it can list. */
const GO_COMMAND_NAMES = new Set(['all', 'std', 'cmd', 'work', 'tool']);

class Expansion {
  /** Folder to its files. */
  private readonly whole = new Map<string, readonly string[]>();
  /** Folder to the files asked for, as paths within it. */
  private readonly single = new Map<string, string[]>();
  /** Roots of modules that a walk came to and did not go into. */
  private readonly nested = new Set<string>();

  constructor(
    private readonly cwd: string,
    private readonly modules: Modules,
    private readonly report: (problem: Problem) => void,
  ) {}

  folders(): PackageFolder[] {
    const dirs = [...new Set([...this.whole.keys(), ...this.single.keys()])].sort();
    this.reportNested(dirs);
    return dirs.map(dir => {
      const asked = this.single.get(dir) ?? [];
      const listed = this.whole.get(dir) ?? goFiles(dir, this.entries(dir));
      const files = [...new Set([...listed, ...asked])].sort();
      const folder = { dir, module: this.modules.moduleOf(dir), importPath: this.modules.importPathOf(dir), files };
      return this.whole.has(dir) ? folder : { ...folder, only: new Set(asked.map(realOf)) };
    });
  }

  /** So that nobody takes their silence for a clean result. */
  private reportNested(dirs: readonly string[]): void {
    for (const root of [...this.nested].sort()) {
      if (dirs.some(dir => dir === root || dir.startsWith(root + sep))) continue;
      const name = slashed(relative(this.cwd, root)).replace(/^(?!\.\.\/)/, './');
      this.report({ level: 'note', id: 'nested-module', path: root, message: `a module of its own, which is left out; \`${name}/...\` reads it` });
    }
  }

  add(pattern: string): void {
    if (pattern === '') this.missing('the empty pattern names nothing');
    else if (isPath(pattern)) this.addPath(pattern);
    // `cmd` and `docs/...` are import paths to the go command; who has a folder of that name means the folder.
    else if (existsSync(resolve(this.cwd, fixedPart(pattern)))) this.addPath(pattern);
    else if (GO_COMMAND_NAMES.has(pattern)) {
      const message = `\`${pattern}\` needs the go command, which is not used here; name folders instead, for instance ./...`;
      this.report({ level: 'error', id: 'unsupported-pattern', message });
    } else this.addImportPath(pattern);
  }

  private addPath(pattern: string): void {
    const dots = pattern.indexOf('...');
    if (dots < 0) return this.addLiteral(pattern);
    const slash = pattern.lastIndexOf('/', dots);
    const start = resolve(this.cwd, pattern.slice(0, slash + 1) || '.');
    const stat = this.statOf(start, pattern);
    if (!stat) return;
    if (!stat.isDirectory()) return this.missing(`\`${pattern}\`: not a folder, so nothing is below it`, start);
    const top = realOf(start);
    const wildcard = pattern.slice(slash + 1);
    const isMatch = matcherOf(wildcard);
    const found = this.rootsAt(top).map(root => this.walk({ root, wildcard, isMatch: dir => isMatch(slashed(relative(top, dir))) }));
    if (!found.includes(true)) this.nothing(pattern);
  }

  /** At the folder of a go.work all its modules below it count, wherever they stand. */
  private rootsAt(dir: string): readonly string[] {
    if (!this.modules.isWorkspaceRoot(dir)) return [dir];
    const used = this.modules.workspaceOf(dir).map(module => module.root).filter(root => root === dir || root.startsWith(dir + sep));
    if (used.length === 0) return [dir];
    const own = this.modules.moduleOf(dir);
    return own.mod && own.root === dir ? [...new Set([dir, ...used])] : used;
  }

  private addLiteral(pattern: string): void {
    const path = resolve(this.cwd, pattern);
    const stat = this.statOf(path, pattern);
    if (stat?.isDirectory()) this.addFolder(realOf(path), pattern);
    else if (stat && !path.endsWith('.go')) {
      const message = 'not a Go file; name .go files, folders, or patterns such as ./...';
      this.report({ level: 'error', id: 'not-a-go-file', path, message });
    } else if (stat) {
      // The folder of a symbolic link, not that of its target: build systems link files of any name into place.
      const dir = realOf(dirname(path));
      this.single.set(dir, [...this.single.get(dir) ?? [], join(dir, basename(path))]);
    }
  }

  private addFolder(dir: string, pattern: string): void {
    const files = goFiles(dir, this.entries(dir));
    if (files.length > 0) this.whole.set(dir, files);
    else this.nothing(pattern, `no Go files in this folder; \`${pattern.replace(/\/+$/, '')}/...\` takes the folders below it`, dir);
  }

  private addImportPath(pattern: string): void {
    const own = this.modules.moduleOf(this.cwd);
    const fixed = fixedPart(pattern);
    if (!pattern.includes('...')) {
      const place = this.modules.resolve(own, pattern);
      if (place) return this.addFolder(place.dir, place.dir);
      return this.missing(`\`${pattern}\`: no such file or folder, and no package known here has this import path; try ./...`);
    }
    const isMatch = matcherOf(pattern);
    const candidates = [...new Set([own, ...this.modules.workspaceOf(this.cwd)])]
      .filter(({ path }) => path !== '' && (path.startsWith(fixed) || `${fixed}/`.startsWith(`${path}/`)));
    const isWanted = (dir: string): boolean => isMatch(this.modules.importPathOf(dir));
    const found = candidates.map(({ root }) => this.walk({ root, wildcard: '...', isMatch: isWanted }));
    if (found.includes(true)) return;
    const place = this.modules.resolve(own, fixed);
    if (place) this.addPath(`${slashed(place.dir)}/...`);
    else if (candidates.length > 0) this.nothing(pattern);
    else this.missing(`\`${pattern}\`: no such folder, and no module known here has such import paths; try ./...`);
  }

  /** Takes every matching folder at and below the root; whether there was one. */
  private walk(walk: Walk): boolean {
    const visit = (dir: string): boolean => {
      const entries = this.entries(dir);
      if (dir !== walk.root && this.isLeftOut(dir, entries, walk)) return false;
      const files = goFiles(dir, entries);
      let found = files.length > 0 && walk.isMatch(dir);
      if (found) this.whole.set(dir, files);
      // A folder named vendor may be a package; what lies below it is meant only by a pattern that spells `vendor/` out.
      if (basename(dir) === 'vendor' && dir !== walk.root && !walk.wildcard.includes('vendor/')) return found;
      for (const entry of entries) {
        if (entry.isDirectory() && !/^[._]|^testdata$/.test(entry.name)) found = visit(join(dir, entry.name)) || found;
      }
      return found;
    };
    return visit(walk.root);
  }

  /**
   * Folders of `ignore` directives and nested modules. The latter are walked in a tree without a go.mod at the top;
   * below `vendor/` a go.mod makes no module.
   */
  private isLeftOut(dir: string, entries: readonly Dirent[], { root, isMatch }: Walk): boolean {
    const top = this.modules.moduleOf(root);
    const module = this.modules.moduleOf(dir);
    if (isIgnored(module, dir) && !isIgnored(module, root)) return true;
    const isNested = top.mod !== undefined && module !== top && entries.some(entry => entry.name === 'go.mod');
    // An empty go.mod is there to keep everybody out.
    if (isNested && module.path !== '' && isMatch(dir)) this.nested.add(dir);
    return isNested;
  }

  private entries(dir: string): Dirent[] {
    try {
      return readdirSync(dir, { withFileTypes: true });
    } catch (error) {
      this.report({ level: 'warning', id: 'unreadable-folder', path: dir, message: `skipped: ${reasonOf(error)}` });
      return [];
    }
  }

  private statOf(path: string, pattern: string): Stats | undefined {
    try {
      return statSync(path);
    } catch (error) {
      this.missing(`\`${pattern}\`: ${reasonOf(error)}; check the spelling, or use ./... for everything below`, path);
      return undefined;
    }
  }

  private missing(message: string, path?: string): void {
    this.report({ level: 'error', id: 'missing-path', message, ...(path === undefined ? {} : { path }) });
  }

  private nothing(pattern: string, message = `"${pattern}" matched no packages`, path?: string): void {
    this.report({ level: 'warning', id: 'no-packages', message, ...(path === undefined ? {} : { path }) });
  }
}

interface Walk {
  readonly root: string;
  /** The pattern from its first element with `...` on. */
  readonly wildcard: string;
  isMatch(dir: string): boolean;
}

/**
 * The go command's meaning of `...`: any string, the empty one and slashes included; `/...` at the end matches nothing
 * as well. It never matches a `vendor` element with something below it, for which `\0` stands here.
 */
function matcherOf(pattern: string): (name: string) => boolean {
  const parts = hideVendor(pattern).split('...').map(part => part.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'));
  const wild = '[^\\0]*';
  const isTail = parts.length > 1 && parts.at(-1) === '' && parts.at(-2)?.endsWith('/');
  const source = isTail ? `${parts.slice(0, -1).join(wild).slice(0, -1)}(/${wild})?` : parts.join(wild);
  const regexp = new RegExp(`^${source.replaceAll('\0', '\\0')}$`);
  return name => regexp.test(hideVendor(name));
}

function hideVendor(path: string): string {
  if (!path.includes('vendor/')) return path;
  return path.split('/').map((part, i, all) => (part === 'vendor' && i < all.length - 1 ? '\0' : part)).join('/');
}

/** `ignore ./x` is a folder relative to the module's root, `ignore x` (or `x/y`) one of that name anywhere. */
function isIgnored(module: Module, dir: string): boolean {
  if (!module.mod?.ignores.length) return false;
  const inside = `/${slashed(relative(module.root, dir))}/`;
  return module.mod.ignores.some(ignore => {
    const path = `/${ignore.replace(/^\.\//, '').replace(/^\/+|\/+$/g, '')}/`;
    return ignore.startsWith('./') ? inside.startsWith(path) : inside.includes(path);
  });
}

/** Files that the go command reads: named as it wants, and no folder. */
function goFiles(dir: string, entries: readonly Dirent[]): string[] {
  return entries
    .filter(entry => entry.name.endsWith('.go') && !/^[._]/.test(entry.name))
    .map(entry => ({ entry, path: join(dir, entry.name) }))
    .filter(({ entry, path }) => entry.isFile() || (entry.isSymbolicLink() && !isFolder(path)))
    .map(({ path }) => path)
    .sort();
}

function isPath(pattern: string): boolean {
  return /^\.{1,2}(\/|$)/.test(pattern) || isAbsolute(pattern) || pattern.endsWith('.go');
}

/** What stands before the first `...`, without the slash. */
function fixedPart(pattern: string): string {
  return pattern.replace(/\/?\.\.\..*$/s, '').replace(/\/+$/, '');
}

function slashed(path: string): string {
  return sep === '/' ? path : path.replaceAll(sep, '/');
}
