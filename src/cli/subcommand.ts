/** What the commands about running programs have in common. */
import { Command, Option } from 'commander';
import { Join } from '../runtime/join.ts';
import type { PathMap } from '../runtime/code.ts';
import { painter, usesColour } from './colour.ts';
import { type LintedCode, lintedCode, pathMap } from './code.ts';

export interface JoinOptions {
  readonly source: readonly string[] | boolean;
  readonly pathMap: readonly PathMap[];
  readonly color: 'auto' | 'always' | 'never';
}

/** A command whose errors end in exit status 2. */
export function subcommand(name: string, description: string, examples: string): Command {
  return new Command(`go-leak-lint ${name}`).description(description).showSuggestionAfterError().addHelpText('after', examples).exitOverride();
}

/** The options of commands that join goroutines with findings. */
export function withJoin(command: Command): Command {
  return command
    .option('--source <pattern>', 'the Go code to join with; may be given several times (default: ./...)', (value: string, previous: readonly string[] | boolean) => [...(Array.isArray(previous) ? previous : []), value], true)
    .option('--no-source', 'read no Go code')
    .option('--path-map <from=to>', 'where files of the build machine are here, if their paths do not tell; may be given several times', pathMap, [])
    .addOption(new Option('--color <when>', 'colours').choices(['auto', 'always', 'never']).default('auto'));
}

export interface Joining extends LintedCode {
  readonly join: Join;
}

export async function joining({ source, pathMap: maps }: JoinOptions): Promise<Joining> {
  const linted = await lintedCode(source === true ? ['./...'] : source, maps);
  if (source !== false && !linted.isThere) process.stderr.write('note: no Go source here to join with; run this in the repository, or name it with --source\n');
  return { ...linted, join: new Join(linted.findings, linted.code) };
}

export function painterFor({ color }: JoinOptions): ReturnType<typeof painter> {
  return painter(usesColour(color, process.stdout.isTTY === true, process.env));
}
