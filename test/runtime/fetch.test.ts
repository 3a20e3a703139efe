import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createSocket } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { fetchBounded } from '../../src/runtime/fetch.ts';

const open: { close(): void }[] = [];
afterEach(() => {
  for (const server of open.splice(0)) server.close();
});

async function serve(listener: RequestListener): Promise<URL> {
  const server: Server = createServer(listener);
  open.push({ close: () => server.close().closeAllConnections() });
  return listen(server);
}

async function listen(server: { listen(port: number, host: string, done: () => void): unknown; address(): unknown }): Promise<URL> {
  await new Promise<void>(done => server.listen(0, '127.0.0.1', done));
  const address = server.address();
  const port = typeof address === 'object' && address && 'port' in address ? address.port : 0;
  return new URL(`http://127.0.0.1:${port}/`);
}

test('a body within the limits', async () => {
  const url = await serve((_, response) => response.end('261'));
  const fetched = await fetchBounded(url);
  expect(fetched.kind === 'body' && fetched.body.toString()).toBe('261');
});

test('a redirect is an answer, and not followed', async () => {
  let asked = 0;
  const url = await serve((_, response) => {
    asked++;
    response.writeHead(302, { location: '/elsewhere' }).end();
  });
  expect(await fetchBounded(url)).toEqual({ kind: 'status', status: 302, body: '' });
  expect(asked).toBe(1);
});

test('an answer that never ends is not read to the end', async () => {
  const url = await serve((_, response) => {
    const more = () => void response.write(Buffer.alloc(1 << 16), () => response.destroyed || more());
    more();
  });
  expect(await fetchBounded(url, { maxBytes: 1 << 20 })).toEqual({ kind: 'failed', reason: 'the answer is larger than 1024 KiB' });
});

test('a server that does not answer, and one that dies in the middle', async () => {
  const silent = await serve(() => undefined);
  expect(await fetchBounded(silent, { totalMs: 50 })).toEqual({ kind: 'failed', reason: 'no complete answer within 0.05 s' });
  const dying = await serve((_, response) => {
    response.writeHead(200, { 'content-length': '100' });
    response.write('x', () => response.destroy());
  });
  expect(await fetchBounded(dying)).toEqual({ kind: 'failed', reason: 'the connection was closed in the middle of the answer' });
});

test('nobody listens, nobody speaks HTTP, no such protocol', async () => {
  const server = createSocket(socket => socket.end('SSH-2.0-x\r\n', () => socket.destroy()));
  const url = await listen(server);
  expect(await fetchBounded(url)).toEqual({ kind: 'failed', reason: 'what answers there does not speak HTTP' });
  await new Promise<void>(done => server.close(() => done()));
  expect(await fetchBounded(url)).toEqual({ kind: 'failed', reason: 'connection refused; is the program running, and is this its port?' });
  expect(await fetchBounded(new URL('file:///etc/passwd'))).toEqual({ kind: 'failed', reason: 'file addresses are not supported, only http and https' });
});
