/** The commands as users run them, against a server in this process. */
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { packageRoot } from '../../src/assets.ts';
import { packed, SENDERS } from './samples.ts';
import { FILES, folderWith, goroutine } from './shop.ts';

interface Result { readonly status: number | null; readonly stdout: string; readonly stderr: string }

function run(cwd: string, ...args: readonly string[]): Promise<Result> {
  return new Promise(resolve => {
    const child = spawn(process.execPath, [join(packageRoot, 'dist/src/cli/main.js'), ...args], { cwd, env: { ...process.env, NO_COLOR: '1' } });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', chunk => (stdout += chunk));
    child.stderr.on('data', chunk => (stderr += chunk));
    child.on('close', status => resolve({ status, stdout, stderr }));
  });
}

const PKG = 'example.com/shop.v2/app/orders';
const MAIN = goroutine(1, 'IO wait', ['main.main /build/main.go:3']);
const senders = (n: number, state = 'chan send') => Array.from({ length: n }, (_, i) => goroutine(10 + i, state, [`${PKG}.Take.func1 /build/orders/orders.go:11`], `${PKG}.Take /build/orders/orders.go:10`)).join('');
const root = folderWith({ ...FILES, 'before.txt': MAIN, 'after.txt': MAIN + senders(3), 'leaks.txt': MAIN + senders(2, 'chan send (leaked)'), 'cut.txt': (MAIN + senders(3)).slice(0, -30), 'no.txt': 'hello' });

let server: Server | undefined;
afterEach(() => {
  server?.close().closeAllConnections();
  server = undefined;
});

