import type { Diagnostic, Severity } from '../finding.ts';
import type { Problem } from '../source/problem.ts';

/** What every format is made from. */
export interface Report {
  /** What was observed in a running program first, then by path, place and rule; at most one of a rule on a line. */
  readonly diagnostics: readonly Diagnostic[];
  readonly problems: readonly Problem[];
  readonly rules: readonly RuleDoc[];
  /** Folder that SARIF's paths are relative to: the root of the git work tree. */
  readonly root: string;
  readonly cwd: string;
  readonly version: string;
  /** SARIF's category, so that a repository can upload several runs. */
  readonly category?: string | undefined;
}

export interface RuleDoc {
  readonly id: string;
  readonly summary: string;
  readonly severity: Severity;
  /** The rule's document, Markdown. */
  readonly help: string;
}

/** GitHub keys alerts by rule and line: of several findings of a rule on one line the first stands for all. */
export function mergePerLine(diagnostics: readonly Diagnostic[], lineOf: (diagnostic: Diagnostic) => number): Diagnostic[] {
  const seen = new Set<string>();
  return diagnostics.filter(d => {
    const key = `${d.at.source.path}\0${d.rule}\0${lineOf(d)}`;
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}
