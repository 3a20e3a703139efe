/** `go-leak-lint clean`. */
import { resolve } from 'node:path';
import { cacheDir, removeCache } from '../engine/cache.ts';
import { subcommand } from './subcommand.ts';

const EXAMPLES = `
Examples:
  $ go-leak-lint clean
  $ go-leak-lint clean --cache-dir .cache/go-leak-lint`;

export async function clean(args: readonly string[]): Promise<number> {
  const command = subcommand('clean', 'Removes the results that were kept for the next run.', EXAMPLES)
    .option('--cache-dir <folder>', 'where they are, if not in the usual folder');
  command.parse(args, { from: 'user' });
  const { cacheDir: dir } = command.opts<{ readonly cacheDir?: string }>();
  const path = resolve(dir ?? cacheDir());
  const { files, bytes } = removeCache(path);
  process.stderr.write(`removed ${files} ${files === 1 ? 'file' : 'files'} (${(bytes / 1e6).toFixed(1)} MB) from ${path}\n`);
  return 0;
}
