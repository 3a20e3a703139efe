// How time and memory grow with the lines of code: time = c · lines^k, fitted over the folders; see README.md.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { measure, medians } from './measure.mjs';

const { values, positionals } = parseArgs({ allowPositionals: true, options: { runs: { type: 'string', default: '3' } } });
if (positionals.length < 2) throw new Error('usage: node bench/growth.mjs [--runs N] FOLDER FOLDER…');
const main = join(dirname(dirname(fileURLToPath(import.meta.url))), 'dist/src/cli/main.js');

const points = positionals.map(folder => {
  const patterns = readdirSync(folder).includes('vendor') ? ['./...', './vendor/...'] : ['./...'];
  const samples = Array.from({ length: Number(values.runs) }, () => measure(['node', main, '--no-cache', '--exit-zero', '--quiet', ...patterns], { cwd: folder }));
  const point = { folder, lines: linesIn(folder), ...medians(samples) };
  console.log(`${folder}: ${point.lines} lines, ${point.wall.toFixed(2)} s, ${point.cpu.toFixed(2)} s of processors, ${point.peak.toFixed(0)} MiB, ${((1e6 * point.cpu) / point.lines).toFixed(2)} s a million lines`);
  return point;
});
for (const figure of ['wall', 'cpu', 'peak']) console.log(`${figure} grows with lines^${exponent(points.map(p => [Math.log(p.lines), Math.log(p[figure])])).toFixed(2)}`);

function exponent(pairs) {
  const mean = i => pairs.reduce((sum, pair) => sum + pair[i], 0) / pairs.length;
  const [x, y] = [mean(0), mean(1)];
  return pairs.reduce((sum, [a, b]) => sum + (a - x) * (b - y), 0) / pairs.reduce((sum, [a]) => sum + (a - x) ** 2, 0);
}

function linesIn(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile() && entry.name.endsWith('.go') && !/[\\/]testdata([\\/]|$)/.test(entry.parentPath))
    .reduce((sum, entry) => sum + readFileSync(join(entry.parentPath, entry.name), 'latin1').split('\n').length, 0);
}
