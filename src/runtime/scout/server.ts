/** What the scout answers: `/metrics` and `/healthz` to everybody, what it remembers to this machine only. */
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { History, Kept } from './history.ts';
import type { Scout } from './scout.ts';

/** `/healthz` fails when no round ended for this long. */
const STALE_SECONDS = 600;
const MOST_CONNECTIONS = 50;

type Answer = readonly [status: number, type: string, body: string];
const TEXT = 'text/plain; charset=utf-8';
const JSON_TYPE = 'application/json; charset=utf-8';

export function scoutServer(scout: Scout): Server {
  const started = Date.now() / 1000;
  const server = createServer({ requestTimeout: 5_000, headersTimeout: 5_000 }, (request, response) => {
    const [status, type, body] = answer(scout, request, started);
    response.writeHead(status, { 'content-type': type, 'x-content-type-options': 'nosniff', 'cache-control': 'no-store' });
    response.end(request.method === 'HEAD' ? undefined : body);
  });
  server.maxConnections = MOST_CONNECTIONS;
  return server;
}

function answer(scout: Scout, request: IncomingMessage, started: number): Answer {
  if (request.method !== 'GET' && request.method !== 'HEAD') return [405, TEXT, 'only GET\n'];
  const [path = '', query = ''] = (request.url ?? '').split('?', 2);
  switch (path) {
    case '/metrics': return [200, 'text/plain; version=0.0.4; charset=utf-8', scout.metrics()];
    case '/healthz': return Date.now() / 1000 - Math.max(scout.lastRound, started) < STALE_SECONDS ? [200, TEXT, 'ok\n'] : [503, TEXT, 'no round has ended for some time\n'];
    case '/history': return isLocal(request) ? history(scout, new URLSearchParams(query).get('target')) : [403, TEXT, 'only from this machine; use kubectl port-forward\n'];
    default: return [404, TEXT, 'there are /metrics, /healthz and, from this machine, /history\n'];
  }
}

/** Stacks tell what a program does, so they are for those who may enter the pod. The name keeps web pages of others out. */
function isLocal({ socket, headers }: IncomingMessage): boolean {
  const from = socket.remoteAddress ?? '';
  return /^(?:::ffff:)?127\.|^::1$/.test(from) && /^(?:localhost|127\.0\.0\.1|\[::1\])(?::\d+)?$/.test(headers.host ?? '');
}

function history(scout: Scout, name: string | null): Answer {
  if (name === null) {
    return json([...scout.histories.values()].map(h => ({
      target: h.target.name, address: h.target.base.href, lastSeen: time(h.seen), up: h.look?.kind === 'up', reason: h.look?.kind === 'down' ? h.look.reason : null,
      goroutines: h.samples.last?.goroutines ?? null, samples: h.samples.items.length, snapshots: h.snapshots.items.length,
    })));
  }
  const found = scout.histories.get(name);
  return found ? json(whole(found)) : [404, TEXT, 'no target of that name; /history without a name lists them\n'];
}

function whole({ target, samples, snapshots }: History) {
  return {
    target: target.name,
    samples: samples.items.map(({ at, goroutines, memory }) => ({ at: time(at), goroutines, ...memory })),
    snapshots: snapshots.items.map(snapshotJson),
  };
}

function snapshotJson({ at, total, hasStates, buckets }: Kept) {
  return {
    at: time(at), total, states: hasStates,
    groups: buckets.map(({ count, state, op, minutes, frames, createdBy, ids }) => ({ count, state, op, minutes: minutes?.most ?? null, frames, createdBy: createdBy ?? null, ids })),
  };
}

function json(value: unknown): Answer {
  return [200, JSON_TYPE, `${JSON.stringify(value, undefined, 1)}\n`];
}

function time(seconds: number): string | null {
  return seconds ? new Date(seconds * 1000).toISOString() : null;
}
