/** `--show-files` and `--print`: what the tool sees. */
import { inspectFiles, inspectStage } from '../inspect.ts';
import type { CliOptions } from './options.ts';
import { displayPath } from '../report/paths.ts';

export async function inspect(options: CliOptions, patterns: readonly string[]): Promise<number> {
  const cwd = process.cwd();
  const problems: string[] = [];
  const report = (p: { level: string; path?: string; message: string }) => {
    if (p.level === 'error') problems.push(`error: ${p.path ? `${displayPath(p.path, cwd)}: ` : ''}${p.message}`);
  };
  if (options.print) for await (const line of inspectStage(options.print, cwd, patterns, report)) process.stdout.write(`${line}\n`);
  else for (const file of inspectFiles(cwd, patterns, report)) process.stdout.write(`${displayPath(file, cwd)}\n`);
  for (const line of problems) process.stderr.write(`${line}\n`);
  return problems.length ? 2 : 0;
}
