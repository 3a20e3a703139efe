import { dirname } from 'node:path';
import { stdFolder } from './assets.ts';
import { misnamed } from './config/misnamed.ts';
import type { Declared } from './contracts/declared.ts';
import type { AnalysisOptions, Unit } from './engine/analysis.ts';
import { throughCache } from './engine/cached.ts';
import { analyseAll, type Threads } from './engine/pool.ts';
import { fromPortable, type PortableDiagnostic, type UnitResult } from './engine/portable.ts';
import type { Diagnostic } from './finding.ts';
import { Program } from './program/program.ts';
import type { Rule } from './rule.ts';
import { classify, matches } from './source/constraints.ts';
import { timed } from './source/clock.ts';
import { Modules, realOf } from './source/modules.ts';
import { expandPatterns, type PackageFolder, withoutExcluded } from './source/patterns.ts';
import type { Problem } from './source/problem.ts';
import { type Overlay, readSource } from './source/read.ts';
import type { Source } from './source/text.ts';
import { loadGrammar } from './syntax/tolerant/parse.ts';

export interface LintOptions {
  readonly cwd: string;
  readonly patterns: readonly string[];
  readonly rules: readonly Rule[];
  /** Report what is found in `_test.go` files. */
  readonly tests: boolean;
  /** Report what is found in generated files. */
  readonly generated: boolean;
  /** Build tags; when there are any, files whose constraint they do not satisfy are left out. */
  readonly tags: ReadonlySet<string>;
  /** Overrides the `go` line of go.mod. */
  readonly go?: string | undefined;
  /** What the team says of its own functions. */
  readonly declared?: Declared | undefined;
  /** Files, by absolute path, that are only read where others need them. */
  readonly isExcluded?: ((path: string) => boolean) | undefined;
  /** Texts to read instead of what stands on disk, by real path. */
  readonly overlay?: Overlay | undefined;
  /** Folder in which results are kept for the next run. */
  readonly cache?: string | undefined;
  /** Absent: this one alone. */
  readonly threads?: Threads | undefined;
  readonly progress?: ((done: number, total: number) => void) | undefined;
}

export interface LintResult {
  /** All of them, suppressed ones included, sorted by path, place and rule. */
  readonly diagnostics: readonly Diagnostic[];
  /** How many files were asked for. */
  readonly files: number;
  /** Those of them with comments that may suppress findings. */
  readonly suppressing: readonly Source[];
  readonly problems: readonly Problem[];
  readonly packages: number;
}

/** The whole pipeline: patterns → folders → (each on its own) declarations, bodies, graphs, contracts, rules → findings. */
export async function lint(options: LintOptions): Promise<LintResult> {
  const problems: Problem[] = [];
  const folders = timed('discover', () => foldersOf(options, problem => problems.push(problem)));
  const results = await analysed(folders, options);
  problems.push(...results.flatMap(result => result.problems), ...await misnamedIn(folders, options));
  const asked = new Map(folders.map(folder => [folder.dir, folder]));
  const sourceOf = sources(options.overlay);
  const diagnostics = results.flatMap(result => result.diagnostics)
    .filter(found => isWanted(found, asked, options))
    .flatMap(found => fromPortable(withAskedFix(found, asked), sourceOf) ?? []);
  return {
    diagnostics: withoutRepeats(diagnostics.sort(byPlace)),
    files: new Set(results.flatMap(({ files }, i) => files.filter(path => isAsked(path, folders[i])))).size,
    suppressing: results.flatMap(({ suppressing }, i) => suppressing.filter(path => isAsked(path, folders[i])).flatMap(path => sourceOf(path) ?? [])),
    problems: unique(problems),
    packages: results.reduce((sum, result) => sum + result.packages, 0),
  };
}

function foldersOf({ cwd, patterns, tags, isExcluded }: LintOptions, report: (problem: Problem) => void): readonly PackageFolder[] {
  const named = expandPatterns(cwd, patterns, new Modules(report), report);
  const folders = isExcluded ? withoutExcluded(named, isExcluded) : named;
  return tags.size === 0 ? folders : folders.map(folder => ({ ...folder, files: folder.files.filter(file => isBuilt(file, tags)) }));
}

const HOST_TAGS = ['linux', 'amd64', 'cgo'];

function isBuilt(file: string, tags: ReadonlySet<string>): boolean {
  const source = readSource(file, () => undefined);
  return !source || matches(classify(file, source.text).constraint, new Set([...HOST_TAGS, ...tags]));
}

async function analysed(folders: readonly PackageFolder[], options: LintOptions): Promise<readonly UnitResult[]> {
  const units = folders.map(({ dir, importPath, files, only }): Unit => ({ dir, importPath, files, ...(only ? { only: [...only].sort() } : {}) }));
  const { go, declared, overlay, tests, generated } = options;
  const analysis: AnalysisOptions = { cwd: realOf(options.cwd), units, go, declared, overlay, tests, generated, areKept: options.cache !== undefined };
  const analyse = (some: readonly Unit[]) => analyseAll(some, analysis, options.rules, options.threads, done => options.progress?.(done, some.length));
  return options.cache === undefined ? analyse(units) : throughCache(options.cache, analysis, options.rules, analyse);
}

/** Read for the names that the configuration gives, once more: most runs give none. */
async function misnamedIn(folders: readonly PackageFolder[], { declared, overlay }: LintOptions): Promise<Problem[]> {
  if (!declared?.names.length) return [];
  await loadGrammar();
  const report = () => undefined;
  const program = new Program({ modules: new Modules(report), std: stdFolder, overlay, report });
  for (const { dir, importPath, module, files } of folders) program.packagesIn(dir, importPath, module, files);
  return [...misnamed(declared.names, program)];
}

type Asked = ReadonlyMap<string, PackageFolder>;

function isWanted({ at, where }: PortableDiagnostic, asked: Asked, { tests, generated }: LintOptions): boolean {
  return (tests || !where.test) && (generated || !where.generated) && isAsked(at.path, asked.get(where.dir));
}

/** Not only read to understand another one. */
function isAsked(path: string, folder: PackageFolder | undefined): boolean {
  return folder !== undefined && (!folder.only || folder.only.has(path));
}

function withAskedFix(found: PortableDiagnostic, asked: Asked): PortableDiagnostic {
  if (!found.fix || found.fix.edits.every(({ at }) => isAsked(at.path, asked.get(dirname(at.path))))) return found;
  const { fix: _, ...rest } = found;
  return rest;
}

function sources(overlay: Overlay | undefined): (path: string) => Source | undefined {
  const known = new Map<string, Source | undefined>();
  return path => {
    if (!known.has(path)) known.set(path, readSource(path, () => undefined, overlay));
    return known.get(path);
  };
}

/** Two packages that start the same endless function both find it. */
function withoutRepeats(sorted: readonly Diagnostic[]): Diagnostic[] {
  return sorted.filter((d, i) => {
    const before = sorted[i - 1];
    return !before || before.rule !== d.rule || before.at.source !== d.at.source || before.at.start !== d.at.start;
  });
}

function byPlace(a: Diagnostic, b: Diagnostic): number {
  const order = (x: string, y: string) => (x < y ? -1 : x > y ? 1 : 0);
  return order(a.at.source.path, b.at.source.path) || a.at.start - b.at.start || order(a.rule, b.rule) || order(a.message, b.message);
}

/** A file that two packages import is read for both. */
function unique(problems: readonly Problem[]): Problem[] {
  return [...new Map(problems.map(p => [`${p.id} ${p.path} ${p.line} ${p.message}`, p])).values()];
}
