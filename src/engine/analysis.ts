/** One thread's view of the code: folders are analysed one after the other, and what was learnt on the way stays. */
import { dirname } from 'node:path';
import { stdFolder } from '../assets.ts';
import { Contracts } from '../contracts/contracts.ts';
import type { Declared } from '../contracts/declared.ts';
import type { Diagnostic, Finding, Severity } from '../finding.ts';
import type { Pass } from '../leaks/pass.ts';
import { looksTaken, startLooking } from '../program/looks.ts';
import { dropBodies, fileOf, type FuncInfo, type GoFile, type Package } from '../program/package.ts';
import { Program } from '../program/program.ts';
import type { Rule } from '../rule.ts';
import { timed } from '../source/clock.ts';
import { parseGoVersion } from '../source/goversion.ts';
import { Modules } from '../source/modules.ts';
import type { Problem } from '../source/problem.ts';
import type { Overlay } from '../source/read.ts';
import { maySuppress } from '../suppress.ts';
import { callsIn } from '../syntax/calls.ts';
import { GrammarMissing, loadGrammar } from '../syntax/tolerant/parse.ts';
import { type PortableDiagnostic, toPortable, type UnitResult } from './portable.ts';

/** A folder that was asked for, as plain data. */
export interface Unit {
  /** Absolute, symbolic links resolved. */
  readonly dir: string;
  readonly importPath: string;
  /** Absolute paths, sorted. */
  readonly files: readonly string[];
  /** When findings of some of them are wanted only: their real paths, sorted. */
  readonly only?: readonly string[];
}

/** What an analysis is made with; plain data, since every thread makes its own. */
export interface AnalysisOptions {
  /** Absolute, symbolic links resolved. */
  readonly cwd: string;
  readonly units: readonly Unit[];
  /** Overrides the `go` line of go.mod. */
  readonly go: string | undefined;
  readonly declared: Declared | undefined;
  readonly overlay: Overlay | undefined;
  /** Whether findings in `_test.go` files are wanted, and in generated ones. */
  readonly tests: boolean;
  readonly generated: boolean;
  /** Whether results are kept for the next run, and therefore say what they depend on. */
  readonly areKept: boolean;
}

const NEWEST = { major: 1, minor: 27 };

export class Analysis {
  private program: Program;
  private contracts: Contracts;
  private readonly ruleIds: ReadonlySet<string>;
  private readonly askedDirs: ReadonlySet<string>;
  /** What is wrong with folders that were read before their turn. */
  private readonly known = new Map<string, Problem[]>();
  private problems: Problem[] = [];

  constructor(private readonly options: AnalysisOptions, private readonly rules: readonly Rule[]) {
    this.askedDirs = new Set(options.units.map(unit => unit.dir));
    this.ruleIds = new Set(rules.map(rule => rule.id));
    this.program = this.newProgram();
    this.contracts = new Contracts(this.program, options.declared);
  }

  async analyse(unit: Unit): Promise<UnitResult> {
    try {
      return this.analysed(unit);
    } catch (error) {
      if (!(error instanceof GrammarMissing)) throw error;
      await loadGrammar();
      this.beginAnew();
      return this.analysed(unit);
    }
  }

  private newProgram(): Program {
    const { options } = this;
    const report = (problem: Problem) => this.note(problem);
    const modules = new Modules(report);
    // Without go.mod this makes it the root to which import paths are relative.
    modules.moduleOf(options.cwd);
    const asked = new Map(options.units.map(unit => [unit.dir, { ...unit, module: () => modules.moduleOf(unit.dir) }]));
    return new Program({ modules, std: stdFolder, overlay: options.overlay, asked, report });
  }

  /** Whatever was under way is half known. */
  private beginAnew(): void {
    dropBodies();
    this.known.clear();
    this.program = this.newProgram();
    this.contracts = new Contracts(this.program, this.options.declared);
  }

