/** The one question that is asked of Kubernetes: which pods are there? It needs to be allowed to `list` pods and nothing else. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { reasonOf } from '../../source/read.ts';
import { fetchBounded } from '../fetch.ts';
import { field, listOf, podOf, podTarget, textOf } from './pods.ts';
import type { Refusal, Target } from './target.ts';

export interface Kubernetes {
  /** Host and port of the API, as the environment of every pod has them. */
  readonly host: string;
  readonly port: string;
  /** The folder with the service account's `token` and `ca.crt`. */
  readonly account: string;
  /** Empty: of all namespaces. */
  readonly namespaces: readonly string[];
  /** Empty: on all nodes. */
  readonly node: string;
  readonly selector: string;
}

export interface Discovered {
  readonly targets: readonly Target[];
  readonly refused: readonly Refusal[];
}

const PAGE = 500;
/** 25,000 pods, many times what a node runs. */
const MOST_PAGES = 50;
const LIMITS = { connectMs: 2_000, totalMs: 20_000, maxBytes: 32 * 1024 * 1024 };

/** A text says why the pods could not be listed; the targets of before may still be there then. */
export async function discover(kubernetes: Kubernetes): Promise<Discovered | string> {
  const targets: Target[] = [];
  const refused: Refusal[] = [];
  for (const namespace of kubernetes.namespaces.length ? kubernetes.namespaces : ['']) {
    const pods = await podsIn(kubernetes, namespace);
    if (typeof pods === 'string') return pods;
    for (const json of pods) {
      const pod = podOf(json);
      const found = pod && podTarget(pod, kubernetes.host);
      if (found && 'base' in found) targets.push(found);
      else if (found) refused.push(found);
    }
  }
  return { targets, refused };
}

async function podsIn(kubernetes: Kubernetes, namespace: string): Promise<readonly unknown[] | string> {
  const pods: unknown[] = [];
  let next = '';
  let restarts = 0;
  for (let page = 0; page < MOST_PAGES; page++) {
    const answer = await get(kubernetes, pathOf(kubernetes, namespace, next));
    if (answer.kind === 'failed') return answer.reason;
    if (answer.kind === 'gone') {
      if (next === '' || restarts++) return 'the list of pods changes faster than it can be read';
      pods.length = 0;
      next = '';
      continue;
    }
    pods.push(...listOf(field(answer.json, 'items')));
    next = textOf(field(field(answer.json, 'metadata'), 'continue'));
    if (next === '') return pods;
  }
  return `more than ${MOST_PAGES * PAGE} pods; choose some with --selector, --namespace or --node`;
}

function pathOf({ node, selector }: Kubernetes, namespace: string, next: string): string {
  const query = new URLSearchParams({ limit: String(PAGE) });
  if (node !== '') query.set('fieldSelector', `spec.nodeName=${node}`);
  if (selector !== '') query.set('labelSelector', selector);
  if (next !== '') query.set('continue', next);
  return `/api/v1/${namespace === '' ? '' : `namespaces/${encodeURIComponent(namespace)}/`}pods?${query}`;
}

type Answer =
  | { readonly kind: 'json'; readonly json: unknown }
  /** The list that the pages are of is kept for some minutes only; then it has to begin anew. */
  | { readonly kind: 'gone' }
  | { readonly kind: 'failed'; readonly reason: string };

/** The token is read for every request: Kubernetes replaces it about every hour. */
async function get({ host, port, account }: Kubernetes, path: string): Promise<Answer> {
  let token: string, ca: string;
  try {
    token = (await readFile(join(account, 'token'), 'utf8')).trim();
    ca = await readFile(join(account, 'ca.crt'), 'utf8');
  } catch (error) {
    return { kind: 'failed', reason: `the service account cannot be read: ${reasonOf(error)}` };
  }
  if (!/^[\x21-\x7e]+$/.test(token)) return { kind: 'failed', reason: 'the service account\'s token is empty or no token' };
  const url = new URL(path, `https://${host.includes(':') ? `[${host}]` : host}:${port}`);
  const answer = await fetchBounded(url, LIMITS, { ca, headers: { authorization: `Bearer ${token}`, accept: 'application/json' } });
  switch (answer.kind) {
    case 'failed': return { kind: 'failed', reason: `the Kubernetes API: ${answer.reason}` };
    case 'status': return answer.status === 410 ? { kind: 'gone' } : { kind: 'failed', reason: `the Kubernetes API answered with status ${answer.status}${HINTS[answer.status] ?? ''}` };
    case 'body': return parse(answer.body);
  }
}

const HINTS: Readonly<Record<number, string>> = {
  401: '; is the token of the service account mounted?',
  403: '; the service account has to be allowed to list pods',
};

function parse(body: Buffer): Answer {
  try {
    return { kind: 'json', json: JSON.parse(body.toString('utf8')) };
  } catch {
    return { kind: 'failed', reason: 'the Kubernetes API did not answer with JSON' };
  }
}
