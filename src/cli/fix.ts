/** `--fix` and `--diff`. */
import type { Diagnostic } from '../finding.ts';
import { provenFixes } from '../fix/fixes.ts';
import { writable, writeTexts } from '../fix/output.ts';
import { lint, type LintOptions, type LintResult } from '../lint.ts';
import type { Problem } from '../source/problem.ts';
import { positionAt, type Source } from '../source/text.ts';

/** What would be changed. */
export interface Fixing {
  /** Findings that the changes remove. */
  readonly made: number;
  readonly texts: ReadonlyMap<Source, string>;
  readonly problems: readonly Problem[];
  /** How many findings the change of a file removes. */
  readonly madeIn: (source: Source) => number;
  readonly first: LintResult;
}

/** What was changed, and what is found now. */
export interface Fixed {
  readonly made: number;
  readonly remaining: LintResult;
  readonly problems: readonly Problem[];
}

export async function findFixes(options: LintOptions, first: LintResult, wanted: readonly Diagnostic[]): Promise<Fixing> {
  const { texts: all, made, rejected } = await provenFixes(options, first.diagnostics, wanted);
  const problems: Problem[] = rejected.map(({ diagnostic: { at, rule }, why }) => (
    { level: 'note', id: 'fix-rejected', path: at.source.path, line: positionAt(at.source, at.start).line, message: `the fix of this ${rule} is not made: ${why}` }));
  const texts = writable(all, problem => problems.push(problem));
  const madeIn = (source: Source) => made.filter(({ at }) => at.source === source).length;
  return { made: sum([...texts.keys()].map(madeIn)), texts, problems, madeIn, first };
}

export async function makeFixes({ texts, problems, madeIn, first }: Fixing, options: LintOptions): Promise<Fixed> {
  const all = [...problems];
  const written = writeTexts(texts, problem => all.push(problem));
  return { made: sum([...written.keys()].map(madeIn)), remaining: written.size ? await lint(options) : first, problems: all };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, n) => total + n, 0);
}
