/** `go-leak-lint leaks`. */
import { Option } from 'commander';
import { dumpsToJson, dumpToText } from '../runtime/dumpreport.ts';
import { leakedInBoth, leakedOf, saysLeaked } from '../runtime/leaks.ts';
import type { Snapshot } from '../runtime/model.ts';
import { takeSnapshot, targetOf } from '../runtime/pprof.ts';
import type { Read } from '../runtime/read.ts';
import { rowsOf } from '../runtime/rows.ts';
import { templatesOf } from '../runtime/templates.ts';
import { readInput } from './inputs.ts';
import { joining, type JoinOptions, painterFor, subcommand, withJoin } from './subcommand.ts';
import { UsageError } from './usage.ts';

interface Options extends JoinOptions {
  readonly url?: string;
  readonly format: 'text' | 'json';
  readonly stacks?: true;
}

const EXAMPLES = `
Examples:
  $ go-leak-lint leaks --url http://localhost:6060         collected twice; only what is leaked both times counts
  $ go-leak-lint leaks leaks.pb.gz                         what /debug/pprof/goroutineleak gave, in any format

The profile goroutineleak is part of Go 1.27, and of 1.26 when built with GOEXPERIMENT=goroutineleakprofile. What it
lists is leaked for certain. It does not list goroutines that sleep, that wait for the network, or whose channel or lock
somebody can still reach.

Exit status: 0 none, 1 leaked goroutines, 2 cannot tell.`;

export async function leaks(args: readonly string[]): Promise<number> {
  const command = withJoin(subcommand('leaks', 'Prints the goroutines that the Go runtime itself proves to be leaked, joined with the source.', EXAMPLES)
    .argument('[input]', 'a goroutineleak profile, or an address')
    .option('--url <address>', 'ask a running program')
    .addOption(new Option('-f, --format <format>', 'format').choices(['text', 'json']).default('text'))
    .option('--stacks', 'print whole stacks'));
  command.parse(args, { from: 'user' });
  const options = command.opts<Options>();
  const [input] = command.args;
  const name = options.url ?? input;
  if (name === undefined || (options.url !== undefined && input !== undefined)) throw new UsageError(['give a profile or --url; see go-leak-lint leaks --help']);
  const read = options.url === undefined && !targetOf(name) ? await fromFile(name) : await fromProgram(name);
  if (read.kind === 'unreadable') {
    process.stderr.write(`error: ${name}: ${read.reason}\n`);
    return 2;
  }
  await print(read.snapshot, options);
  if (read.snapshot.truncated) process.stderr.write(`error: ${name}: its end is missing, so more may be leaked\n`);
  return read.snapshot.total > 0 ? 1 : read.snapshot.truncated ? 2 : 0;
}

async function fromFile(name: string): Promise<Read> {
  const read = await readInput(name, 'goroutineleak');
  if (read.kind === 'unreadable') return read;
  const leaked = leakedOf(read.snapshot);
  if (saysLeaked(read.snapshot) === 'no') return { kind: 'unreadable', reason: 'It is a profile of all goroutines; the one wanted is at /debug/pprof/goroutineleak.' };
  if (saysLeaked(read.snapshot) === 'unknown' && leaked.total === 0) process.stderr.write(`note: ${name}: no goroutine is marked as leaked; unless it is from /debug/pprof/goroutineleak that says nothing\n`);
  return { kind: 'snapshot', snapshot: leaked };
}

async function fromProgram(url: string): Promise<Read> {
  const target = targetOf(url);
  if (!target) throw new UsageError([`--url ${url}: write it like http://localhost:6060`]);
  const first = await takeSnapshot(target, 'goroutineleak');
  if (first.kind === 'unreadable') return first;
  if (target.exact && saysLeaked(first.snapshot) === 'no') return { kind: 'unreadable', reason: 'It is a profile of all goroutines; the one wanted is at /debug/pprof/goroutineleak.' };
  const second = await takeSnapshot(target, 'goroutineleak');
  return second.kind === 'unreadable' ? second : { kind: 'snapshot', snapshot: leakedInBoth(first.snapshot, second.snapshot) };
}

async function print(snapshot: Snapshot, options: Options): Promise<void> {
  const { join, code } = await joining(options);
  const rows = rowsOf(templatesOf(snapshot).map(template => ({ template })), join, code);
  const report = { snapshot, rows, code, cwd: process.cwd() };
  process.stdout.write(options.format === 'json' ? dumpsToJson([report]) : dumpToText(report, { paint: painterFor(options), stacks: options.stacks === true, all: true }));
}
