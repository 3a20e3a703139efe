/** Where the configuration is: in the nearest folder that has one, from the code upward. */
import { existsSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { gitRootOf } from '../source/gitroot.ts';
import { realOf } from '../source/modules.ts';

const NAMES = ['.go-leak-lint.yml', '.go-leak-lint.yaml', '.go-leak-lint.json'];

/**
 * The configuration files of the nearest folder that has any, from that of the first pattern up to the root of its git
 * work tree, or to the root of the file system without one. More than one is for the caller to complain about.
 */
export function findConfigs(cwd: string, patterns: readonly string[]): readonly string[] {
  const start = folderOf(cwd, patterns[0] ?? '.');
  const top = gitRootOf(start);
  for (let dir = start; ; dir = dirname(dir)) {
    const found = NAMES.map(name => join(dir, name)).filter(path => existsSync(path));
    if (found.length || dir === top || dir === dirname(dir)) return found;
  }
}

/** The folder that a pattern begins in; that of the command for an import path. */
function folderOf(cwd: string, pattern: string): string {
  const dots = pattern.indexOf('...');
  const fixed = resolve(cwd, dots < 0 ? pattern : pattern.slice(0, pattern.lastIndexOf('/', dots) + 1));
  const stat = statSync(fixed, { throwIfNoEntry: false });
  return realOf(!stat ? cwd : stat.isDirectory() ? fixed : dirname(fixed));
}
