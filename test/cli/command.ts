/** The compiled command in a process of its own, and modules to run it on. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { packageRoot } from '../../src/assets.ts';

const CACHE = mkdtempSync(join(tmpdir(), 'cache-'));
const MAIN = join(packageRoot, 'dist/src/cli/main.js');

export function moduleWith(files: Readonly<Record<string, string>>): string {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'cli-')));
  for (const [name, text] of Object.entries({ 'go.mod': 'module m\n\ngo 1.25\n', ...files })) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), text);
  }
  return root;
}

export function run(cwd: string, ...args: readonly string[]): { status: number | null; stdout: string; stderr: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...args], { cwd, encoding: 'utf8', env: { ...process.env, NO_COLOR: '1', XDG_CACHE_HOME: CACHE } });
  return { status, stdout, stderr };
}
