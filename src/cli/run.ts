import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { rules } from '../../rules/index.ts';
import { packageRoot, packageVersion } from '../assets.ts';
import { cacheDir } from '../engine/cache.ts';
import type { Confidence, Diagnostic, Severity } from '../finding.ts';
import { lint, type LintOptions, type LintResult } from '../lint.ts';
import { displayPath } from '../report/paths.ts';
import { mergePerLine, type Report, type RuleDoc } from '../report/report.ts';
import { toText } from '../report/text.ts';
import type { Rule } from '../rule.ts';
import { gitRootOf } from '../source/gitroot.ts';
import type { Problem } from '../source/problem.ts';
import { reasonOf } from '../source/read.ts';
import { positionAt } from '../source/text.ts';
import { applySuppressions } from '../suppress.ts';
import { unknownRule } from '../config/closest.ts';
import { painter, usesColour } from './colour.ts';
import type { Fixed, Fixing } from './fix.ts';
import { type CliOptions, commandLine, type Output } from './options.ts';
import { progressOn } from './progress.ts';
import { type Settings, settingsOf } from './settings.ts';
import { SUBCOMMANDS } from './subcommands.ts';
import { threadsFor } from './threads.ts';
import { clockShares, startClock } from '../source/clock.ts';
import { statsText } from './stats.ts';
import { UsageError } from './usage.ts';

export const EXIT = { clean: 0, findings: 1, failed: 2 } as const;

const RULE_IDS: readonly string[] = rules.map(rule => rule.id);

/** Runs the command and returns the exit status. */
export async function run(args: readonly string[]): Promise<number> {
  const [name = '', ...rest] = args;
  const subcommand = SUBCOMMANDS.get(name);
  if (subcommand) return (await subcommand())(rest);
  const command = commandLine(packageVersion());
  command.parse(args, { from: 'user' });
  const asked = command.opts<CliOptions>();
  const patterns = command.args.length ? command.args : ['./...'];
  for (const name of [...asked.enable ?? [], ...asked.disable ?? []]) if (!RULE_IDS.includes(name)) throw new UsageError([unknownRule(name, RULE_IDS)]);
  if (asked.explain !== undefined) return explain(asked.explain);
  if (asked.listRules) return listRules(asked);
  const settings = await settingsOf(command, patterns, RULE_IDS);
  if (asked.showFiles || asked.print) {
    const { inspect } = await import('./inspect.ts');
    return inspect(settings, patterns);
  }
  return check(settings, patterns);
}

async function check(settings: Settings, patterns: readonly string[]): Promise<number> {
  const { options } = settings;
  const selected = rules.filter(({ id }) => settings.runs(id));
  const started = performance.now();
  if (options.stats) startClock();
  const progress = progressOn(process.stderr);
  const cwd = process.cwd();
  const lintOptions: LintOptions = {
    cwd, patterns, rules: selected, tests: options.tests, generated: options.generated ?? false,
    tags: new Set(options.tags ?? []), go: options.go, progress: progress.step,
    declared: settings.declared, isExcluded: settings.isExcluded,
    cache: options.cache ? resolve(options.cacheDir ?? cacheDir()) : undefined,
    threads: threadsFor(options.jobs),
  };
  const first = await lint(lintOptions);
  const fixer = options.fix || options.diff ? await import('./fix.ts') : undefined;
  const fixing = await fixer?.findFixes(lintOptions, first, choose(first, options, selected).chosen);
  progress.clear();
  if (fixing && options.diff) return printDiff(fixing, options, cwd);
  const fixed = fixing && (await fixer?.makeFixes(fixing, lintOptions));
  const result = fixed?.remaining ?? first;
  progress.clear();
  const { chosen, problems } = choose(result, options, selected);
  const evident = options.evidence && (await (await import('./evidence.ts')).withEvidence(chosen, patterns, options.evidence));
  const shown = mergePerLine(evident?.diagnostics ?? chosen, d => positionAt(d.at.source, d.at.start).line);
  const report: Report = {
    diagnostics: shown, problems: [...result.problems, ...problems, ...fixed?.problems ?? [], ...evident?.problems ?? []].filter(p => p.level !== 'note' || options.verbose),
    rules: selected.map(docOf), root: gitRootOf(cwd) ?? cwd, cwd, version: packageVersion(), category: options.sarifCategory,
  };
  const written = await write(report, options);
  if (options.stats) process.stderr.write(statsText(clockShares()));
  const said = [...report.problems, ...written];
  say(said, options, cwd);
  if (!options.quiet) process.stderr.write(`${summary(shown, fixed, result, performance.now() - started)}\n`);
  return exitStatus(shown, said, options);
}

/** What of a run's findings is reported, and what is to be said of suppressions. */
function choose(result: LintResult, options: CliOptions, selected: readonly Rule[]): { chosen: readonly Diagnostic[]; problems: readonly Problem[] } {
  const { kept, problems } = applySuppressions(result.diagnostics, result.suppressing, new Set(selected.map(r => r.id)));
  return { chosen: kept.filter(d => isCertainEnough(d, options.minConfidence)), problems };
}

