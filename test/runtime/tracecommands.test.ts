/** `trace` and `scout` as users run them. */
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { packageRoot } from '../../src/assets.ts';
import { run } from '../cli/command.ts';
import { FILES, folderWith } from './shop.ts';
import { Numbered, v2 } from './tracewriter.ts';

const call = (func: string, file: string, line: number) => ({ func, file, line });
const GOROOT = '/usr/local/go/src';
const PKG = 'example.com/shop.v2/app/orders';
const ORDERS = '/build/orders/orders.go';

/** Twelve goroutines of `Take` that stay, and a connection whose body `Fetch` does not close. */
function shopTrace(): Uint8Array {
  const names = new Numbered();
  const MAIN = call('main.main', '/build/main.go', 3);
  const take = names.stack(call(`${PKG}.Take`, ORDERS, 10), MAIN), sender = names.stack(call(`${PKG}.Take.func1`, ORDERS, 10));
  const send = names.stack(call('runtime.chansend1', `${GOROOT}/runtime/chan.go`, 1), call(`${PKG}.Take.func1`, ORDERS, 11));
  const queue = names.stack(call('net/http.(*Transport).queueForDial', `${GOROOT}/net/http/transport.go`, 9), call('net/http.Get', `${GOROOT}/net/http/client.go`, 9), call(`${PKG}.Fetch`, ORDERS, 50), MAIN);
  const dial = names.stack(call('net/http.(*Transport).dialConn', `${GOROOT}/net/http/transport.go`, 8));
  const loop = names.stack(call('net/http.(*persistConn).readLoop', `${GOROOT}/net/http/transport.go`, 7));
  const select = names.stack(call('runtime.selectgo', `${GOROOT}/runtime/select.go`, 1), call('net/http.(*persistConn).readLoop', `${GOROOT}/net/http/transport.go`, 7));
  const ids = Array.from({ length: 12 }, (_, i) => 100 + i);
  return v2(26, [{ names, batches: [
    { m: 1, time: 1000, events: [[25, 0, 1, 1, 2], ...ids.map(id => [14, 100, id, sender, take]), [14, 0, 200, 0, queue], [37, 2000, 1]] },
    { m: 2, time: 3000, events: [...ids.flatMap(id => [[16, 0, id, 1], [20, 0, names.string('chan send'), send]]), [16, 0, 200, 1], [14, 0, 201, loop, dial], [17, 0], [16, 0, 201, 1], [20, 0, names.string('select'), select]] },
    { m: 3, time: 7000, events: [[37, 0, 1]] },
  ] }]);
}

const root = folderWith(FILES);
writeFileSync(join(root, 'trace.out'), shopTrace());
writeFileSync(join(root, 'cut.out'), shopTrace().slice(0, -40));
writeFileSync(join(root, 'no.out'), 'hello');

test('trace: ghosts with their findings, and the line that a connection in a library comes from', () => {
  const { status, stdout } = run(root, 'trace', 'trace.out');
  expect(status).toBe(1);
  expect(stdout).toMatch(/orders\.Take orders\/orders\.go:10: 12 goroutines stay, .*\n[\s\S]* {2}12 in chan send at orders\.Take\.func1 orders\/orders\.go:11\n {2}confirmed: orders\/orders\.go:11:3: .*\(abandoned-sender\)/);
  expect(stdout).toMatch(/ \? http\.\(\*Transport\)\.dialConn http\/transport\.go:8 because of orders\.Fetch orders\/orders\.go:50\n {2}confirmed: orders\/orders\.go:50:15: .*\(unclosed-body\)/);
  expect(run(root, 'trace', '--exit-zero', '--no-source', 'trace.out')).toMatchObject({ status: 0, stderr: '' });
});

test('trace: JSON', () => {
  const { sites } = JSON.parse(run(root, 'trace', '-f', 'json', 'trace.out').stdout);
  expect(sites).toMatchObject([
    { leaking: true, createdBy: { line: 10 }, created: 12, ended: 0, ghosts: 12, findings: [{ verdict: 'confirmed', rule: 'abandoned-sender', file: 'orders/orders.go', line: 11 }] },
    { leaking: false, suspect: true, origin: { function: `${PKG}.Fetch`, line: 50 }, findings: [{ verdict: 'confirmed', rule: 'unclosed-body' }] },
    { leaking: false, ended: 1 },
  ]);
});

