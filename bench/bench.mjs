// go-leak-lint and its peers on the same folders, in turn; see README.md.
import { spawnSync } from 'node:child_process';
import { appendFileSync, cpSync, mkdtempSync, readdirSync, rmSync, truncateSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { measure, medians } from './measure.mjs';

const { values, positionals } = parseArgs({ allowPositionals: true, options: { runs: { type: 'string', default: '5' }, patterns: { type: 'string', default: './...' }, 'semgrep-rules': { type: 'string' }, peers: { type: 'string' } } });
if (!positionals.length) throw new Error('usage: node bench/bench.mjs [--runs N] [--patterns "./... ./vendor/..."] [--peers ast-grep,staticcheck,go,…] [--semgrep-rules FOLDER] FOLDER…');
const runs = Number(values.runs);
const main = join(dirname(dirname(fileURLToPath(import.meta.url))), 'dist/src/cli/main.js');
const patterns = values.patterns.split(' ');
const scratch = mkdtempSync(join(tmpdir(), 'bench-'));
const rule = join(scratch, 'rule.yml');
writeFileSync(rule, 'id: go-statement\nlanguage: go\nseverity: warning\nrule: { pattern: go $X }\n');

const isInstalled = command => spawnSync('sh', ['-c', `command -v ${command}`]).status === 0;
const lint = (...more) => ['node', main, '--exit-zero', '--quiet', ...more, ...patterns];
const kept = join(scratch, 'kept');
/** `before` prepares every run and is not measured. */
const rows = [
  { name: 'go-leak-lint', command: lint('--no-cache') },
  { name: 'go-leak-lint, nothing changed', command: lint('--cache-dir', kept), isWarm: true },
  { name: 'go-leak-lint, a comment added', command: lint('--cache-dir', kept), before: folder => touch(folder, unique => `// ${unique}`), isWarm: true },
  { name: 'go-leak-lint, a function added', command: lint('--cache-dir', kept), before: folder => touch(folder, unique => `func added${unique}() {}`), isWarm: true },
  { name: 'ast-grep scan', needs: 'ast-grep', command: ['ast-grep', 'scan', '-r', rule, '.'] },
  ...[['staticcheck', ['staticcheck', './...'], 'STATICCHECK_CACHE'], ['go vet', ['go', 'vet', './...'], 'GOCACHE'],
    ['golangci-lint', ['golangci-lint', 'run', '--no-config', '--default=none', '--enable=bodyclose,sqlclosecheck,noctx', './...'], 'GOLANGCI_LINT_CACHE']]
    .flatMap(([name, command, variable]) => [
      { name: `${name}, cold`, needs: command[0], command, env: () => ({ [variable]: mkdtempSync(join(scratch, 'cold-')), GOCACHE: mkdtempSync(join(scratch, 'cold-')) }), once: true },
      { name: `${name}, warm`, needs: command[0], command, env: () => ({ [variable]: join(scratch, `${name}-warm`) }), isWarm: true, once: true },
    ]),
  ...(values['semgrep-rules'] ? [{ name: 'semgrep', needs: 'semgrep', command: ['semgrep', 'scan', '--metrics=off', '--disable-version-check', '--config', resolve(values['semgrep-rules']), '.'], once: true }] : []),
].filter(({ needs }) => !needs || ((!values.peers || values.peers.split(',').includes(needs)) && isInstalled(needs)));

for (const given of positionals) {
  // A copy, since one row changes a file.
  const folder = join(scratch, basename(resolve(given)));
  cpSync(given, folder, { recursive: true, verbatimSymlinks: true });
  rmSync(kept, { recursive: true, force: true });
  for (const row of rows) if (row.isWarm) measure(row.command, { cwd: folder, env: row.env?.() });
  const samples = rows.map(() => []);
  for (let run = 0; run < runs; run++) {
    rows.forEach((row, i) => {
      if (row.once && run > 0) return;
      const undo = row.before?.(folder);
      samples[i].push(measure(row.command, { cwd: folder, env: row.env?.() }));
      undo?.();
      // What is kept is again that of the unchanged folder.
      if (undo) measure(row.command, { cwd: folder, env: row.env?.() });
    });
  }
  const [own] = samples.map(medians);
  console.log(`\n${given} (medians of ${runs}; peers that build, once)\n${'command'.padEnd(34)}   wall s    cpu s      MiB    ratio`);
  rows.forEach(({ name }, i) => {
    const { wall, cpu, peak } = medians(samples[i]);
    console.log(`${name.padEnd(34)} ${wall.toFixed(2).padStart(8)} ${cpu.toFixed(2).padStart(8)} ${peak.toFixed(0).padStart(8)} ${(wall / own.wall).toFixed(2).padStart(8)}`);
  });
  rmSync(folder, { recursive: true, force: true });
}
rmSync(scratch, { recursive: true, force: true });

/** Appends something new to the Go file in the middle of the list; returns what takes it away. */
function touch(folder, made) {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(name => name.endsWith('.go') && !name.includes('vendor') && !name.endsWith('_test.go')).sort();
  const file = join(folder, files[Math.floor(files.length / 2)]);
  const { size } = statSync(file);
  appendFileSync(file, `\n${made(process.hrtime.bigint())}\n`);
  return () => truncateSync(file, size);
}