/** A program whose goroutines are the next of `dumps` at each question; after the last the server is gone. */
async function program(dumps: readonly string[], count = 5): Promise<string> {
  let next = 0;
  const serving = createServer((request, response) => {
    if (request.url === '/debug/pprof/') return response.end(`<tr><td>${count}</td><td><a href='goroutine?debug=1'>goroutine</a></td></tr>`);
    if (request.url === '/debug/pprof/goroutine') return response.end(packed('goroutine', [{ ...SENDERS, count }]));
    const dump = dumps[next++];
    if (dump === undefined) return request.socket.destroy();
    return response.end(dump);
  });
  server = serving;
  await new Promise<void>(done => serving.listen(0, '127.0.0.1', done));
  const address = serving.address();
  return `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
}

test('findings with evidence: text, JSON, SARIF, and the first place', async () => {
  const { status, stdout } = await run(root, './...', '-f', 'json', '--evidence', 'after.txt');
  expect(status).toBe(1);
  const { findings } = JSON.parse(stdout);
  expect(findings[0]).toMatchObject({ rule: 'abandoned-sender', observed: { verdict: 'confirmed', goroutines: 3, from: ['after.txt'] } });
  expect((await run(root, './...', '--evidence', 'after.txt')).stdout).toMatch(/^orders\/orders\.go:11:3: .*\n\tconfirmed: 3 goroutines parked here \(chan send\)\. \[after\.txt\]\n/);
  const sarif = JSON.parse((await run(root, './...', '-f', 'sarif', '--evidence', 'after.txt')).stdout);
  expect(sarif.runs[0].results[0]).toMatchObject({ properties: { observed: { verdict: 'confirmed' } }, message: { text: expect.stringContaining('3 goroutines parked here') } });
});

test('evidence that cannot be read fails the run, damaged evidence warns', async () => {
  expect(await run(root, '--evidence', 'no.txt', './...')).toMatchObject({ status: 2, stderr: expect.stringMatching(/--evidence no\.txt: It is no goroutine dump[\s\S]*Patterns stand before --evidence/) });
  expect(await run(root, './...', '--evidence', 'cut.txt')).toMatchObject({ status: 1, stderr: expect.stringMatching(/warning: --evidence cut\.txt: its end is missing/) });
});

test('dump: files and programs, and what could not be read', async () => {
  const url = await program([MAIN + senders(2)]);
  const { status, stdout, stderr } = await run(root, 'dump', 'after.txt', url, 'no.txt', 'nosuch.txt');
  expect(status).toBe(2);
  expect(stdout).toMatch(/^after\.txt: 4 goroutines in 2 templates \(text with states\)\n[\s\S]* {6}3 {2}chan send {2}orders\.Take\.func1 orders\/orders\.go:11\n {9}created by orders\.Take orders\/orders\.go:10\n {9}confirmed: orders\/orders\.go:11:3: .*\(abandoned-sender\)/);
  expect(stdout).toContain(`${url}: 3 goroutines`);
  expect(stdout).toContain('1 goroutine folded away');
  expect(stderr).toBe('error: no.txt: It is no goroutine dump, crash or goroutine profile.\nerror: nosuch.txt: No such file or directory.\n');
  expect(JSON.parse((await run(root, 'dump', '-f', 'json', 'after.txt')).stdout).dumps[0].templates[0]).toMatchObject({ count: 3, verdict: 'confirmed', createdBy: { path: 'orders/orders.go', line: 10 }, findings: [{ rule: 'abandoned-sender', line: 11 }] });
});

test('a program with many goroutines is asked for the profile only', async () => {
  const url = await program([], 12_000);
  expect((await run(root, 'dump', url, '--no-source')).stdout).toMatch(/: 12,000 goroutines in 1 templates \(profile/);
});

test('diff: files, and a program until it stops answering', async () => {
  const { status, stdout } = await run(root, 'diff', 'before.txt', 'after.txt');
  expect(status).toBe(0);
  expect(stdout).toMatch(/^# Goroutines: 1 → 4 \(\+3\)\n/);
  expect(stdout).toMatch(/\| \+3 \| 0 → 3 \| `chan send` \| `orders\.Take\.func1 orders\/orders\.go:11` \|.*\| 2 \| confirmed: abandoned-sender \|/);
  const url = await program([MAIN, MAIN + senders(1)]);
  const polled = await run(root, 'diff', '--url', url, '--wait', '10ms', '--polls', '3');
  expect(polled).toMatchObject({ status: 2, stdout: expect.stringContaining('# Goroutines: 1 → 2 (+1)') });
  expect(polled.stderr).toMatch(/error: .*: The connection was closed in the middle of the answer\. \(question 3 of 3\)/);
});

test('leaks: proved ones fail, a plain profile proves nothing', async () => {
  expect(await run(root, 'leaks', 'leaks.txt')).toMatchObject({ status: 1, stdout: expect.stringContaining('2  chan send (all leaked)') });
  expect(await run(root, 'leaks', 'after.txt')).toMatchObject({ status: 0, stderr: expect.stringContaining('that says nothing') });
  writeFileSync(join(root, 'all.pb.gz'), packed('goroutine', [SENDERS]));
  expect(await run(root, 'leaks', 'all.pb.gz')).toMatchObject({ status: 2, stderr: expect.stringContaining('/debug/pprof/goroutineleak') });
  const url = await program([MAIN + senders(3, 'chan send (leaked)'), MAIN + senders(2, 'chan send (leaked)')]);
  expect(await run(root, 'leaks', '--url', url)).toMatchObject({ status: 1, stdout: expect.stringContaining('2 goroutines in 1 templates') });
});

test('gate: writes a baseline, passes, fails, and cannot tell', async () => {
  expect(await run(root, 'gate', '--baseline', 'base.json', '--update', 'before.txt')).toMatchObject({ status: 0 });
  expect(await run(root, 'gate', '--baseline', 'base.json', 'before.txt')).toMatchObject({ status: 0, stdout: expect.stringMatching(/^passed: [\s\S]*ignored 1 goroutine: the main goroutine/) });
  expect(await run(root, 'gate', '--baseline', 'base.json', 'after.txt')).toMatchObject({ status: 1, stdout: expect.stringMatching(/^failed: [\s\S]*new {2}0 → 3 chan send[\s\S]*confirmed: .*\(abandoned-sender\)/) });
  for (const input of ['cut.txt', 'no.txt', 'nosuch.txt']) expect(await run(root, 'gate', '--baseline', 'base.json', input)).toMatchObject({ status: 2, stderr: expect.stringMatching(/^error: cannot tell: /) });
  expect(await run(root, 'gate', '--baseline', 'nosuch.json', 'after.txt')).toMatchObject({ status: 2, stderr: expect.stringContaining('write it with --update') });
});

test('gate: a program is looked at until it is at rest', async () => {
  await run(root, 'gate', '--baseline', 'rest.json', '--update', 'before.txt');
  const url = await program([MAIN + senders(3), MAIN, MAIN]);
  expect(await run(root, 'gate', '--baseline', 'rest.json', '--url', url)).toMatchObject({ status: 0 });
  const dying = await program([MAIN]);
  expect(await run(root, 'gate', '--baseline', 'rest.json', '--url', dying)).toMatchObject({ status: 2 });
});

test.each(['dump', 'diff', 'leaks', 'gate'])('%s: help with examples, and status 2 for a wrong command line', async name => {
  expect(await run(root, name, '--help')).toMatchObject({ status: 0, stdout: expect.stringMatching(/Examples:[\s\S]*Exit status:/) });
  expect((await run(root, name, '--nosuch')).status).toBe(2);
  expect((await run(root, name)).status).toBe(2);
});
