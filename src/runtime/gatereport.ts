/** What `go-leak-lint gate` prints. */
import { escapeControls } from '../report/paths.ts';
import type { Code } from './code.ts';
import { describeMatch, rowToJson } from './dumpreport.ts';
import type { Verdict } from './gate.ts';
import type { Snapshot } from './model.ts';
import { counted } from './observe.ts';
import { describeFrame, type Row } from './rows.ts';

export interface GateReport {
  readonly verdict: Verdict;
  /** One a template that grew, in the same order. */
  readonly rows: readonly Row[];
  readonly snapshot: Snapshot;
  readonly code: Code;
  readonly cwd: string;
  readonly hasPassed: boolean;
}

export function gateToText({ verdict, rows, snapshot, code, cwd, hasPassed }: GateReport): string {
  const { grown, total, allowedTotal } = verdict;
  return `${[
    `${hasPassed ? 'passed' : 'failed'}: ${escapeControls(snapshot.name)}: ${counted(total)} that not every program has; ${allowedTotal} allowed`,
    ...grown.flatMap(({ count, allowed }, i) => (rows[i] ? ['', ...grownLines(rows[i], count, allowed, code, cwd)] : [])),
    ...(grown.length === 0 && !hasPassed ? ['', `No template grew that is looked at, but there are ${total - allowedTotal} goroutines too many; --all shows which, --total-slack allows them.`] : []),
    '', ...ignoredLines(verdict),
  ].join('\n').trimEnd()}\n`;
}

function grownLines({ template, frame, matches, gap }: Row, count: number, allowed: number, code: Code, cwd: string): string[] {
  return [
    `${allowed === 0 ? 'new' : 'grew'}  ${allowed} → ${count} ${template.state || template.op}  ${frame ? escapeControls(describeFrame(frame, code, cwd)) : '(no stack)'}`,
    ...(template.createdBy ? [`      created by ${escapeControls(describeFrame(template.createdBy, code, cwd))}`] : []),
    ...matches.slice(0, 3).map(match => `      ${match.verdict}: ${describeMatch(match, cwd)}`), ...(gap ? [`      runtime only: ${escapeControls(gap)}`] : []),
  ];
}

function ignoredLines({ ignored }: Verdict): string[] {
  const counts = new Map<string, number>();
  for (const { template, why } of ignored) counts.set(why, (counts.get(why) ?? 0) + template.count);
  return [...counts].map(([why, n]) => `ignored ${counted(n)}: ${why}`);
}

const VERSION = 1;

export function gateToJson({ verdict, rows, snapshot, code, cwd, hasPassed }: GateReport): string {
  const { grown, ignored, total, allowedTotal } = verdict;
  return `${JSON.stringify({
    version: VERSION, passed: hasPassed, name: snapshot.name, total, allowedTotal,
    grown: grown.flatMap(({ count, allowed }, i) => (rows[i] ? [{ allowed, ...rowToJson(rows[i], code, cwd), count }] : [])),
    ignored: ignored.map(({ template, why }) => ({ count: template.count, function: template.frames[0]?.func ?? null, why })),
  }, undefined, 2)}\n`;
}
