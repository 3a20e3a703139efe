import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { discover, type Kubernetes } from '../../src/runtime/scout/kubernetes.ts';
import { selfSigned } from './certificate.ts';

const tls = selfSigned();
const account = mkdtempSync(join(tmpdir(), 'account-'));
let server: Server;
let answer: (request: IncomingMessage, response: ServerResponse) => void;
let asked: { readonly url: URL; readonly authorization: string | undefined }[] = [];

beforeAll(async () => {
  server = createServer(tls, (request, response) => {
    asked.push({ url: new URL(request.url ?? '', 'https://api'), authorization: request.headers.authorization });
    answer(request, response);
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
});
afterAll(() => {
  server.close();
  rmSync(account, { recursive: true });
});
beforeEach(() => {
  writeFileSync(join(account, 'token'), 'first\n');
  writeFileSync(join(account, 'ca.crt'), tls.cert);
});
afterEach(() => void (asked = []));

function kubernetes(changed: Partial<Kubernetes> = {}): Kubernetes {
  const address = server.address();
  const port = typeof address === 'object' && address ? String(address.port) : '';
  return { host: '127.0.0.1', port, account, namespaces: [], node: 'node-1', selector: 'app=shop', ...changed };
}

interface PodSpec { readonly ip?: string; readonly annotations?: Readonly<Record<string, string>>; readonly hostNetwork?: boolean; readonly ports?: readonly unknown[]; readonly phase?: string }

function pod(name: string, { ip = '10.1.2.3', annotations = { 'go-leak-lint/scrape': 'true' }, hostNetwork = false, ports = [], phase = 'Running' }: PodSpec = {}) {
  return { metadata: { name, namespace: 'shop', annotations }, spec: { hostNetwork, containers: [{ ports }] }, status: { podIP: ip, phase } };
}

function list(items: readonly unknown[], next?: string): (request: IncomingMessage, response: ServerResponse) => void {
  return (_, response) => void response.end(JSON.stringify({ items, metadata: { continue: next } }));
}

async function found(...items: readonly unknown[]) {
  answer = list(items);
  const result = await discover(kubernetes());
  if (typeof result === 'string') throw new Error(result);
  return { targets: result.targets.map(({ base }) => base.href), refused: result.refused.map(({ name, reason }) => `${name}: ${reason}`) };
}

test('pods of the node, page after page, with the token as it is then', async () => {
  answer = (request, response) => {
    const isFirst = !request.url?.includes('continue=');
    if (isFirst) writeFileSync(join(account, 'token'), 'second');
    list([pod(isFirst ? 'a' : 'b')], isFirst ? 'page two/+&' : '')(request, response);
  };
  const result = await discover(kubernetes());
  expect(result).toMatchObject({ targets: [{ name: 'shop/a:6060', namespace: 'shop', pod: 'a' }, { name: 'shop/b:6060' }], refused: [] });
  expect(asked.map(({ authorization }) => authorization)).toEqual(['Bearer first', 'Bearer second']);
  expect(asked.map(({ url }) => url.pathname)).toEqual(['/api/v1/pods', '/api/v1/pods']);
  expect(Object.fromEntries(asked[1]?.url.searchParams ?? [])).toEqual({ limit: '500', fieldSelector: 'spec.nodeName=node-1', labelSelector: 'app=shop', continue: 'page two/+&' });
});

test('one list a namespace where only some are asked for', async () => {
  answer = list([pod('a')]);
  await discover(kubernetes({ namespaces: ['shop', 'bank'], node: '', selector: '' }));
  expect(asked.map(({ url }) => url.pathname + url.search)).toEqual(['/api/v1/namespaces/shop/pods?limit=500', '/api/v1/namespaces/bank/pods?limit=500']);
});

test('a list that is kept no longer begins anew, once', async () => {
  let requests = 0;
  answer = (request, response) => {
    requests++;
    if (requests === 2) response.writeHead(410).end('{}');
    else list([pod(`p${requests}`)], requests === 1 ? 'next' : '')(request, response);
  };
  expect(await discover(kubernetes())).toMatchObject({ targets: [{ pod: 'p3' }] });
  answer = (request, response) => request.url?.includes('continue') ? void response.writeHead(410).end('{}') : list([], 'next')(request, response);
  expect(await discover(kubernetes())).toContain('changes faster');
});

test('pages that never end are given up', async () => {
  answer = list([pod('a')], 'again');
  expect(await discover(kubernetes())).toContain('more than 25000 pods');
  expect(asked).toHaveLength(50);
});

test.each([
  [(_: IncomingMessage, r: ServerResponse) => void r.writeHead(403).end('{}'), 'status 403; the service account has to be allowed to list pods'],
  [(_: IncomingMessage, r: ServerResponse) => void r.writeHead(307, { location: 'https://127.0.0.1/' }).end(), 'status 307'],
  [(_: IncomingMessage, r: ServerResponse) => void r.end('<html>'), 'did not answer with JSON'],
  [(_: IncomingMessage, r: ServerResponse) => r.destroy(), 'closed in the middle'],
])('what the API answers otherwise is told %#', async (reply, said) => {
  answer = reply;
  expect(await discover(kubernetes())).toContain(said);
});

test('what is no list of pods has none', async () => {
  for (const json of [null, [], 7, { items: 'x' }, { items: [null, 3, {}, { metadata: { name: 1 } }, { metadata: { name: 'a', namespace: 'b' }, spec: { containers: {} } }] }]) {
    answer = (_, response) => void response.end(JSON.stringify(json));
    expect(await discover(kubernetes())).toEqual({ targets: [], refused: [] });
  }
});

test('the API has to prove who it is, and the account has to be there', async () => {
  writeFileSync(join(account, 'ca.crt'), selfSigned().cert);
  expect(await discover(kubernetes())).toMatch(/certificate|self-signed/);
  expect(asked).toEqual([]);
  writeFileSync(join(account, 'token'), 'two\nlines');
  expect(await discover(kubernetes())).toContain('no token');
  expect(await discover(kubernetes({ account: join(account, 'none') }))).toContain('no such file');
});

test('ports, paths and schemes as they are asked for', async () => {
  const own = (more: Readonly<Record<string, string>> = {}) => ({ 'go-leak-lint/scrape': 'true', ...Object.fromEntries(Object.entries(more).map(([key, value]) => [`go-leak-lint/${key}`, value])) });
  const ports = [{ name: 'http', containerPort: 8080 }, { name: 'pprof', containerPort: 6061 }, { name: 'odd', containerPort: 'x' }];
  const { targets, refused } = await found(
    pod('usual'), pod('named', { ports }), pod('number', { annotations: own({ port: '7000', scheme: 'https' }), ports }), pod('name', { annotations: own({ 'port-name': 'http', path: '/internal/pprof/' }), ports }),
    pod('six', { ip: 'fd00::7' }),
    pod('grafana', { annotations: { 'profiles.grafana.com/goroutine.scrape': 'true', 'profiles.grafana.com/goroutine.port_name': 'http', 'profiles.grafana.com/goroutine.path': '/debug/pprof/goroutine' }, ports }),
    pod('silent', { annotations: {} }), pod('off', { annotations: { 'go-leak-lint/scrape': 'false' } }), pod('pending', { phase: 'Pending' }),
    { ...pod('ending'), metadata: { ...pod('ending').metadata, deletionTimestamp: '2026-01-01T00:00:00Z' } },
  );
  expect(targets).toEqual([
    'http://10.1.2.3:6060/debug/pprof/', 'http://10.1.2.3:6061/debug/pprof/', 'https://10.1.2.3:7000/debug/pprof/', 'http://10.1.2.3:8080/internal/pprof/',
    'http://[fd00::7]:6060/debug/pprof/', 'http://10.1.2.3:8080/debug/pprof/',
  ]);
  expect(refused).toEqual([]);
});

test('addresses that are not the pod\'s own are refused', async () => {
  const ips = ['127.0.0.1', '127.9.9.9', '169.254.169.254', '0.0.0.0', '::1', '::', 'fe80::1', 'fe80::1%eth0', '::ffff:127.0.0.1', '::ffff:a9fe:a9fe', '224.0.0.1', '255.255.255.255', 'localhost', '10.1.2', '', '10.1.2.3@evil', '0x7f.1', '64:ff9b::7f00:1'];
  const { targets, refused } = await found(...ips.map((ip, i) => pod(`p${i}`, { ip })), pod('host', { hostNetwork: true }));
  expect(targets).toEqual([]);
  expect(refused).toHaveLength(ips.length + 1);
  answer = list([pod('api', { ip: '::ffff:7f00:1' })]);
  expect(await discover(kubernetes())).toMatchObject({ targets: [] });
});

test.each([
  ['port', ['0', '65536', '-1', '80a', '', ' 80', '8.5', '1e3', '999999']],
  ['path', ['//evil', '/a//b', '/../x', '/a/..', '/a/./b', 'debug', '', '/a?x', '/a#b', '/a%2e', '/a@b', '/a\\b', '/a b', '/ä', `/${'a'.repeat(101)}`, '/a\r\nX: y']],
  ['scheme', ['file', 'gopher', 'HTTP', '', 'http:']],
  ['port-name', ['none', '']],
])('a hostile %s is refused', async (name, values) => {
  const { targets, refused } = await found(...values.map((value, i) => pod(`p${i}`, { annotations: { 'go-leak-lint/scrape': 'true', [`go-leak-lint/${name}`]: value } })));
  expect(targets).toEqual([]);
  expect(refused).toHaveLength(values.length);
});

test('the address of the API itself is refused', async () => {
  const { refusedAddress } = await import('../../src/runtime/scout/address.ts');
  expect(refusedAddress('10.96.0.1', '10.96.0.1')).toContain('Kubernetes API');
  expect(refusedAddress('::ffff:10.96.0.1', '10.96.0.1')).toContain('Kubernetes API');
  expect(refusedAddress('10.96.0.2', '10.96.0.1')).toBeUndefined();
});