async function printDiff(fixing: Fixing, options: CliOptions, cwd: string): Promise<number> {
  const { unifiedDiff } = await import('../fix/output.ts');
  const problems = fixing.problems.filter(p => p.level !== 'note' || options.verbose);
  process.stdout.write(unifiedDiff(fixing.texts, cwd));
  say(problems, options, cwd);
  if (!options.quiet) process.stderr.write(`${count(fixing.made, 'fix', 'fixes')} in ${count(fixing.texts.size, 'file')}\n`);
  return exitStatus([], problems, options) || (fixing.texts.size && !options.exitZero ? EXIT.findings : EXIT.clean);
}

function say(problems: readonly Problem[], { quiet }: CliOptions, cwd: string): void {
  for (const problem of problems) if (!quiet || problem.level === 'error') process.stderr.write(`${describe(problem, cwd)}\n`);
}

const LEVELS: readonly Confidence[] = ['low', 'medium', 'high'];
function isCertainEnough(d: Diagnostic, least: Confidence): boolean {
  return LEVELS.indexOf(d.confidence) >= LEVELS.indexOf(least);
}

function docOf(rule: Rule): RuleDoc {
  return {
    id: rule.id, summary: rule.summary, severity: rule.severity,
    // Most formats do not ask for it, and there is a file for each rule.
    get help() {
      return readFileSync(join(packageRoot, 'rules', `${rule.id}.md`), 'utf8');
    },
  };
}

function explain(id: string): number {
  const rule = rules.find(r => r.id === id);
  if (!rule) throw new UsageError([unknownRule(id, RULE_IDS)]);
  process.stdout.write(docOf(rule).help);
  return EXIT.clean;
}

function listRules({ format }: CliOptions): number {
  const rows = rules.map(({ id, severity, summary }) => ({ id, severity, summary }));
  const width = Math.max(...rows.map(r => r.id.length));
  const text = rows.map(r => `${r.id.padEnd(width)}  ${r.severity.padEnd(7)}  ${r.summary}\n`).join('');
  process.stdout.write(format[0]?.format === 'json' ? `${JSON.stringify(rows, undefined, 2)}\n` : text);
  return EXIT.clean;
}

/** Writes every output; one that cannot be written is a problem and does not keep the others back. */
async function write(report: Report, options: CliOptions): Promise<Problem[]> {
  const outputs: readonly Output[] = options.format.length ? options.format : [{ format: 'text', path: undefined }];
  const problems: Problem[] = [];
  for (const [i, { format, path }] of outputs.entries()) {
    const target = path ?? (i === 0 ? options.output : undefined);
    const text = await render(format, report, target === undefined, options);
    if (target === undefined) {
      process.stdout.write(text);
      continue;
    }
    try {
      writeFileSync(resolve(target), text);
    } catch (error) {
      problems.push({ level: 'error', id: 'unwritable-output', path: resolve(target), message: `cannot write the ${format} report: ${reasonOf(error)}` });
    }
  }
  return problems;
}

async function render(format: Output['format'], report: Report, toTerminal: boolean, { color }: CliOptions): Promise<string> {
  switch (format) {
    case 'text': {
      const isTerminal = toTerminal && process.stdout.isTTY === true;
      return toText(report, { paint: painter(toTerminal && usesColour(color, isTerminal, process.env)), frame: isTerminal });
    }
    case 'json':
      return (await import('../report/json.ts')).toJson(report);
    case 'sarif':
      return (await import('../report/sarif.ts')).toSarif(report);
    case 'github':
      return (await import('../report/github.ts')).toGithub(report);
  }
}

function describe(problem: Problem, cwd: string): string {
  const place = problem.path ? `${displayPath(problem.path, cwd)}${problem.line ? `:${problem.line}` : ''}: ` : '';
  return `${problem.level}: ${place}${problem.message}`;
}

function count(n: number, one: string, many = `${one}s`): string {
  return `${n} ${n === 1 ? one : many}`;
}

function summary(shown: readonly Diagnostic[], fixed: Fixed | undefined, result: LintResult, milliseconds: number): string {
  const kinds = (['error', 'warning', 'note'] as const).map(s => [s, shown.filter(d => d.severity === s).length] as const).filter(([, n]) => n > 0);
  const detail = kinds.length ? ` (${kinds.map(([s, n]) => count(n, s)).join(', ')})` : '';
  const fixable = fixed ? 0 : shown.filter(d => d.fix).length;
  const before = fixed ? `${fixed.made} fixed, ` : '';
  const hint = fixable ? `; ${fixable} fixable with --fix` : '';
  const nested = result.problems.filter(({ id }) => id === 'nested-module').length;
  const leftOut = nested ? `; ${count(nested, 'nested module')} left out (--verbose names them)` : '';
  return `${before}${count(shown.length, 'finding')}${detail} in ${count(result.packages, 'package')}, ${count(result.files, 'file')}, ${(milliseconds / 1000).toFixed(1)} s${hint}${leftOut}`;
}

const UNREADABLE = new Set(['unreadable-file', 'unreadable-folder', 'binary-file', 'file-too-large', 'not-a-file', 'rule-failed', 'bad-go-mod']);
const RANK: Readonly<Record<Severity | 'never', number>> = { note: 0, warning: 1, error: 2, never: 3 };

function exitStatus(shown: readonly Diagnostic[], problems: readonly Problem[], { exitZero, failOn, strict }: CliOptions): number {
  if (problems.some(p => p.level === 'error' || (strict && UNREADABLE.has(p.id)))) return EXIT.failed;
  if (exitZero) return EXIT.clean;
  return shown.some(d => RANK[d.severity] >= RANK[failOn]) ? EXIT.findings : EXIT.clean;
}
