// Compiles the package when it is installed from its repository. Some versions of npm prepare a git dependency of a
// global installation without its development dependencies and with `global` still set; then they are fetched here.
import { execFileSync } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const local = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^npm_config_(global|prefix|location|local_prefix)$/i.test(name)));
const npm = (...args) => execFileSync('npm', args, { cwd: root, stdio: ['ignore', 2, 2], env: { ...local, npm_config_global: 'false' }, shell: process.platform === 'win32' });

try {
  createRequire(import.meta.url).resolve('rolldown');
} catch {
  npm('install', '--global=false', '--include=dev', '--ignore-scripts', '--no-save', '--no-audit', '--no-fund');
}
if (!isCompiled()) npm('run', 'compile');

/** `npx` in the checkout prepares it a second time. */
function isCompiled() {
  const compiled = statSync(join(root, 'dist/src/cli/main.js'), { throwIfNoEntry: false })?.mtimeMs ?? 0;
  const files = ['src', 'rules'].flatMap(folder => readdirSync(join(root, folder), { recursive: true }).map(file => join(root, folder, file)));
  return [...files, join(root, 'scripts/compile.mjs')].every(file => statSync(file).mtimeMs < compiled);
}
