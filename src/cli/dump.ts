/** `go-leak-lint dump`. */
import { Option } from 'commander';
import { type DumpReport, dumpsToJson, dumpToText } from '../runtime/dumpreport.ts';
import { rowsOf } from '../runtime/rows.ts';
import { templatesOf } from '../runtime/templates.ts';
import { readInput } from './inputs.ts';
import { joining, type JoinOptions, painterFor, subcommand, withJoin } from './subcommand.ts';

interface Options extends JoinOptions {
  readonly format: 'text' | 'json';
  readonly stacks?: true;
  readonly all?: true;
}

const EXAMPLES = `
Examples:
  $ go-leak-lint dump http://localhost:6060        a program that imports net/http/pprof
  $ go-leak-lint dump goroutines.txt               what /debug/pprof/goroutine?debug=2 gave (or debug=1, or the profile)
  $ go-leak-lint dump crash.log --stacks           a panic, or what the program printed on SIGQUIT
  $ kubectl logs pod | go-leak-lint dump -

  confirmed     goroutines stay at the place of a finding: several, or for minutes, or leaked by the runtime's own account
  supports      library goroutines stay that the mistake of the finding leaves behind, or they wait for its lock or context
  near          they are in the function of a finding, at lines of another version of it
  seen          one goroutine is at the place of a finding, and may go on
  runtime only  no finding says why they are there

Exit status: 0, or 2 when an input could not be read.`;

export async function dump(args: readonly string[]): Promise<number> {
  const command = withJoin(subcommand('dump', 'Prints the goroutines of dumps, crashes and profiles by what they do, joined with what the linter finds in the source.', EXAMPLES)
    .argument('<inputs...>', 'files, addresses of programs or of their profiles, - for standard input')
    .addOption(new Option('-f, --format <format>', 'format').choices(['text', 'json']).default('text'))
    .option('--stacks', 'print whole stacks')
    .option('--all', 'print also what most programs have'));
  command.parse(args, { from: 'user' });
  const options = command.opts<Options>();
  const reads = await Promise.all(command.args.map(async name => ({ name, read: await readInput(name) })));
  const { join, code } = await joining(options);
  const reports: DumpReport[] = [];
  for (const { name, read } of reads) {
    if (read.kind === 'unreadable') process.stderr.write(`error: ${name}: ${read.reason}\n`);
    else reports.push({ snapshot: read.snapshot, rows: rowsOf(templatesOf(read.snapshot).map(template => ({ template })), join, code), code, cwd: process.cwd() });
  }
  const style = { paint: painterFor(options), stacks: options.stacks === true, all: options.all === true };
  process.stdout.write(options.format === 'json' ? dumpsToJson(reports) : reports.map(report => dumpToText(report, style)).join('\n'));
  return reports.length === reads.length ? 0 : 2;
}
