/** The exposition text of Prometheus, version 0.0.4. */
import { shortName } from '../names.ts';
import { floorsOf, growthOf } from './envelope.ts';
import { heapPoints, type History } from './history.ts';
import { topGroups } from './groups.ts';

/** More would be a new time series for every stack of every program. */
const TEMPLATES = 5;
/** Names come from the programs that are looked at. */
const LONGEST_LABEL = 200;

type Labels = Readonly<Record<string, string>>;
type Sample = readonly [Labels, number | undefined];

export interface Totals {
  /** Pods that ask to be looked at and are not. */
  readonly refused: number;
  /** 1 when the pods could be listed the last time, 0 when not; undefined where none are looked for. */
  readonly discovery: number | undefined;
}

export function metricsText(histories: readonly History[], { refused, discovery }: Totals): string {
  const of = (value: (history: History) => number | undefined): Sample[] => histories.map(history => [labelsOf(history), value(history)]);
  const up = (value: (history: History) => number | undefined) => of(history => history.look?.kind === 'up' ? value(history) : undefined);
  return [
    family('goleak_up', 'Whether the pprof endpoint of the target answered the last time.', of(h => h.look ? Number(h.look.kind === 'up') : undefined)),
    family('goleak_goroutines', 'Goroutines of the target.', up(h => h.samples.last?.goroutines)),
    family('goleak_heap_alloc_bytes', 'Allocated memory, garbage included.', up(h => h.samples.last?.memory?.heapAlloc)),
    family('goleak_heap_inuse_bytes', 'Memory in spans that are in use.', up(h => h.samples.last?.memory?.heapInuse)),
    family('goleak_heap_floor_bytes', 'The least allocated memory of the last window in which a garbage collection ran.', up(h => floorsOf(heapPoints(h)).at(-1)?.bytes)),
    family('goleak_heap_growth_bytes_per_minute', 'How fast the memory grows that is left after collections; over at least ten minutes.', up(h => growthOf(heapPoints(h)))),
    family('goleak_gc_collections', 'Garbage collections since the target was started.', up(h => h.samples.last?.memory?.collections)),
    family('goleak_scrape_seconds', 'How long the last look at the target took.', of(h => h.look ? h.seconds : undefined)),
    family('goleak_template_goroutines', 'Goroutines of the largest groups in the last snapshot.', histories.flatMap(templates)),
    family('goleak_targets_refused', 'Pods that ask to be looked at and are not, for safety.', [[{}, refused]]),
    family('goleak_discovery_up', 'Whether the pods could be listed the last time.', [[{}, discovery]]),
  ].join('');
}

function templates(history: History): Sample[] {
  const snapshot = history.look?.kind === 'up' ? history.snapshots.last : undefined;
  return snapshot ? topGroups(snapshot, TEMPLATES).map(({ id, frame, count }) => [
    { ...labelsOf(history), template: id, func: shortName(frame.func), file: `${frame.file}:${frame.line}` }, count,
  ]) : [];
}

function labelsOf({ target }: History): Labels {
  return { target: target.name, ...(target.pod ? { namespace: target.namespace, pod: target.pod } : {}) };
}

function family(name: string, help: string, samples: readonly Sample[]): string {
  const lines = samples.flatMap(([labels, value]) => value === undefined || !Number.isFinite(value) ? [] : [`${name}${labelText(labels)} ${value}\n`]);
  return lines.length ? `# HELP ${name} ${help}\n# TYPE ${name} gauge\n${lines.join('')}` : '';
}

function labelText(labels: Labels): string {
  const parts = Object.entries(labels).map(([key, value]) => `${key}="${escaped(value)}"`);
  return parts.length ? `{${parts.join(',')}}` : '';
}

function escaped(value: string): string {
  const short = value.length > LONGEST_LABEL ? `…${value.slice(-LONGEST_LABEL)}` : value;
  return short.replace(/[\u0000-\u0009\u000b-\u001f\u007f]/g, '').replace(/\\/g, '\\\\').replace(/"/g, '\\"').replace(/\n/g, '\\n');
}
