import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

const known = new Map<string, string | undefined>();

/** The nearest folder upward that is the root of a git work tree; in a linked work tree `.git` is a file. */
export function gitRootOf(dir: string): string | undefined {
  if (known.has(dir)) return known.get(dir);
  const parent = dirname(dir);
  const root = existsSync(join(dir, '.git')) ? dir : parent === dir ? undefined : gitRootOf(parent);
  known.set(dir, root);
  return root;
}
