import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of the package, from the source tree as well as from `dist/`. */
export const packageRoot: string = findRoot(dirname(fileURLToPath(import.meta.url)));

function findRoot(dir: string): string {
  if (existsSync(join(dir, 'wasm')) && existsSync(join(dir, 'package.json'))) return dir;
  const parent = dirname(dir);
  if (parent === dir) throw new Error('the package is incomplete: its package.json and wasm/ were not found');
  return findRoot(parent);
}

/** The grammar, and the signatures of the standard library. */
export const grammarFile: string = join(packageRoot, 'wasm', 'tree-sitter-go.wasm');
export const stdFolder: string = join(packageRoot, 'std');

export function packageVersion(): string {
  const parsed: unknown = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8'));
  return typeof parsed === 'object' && parsed !== null && 'version' in parsed ? String(parsed.version) : '0.0.0';
}
