/**
 * One bounded GET. Nothing it does lets the other side decide where to connect or how long and how much to read:
 * no redirects, no proxy, no connection that stays open (each would be two goroutines more in the program looked at).
 */
import { type ClientRequest, type IncomingMessage, request as httpRequest, type RequestOptions } from 'node:http';
import { request as httpsRequest } from 'node:https';

export interface FetchLimits {
  /** Until the connection stands. */
  readonly connectMs: number;
  /** Until the last byte. */
  readonly totalMs: number;
  readonly maxBytes: number;
}

export interface FetchOptions {
  readonly headers?: Readonly<Record<string, string>>;
  /** Certificates to trust instead of the system's, PEM. */
  readonly ca?: string;
  readonly method?: 'GET' | 'POST';
  readonly body?: string;
}

export type Fetched =
  | { readonly kind: 'body'; readonly body: Buffer; readonly headers: IncomingMessage['headers'] }
  /** The server answered, and not with 200. */
  | { readonly kind: 'status'; readonly status: number; readonly body: string }
  /** No answer, or not a whole one; `reason` is a phrase without the address. */
  | { readonly kind: 'failed'; readonly reason: string };

/** Of an answer that is not 200 only the beginning is of interest. */
const SHOWN_OF_ERROR = 512;
const CALM: FetchLimits = { connectMs: 2_000, totalMs: 10_000, maxBytes: 1024 * 1024 };

/** Never rejects, and settles within `totalMs`. */
export function fetchBounded(url: URL, limits: Partial<FetchLimits> = {}, options: FetchOptions = {}): Promise<Fetched> {
  const bounds = { ...CALM, ...limits };
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return Promise.resolve(failed(`${url.protocol.slice(0, -1)} addresses are not supported, only http and https`));
  return new Promise(resolve => {
    let settled = false;
    const settle = (result: Fetched) => {
      if (settled) return;
      settled = true;
      clearTimeout(total);
      clearTimeout(connect);
      resolve(result);
      request.destroy();
    };
    const total = setTimeout(() => settle(failed(`no complete answer within ${bounds.totalMs / 1000} s`)), bounds.totalMs);
    const connect = setTimeout(() => settle(failed(`no connection within ${bounds.connectMs / 1000} s`)), bounds.connectMs);
    const request = open(url, options);
    request.on('socket', socket => socket.once(url.protocol === 'https:' ? 'secureConnect' : 'connect', () => clearTimeout(connect)));
    request.on('error', error => settle(failed(wordsOf(error))));
    request.on('response', response => receive(response, bounds.maxBytes, settle));
    request.end(options.body);
  });
}

function open(url: URL, { headers, ca, method = 'GET' }: FetchOptions): ClientRequest {
  const asked: RequestOptions = { method, headers: { 'user-agent': 'go-leak-lint', ...headers }, agent: false };
  return url.protocol === 'https:' ? httpsRequest(url, { ...asked, ...(ca === undefined ? {} : { ca }) }) : httpRequest(url, asked);
}

function receive(response: IncomingMessage, maxBytes: number, settle: (result: Fetched) => void): void {
  const chunks: Buffer[] = [];
  let size = 0;
  const status = response.statusCode ?? 0;
  const end = () => {
    const body = Buffer.concat(chunks);
    if (status === 200) settle(response.complete ? { kind: 'body', body, headers: response.headers } : failed('the connection was closed in the middle of the answer'));
    else settle({ kind: 'status', status, body: body.subarray(0, SHOWN_OF_ERROR).toString('utf8') });
  };
  response.on('data', (chunk: Buffer) => {
    size += chunk.length;
    chunks.push(chunk);
    if (status !== 200 && size >= SHOWN_OF_ERROR) end();
    else if (size > maxBytes) settle(failed(`the answer is larger than ${Math.round(maxBytes / 1024)} KiB`));
  });
  response.on('end', end);
  response.on('error', error => settle(failed(wordsOf(error))));
}

function failed(reason: string): Fetched {
  return { kind: 'failed', reason };
}

const WORDS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused; is the program running, and is this its port?',
  ECONNRESET: 'the connection was closed in the middle of the answer',
  EPIPE: 'the connection was closed in the middle of the request',
  ENOTFOUND: 'no such host',
  EAI_AGAIN: 'the name of the host cannot be looked up',
  EHOSTUNREACH: 'the host cannot be reached',
  ENETUNREACH: 'the network cannot be reached',
  ETIMEDOUT: 'no connection within the time the system allows',
  HPE_INVALID_CONSTANT: 'what answers there does not speak HTTP',
};

function wordsOf(error: Error): string {
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  return WORDS[code] ?? (code.startsWith('HPE_') ? 'what answers there does not speak HTTP' : error.message || code);
}
