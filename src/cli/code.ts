/** The source that dumps and profiles are joined with, and what the linter finds in it. */
import { rules } from '../../rules/index.ts';
import { packageVersion } from '../assets.ts';
import { cacheDir } from '../engine/cache.ts';
import type { Diagnostic } from '../finding.ts';
import { lint } from '../lint.ts';
import { Code, filesOf, type PathMap } from '../runtime/code.ts';
import { applySuppressions } from '../suppress.ts';
import { commandLine } from './options.ts';
import { settingsOf } from './settings.ts';
import { threadsFor } from './threads.ts';
import { UsageError } from './usage.ts';

export interface LintedCode {
  readonly findings: readonly Diagnostic[];
  readonly code: Code;
  /** Whether there is any source. */
  readonly isThere: boolean;
}

/** Lints what the patterns name as plain linting would, with findings of any confidence; nothing for `false`. */
export async function lintedCode(patterns: readonly string[] | false, maps: readonly PathMap[]): Promise<LintedCode> {
  if (patterns === false) return { findings: [], code: new Code([], maps), isThere: false };
  const ids = rules.map(rule => rule.id);
  const settings = await settingsOf(commandLine(packageVersion()).parse([], { from: 'user' }), patterns, ids);
  const selected = rules.filter(({ id }) => settings.runs(id));
  const { options } = settings;
  const { diagnostics, suppressing, files } = await lint({
    cwd: process.cwd(), patterns, rules: selected, tests: options.tests, generated: true, tags: new Set(),
    declared: settings.declared, isExcluded: settings.isExcluded, cache: cacheDir(), threads: threadsFor(undefined),
  });
  const { kept } = applySuppressions(diagnostics, suppressing, new Set(selected.map(rule => rule.id)));
  return { findings: kept, code: new Code(filesOf(process.cwd(), patterns), maps), isThere: files > 0 };
}

/** `/app=/home/me/shop`: files below the first are below the second. */
export function pathMap(value: string, previous: readonly PathMap[]): readonly PathMap[] {
  const equals = value.indexOf('=');
  if (equals < 1) throw new UsageError([`--path-map ${value}: write it like /app=/home/me/shop`]);
  return [...previous, { from: value.slice(0, equals), to: value.slice(equals + 1) }];
}
