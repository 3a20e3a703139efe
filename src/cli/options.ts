import { Command, InvalidArgumentError, Option } from 'commander';
import { CONFIDENCES, FAIL_ON } from '../config/config.ts';
import { parseGoVersion } from '../source/goversion.ts';

export const FORMATS = ['text', 'json', 'sarif', 'github'] as const;
export type Format = (typeof FORMATS)[number];
export interface Output {
  readonly format: Format;
  /** Undefined: standard output. */
  readonly path: string | undefined;
}

export const STAGES = ['ast', 'flow', 'types', 'contracts', 'calls'] as const;
export type Stage = (typeof STAGES)[number];

export interface CliOptions {
  readonly format: readonly Output[];
  readonly output?: string;
  readonly exitZero?: true;
  /** A file; false for none, undefined for the one that is found. */
  readonly config?: string | false;
  readonly failOn: (typeof FAIL_ON)[number];
  readonly minConfidence: (typeof CONFIDENCES)[number];
  readonly enable?: readonly string[];
  readonly disable?: readonly string[];
  readonly fix?: true;
  readonly diff?: true;
  readonly evidence?: readonly string[];
  readonly tests: boolean;
  readonly generated?: true;
  readonly tags?: readonly string[];
  readonly go?: string;
  readonly jobs?: number;
  readonly cache: boolean;
  readonly cacheDir?: string;
  readonly explain?: string;
  readonly listRules?: true;
  readonly print?: Stage;
  readonly showFiles?: true;
  readonly sarifCategory?: string;
  readonly color: 'auto' | 'always' | 'never';
  readonly stats?: true;
  readonly verbose?: true;
  readonly quiet?: true;
  readonly strict?: true;
}

const EXAMPLES = `
Examples:
  $ go-leak-lint                                   the module here, all packages
  $ go-leak-lint ./internal/... ./cmd/server       some packages
  $ go-leak-lint server.go handler.go              some files; their packages are read whole
  $ go-leak-lint --format sarif:leaks.sarif --format text ./...
  $ go-leak-lint --explain unclosed-body
  $ go-leak-lint --diff ./... | git apply          the safe fixes; --fix makes them at once
  $ go-leak-lint ./... --evidence goroutines.txt   with what a dump of the running program shows

Commands for running programs, each with a --help of its own (for a folder of such a name write ./dump):
  dump     goroutines of a dump or profile, joined with the findings
  diff     what grew between two looks at a program
  leaks    what the Go runtime itself proves to be leaked
  gate     fail a build in which goroutines stay behind
  trace    where goroutines are created that never end, from an execution trace
  scout    look at programs again and again, for a Prometheus

  clean    remove the results that were kept for the next run

Exit status: 0 no findings (or none at --fail-on), 1 findings (with --diff: changes), 2 the run itself failed.`;

/** The command line. Its own errors end in exit status 2. */
export function commandLine(version: string): Command {
  const list = (text: string) => text.split(',').map(word => word.trim()).filter(Boolean);
  return new Command('go-leak-lint')
    .description('Finds goroutine and resource leaks in Go source, without a build and without a Go toolchain.')
    .argument('[patterns...]', 'packages as for the go command: ./..., folders, import paths, files (default: ./...)')
    .option('-f, --format <format[:path]>', `${FORMATS.join(', ')}; may be given several times, each with a file of its own`, outputs, [])
    .option('-o, --output <file>', 'write the first format there instead of to standard output')
    .option('--config <file>', 'the configuration, instead of the nearest .go-leak-lint.yml (or .json) from the first pattern upward')
    .option('--no-config', 'read no configuration')
    .addOption(new Option('--fail-on <severity>', 'the least severity that gives exit status 1').choices(FAIL_ON).default('warning'))
    .option('--exit-zero', 'exit with 0 even when there are findings')
    .addOption(new Option('--min-confidence <confidence>', 'leave out findings that are less certain').choices(CONFIDENCES).default('medium'))
    .option('--enable <rules>', 'run only these rules', list)
    .option('--disable <rules>', 'run all rules but these', list)
    .addOption(new Option('--fix', 'make the safe changes that remove findings, and report what remains').conflicts('diff'))
    .addOption(new Option('--diff', 'print what --fix would change as a unified diff, and change nothing; exit status 1 if there is any').conflicts(['format', 'output']))
    .option('--evidence <files...>', 'goroutine dumps and profiles of the running program; findings say what was seen of them, and those come first')
    .option('--tests', 'report findings in _test.go files (default)', true)
    .option('--no-tests', 'leave them out')
    .option('--generated', 'report findings in generated files as well')
    .option('--tags <tags>', 'build tags: leave out files that such a build on Linux would not compile', list)
    .option('--go <version>', 'language version, instead of the one in go.mod', goVersion)
    .option('-j, --jobs <n>', 'threads that may work at once (default: as many as there are processors, at most 4)', jobs)
    .option('--cache-dir <folder>', 'where results are kept for the next run (default: a folder of the user\'s)')
    .option('--no-cache', 'compute everything, and keep nothing')
    .option('--explain <rule>', 'print the document of a rule')
    .option('--list-rules', 'print the rules; with --format json as JSON')
    .addOption(new Option('--print <stage>', 'print what the tool sees, for debugging; calls also with --format json').choices(STAGES))
    .option('--show-files', 'print the files that would be read')
    .option('--sarif-category <name>', 'tell several SARIF uploads of one repository apart')
    .addOption(new Option('--color <when>', 'colours').choices(['auto', 'always', 'never']).default('auto'))
    .option('--stats', 'say where the time went, stage by stage')
    .option('-v, --verbose', 'also say what was not understood')
    .option('-q, --quiet', 'no summary, no warnings')
    .option('--strict', 'exit with 2 when something could not be read')
    .version(version, '-V, --version')
    .showSuggestionAfterError()
    .addHelpText('after', EXAMPLES)
    .exitOverride();
}

function outputs(value: string, previous: readonly Output[]): readonly Output[] {
  const colon = value.indexOf(':');
  const name = colon < 0 ? value : value.slice(0, colon);
  const format = FORMATS.find(f => f === name);
  if (!format) throw new InvalidArgumentError(`Formats are ${FORMATS.join(', ')}.`);
  return [...previous, { format, path: colon < 0 ? undefined : value.slice(colon + 1) }];
}

function jobs(value: string): number {
  if (!/^[1-9]\d?$/.test(value)) throw new InvalidArgumentError('A number from 1 to 99.');
  return Number(value);
}

function goVersion(value: string): string {
  if (!parseGoVersion(value)) throw new InvalidArgumentError('Write it like 1.22.');
  return value;
}
