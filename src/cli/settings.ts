/** The command line and, for what it leaves open, the configuration file. */
import { realpathSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import type { Command } from 'commander';
import type { Config } from '../config/config.ts';
import { excluder } from '../config/exclude.ts';
import { findConfigs } from '../config/find.ts';
import { type Declared, NOTHING_DECLARED } from '../contracts/declared.ts';
import { displayPath } from '../report/paths.ts';
import { reasonOf } from '../source/read.ts';
import type { CliOptions } from './options.ts';
import { UsageError } from './usage.ts';

export interface Settings {
  readonly options: CliOptions;
  readonly declared: Declared;
  /** Whether the rule with this id is to run. */
  readonly runs: (id: string) => boolean;
  /** Whether the file at this absolute path is to be left out. */
  readonly isExcluded: (path: string) => boolean;
}

/** Throws a `UsageError` with everything that is wrong with the configuration. */
export async function settingsOf(command: Command, patterns: readonly string[], rules: readonly string[]): Promise<Settings> {
  const asked = command.opts<CliOptions>();
  const path = asked.config === false ? undefined : asked.config === undefined ? foundConfig(patterns) : resolve(asked.config);
  if (path === undefined) return { options: asked, declared: NOTHING_DECLARED, runs: selection(asked, undefined), isExcluded: () => false };
  const config = await load(path, rules);
  // What was given on the command line stays.
  const settled = { failOn: config.failOn, minConfidence: config.minConfidence, tests: config.tests };
  for (const [name, value] of Object.entries(settled)) {
    if (value !== undefined && command.getOptionValueSource(name) !== 'cli') command.setOptionValueWithSource(name, value, 'config');
  }
  return {
    options: command.opts<CliOptions>(), declared: config.declared, runs: selection(asked, config),
    isExcluded: config.exclude.length ? excluder(dirname(realpathSync(path)), config.exclude) : () => false,
  };
}

function foundConfig(patterns: readonly string[]): string | undefined {
  const [path, ...others] = findConfigs(process.cwd(), patterns);
  if (path !== undefined && others.length) {
    const names = others.map(other => basename(other)).join(' and ');
    throw new UsageError([`${displayPath(path, process.cwd())}: ${names} lies beside it; keep one of them, or name one with --config`]);
  }
  return path;
}

/** The parser is loaded only when there is a file. */
async function load(path: string, rules: readonly string[]): Promise<Config> {
  const shown = displayPath(path, process.cwd());
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw new UsageError([`${shown}: cannot read the configuration: ${reasonOf(error)}`]);
  });
  const { readConfig } = await import('../config/read.ts');
  const read = readConfig({ path, text }, rules);
  if ('declared' in read) return read;
  throw new UsageError(read.map(({ line, column, message }) => `${shown}:${line}:${column}: ${message}`));
}

/** `--enable` says exactly which rules run, so it replaces both lists of the file; `--disable` takes more away. */
function selection({ enable, disable }: CliOptions, config: Config | undefined): (id: string) => boolean {
  const only = enable ?? config?.enable;
  const without = [...disable ?? [], ...enable ? [] : config?.disable ?? []];
  return id => (!only || only.includes(id)) && !without.includes(id);
}