test('trace: what cannot be read', () => {
  expect(run(root, 'trace', '--no-source', 'cut.out')).toMatchObject({ status: 2, stdout: expect.stringContaining('Not all of it could be read: ') });
  expect(run(root, 'trace', 'no.out')).toMatchObject({ status: 2, stdout: '', stderr: 'error: no.out is no execution trace of Go 1.11 or later\n' });
  expect(run(root, 'trace', 'nosuch.out')).toMatchObject({ status: 2, stderr: 'error: cannot read nosuch.out: no such file or directory\n' });
  expect(run(root, 'trace')).toMatchObject({ status: 2 });
});

test('a trace is evidence, and a dump of what was created during it', () => {
  const { findings } = JSON.parse(run(root, './...', '-f', 'json', '--evidence', 'trace.out').stdout);
  expect(findings[0]).toMatchObject({ rule: 'abandoned-sender', observed: { verdict: 'confirmed', goroutines: 12 } });
  expect(run(root, 'dump', 'trace.out')).toMatchObject({ status: 0, stdout: expect.stringMatching(/^trace\.out: 13 goroutines in 2 templates \(execution trace\)/) });
});

let server: Server | undefined;
afterEach(() => {
  server?.close().closeAllConnections();
  server = undefined;
});

async function program(goroutines: number): Promise<string> {
  const serving = createServer(({ url }, response) => void (url === '/debug/pprof/' ? response.end(`<tr><td>${goroutines}</td><td><a href='goroutine?debug=1'>goroutine</a></td></tr>`) : response.writeHead(404).end()));
  server = serving;
  await new Promise<void>(done => serving.listen(0, '127.0.0.1', done));
  const address = serving.address();
  return `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
}

interface Running { readonly stop: () => void; readonly stdout: () => string; readonly stderr: () => string; readonly status: Promise<number | null> }

function start(...args: readonly string[]): Running {
  const child = spawn(process.execPath, [join(packageRoot, 'dist/src/cli/main.js'), 'scout', ...args], { cwd: root, env: { ...process.env, KUBERNETES_SERVICE_HOST: '' } });
  let stdout = '', stderr = '';
  child.stdout.on('data', chunk => (stdout += chunk));
  child.stderr.on('data', chunk => (stderr += chunk));
  return { stop: () => child.kill('SIGTERM'), stdout: () => stdout, stderr: () => stderr, status: new Promise(resolve => child.on('close', resolve)) };
}

test('scout: rounds that are counted end with a table and a status', async () => {
  const url = await program(42);
  const fine = start('--target', `shop=${url}`, '--polls', '2', '--interval', '10ms');
  expect(await fine.status).toBe(0);
  expect(fine.stdout()).toMatch(/^target +goroutines .*\nshop +42 /);
  expect(fine.stderr()).toBe(`shop (${url}/debug/pprof/) is looked at\n`);
  expect(await start('--target', url, '--polls', '1', '--max-goroutines', '41').status).toBe(1);
  const gone = start('--target', `shop=${url}`, '--target', 'http://127.0.0.1:1', '--polls', '1');
  expect(await gone.status).toBe(2);
  expect(gone.stdout()).toContain('does not answer: connection refused');
});

test('scout: serves metrics until it is told to stop', async () => {
  const scout = start('--target', `shop=${await program(42)}`, '--listen', '127.0.0.1:0', '--interval', '20ms');
  const address = await until(() => /metrics at (\S+)/.exec(scout.stderr())?.[1]);
  const text = await until(async () => {
    const body = await (await fetch(address)).text();
    return body.includes('goleak_goroutines{target="shop"} 42') ? body : undefined;
  });
  expect(text).toContain('goleak_up{target="shop"} 1');
  scout.stop();
  expect(await scout.status).toBe(0);
});

test('scout: what was asked for wrongly', async () => {
  for (const args of [[], ['--target', 'ftp://x'], ['--interval', 'soon'], ['--listen', 'x:y'], ['--snapshots', 'all'], ['--alertmanager', 'x'], ['http://localhost'], ['--pods']]) expect(await start(...args).status).toBe(2);
});

async function until<T>(look: () => Promise<T | undefined> | T | undefined): Promise<T> {
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    await new Promise(resolve => setTimeout(resolve, 10));
  }
}
