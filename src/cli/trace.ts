/** `go-leak-lint trace FILE`: which places of a program create goroutines that stay, told from an execution trace. */
import { closeSync, openSync, readSync } from 'node:fs';
import { Option } from 'commander';
import { matchesOf } from '../runtime/trace/findings.ts';
import { reasonsOf } from '../runtime/trace/ghosts.ts';
import { traceJson } from '../runtime/trace/json.ts';
import { readTrace, type Trace } from '../runtime/trace/read.ts';
import { censusOf } from '../runtime/trace/sites.ts';
import { type TraceReport, traceText } from '../runtime/trace/text.ts';
import { reasonOf } from '../source/read.ts';
import { wholeNumber } from './duration.ts';
import { joining, type JoinOptions, painterFor, subcommand, withJoin } from './subcommand.ts';
import { UsageError } from './usage.ts';

interface Options extends JoinOptions {
  readonly format: 'text' | 'json';
  readonly all?: true;
  readonly top: number;
  readonly exitZero?: true;
}

const EXAMPLES = `
A trace is what runtime/trace writes, or the debug endpoint of a running program:
  $ curl -o trace.out 'http://localhost:6060/debug/pprof/trace?seconds=5'
  $ go-leak-lint trace trace.out

A ghost is a goroutine that was created during the trace, waits, and did not end although it had a second to do so (half
of a trace that is shorter than two). A site with at least 10 is reported when more than 50 a second stay, or when less
than a tenth of its goroutines ended. With fewer than 10 it is marked with ? in the list of the other sites.
Where the go statement is in a library, "because of" names the line of the program that led to it.

Exit status: 0 nothing is reported, 1 something is, 2 the file could not be read (or only in part, and nothing is reported).`;

export async function trace(args: readonly string[]): Promise<number> {
  const command = withJoin(subcommand('trace', 'Says where goroutines are created that never end, from an execution trace of Go 1.11 or later.', EXAMPLES)
    .argument('<file>', 'the trace; - for standard input')
    .addOption(new Option('-f, --format <format>', 'format').choices(['text', 'json']).default('text'))
    .option('--top <n>', 'how many of the sites of which nothing is reported are listed', wholeNumber(0), 5)
    .option('--all', 'list all of them')
    .option('--exit-zero', 'exit with 0 even when something is reported'));
  command.parse(args, { from: 'user' });
  const options = command.opts<Options>();
  const read = readFile(command.args[0] ?? '-');
  const { join, code } = await joining(options);
  const census = censusOf(read, frame => code.originOf(frame) === 'own');
  const report: TraceReport = { trace: read, census, code, matches: site => matchesOf(site, join, code), cwd: process.cwd() };
  process.stdout.write(options.format === 'json' ? traceJson(report) : traceText(report, { paint: painterFor(options), others: options.all ? Infinity : options.top }));
  if (census.sites.some(site => reasonsOf(site).length > 0)) return options.exitZero ? 0 : 1;
  return read.problem === undefined ? 0 : 2;
}

function readFile(path: string): Trace {
  let trace: Trace | undefined;
  try {
    const file = openSync(path === '-' ? '/dev/stdin' : path, 'r');
    trace = readTrace(into => readSync(file, into, 0, into.length, null));
    closeSync(file);
  } catch (error) {
    throw new UsageError([`cannot read ${path}: ${reasonOf(error)}`]);
  }
  if (!trace) throw new UsageError([`${path} is no execution trace of Go 1.11 or later`]);
  return trace;
}
