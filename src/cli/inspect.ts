/** `--show-files` and `--print`: what the tool sees. */
import { inspectCalls, inspectFiles, inspectStage } from '../inspect.ts';
import { byteColumn, positionAt } from '../source/text.ts';
import type { Problem } from '../source/problem.ts';
import type { Settings } from './settings.ts';
import { displayPath } from '../report/paths.ts';

export async function inspect({ options, declared, isExcluded }: Settings, patterns: readonly string[]): Promise<number> {
  const cwd = process.cwd();
  const problems: string[] = [];
  const report = (p: Problem) => {
    if (p.level === 'error') problems.push(`error: ${p.path ? `${displayPath(p.path, cwd)}: ` : ''}${p.message}`);
  };
  if (options.print === 'calls') await printCalls(options.format[0]?.format === 'json', cwd, patterns, report);
  else if (options.print) for await (const line of inspectStage(options.print, cwd, patterns, report, declared)) process.stdout.write(`${line}\n`);
  else for (const file of inspectFiles(cwd, patterns, report, isExcluded)) process.stdout.write(`${displayPath(file, cwd)}\n`);
  for (const line of problems) process.stderr.write(`${line}\n`);
  return problems.length ? 2 : 0;
}

/** One call a line: as `file:line:column kind name`, or as JSON with the column in bytes, as Go's tools count. */
async function printCalls(json: boolean, cwd: string, patterns: readonly string[], report: (problem: Problem) => void): Promise<void> {
  for await (const { source, offset, kind, name } of inspectCalls(cwd, patterns, report)) {
    const file = displayPath(source.path, cwd);
    const { line } = positionAt(source, offset);
    const column = byteColumn(source, offset);
    const text = json ? JSON.stringify({ file, line, column, callee: kind === 'presumed' ? null : name ?? null, kind, ...(kind === 'presumed' ? { presumed: name } : {}) }) : `${file}:${line}:${column} ${kind}${name === undefined ? '' : ` ${name}`}`;
    process.stdout.write(`${text}\n`);
  }
}
