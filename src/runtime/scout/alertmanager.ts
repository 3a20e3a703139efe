/** Alerts for an Alertmanager, which groups and routes them. Prometheus and its rules do this better where there is one. */
import { fetchBounded } from '../fetch.ts';
import type { Alarm, Condition } from './alarms.ts';
import { reasonOf } from './probe.ts';
import type { History } from './history.ts';

const NAMES: Readonly<Record<Condition, string>> = { GoroutinesHigh: 'GoLeakGoroutinesHigh', HeapGrowing: 'GoLeakHeapGrowing' };
const SUMMARIES: Readonly<Record<Condition, string>> = {
  GoroutinesHigh: 'has had too many goroutines for five minutes',
  HeapGrowing: 'has kept more memory after every garbage collection for ten minutes',
};
/** An alert that is not told again for this long ends by itself. */
const VALID_SECONDS = 300;

/** The body of `POST /api/v2/alerts`. The labels are the alert's identity, so they hold no values that change. */
export function alertsJson(alarms: readonly Alarm[], histories: ReadonlyMap<string, History>, now: number): string {
  const time = (seconds: number) => new Date(seconds * 1000).toISOString();
  return JSON.stringify(alarms.filter(({ state }) => state !== 'pending').map(({ condition, target, since, state }) => {
    const known = histories.get(target);
    return {
      labels: { alertname: NAMES[condition], severity: 'warning', target, ...(known?.target.pod ? { namespace: known.target.namespace, pod: known.target.pod } : {}) },
      annotations: { summary: `${target} ${SUMMARIES[condition]}`, ...(known?.samples.last ? { goroutines: String(known.samples.last.goroutines) } : {}) },
      startsAt: time(since), endsAt: time(state === 'resolved' ? now : now + VALID_SECONDS),
    };
  }));
}

/** Why the alerts were not taken; undefined when they were. */
export async function pushAlerts(server: URL, body: string): Promise<string | undefined> {
  const url = new URL(`${server.pathname.replace(/\/+$/, '')}/api/v2/alerts`, server);
  const answer = await fetchBounded(url, {}, { method: 'POST', body, headers: { 'content-type': 'application/json' } });
  return answer.kind === 'body' ? undefined : reasonOf(answer);
}
