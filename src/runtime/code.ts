/** Where the files of stacks stand in the source at hand. */
import { basename, dirname, join } from 'node:path';
import { type Module, Modules, realOf } from '../source/modules.ts';
import { expandPatterns } from '../source/patterns.ts';
import { readSource } from '../source/read.ts';
import type { Source } from '../source/text.ts';
import type { Frame } from './model.ts';
import { packageOf } from './names.ts';

export type Origin = 'own' | 'dependency' | 'std';

/** Replaces the beginning of paths, where the build did. */
export interface PathMap {
  readonly from: string;
  readonly to: string;
}

/** First elements of the import paths of the standard library. */
const STD = new Set([
  'archive', 'bufio', 'bytes', 'cmp', 'compress', 'container', 'context', 'crypto', 'database', 'debug', 'embed', 'encoding', 'errors', 'expvar', 'flag', 'fmt', 'go',
  'hash', 'html', 'image', 'index', 'internal', 'io', 'iter', 'log', 'maps', 'math', 'mime', 'net', 'os', 'path', 'plugin', 'reflect', 'regexp', 'runtime', 'slices',
  'sort', 'strconv', 'strings', 'structs', 'sync', 'syscall', 'testing', 'text', 'time', 'unicode', 'unique', 'unsafe', 'vendor', 'weak',
]);

/** The Go files that patterns name. */
export function filesOf(cwd: string, patterns: readonly string[]): string[] {
  const report = () => undefined;
  return expandPatterns(cwd, patterns, new Modules(report), report).flatMap(folder => folder.files.map(realOf));
}

export class Code {
  private readonly paths = new Set<string>();
  private readonly byName = new Map<string, string[]>();
  private readonly found = new Map<Frame, Source | undefined>();
  private readonly read = new Map<string, Source | undefined>();
  private readonly modules = new Modules(() => undefined);
  private readonly roots = new Map<string, Module>();

  /** `files` by their real paths; they are read when a frame is in them. */
  constructor(files: readonly string[], private readonly maps: readonly PathMap[] = []) {
    for (const file of files) {
      const path = slashed(file);
      this.paths.add(path);
      const name = basename(path);
      const known = this.byName.get(name);
      if (known) known.push(path);
      else this.byName.set(name, [path]);
      const module = this.modules.moduleOf(dirname(file));
      this.roots.set(module.root, module);
    }
  }

  /** Whether there is nothing to join with. */
  get isEmpty(): boolean {
    return this.paths.size === 0;
  }

  /** The file in which a frame is; undefined for what is not among the files. */
  sourceOf(frame: Frame): Source | undefined {
    if (!this.found.has(frame)) {
      const path = this.find(frame);
      this.found.set(frame, path === undefined ? undefined : this.sourceAt(path));
    }
    return this.found.get(frame);
  }

  originOf(frame: Frame): Origin {
    if (this.sourceOf(frame) || [...this.roots.values()].some(m => isWithin(packageOf(frame.func), m.path))) return 'own';
    const path = packageOf(frame.func);
    if (isStd(frame.func)) return 'std';
    if (isDownloaded(frame.file)) return 'dependency';
    return this.roots.size && path !== 'main' ? 'dependency' : 'own';
  }

  private sourceAt(path: string): Source | undefined {
    if (!this.read.has(path)) this.read.set(path, readSource(path, () => undefined));
    return this.read.get(path);
  }

  private find(frame: Frame): string | undefined {
    const file = this.mapped(frame.file);
    const exact = this.paths.has(file) ? file : this.trimmed(file);
    if (exact !== undefined) return exact;
    if (isDownloaded(file)) return undefined;
    const pkg = packageOf(frame.func);
    const parts = file.split('/').reverse();
    const candidates = (this.byName.get(basename(file)) ?? []).map(path => ({ path, shared: sharedParts(parts, path), fits: this.isOfPackage(path, pkg) }));
    const [first, second] = candidates.filter(c => c.fits).sort((a, b) => b.shared - a.shared);
    if (!first || (second && second.shared === first.shared)) return undefined;
    return pkg !== 'main' || first.shared >= 2 || candidates.length === 1 ? first.path : undefined;
  }

  /** With `-trimpath` files of a module begin with its path. */
  private trimmed(file: string): string | undefined {
    const inModules = [...this.roots.values()].filter(({ path }) => path !== '' && file.startsWith(`${path}/`)).map(({ path, root }) => slashed(join(root, file.slice(path.length + 1))));
    return inModules.find(path => this.paths.has(path));
  }

  private isOfPackage(file: string, pkg: string): boolean {
    if (pkg === 'main') return /^package main\b/m.test(this.sourceAt(file)?.text ?? '');
    const path = this.modules.importPathOf(dirname(file));
    const own = pkg.replace(/(?:_test)?(?:\.test)?$/, '');
    // A tree without go.mod has no import paths; the shared part of the file's path must do.
    return path === own || path === pkg || (this.modules.moduleOf(dirname(file)).path === '' && `/${own}`.endsWith(`/${path}`));
  }

  private mapped(file: string): string {
    const map = this.maps.find(({ from }) => file.startsWith(from));
    return map ? map.to + file.slice(map.from.length) : file;
  }
}

/** Whether of the standard library, by the first element of the import path. */
export function isStd(func: string): boolean {
  return STD.has(packageOf(func).split('/')[0] ?? '');
}

function isWithin(path: string, module: string): boolean {
  return module !== '' && (path === module || path.startsWith(`${module}/`) || path === `${module}_test`);
}

function isDownloaded(file: string): boolean {
  return file.includes('/pkg/mod/') || file.includes('/vendor/') || /(?:^|\/)[^/]+@v\d[^/]*\//.test(file);
}

function slashed(path: string): string {
  return path.replaceAll('\\', '/');
}

/** How many last elements two paths have in common; the first is given in reverse. */
function sharedParts(reversed: readonly string[], path: string): number {
  const parts = path.split('/').reverse();
  const different = reversed.findIndex((part, i) => part !== parts[i]);
  return different < 0 ? reversed.length : different;
}
