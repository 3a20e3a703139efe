/**
 * A gate for builds: which goroutines are there that the baseline does not allow. It looks at templates, since the bare
 * number changes with every connection.
 */
import { usualReason } from './benign.ts';
import { type Code, isStd } from './code.ts';
import type { Bucket, Frame, Snapshot } from './model.ts';
import { declaredName, packageOf, shortName } from './names.ts';
import { type Template, templatesOf } from './templates.ts';

/** Functions without lines and without the numbers of closures, so that it survives edits and new versions of Go. */
export interface Entry {
  readonly count: number;
  /** What they wait for; empty where the format does not say. */
  readonly op: string;
  readonly functions: readonly string[];
  readonly createdBy: string;
  /** Where that was when the baseline was written; for people. */
  readonly at: string;
}

export interface Baseline {
  readonly profile: Snapshot['profile'];
  readonly format: Snapshot['format'];
  /** Without those that most programs have. */
  readonly total: number;
  readonly entries: readonly Entry[];
}

export interface Allowance {
  /** How many goroutines more than in the baseline each template may have. */
  readonly slack: number;
  /** How many more there may be in all. */
  readonly totalSlack: number;
  /** Look at templates of libraries as well. */
  readonly all: boolean;
}

export interface Grown {
  readonly template: Template;
  readonly allowed: number;
  readonly count: number;
}

export interface Verdict {
  readonly grown: readonly Grown[];
  /** What was not looked at, and why. */
  readonly ignored: readonly { readonly template: Template; readonly why: string }[];
  readonly total: number;
  readonly allowedTotal: number;
}

export function baselineOf(snapshot: Snapshot): Baseline {
  const { kept } = withoutUsual(templatesOf(snapshot));
  const entries = [...grouped(kept, false).values()].map(({ template, count }) => ({ ...entryOf(template), count }));
  const order = (e: Entry) => [...e.functions, e.createdBy, e.op].join('\n');
  return { profile: snapshot.profile, format: snapshot.format, total: sum(kept), entries: entries.sort((a, b) => (order(a) < order(b) ? -1 : 1)) };
}

export function judge(snapshot: Snapshot, baseline: Baseline, code: Code, { slack, totalSlack, all }: Allowance): Verdict {
  const { kept, ignored } = withoutUsual(templatesOf(snapshot));
  const isOwn = ({ frames, createdBy }: Template) => [...frames, ...(createdBy ? [createdBy] : [])].some(frame => code.originOf(frame) === 'own');
  const looked = kept.filter(template => all || isOwn(template));
  const libraries = kept.filter(template => !looked.includes(template)).map(template => ({ template, why: 'library code alone (--all looks at it too)' }));
  // Formats differ in what they say beside the stack.
  const isCoarse = baseline.format !== snapshot.format;
  const allowed = new Map<string, number>();
  for (const entry of baseline.entries) allowed.set(keyOf(entry, isCoarse), (allowed.get(keyOf(entry, isCoarse)) ?? 0) + entry.count);
  const grown = [...grouped(looked, isCoarse)].flatMap(([key, { template, count }]) => {
    const most = allowed.get(key) ?? 0;
    return count > most + slack ? [{ template, allowed: most, count }] : [];
  });
  return { grown: grown.sort((a, b) => (b.count - b.allowed) - (a.count - a.allowed)), ignored: [...ignored, ...libraries], total: sum(kept), allowedTotal: baseline.total + totalSlack };
}

export function hasPassed({ grown, total, allowedTotal }: Verdict): boolean {
  return grown.length === 0 && total <= allowedTotal;
}

/** Goroutines that end while one looks several times are no leak: of each stack the lowest number counts. */
export function leastOf(snapshots: readonly Snapshot[]): Snapshot | undefined {
  const [first, ...rest] = snapshots;
  if (!first) return undefined;
  const others = rest.map(snapshot => new Map(templatesOf(snapshot).map(template => [template.key, template.count])));
  const buckets = templatesOf(first).flatMap((template): Bucket[] => {
    const count = Math.min(template.count, ...others.map(counts => counts.get(template.key) ?? 0));
    return count > 0 ? [{ ...template, count, leaked: template.leaked > 0, labels: new Map(), ids: [] }] : [];
  });
  return { ...(snapshots.at(-1) ?? first), buckets, total: buckets.reduce((total, bucket) => total + bucket.count, 0), truncated: snapshots.some(s => s.truncated) };
}

/** Whether two looks show the same, but for what most programs have. */
export function isSettled(before: Snapshot, after: Snapshot): boolean {
  const shape = (snapshot: Snapshot) => withoutUsual(templatesOf(snapshot)).kept.map(t => `${t.count} ${t.key}`).sort().join('\n\n');
  return shape(before) === shape(after);
}

function withoutUsual(templates: readonly Template[]): { readonly kept: readonly Template[]; readonly ignored: readonly { readonly template: Template; readonly why: string }[] } {
  const judged = templates.map(template => ({ template, why: usualReason(template, templates) }));
  return {
    kept: judged.filter(({ why }) => why === undefined).map(({ template }) => template),
    ignored: judged.flatMap(({ template, why }) => (why === undefined ? [] : [{ template, why }])),
  };
}

function grouped(templates: readonly Template[], isCoarse: boolean): Map<string, { readonly template: Template; readonly count: number }> {
  const groups = new Map<string, { readonly template: Template; readonly count: number }>();
  for (const template of templates) {
    const key = keyOf(entryOf(template), isCoarse);
    const known = groups.get(key);
    groups.set(key, { template: known?.template ?? template, count: (known?.count ?? 0) + template.count });
  }
  return groups;
}

function entryOf({ frames, createdBy, op, count }: Template): Entry {
  // What std calls on the way to a wait changes with Go's version.
  const telling = frames.filter(({ func }) => !isStd(func));
  const shown = telling.length ? telling : frames;
  const [at = createdBy] = shown;
  return { count, op: op === 'unknown' ? '' : op, functions: withoutRepeats(shown.slice(0, 24).map(nameOf)), createdBy: createdBy ? nameOf(createdBy) : '', at: at ? `${shortName(at.func)} ${at.file.split('/').slice(-2).join('/')}:${at.line}` : '' };
}

function nameOf({ func }: Frame): string {
  return `${packageOf(func)}.${declaredName(func)}`;
}

/** A closure and the function around it have one name, and recursion any number. */
function withoutRepeats(names: readonly string[]): string[] {
  return names.filter((name, i) => name !== names[i - 1]);
}

function keyOf({ functions, createdBy, op }: Entry, isCoarse: boolean): string {
  return isCoarse ? functions.join('\n') : [op, createdBy, ...functions].join('\n');
}

function sum(templates: readonly Template[]): number {
  return templates.reduce((total, { count }) => total + count, 0);
}