  private analysed(unit: Unit): UnitResult {
    this.problems = [...this.known.get(unit.dir) ?? []];
    const packages = this.program.askedIn(unit.dir);
    if (this.options.areKept) startLooking(unit.dir, () => callsIn(packages.flatMap(pkg => pkg.files.map(file => file.source.text))));
    const diagnostics = packages.flatMap(pkg => [...this.check(pkg, unit)]);
    // Memory follows the largest package, not the repository.
    for (const pkg of packages) pkg.drop();
    dropBodies();
    const sources = packages.flatMap(pkg => pkg.files.map(file => file.source));
    return {
      diagnostics, problems: this.problems, packages: packages.length,
      files: sources.map(source => source.path), suppressing: sources.filter(maySuppress).map(source => source.path), looks: looksTaken(),
    };
  }

  private note(problem: Problem): void {
    this.problems.push(problem);
    const dir = problem.path === undefined ? undefined : dirname(problem.path);
    if (dir === undefined || !this.askedDirs.has(dir)) return;
    this.known.set(dir, [...this.known.get(dir) ?? [], problem]);
  }

  private wantedOf({ only }: Unit): Pass['isAsked'] {
    const { tests, generated } = this.options;
    const paths = only && new Set(only);
    return ({ kind, source }) => (tests || !kind.test) && (generated || !kind.generated) && (!paths || paths.has(source.path));
  }

  private *check(pkg: Package, unit: Unit): Generator<PortableDiagnostic> {
    const go = parseGoVersion(this.options.go ?? pkg.module?.go ?? '') ?? NEWEST;
    const pass: Pass = { pkg, isAsked: this.wantedOf(unit), isWhole: !unit.only, contracts: this.contracts, go, rules: this.ruleIds };
    const told = new Set<FuncInfo | undefined>();
    for (const rule of this.rules) {
      const found = timed(`rule ${rule.id}`, () => [...this.run(rule, pass, rule.check(pass))]);
      for (const finding of rule.tellsOfWaits ? found : []) told.add(functionOf(finding, pkg));
      for (const finding of found) yield* this.reported(finding, rule);
    }
    for (const rule of this.rules) {
      const untold = rule.untold?.(pass, told);
      if (untold) for (const finding of timed(`rule ${rule.id}`, () => [...this.run(rule, pass, untold)])) yield* this.reported(finding, rule);
    }
  }

  /** Runs one rule on one package. A rule that fails loses its own findings in this package, nothing else. */
  private *run(rule: Rule, pass: Pass, findings: Iterable<Finding>): Generator<Finding> {
    try {
      yield* findings;
    } catch (error) {
      if (error instanceof GrammarMissing) throw error;
      const message = `${rule.id} failed in this package (${error instanceof Error ? error.message : String(error)}); please report it`;
      this.problems.push({ level: 'warning', id: 'rule-failed', path: pass.pkg.dir, message });
    }
  }

  /** A goroutine's body may lie in another package; it is reported there when that package was asked for. */
  private *reported(finding: Finding, rule: Rule): Generator<PortableDiagnostic> {
    const file = fileOf(finding.at.source);
    if (!file || !this.askedDirs.has(file.pkg.dir)) return;
    const { kind: { test, generated }, pkg: { dir } } = file;
    yield toPortable(diagnosticOf(finding, rule, file), { dir, test, generated });
  }
}

/** The function that a finding lies in. */
function functionOf({ at }: Pick<Finding, 'at'>, pkg: Package): FuncInfo | undefined {
  return pkg.funcs.find(({ file, piece }) => file.source === at.source && piece.start <= at.start && at.end <= piece.end);
}

function diagnosticOf(finding: Finding, rule: Rule, file: GoFile): Diagnostic {
  const fix = finding.fix?.edits.every(({ at }) => mayEdit(fileOf(at.source))) ? finding.fix : undefined;
  const { fix: _, ...rest } = finding;
  return { ...rest, ...(fix ? { fix } : {}), rule: rule.id, severity: severityOf(finding, rule, file.kind.test), function: functionOf(finding, file.pkg)?.name ?? '', package: file.pkg.path };
}

/** Not what a generator writes anew, and not what a symbolic link brings in from elsewhere. */
function mayEdit(file: GoFile | undefined): boolean {
  return file !== undefined && !file.kind.generated && dirname(file.source.path) === file.pkg.dir;
}

/** A leak in a test is at most a warning. */
function severityOf(finding: Finding, rule: Rule, isTest: boolean): Severity {
  const severity = finding.severity ?? rule.severity;
  return isTest && severity === 'error' ? 'warning' : severity;
}
