/** `go-leak-lint diff`. */
import { setTimeout as wait } from 'node:timers/promises';
import { Option } from 'commander';
import { diffOf } from '../runtime/diff.ts';
import { diffToJson, diffToMarkdown } from '../runtime/diffreport.ts';
import type { Snapshot } from '../runtime/model.ts';
import { takeSnapshot, targetOf } from '../runtime/pprof.ts';
import { rowsOf } from '../runtime/rows.ts';
import { duration, wholeNumber } from './duration.ts';
import { readInput } from './inputs.ts';
import { joining, type JoinOptions, subcommand, withJoin } from './subcommand.ts';
import { UsageError } from './usage.ts';

interface Options extends JoinOptions {
  readonly url?: string;
  readonly wait: number;
  readonly polls: number;
  readonly top: number;
  readonly format: 'markdown' | 'json';
}

const EXAMPLES = `
Examples:
  $ go-leak-lint diff before.txt after.txt                       two dumps or profiles, in any formats
  $ go-leak-lint diff --url http://localhost:6060                now and in a minute
  $ go-leak-lint diff --url http://localhost:6060 --wait 5m --polls 4 > growth.md

A program with fewer than 10,000 goroutines is asked for a dump with states (debug=2), a larger one for the profile,
which stops it for milliseconds only.

Exit status: 0, or 2 when an input could not be read or the program stopped answering.`;

export async function diff(args: readonly string[]): Promise<number> {
  const command = withJoin(subcommand('diff', 'Shows which goroutines a program has more of than before.', EXAMPLES)
    .argument('[inputs...]', 'dumps and profiles in the order of time')
    .option('--url <address>', 'ask a running program instead, several times')
    .option('--wait <time>', 'between two questions', duration, 60_000)
    .option('--polls <n>', 'how many times', wholeNumber(2), 2)
    .option('--top <n>', 'how many stacks are shown', wholeNumber(0), 5)
    .addOption(new Option('-f, --format <format>', 'format').choices(['markdown', 'json']).default('markdown')));
  command.parse(args, { from: 'user' });
  const options = command.opts<Options>();
  if (options.url === undefined ? command.args.length < 2 : command.args.length > 0) throw new UsageError(['give two inputs or more, or --url; see go-leak-lint diff --help']);
  const snapshots = options.url === undefined ? await readAll(command.args) : await poll(options.url, options);
  const wanted = options.url === undefined ? command.args.length : options.polls;
  if (snapshots.length >= 2) await print(snapshots, options);
  return snapshots.length === wanted ? 0 : 2;
}

async function readAll(names: readonly string[]): Promise<Snapshot[]> {
  const snapshots: Snapshot[] = [];
  for (const name of names) {
    const read = await readInput(name);
    if (read.kind === 'snapshot') snapshots.push(read.snapshot);
    else process.stderr.write(`error: ${name}: ${read.reason}\n`);
  }
  return snapshots;
}

/** What was seen until the program stopped answering. */
async function poll(url: string, { wait: ms, polls }: Options): Promise<Snapshot[]> {
  const target = targetOf(url);
  if (!target) throw new UsageError([`--url ${url}: write it like http://localhost:6060`]);
  const snapshots: Snapshot[] = [];
  for (let i = 1; i <= polls; i++) {
    if (i > 1) await wait(ms);
    const read = await takeSnapshot(target);
    if (read.kind === 'unreadable') {
      process.stderr.write(`error: ${target.name}: ${read.reason} (question ${i} of ${polls})\n`);
      break;
    }
    process.stderr.write(`${i} of ${polls}: ${read.snapshot.total} goroutines\n`);
    snapshots.push({ ...read.snapshot, name: `${read.snapshot.name} at ${new Date().toISOString().slice(0, 19)}Z` });
  }
  return snapshots;
}

async function print(snapshots: readonly Snapshot[], options: Options): Promise<void> {
  const { join, code } = await joining(options);
  const result = diffOf(snapshots);
  const rows = rowsOf(result.changes, join, code);
  const report = { diff: result, rows, code, cwd: process.cwd(), top: options.top };
  process.stdout.write(options.format === 'json' ? diffToJson(report) : diffToMarkdown(report));
}
