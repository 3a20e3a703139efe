/** What became of the goroutines of a program between two looks at it, or several. */
import type { Snapshot } from './model.ts';
import { commonGrain, type Grain, type Template, templatesOf } from './templates.ts';

export interface Change {
  /** As it is in the last snapshot that has it. */
  readonly template: Template;
  /** One a snapshot. */
  readonly counts: readonly number[];
  readonly growth: number;
  /** Index of the first snapshot that has it. */
  readonly firstSeen: number;
  /** How many goroutines of the last snapshot are in the first as well; undefined where there are no ids. */
  readonly stayed: number | undefined;
  /** It grew from each snapshot to the next. */
  readonly isSteady: boolean;
}

export interface Diff {
  readonly snapshots: readonly Snapshot[];
  readonly grain: Grain;
  /** The most grown first. */
  readonly changes: readonly Change[];
  readonly growth: number;
  /** Ids in the last snapshot that the first has not, and the reverse; undefined where there are no ids. */
  readonly appeared: number | undefined;
  readonly ended: number | undefined;
  /** No goroutine but the first is in both: they are of two runs. */
  readonly isOtherRun: boolean;
}

/** `snapshots` in the order of time, at least two. */
export function diffOf(snapshots: readonly Snapshot[]): Diff {
  const grain = commonGrain(snapshots);
  const bySnapshot = snapshots.map(snapshot => new Map(templatesOf(snapshot, grain).map(template => [template.key, template])));
  const keys = new Set(bySnapshot.flatMap(templates => [...templates.keys()]));
  const changes = [...keys].flatMap(key => changeOf(bySnapshot.map(templates => templates.get(key)))).sort((a, b) => b.growth - a.growth || b.template.count - a.template.count);
  const totals = snapshots.map(s => s.total);
  return { snapshots, grain, changes, growth: (totals.at(-1) ?? 0) - (totals[0] ?? 0), ...identities(snapshots) };
}

function changeOf(templates: readonly (Template | undefined)[]): Change[] {
  const template = templates.findLast(t => t !== undefined);
  if (!template) return [];
  const counts = templates.map(t => t?.count ?? 0);
  const first = templates[0];
  const last = templates.at(-1);
  const before = new Set(first?.ids);
  return [{
    template, counts, growth: (counts.at(-1) ?? 0) - (counts[0] ?? 0), firstSeen: templates.findIndex(t => t !== undefined),
    stayed: template.ids.length ? (last?.ids ?? []).filter(id => before.has(id)).length : undefined,
    isSteady: counts.length > 2 && counts.every((n, i) => i === 0 || n > (counts[i - 1] ?? 0)),
  }];
}

function identities(snapshots: readonly Snapshot[]): Pick<Diff, 'appeared' | 'ended' | 'isOtherRun'> {
  const [first = new Set<number>(), last = new Set<number>()] = [snapshots[0], snapshots.at(-1)].map(s => new Set(s?.buckets.flatMap(b => b.ids)));
  if (!first.size || !last.size) return { appeared: undefined, ended: undefined, isOtherRun: false };
  const common = [...last].filter(id => first.has(id));
  // Every program has a goroutine 1; what serves the dump differs each time.
  return { appeared: last.size - common.length, ended: first.size - common.length, isOtherRun: first.size > 3 && common.every(id => id === 1) };
}
