/** Where the files of stacks stand in the source at hand. */
import { basename, dirname, join } from 'node:path';
import { Modules, type Module } from '../source/modules.ts';
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

export class Code {
  private readonly byPath = new Map<string, Source>();
  private readonly byName = new Map<string, Source[]>();
  private readonly found = new Map<Frame, Source | undefined>();
  private readonly modules = new Modules(() => undefined);
  private readonly roots = new Map<string, Module>();

  constructor(sources: readonly Source[], private readonly maps: readonly PathMap[] = []) {
    for (const source of sources) {
      this.byPath.set(slashed(source.path), source);
      const name = basename(source.path);
      this.byName.set(name, [...this.byName.get(name) ?? [], source]);
      const module = this.modules.moduleOf(dirname(source.path));
      this.roots.set(module.root, module);
    }
  }

  /** The file in which a frame is; undefined for what is not among the sources. */
  sourceOf(frame: Frame): Source | undefined {
    if (!this.found.has(frame)) this.found.set(frame, this.find(frame));
    return this.found.get(frame);
  }

  originOf(frame: Frame): Origin {
    if (this.sourceOf(frame) || [...this.roots.values()].some(m => isWithin(packageOf(frame.func), m.path))) return 'own';
    const path = packageOf(frame.func);
    if (isStd(frame.func)) return 'std';
    if (isDownloaded(frame.file)) return 'dependency';
    return this.roots.size && path !== 'main' ? 'dependency' : 'own';
  }

  private find(frame: Frame): Source | undefined {
    const file = this.mapped(frame.file);
    const exact = this.byPath.get(file) ?? this.trimmed(file);
    if (exact) return exact;
    if (isDownloaded(file)) return undefined;
    const pkg = packageOf(frame.func);
    const parts = file.split('/').reverse();
    const candidates = (this.byName.get(basename(file)) ?? []).map(source => ({ source, shared: sharedParts(parts, slashed(source.path)), fits: this.isOfPackage(source, pkg) }));
    const best = candidates.filter(c => c.fits).sort((a, b) => b.shared - a.shared);
    const [first, second] = best;
    if (!first || (second && second.shared === first.shared)) return undefined;
    return pkg !== 'main' || first.shared >= 2 || candidates.length === 1 ? first.source : undefined;
  }

  /** With `-trimpath` files of a module begin with its path. */
  private trimmed(file: string): Source | undefined {
    for (const { path, root } of this.roots.values()) {
      const source = path !== '' && file.startsWith(`${path}/`) ? this.byPath.get(slashed(join(root, file.slice(path.length + 1)))) : undefined;
      if (source) return source;
    }
    return undefined;
  }

  private isOfPackage(source: Source, pkg: string): boolean {
    if (pkg === 'main') return /^package main\b/m.test(source.text);
    const path = this.modules.importPathOf(dirname(source.path));
    const own = pkg.replace(/(?:_test)?(?:\.test)?$/, '');
    // A tree without go.mod has no import paths; the shared part of the file's path must do.
    return path === own || path === pkg || (this.modules.moduleOf(dirname(source.path)).path === '' && `/${own}`.endsWith(`/${path}`));
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
  return file.includes('/pkg/mod/') || file.includes('/vendor/') || /(?:^|\/)[^/]+@v[^/]*\//.test(file);
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
