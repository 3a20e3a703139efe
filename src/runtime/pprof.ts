/** Programs that serve net/http/pprof, and what to ask them: what tells most among what is cheap for them. */
import { fetchBounded, type Fetched, type FetchLimits } from './fetch.ts';
import { type Read, readSnapshot } from './read.ts';

export interface Target {
  /** As it was given, without a password. */
  readonly name: string;
  /** Ends in a slash, `http://host:6060/debug/pprof/`; undefined where one profile was named. */
  readonly base: URL | undefined;
  readonly exact: URL | undefined;
}

/** A dump with states stops the whole program, for 0.2 s at this number. */
export const DUMP_BELOW = 10_000;

const INDEX: Partial<FetchLimits> = { maxBytes: 1024 * 1024 };
const PROFILE: Partial<FetchLimits> = { totalMs: 30_000, maxBytes: 16 * 1024 * 1024 };
const DUMP: Partial<FetchLimits> = { totalMs: 30_000, maxBytes: 65 * 1024 * 1024 };

/** Undefined for what is no address. `host:6060` alone is none, since a file may have that name. */
export function targetOf(text: string): Target | undefined {
  if (!/^https?:\/\//i.test(text) || !URL.canParse(text)) return undefined;
  const url = new URL(text);
  const name = nameOf(url);
  if (url.pathname === '/') return { name, base: new URL('/debug/pprof/', url), exact: undefined };
  if (/\/pprof\/?$/.test(url.pathname)) return { name, base: new URL(url.pathname.replace(/\/?$/, '/'), url), exact: undefined };
  return { name, base: undefined, exact: url };
}

export type Profile = 'goroutine' | 'goroutineleak';

/** The number of goroutines by the index page, which costs the program nothing; undefined where the page has none. */
export async function countGoroutines({ base }: Target): Promise<{ readonly fetched: Fetched; readonly count: number | undefined }> {
  if (!base) return { fetched: { kind: 'failed', reason: 'one profile was named' }, count: undefined };
  const fetched = await fetchBounded(base, INDEX);
  const count = fetched.kind === 'body' ? /<td>(\d+)<\/td>\s*<td><a href='?"?goroutine\?/.exec(fetched.body.toString('utf8'))?.[1] : undefined;
  return { fetched, count: count === undefined ? undefined : Number(count) };
}

/** One look: states and places of creation below `DUMP_BELOW` goroutines, else the profile. */
export async function takeSnapshot(target: Target, profile: Profile = 'goroutine'): Promise<Read> {
  if (target.exact) return readFetched(await fetchBounded(target.exact, withSeconds(target.exact)), target.name);
  const { fetched, count } = await countGoroutines(target);
  if (fetched.kind === 'failed') return readFetched(fetched, target.name);
  const isDump = count !== undefined && count < DUMP_BELOW;
  const url = new URL(isDump ? `${profile}?debug=2` : profile, target.base);
  const read = readFetched(await fetchBounded(url, isDump ? DUMP : PROFILE), target.name);
  if (isDump || count === undefined || read.kind === 'unreadable') return read;
  const note = `A dump with states would stop a program of ${count.toLocaleString('en-US')} goroutines for long, so this is its profile.`;
  return { kind: 'snapshot', snapshot: { ...read.snapshot, notes: [...read.snapshot.notes, note] } };
}

/** A profile over some seconds is answered after them. */
function withSeconds(url: URL): Partial<FetchLimits> {
  const seconds = Math.min(Number(url.searchParams.get('seconds') ?? 0) || 0, 300);
  return { ...DUMP, totalMs: 30_000 + seconds * 1000 };
}

function readFetched(fetched: Fetched, name: string): Read {
  switch (fetched.kind) {
    case 'body': return readSnapshot(fetched.body, name);
    case 'failed': return { kind: 'unreadable', reason: `${fetched.reason[0]?.toUpperCase()}${fetched.reason.slice(1)}${/[.?]$/.test(fetched.reason) ? '' : '.'}` };
    case 'status': return { kind: 'unreadable', reason: reasonOf(fetched.status, fetched.body) };
  }
}

function reasonOf(status: number, body: string): string {
  if (/Unknown profile/i.test(body)) return 'The program has no such profile. goroutineleak needs Go 1.27, or Go 1.26 built with GOEXPERIMENT=goroutineleakprofile.';
  if (status >= 300 && status < 400) return `It redirects (status ${status}), which is not followed.`;
  if (status === 404) return 'Status 404: nothing is served there; does the program import net/http/pprof, and is this its port?';
  return `Status ${status}.`;
}

function nameOf(url: URL): string {
  const shown = new URL(url);
  shown.username = '';
  shown.password = '';
  return shown.href.replace(/\/$/, '');
}
