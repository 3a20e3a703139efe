import { dirname, join } from 'node:path';
import { packageRoot } from './assets.ts';
import { Contracts } from './contracts/contracts.ts';
import { misnamed } from './config/misnamed.ts';
import type { Declared } from './contracts/declared.ts';
import type { Diagnostic, Finding, Severity } from './finding.ts';
import type { Pass } from './leaks/pass.ts';
import type { GoFile, Package } from './program/package.ts';
import { Program } from './program/program.ts';
import type { Rule } from './rule.ts';
import { classify, matches } from './source/constraints.ts';
import { parseGoVersion } from './source/goversion.ts';
import { Modules } from './source/modules.ts';
import { expandPatterns, type PackageFolder, withoutExcluded } from './source/patterns.ts';
import type { Problem } from './source/problem.ts';
import { type Overlay, readSource } from './source/read.ts';
import type { Source } from './source/text.ts';
import { initParser } from './syntax/parse.ts';

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
  readonly progress?: ((done: number, total: number) => void) | undefined;
}

export interface LintResult {
  /** All of them, suppressed ones included, sorted by path, place and rule. */
  readonly diagnostics: readonly Diagnostic[];
  /** The files that were asked for. */
  readonly sources: readonly Source[];
  readonly problems: readonly Problem[];
  readonly packages: number;
}

/** The whole pipeline: patterns → packages → declarations → rules (which ask for bodies, graphs, contracts) → findings. */
export async function lint(options: LintOptions): Promise<LintResult> {
  const problems: Problem[] = [];
  const loaded = await load(options, problem => problems.push(problem));
  const contracts = new Contracts(loaded.program, options.declared);
  const diagnostics: Diagnostic[] = [];
  const owners = new Map(loaded.packages.flatMap(({ folder, pkg }) => pkg.files.map(file => [file.source, { file, folder }])));
  const rules = new Set(options.rules.map(rule => rule.id));
  loaded.packages.forEach(({ folder, pkg }, i) => {
    options.progress?.(i, loaded.packages.length);
    const pass: Pass = { pkg, contracts, go: parseGoVersion(options.go ?? pkg.module?.go ?? '') ?? NEWEST, rules };
    for (const rule of options.rules) diagnostics.push(...checked(rule, pass, folder, owners, options, problems));
    // Memory follows the largest package, not the repository.
    for (const func of pkg.funcs) func.drop();
  });
  for (const problem of misnamed(options.declared?.names ?? [], loaded.program)) problems.push(problem);
  const sources = new Map(loaded.packages.flatMap(({ folder, pkg }) => pkg.files.filter(f => isAsked(f, folder)).map(f => [f.source.path, f.source])));
  return { diagnostics: withoutRepeats(diagnostics.sort(byPlace)), sources: [...sources.values()], problems: unique(problems), packages: loaded.packages.length };
}

const NEWEST = { major: 1, minor: 27 };

interface Loaded {
  readonly program: Program;
  readonly packages: readonly { readonly folder: PackageFolder; readonly pkg: Package }[];
}

/** Reads the declarations of what the patterns name. */
async function load(options: LintOptions, report: (problem: Problem) => void): Promise<Loaded> {
  const modules = new Modules(report);
  const asked = expandPatterns(options.cwd, options.patterns, modules, report);
  const folders = options.isExcluded ? withoutExcluded(asked, options.isExcluded) : asked;
  await initParser(join(packageRoot, 'wasm', 'tree-sitter-go.wasm'));
  const program = new Program({ modules, std: join(packageRoot, 'std'), overlay: options.overlay, report });
  const packages = folders.flatMap(folder => program
    .packagesIn(folder.dir, folder.importPath, folder.module, folder.files.filter(file => options.tags.size === 0 || isBuilt(file, options.tags)))
    .map(pkg => ({ folder, pkg })));
  return { program, packages };
}

const HOST_TAGS = ['linux', 'amd64', 'cgo'];

function isBuilt(file: string, tags: ReadonlySet<string>): boolean {
  const source = readSource(file, () => undefined);
  return !source || matches(classify(file, source.text).constraint, new Set([...HOST_TAGS, ...tags]));
}

/** Runs one rule on one package. A rule that fails loses its own findings in this package, nothing else. */
function* checked(rule: Rule, pass: Pass, folder: PackageFolder, owners: ReadonlyMap<Source, Owner>, options: LintOptions, problems: Problem[]): Generator<Diagnostic> {
  try {
    for (const finding of rule.check(pass)) {
      // A goroutine's body may lie in another package; it is reported there when that package was asked for.
      const owner = owners.get(finding.at.source);
      if (!owner || (owner.file.kind.test && !options.tests) || (owner.file.kind.generated && !options.generated)) continue;
      const { file } = owner;
      if (!isAsked(file, owner.folder)) continue;
      const fix = finding.fix?.edits.every(({ at }) => mayEdit(owners.get(at.source))) ? finding.fix : undefined;
      yield { ...finding, fix, rule: rule.id, severity: severityOf(finding, rule, file.kind.test), function: functionAt(finding, file.pkg), package: file.pkg.path };
    }
  } catch (error) {
    const message = `${rule.id} failed in this package (${error instanceof Error ? error.message : String(error)}); please report it`;
    problems.push({ level: 'warning', id: 'rule-failed', path: folder.dir, message });
  }
}

/** Not only read to understand another one. */
function isAsked({ source }: GoFile, { only }: PackageFolder): boolean {
  return !only || only.has(source.path);
}

interface Owner {
  readonly file: GoFile;
  readonly folder: PackageFolder;
}

/** Not what a generator writes anew, and not what a symbolic link brings in from elsewhere. */
function mayEdit(owner: Owner | undefined): boolean {
  return owner !== undefined && !owner.file.kind.generated && isAsked(owner.file, owner.folder) && dirname(owner.file.source.path) === owner.folder.dir;
}

/** Two packages that start the same endless function both find it. */
function withoutRepeats(sorted: readonly Diagnostic[]): Diagnostic[] {
  return sorted.filter((d, i) => {
    const before = sorted[i - 1];
    return !before || before.rule !== d.rule || before.at.source !== d.at.source || before.at.start !== d.at.start;
  });
}

/** A leak in a test is at most a warning. */
function severityOf(finding: Finding, rule: Rule, isTest: boolean): Severity {
  const severity = finding.severity ?? rule.severity;
  return isTest && severity === 'error' ? 'warning' : severity;
}

function functionAt({ at }: Finding, pkg: Package): string {
  return pkg.funcs.find(f => f.file.source === at.source && f.piece.start <= at.start && at.end <= f.piece.end)?.name ?? '';
}

function byPlace(a: Diagnostic, b: Diagnostic): number {
  const order = (x: string, y: string) => (x < y ? -1 : x > y ? 1 : 0);
  return order(a.at.source.path, b.at.source.path) || a.at.start - b.at.start || order(a.rule, b.rule) || order(a.message, b.message);
}

/** A file that two packages import is read for both. */
function unique(problems: readonly Problem[]): Problem[] {
  return [...new Map(problems.map(p => [`${p.id} ${p.path} ${p.line} ${p.message}`, p])).values()];
}

