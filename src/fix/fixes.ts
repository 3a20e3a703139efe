/**
 * Which fixes are made: the first of those that change the same text, and of these the ones that prove themselves. The
 * packages are linted once more with the changed texts in memory; a fix stays only when its finding is gone, nothing
 * new is found in its function, and the code can still be parsed.
 */
import { dirname } from 'node:path';
import type { Diagnostic, Edit, Fix } from '../finding.ts';
import { lint, type LintOptions } from '../lint.ts';
import type { Source } from '../source/text.ts';
import { isUnderstood } from '../syntax/understood.ts';
import { applied, bySource, moved, overlap } from './edits.ts';

export interface Fixable extends Diagnostic {
  readonly fix: Fix;
}

/** A fix that is not made, and why. */
export interface Rejected {
  readonly diagnostic: Fixable;
  readonly why: string;
}

export interface Fixes {
  /** The new texts of what was changed. */
  readonly texts: ReadonlyMap<Source, string>;
  readonly made: readonly Fixable[];
  readonly rejected: readonly Rejected[];
}

/** `all` are the findings of a run with these options, `wanted` those of them whose fixes are asked for, in order. */
export async function provenFixes(options: LintOptions, all: readonly Diagnostic[], wanted: readonly Diagnostic[]): Promise<Fixes> {
  const rejected: Rejected[] = [];
  let made = withoutOverlaps(wanted.filter(isFixable), rejected);
  while (made.length > 0) {
    const edits = bySource(made.flatMap(({ fix }) => fix.edits));
    const texts = new Map([...edits].map(([source, list]) => [source, applied(source.text, list)]));
    const failed = await failures(made, { options, all, edits, texts });
    if (failed.size === 0) return { texts, made, rejected };
    for (const [diagnostic, why] of failed) rejected.push({ diagnostic, why });
    made = made.filter(d => !failed.has(d));
  }
  return { texts: new Map(), made, rejected };
}

function isFixable(d: Diagnostic): d is Fixable {
  return d.fix !== undefined;
}

function withoutOverlaps(diagnostics: readonly Fixable[], rejected: Rejected[]): readonly Fixable[] {
  const taken: Edit[] = [];
  return diagnostics.filter(diagnostic => {
    const { edits } = diagnostic.fix;
    const isFree = edits.every(edit => !taken.some(other => overlap(edit, other)));
    if (isFree) taken.push(...edits);
    else rejected.push({ diagnostic, why: 'another fix changes the same text' });
    return isFree;
  });
}

interface Attempt {
  readonly options: LintOptions;
  readonly all: readonly Diagnostic[];
  readonly edits: ReadonlyMap<Source, readonly Edit[]>;
  readonly texts: ReadonlyMap<Source, string>;
}

async function failures(made: readonly Fixable[], attempt: Attempt): Promise<Map<Fixable, string>> {
  const failed = new Map<Fixable, string>();
  const again = await findingsAfter(attempt);
  const before = new Set(attempt.all.map(d => placeAfter(d, attempt)));
  for (const d of made) {
    const place = placeAfter(d, attempt);
    if (!await isStillUnderstood(d, attempt)) failed.set(d, 'the code could not be parsed afterwards');
    else if (place !== undefined && again.some(other => keyOf(other) === place)) failed.set(d, 'the finding would remain');
  }
  for (const found of again.filter(other => !before.has(keyOf(other)))) {
    const inFile = made.filter(d => d.at.source.path === found.at.source.path);
    const near = inFile.filter(d => d.function === found.function);
    for (const d of near.length ? near : inFile) if (!failed.has(d)) failed.set(d, `it would lead to another finding (${found.rule})`);
  }
  return failed;
}

async function findingsAfter({ options, texts }: Attempt): Promise<readonly Diagnostic[]> {
  const overlay = new Map([...texts].map(([source, text]) => [source.path, text]));
  const patterns = [...new Set([...overlay.keys()].map(path => dirname(path)))];
  const { diagnostics } = await lint({ ...options, patterns, overlay, cache: undefined, progress: undefined });
  return diagnostics.filter(d => overlay.has(d.at.source.path));
}

function keyOf({ rule, at }: Diagnostic): string {
  return `${rule} ${at.source.path} ${at.start}`;
}

/** As `keyOf` will name the finding when it is still there; undefined when its place is gone. */
function placeAfter({ rule, at }: Diagnostic, { edits }: Attempt): string | undefined {
  const start = moved(at.start, edits.get(at.source) ?? []);
  return start === undefined ? undefined : `${rule} ${at.source.path} ${start}`;
}

async function isStillUnderstood({ fix }: Fixable, { edits, texts }: Attempt): Promise<boolean> {
  for (const { at } of fix.edits) {
    const text = texts.get(at.source);
    // An edit is never the last of its declaration, so what follows it stands in the same one.
    const start = moved(at.end, edits.get(at.source) ?? []);
    if (text === undefined || start === undefined || !await isUnderstood(text, start)) return false;
  }
  return true;
}
