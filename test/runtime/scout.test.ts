import { createServer, type IncomingMessage, request, type RequestListener, type Server } from 'node:http';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, test } from 'vitest';
import { goroutinesOn, memStatsOf } from '../../src/runtime/scout/memstats.ts';
import { look, takeSnapshot } from '../../src/runtime/scout/probe.ts';
import { Scout, type ScoutSettings } from '../../src/runtime/scout/scout.ts';
import { scoutServer } from '../../src/runtime/scout/server.ts';
import { scoutTable } from '../../src/runtime/scout/table.ts';
import { staticTarget, type Target } from '../../src/runtime/scout/target.ts';

const open: Server[] = [];
afterEach(() => {
  for (const server of open.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

async function serve(listener: RequestListener | Server): Promise<string> {
  const server = typeof listener === 'function' ? createServer(listener) : listener;
  open.push(server);
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`;
}

const INDEX = (n: number) => `<html><body><table>
<tr><td>6</td><td><a href='heap?debug=1'>heap</a></td></tr>
<tr><td>${n}</td><td><a href='goroutine?debug=1'>goroutine</a></td></tr></table>`;
const HEAP = (alloc: number, collections: number) => `heap profile: 1: 2 [3: 4] @ heap/1048576
1: 2 [3: 4] @ 0x1 0x2
#\t0x1\tmain.main+0x1\t/app/main.go:3

# runtime.MemStats
# Alloc = 1
# HeapAlloc = ${alloc}
# HeapSys = 9
# HeapInuse = ${alloc + 5}
# NextGC = ${alloc * 2}
# LastGC = 7
# PauseNs = [1 2 3]
# NumGC = ${collections}
# NumForcedGC = 0
# DebugGC = false
`;
const DUMP = `goroutine 7 [chan send, 3 minutes]:
shop.test/"odd\\name".send(0xc000012345)
\t/app/send.go:9 +0x25
created by main.main in goroutine 1
\t/app/main.go:5 +0x5b
`;

/** A program with net/http/pprof, as far as it is asked. */
function program(goroutines: () => number, collections: () => number = () => 1): RequestListener {
  return ({ url }, response) => {
    if (url === '/debug/pprof/') response.end(INDEX(goroutines()));
    else if (url === '/debug/pprof/heap?debug=1') response.end(HEAP(1000, collections()));
    else if (url === '/debug/pprof/goroutine?debug=2') response.end(DUMP);
    else if (url === '/debug/pprof/goroutine') response.end(gzipSync('no profile'));
    else response.writeHead(404).end();
  };
}

function target(address: string, name = 'shop'): Target {
  const found = staticTarget(`${name}=${address}`);
  if (typeof found === 'string') throw new Error(found);
  return found;
}

function settings(changed: Partial<ScoutSettings>): ScoutSettings {
  return { targets: [], kubernetes: undefined, snapshots: 'states', snapshotSeconds: 300, keep: 2, mostGoroutines: 5000, mostGrowth: 5e6, alertmanager: undefined, spread: 0, ...changed };
}

describe('a look', () => {
  test('takes the number of goroutines and the memory from two pages', async () => {
    const address = await serve(program(() => 42, () => 3));
    expect(await look(target(address))).toEqual({ kind: 'up', goroutines: 42, memory: { heapAlloc: 1000, heapInuse: 1005, nextGC: 2000, collections: 3 } });
  });

  test('follows no redirect', async () => {
    let asked = 0;
    const elsewhere = await serve((_, response) => { asked++; response.end(INDEX(1)); });
    const address = await serve((_, response) => void response.writeHead(302, { location: `${elsewhere}/debug/pprof/` }).end());
    expect(await look(target(address))).toEqual({ kind: 'down', reason: 'it answers with a redirect (status 302), which is not followed' });
    expect(asked).toBe(0);
  });

  test('reads no endless page', async () => {
    const address = await serve((_, response) => {
      const more = () => { while (response.write('x'.repeat(65536))); response.once('drain', more); };
      more();
    });
    expect(await look(target(address))).toMatchObject({ kind: 'down', reason: expect.stringContaining('larger than') });
  });

  test('tells what is no pprof, and does without the heap', async () => {
    expect(await look(target(await serve((_, response) => void response.end('hello'))))).toMatchObject({ kind: 'down', reason: expect.stringContaining('not the index page') });
    expect(await look(target(await serve(({ url }, response) => void (url?.includes('heap') ? response.writeHead(403).end() : response.end(INDEX(3))))))).toEqual({ kind: 'up', goroutines: 3, memory: undefined });
  });

  test('asks for states below ten thousand goroutines only', async () => {
    const asked: (string | undefined)[] = [];
    const address = await serve(({ url }, response) => { asked.push(url); response.end(DUMP); });
    await takeSnapshot(target(address), true, 9_999);
    await takeSnapshot(target(address), true, 10_000);
    await takeSnapshot(target(address), false, 5);
    expect(asked).toEqual(['/debug/pprof/goroutine?debug=2', '/debug/pprof/goroutine', '/debug/pprof/goroutine']);
  });
});

test('pages of another kind have no numbers', () => {
  expect(goroutinesOn(INDEX(261))).toBe(261);
  for (const page of ['', '<td>7</td><td><a href="heap?debug=1">', "<td>-7</td><td><a href='goroutine?debug=1'>", `<td>${'9'.repeat(40)}</td><td><a href='goroutine?debug=1'>`]) expect(goroutinesOn(page)).toBeUndefined();
  for (const text of ['', '# runtime.MemStats\n# HeapAlloc = 1\n', 'HeapAlloc = 1']) expect(memStatsOf(text)).toBeUndefined();
});

test('addresses that a person gives', () => {
  const base = (text: string) => { const found = staticTarget(text); return typeof found === 'string' ? found : `${found.name} ${found.base.href}`; };
  expect(base('localhost:6060')).toBe('localhost:6060 http://localhost:6060/debug/pprof/');
  expect(base('shop=https://shop.test/internal/pprof')).toBe('shop https://shop.test/internal/pprof/');
  for (const wrong of ['ftp://x', 'http://', 'file:///etc/passwd', 'http://me:secret@x', 'shop=']) expect(typeof staticTarget(wrong)).toBe('string');
});

describe('the scout', () => {
  test('tells what it saw as metrics, whatever the names are', async () => {
    const address = await serve(program(() => 42));
    const scout = new Scout(settings({ targets: [target(address), { ...target('http://127.0.0.1:1', 'gone'), namespace: 'a"b', pod: 'c\\d\n' }] }), () => undefined, () => 5000);
    await scout.round();
    const lines = scout.metrics().split('\n').filter(line => line !== '' && !line.startsWith('#') && !line.startsWith('goleak_scrape_seconds'));
    expect(lines).toEqual([
      'goleak_up{target="shop"} 1', 'goleak_up{target="gone",namespace="a\\"b",pod="c\\\\d\\n"} 0', 'goleak_goroutines{target="shop"} 42',
      'goleak_heap_alloc_bytes{target="shop"} 1000', 'goleak_heap_inuse_bytes{target="shop"} 1005', 'goleak_gc_collections{target="shop"} 1',
      expect.stringMatching(/^goleak_template_goroutines\{target="shop",template="[0-9a-f]{12}",func="\\"odd\\\\name\\".send",file="\/app\/send.go:9"\} 1$/),
      'goleak_targets_refused 0',
    ]);
  });

  test('remembers the last snapshots, with ids and states', async () => {
    const address = await serve(program(() => 42));
    let now = 5000;
    const scout = new Scout(settings({ targets: [target(address)] }), () => undefined, () => now);
    for (const seconds of [0, 100, 300, 300, 300]) {
      now += seconds;
      await scout.round();
    }
    const history = scout.histories.get('shop');
    expect(history?.samples.items).toHaveLength(5);
    expect(history?.snapshots.items.map(({ at }) => at)).toEqual([5700, 6000]);
    expect(history?.snapshots.last).toMatchObject({ hasStates: true, buckets: [{ state: 'chan send', ids: [7], createdBy: { line: 5 } }] });
  });

  test('says once what changes, and what a program was like stays after it is gone', async () => {
    let isThere = true;
    const address = await serve((request, response) => isThere ? program(() => 6000)(request, response) : void request.socket.destroy());
    const said: string[] = [];
    let now = 0;
    const scout = new Scout(settings({ targets: [target(address)] }), line => said.push(line.replace(address, 'ADDRESS')), () => now);
    for (const seconds of [1000, 1100, 1301, 1302]) {
      now = seconds;
      await scout.round();
    }
    isThere = false;
    await scout.round();
    await scout.round();
    expect(said).toEqual([
      'shop (ADDRESS/debug/pprof/) is looked at', 'shop: it has 6000 goroutines', 'shop: it has 6000 goroutines, and has for some time',
      'shop (ADDRESS/debug/pprof/) does not answer as it should: the connection was closed in the middle of the answer', 'shop: back to normal',
    ]);
    expect(scout.histories.get('shop')?.samples.items).toHaveLength(4);
    expect(scout.metrics()).not.toContain('goleak_goroutines');
  });

  test('tells an Alertmanager what fires, again and again, and once that it is over', async () => {
    const bodies: unknown[] = [];
    const manager = await serve((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk)).on('end', () => {
        bodies.push({ url: request.url, method: request.method, alerts: JSON.parse(Buffer.concat(chunks).toString()) });
        response.end();
      });
    });
    let goroutines = 6000, now = 0;
    const scout = new Scout(settings({ targets: [target(await serve(program(() => goroutines)))], alertmanager: new URL(`${manager}/prefix/`) }), () => undefined, () => now);
    for (const [seconds, n] of [[1000, 6000], [1301, 6000], [1331, 6100], [1361, 10], [1391, 10]] as const) {
      now = seconds;
      goroutines = n;
      await scout.round();
    }
    const labels = { alertname: 'GoLeakGoroutinesHigh', severity: 'warning', target: 'shop' };
    expect(bodies).toEqual([[1601, '6000'], [1631, '6100'], [1361, '10']].map(([end, n]) => ({
      url: '/prefix/api/v2/alerts', method: 'POST',
      alerts: [{ labels, annotations: { summary: 'shop has had too many goroutines for five minutes', goroutines: n }, startsAt: new Date(1000_000).toISOString(), endsAt: new Date(Number(end) * 1000).toISOString() }],
    })));
  });

  test('looks at two hundred targets at most', async () => {
    const said: string[] = [];
    const scout = new Scout(settings({ targets: Array.from({ length: 230 }, (_, i) => target('http://127.0.0.1:1', `t${i}`)) }), line => said.push(line));
    await scout.round();
    expect(scout.present).toHaveLength(200);
    expect(said[0]).toContain('too many');
  });

  test('prints a table', async () => {
    const scout = new Scout(settings({ targets: [target(await serve(program(() => 42))), target('http://127.0.0.1:1', 'gone')] }), () => undefined);
    await scout.round();
    expect(scoutTable(scout.present, 10)).toBe([
      'target  goroutines    heap  after GC  GCs', 'shop            42  0.0 MB         -    1  more than 10 goroutines', '  1 in "odd\\name".send /app/send.go:9',
      'gone             -       -         -    -  does not answer: connection refused; is the program running, and is this its port?', '',
    ].join('\n'));
  });
});

test('what is remembered is told on this machine only', async () => {
  const scout = new Scout(settings({ targets: [target(await serve(program(() => 42)))] }), () => undefined);
  await scout.round();
  const address = new URL(await serve(scoutServer(scout)));
  const get = (path: string, host?: string, method = 'GET') => new Promise<{ status: number | undefined; body: string }>((resolve, reject) => {
    request(new URL(path, address), { method, ...(host === undefined ? {} : { headers: { host } }) }, (response: IncomingMessage) => {
      let body = '';
      response.on('data', chunk => { body += String(chunk); }).on('end', () => resolve({ status: response.statusCode, body }));
    }).on('error', reject).end();
  });
  expect(await get('/history', 'pages.evil.test')).toMatchObject({ status: 403 });
  expect(JSON.parse((await get('/history')).body)).toMatchObject([{ target: 'shop', up: true, goroutines: 42, samples: 1, snapshots: 1 }]);
  expect(JSON.parse((await get('/history?target=shop')).body)).toMatchObject({ samples: [{ goroutines: 42, heapAlloc: 1000 }], snapshots: [{ states: true, groups: [{ state: 'chan send', minutes: 3, ids: [7] }] }] });
  expect(await get('/history?target=none')).toMatchObject({ status: 404 });
  expect(await get('/metrics')).toMatchObject({ status: 200, body: expect.stringContaining('goleak_goroutines{target="shop"} 42') });
  expect(await get('/metrics', undefined, 'POST')).toMatchObject({ status: 405 });
  expect(await get('/healthz')).toMatchObject({ status: 200 });
  expect(await get('/../../etc/passwd')).toMatchObject({ status: 404 });
});
