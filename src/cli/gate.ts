/** `go-leak-lint gate`. */
import { readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { Option } from 'commander';
import { readBaseline, writeBaseline } from '../runtime/baseline.ts';
import { type Baseline, baselineOf, hasPassed, isSettled, judge, leastOf } from '../runtime/gate.ts';
import { gateToJson, gateToText } from '../runtime/gatereport.ts';
import { merge } from '../runtime/merge.ts';
import type { Snapshot } from '../runtime/model.ts';
import { takeSnapshot, targetOf } from '../runtime/pprof.ts';
import type { Read } from '../runtime/read.ts';
import { rowsOf } from '../runtime/rows.ts';
import { reasonOf } from '../source/read.ts';
import { duration, wholeNumber } from './duration.ts';
import { readInput } from './inputs.ts';
import { joining, type JoinOptions, subcommand, withJoin } from './subcommand.ts';
import { UsageError } from './usage.ts';

interface Options extends JoinOptions {
  readonly baseline: string;
  readonly url?: string;
  readonly update?: true;
  readonly slack: number;
  readonly totalSlack: number;
  readonly all?: true;
  readonly settle: number;
  readonly format: 'text' | 'json';
}

const EXAMPLES = `
Examples:
  $ go-leak-lint gate --baseline goroutines.json after-tests.txt --update    write the baseline; commit it
  $ go-leak-lint gate --baseline goroutines.json after-tests.txt             in CI: fail when more is left than that
  $ go-leak-lint gate --baseline goroutines.json --url http://localhost:6060 a program, looked at until it is at rest

A dump of what is left when the tests of a package have run:

  func TestMain(m *testing.M) {
  	code := m.Run()
  	if path := os.Getenv("GOROUTINES"); path != "" {
  		time.Sleep(100 * time.Millisecond) // let goroutines that are ending end
  		if f, err := os.Create(path); err == nil {
  			pprof.Lookup("goroutine").WriteTo(f, 2) // import "runtime/pprof"
  			f.Close()
  		}
  	}
  	os.Exit(code)
  }

On GitHub Actions:

  - run: GOROUTINES=$RUNNER_TEMP/goroutines.txt go test -count=1 ./orders
  - run: npx --yes go-leak-lint gate --baseline orders/goroutines.json $RUNNER_TEMP/goroutines.txt

Compared are templates: functions, who made the goroutine and what it waits for, without line numbers. Library
goroutines are ignored unless --all is given, and the number of all goroutines may grow by --total-slack.

Exit status: 0 passed, 1 grew, 2 cannot tell (no answer, a damaged dump, no baseline).`;

export async function gate(args: readonly string[]): Promise<number> {
  const command = withJoin(subcommand('gate', 'Fails when goroutines are there that a baseline does not have.', EXAMPLES)
    .argument('[inputs...]', 'dumps or profiles, counted together')
    .requiredOption('--baseline <file>', 'what is allowed, as --update wrote it')
    .option('--url <address>', 'ask a running program')
    .option('--update', 'write the baseline instead')
    .option('--slack <n>', 'how many goroutines more each template may have', wholeNumber(0), 0)
    .option('--total-slack <n>', 'how many goroutines more there may be in all', wholeNumber(0), 10)
    .option('--all', 'look at goroutines of libraries as well')
    .option('--settle <time>', 'with --url: how long to wait for the program to be at rest', duration, 5_000)
    .addOption(new Option('-f, --format <format>', 'format').choices(['text', 'json']).default('text')));
  command.parse(args, { from: 'user' });
  const options = command.opts<Options>();
  if ((options.url === undefined) === (command.args.length === 0)) throw new UsageError(['give dumps or --url; see go-leak-lint gate --help']);
  const read = options.url === undefined ? await fromFiles(command.args) : await settled(options.url, options.settle);
  if (read.kind === 'unreadable') return cannotTell(read.reason);
  const { snapshot } = read;
  if (snapshot.truncated) return cannotTell(`${snapshot.name}: its end is missing.`);
  if (snapshot.unparsed) process.stderr.write(`warning: ${snapshot.name}: ${snapshot.unparsed} lines were not understood\n`);
  return options.update ? update(snapshot, options.baseline) : compare(snapshot, options);
}

function cannotTell(reason: string): number {
  process.stderr.write(`error: cannot tell: ${reason}\n`);
  return 2;
}

async function fromFiles(names: readonly string[]): Promise<Read> {
  const snapshots: Snapshot[] = [];
  for (const name of names) {
    const read = await readInput(name);
    if (read.kind === 'unreadable') return { kind: 'unreadable', reason: `${name}: ${read.reason}` };
    snapshots.push(read.snapshot);
  }
  return merge(snapshots);
}

const BETWEEN_LOOKS = 500;

/** Looks until two looks show the same, or the time is over. */
async function settled(url: string, ms: number): Promise<Read> {
  const target = targetOf(url);
  if (!target) throw new UsageError([`--url ${url}: write it like http://localhost:6060`]);
  const snapshots: Snapshot[] = [];
  for (const until = performance.now() + ms; ;) {
    const read = await takeSnapshot(target);
    if (read.kind === 'unreadable') return { kind: 'unreadable', reason: `${target.name}: ${read.reason}` };
    const before = snapshots.at(-1);
    snapshots.push(read.snapshot);
    if (performance.now() >= until || (before && isSettled(before, read.snapshot))) break;
    await wait(Math.min(BETWEEN_LOOKS, ms));
  }
  const snapshot = leastOf(snapshots);
  return snapshot ? { kind: 'snapshot', snapshot } : { kind: 'unreadable', reason: `${target.name}: no answer.` };
}

function update(snapshot: Snapshot, path: string): number {
  const baseline = baselineOf(snapshot);
  try {
    writeFileSync(path, writeBaseline(baseline));
  } catch (error) {
    return cannotTell(`${path}: ${reasonOf(error)}`);
  }
  process.stdout.write(`${path}: ${baseline.total} goroutines in ${baseline.entries.length} templates\n`);
  return 0;
}

async function compare(snapshot: Snapshot, options: Options): Promise<number> {
  const baseline = load(options.baseline);
  if (typeof baseline === 'string') return cannotTell(`${options.baseline}: ${baseline}`);
  if (baseline.profile !== snapshot.profile) return cannotTell(`the baseline is of the profile ${baseline.profile}, and this is ${snapshot.profile}.`);
  const { join, code } = await joining(options);
  const verdict = judge(snapshot, baseline, code, { slack: options.slack, totalSlack: options.totalSlack, all: options.all === true });
  const rows = rowsOf(verdict.grown.map(({ template, allowed }) => ({ template, growth: template.count - allowed })), join, code);
  const report = { verdict, rows, snapshot, code, cwd: process.cwd(), hasPassed: hasPassed(verdict) };
  process.stdout.write(options.format === 'json' ? gateToJson(report) : gateToText(report));
  return report.hasPassed ? 0 : 1;
}

function load(path: string): Baseline | string {
  try {
    return readBaseline(readFileSync(path, 'utf8'));
  } catch (error) {
    return `${reasonOf(error)}; write it with --update.`;
  }
}
