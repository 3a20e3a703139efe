/** `go-leak-lint trace FILE`: which places of a program create goroutines that stay, told from an execution trace. */
import { closeSync, openSync, readSync } from 'node:fs';
import { Command, InvalidArgumentError, Option } from 'commander';
import { readTrace, type Trace } from '../runtime/trace/read.ts';
import { reasonsOf } from '../runtime/trace/ghosts.ts';
import { traceJson } from '../runtime/trace/json.ts';
import { censusOf } from '../runtime/trace/sites.ts';
import { traceText } from '../runtime/trace/text.ts';
import { reasonOf } from '../source/read.ts';
import { painter, usesColour } from './colour.ts';
import { UsageError } from './usage.ts';

interface TraceOptions {
  readonly format: 'text' | 'json';
  readonly all?: true;
  readonly top: number;
  readonly exitZero?: true;
  readonly color: 'auto' | 'always' | 'never';
}

const HELP = `
A trace is what runtime/trace writes, or the debug endpoint of a running program:
  $ curl -o trace.out 'http://localhost:6060/debug/pprof/trace?seconds=5'
  $ go-leak-lint trace trace.out

A ghost is a goroutine that was created during the trace, waits, and did not end although it had a second to do so (half
of a trace that is shorter than two). A site is reported when more than 50 ghosts a second stay, or when at least 10
stay and less than a tenth of its goroutines ended. Fewer than 10 are marked with ? in the list of the other sites.

Exit status: 0 nothing is reported, 1 something is, 2 the file could not be read (or only in part and nothing is reported).`;

export async function traceCommand(args: readonly string[]): Promise<number> {
  const command = new Command('go-leak-lint trace')
    .description('Reads a Go execution trace (Go 1.11 and later) and says where goroutines are created that never end.')
    .argument('<file>', 'the trace; - for standard input')
    .addOption(new Option('-f, --format <format>', 'how to print it').choices(['text', 'json']).default('text'))
    .option('--top <n>', 'how many of the sites without ghosts are listed', wholeNumber, 5)
    .option('--all', 'list all of them')
    .option('--exit-zero', 'exit with 0 even when something is reported')
    .addOption(new Option('--color <when>', 'colours').choices(['auto', 'always', 'never']).default('auto'))
    .addHelpText('after', HELP)
    .showSuggestionAfterError()
    .exitOverride();
  command.parse(args, { from: 'user' });
  const options = command.opts<TraceOptions>();
  const trace = readFile(command.args[0] ?? '-');
  const census = censusOf(trace);
  const others = options.all ? Infinity : options.top;
  process.stdout.write(options.format === 'json' ? traceJson(trace, census)
    : traceText(trace, census, { paint: painter(usesColour(options.color, process.stdout.isTTY === true, process.env)), others }));
  if (census.sites.some(site => reasonsOf(site).length > 0)) return options.exitZero ? 0 : 1;
  return trace.problem === undefined ? 0 : 2;
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

function wholeNumber(text: string): number {
  if (!/^\d{1,6}$/.test(text)) throw new InvalidArgumentError('Write a whole number.');
  return Number(text);
}
