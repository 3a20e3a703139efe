/** What `go-leak-lint dump` prints. */
import type { TextStyle } from '../report/text.ts';
import { byteColumn, positionAt } from '../source/text.ts';
import { displayPath, escapeControls } from '../report/paths.ts';
import type { Code } from './code.ts';
import type { Match } from './join.ts';
import type { Format, Snapshot } from './model.ts';
import { counted } from './observe.ts';
import { describeFrame, type Row } from './rows.ts';

export interface DumpReport {
  readonly snapshot: Snapshot;
  readonly rows: readonly Row[];
  readonly code: Code;
  readonly cwd: string;
}

export interface DumpStyle {
  readonly paint: TextStyle['paint'];
  /** Print whole stacks. */
  readonly stacks: boolean;
  /** Print also what is folded away. */
  readonly all: boolean;
}

const FORMATS: Readonly<Record<Format, string>> = {
  'goroutine text': 'text with states', 'counted text': 'counted text, without states and places of creation', 'protobuf': 'profile, without places of creation',
  'trace': 'execution trace',
};

export function dumpToText(report: DumpReport, style: DumpStyle): string {
  const { snapshot, rows } = report;
  const shown = rows.filter(row => style.all || row.usual === undefined);
  const lines = [
    `${style.paint('bold', escapeControls(snapshot.name))}: ${counted(snapshot.total)} in ${rows.length} templates (${FORMATS[snapshot.format]}${snapshot.profile === 'goroutineleak' ? ', only what the runtime proved to be leaked' : ''})`,
    ...warnings(snapshot), ...states(rows), '',
    ...shown.flatMap(row => rowLines(row, report, style)),
    ...(style.all ? [] : folded(rows)),
  ];
  return `${lines.join('\n').trimEnd()}\n`;
}

/** What keeps the list from being the whole truth. */
export function warnings({ unparsed, truncated, notes, system, crash }: Snapshot): string[] {
  return [
    ...crash.map(message => `\t${escapeControls(message)}`),
    ...(unparsed ? [`\t${unparsed} lines were not understood and left out`] : []),
    ...(truncated ? ['\tthe end is missing; there were more goroutines'] : []),
    ...notes.map(note => `\t${note}`), ...(system ? [`\t${counted(system)} of the runtime left out`] : []),
  ];
}

function states(rows: readonly Row[]): string[] {
  const counts = new Map<string, number>();
  for (const { template } of rows) counts.set(template.state || template.op, (counts.get(template.state || template.op) ?? 0) + template.count);
  return counts.size ? [`\t${[...counts].sort((a, b) => b[1] - a[1]).map(([state, n]) => `${n.toLocaleString('en-US')} ${state}`).join(', ')}`] : [];
}

function rowLines(row: Row, { code, cwd }: DumpReport, { paint, stacks }: DumpStyle): string[] {
  const { template, frame } = row;
  const details = [
    ...(template.minutes ? [`up to ${template.minutes.most} min`] : []), ...(template.leaked ? [paint('red', `${template.leaked === template.count ? 'all' : template.leaked} leaked`)] : []),
    ...template.labels.slice(0, 3).map(labels => `{${[...labels].map(([k, v]) => `${k}: ${v}`).join(', ')}}`),
  ];
  return [
    `${paint('bold', template.count.toLocaleString('en-US').padStart(7))}  ${template.state || template.op}${details.length ? ` (${details.map(escapeControls).join(', ')})` : ''}  ${frame ? escapeControls(describeFrame(frame, code, cwd)) : '(no stack)'}`,
    ...(stacks ? template.frames.map(f => paint('dim', `           ${escapeControls(`${f.func} ${f.file}:${f.line}`)}`)) : []),
    ...(template.createdBy ? [paint('dim', `         created by ${escapeControls(describeFrame(template.createdBy, code, cwd))}`)] : []),
    ...verdictLines(row, cwd).map(line => `         ${line}`), '',
  ];
}

const SHOWN_MATCHES = 3;

function verdictLines({ verdict, matches, gap, usual }: Row, cwd: string): string[] {
  if (usual !== undefined) return [`usual: ${usual}`];
  if (!matches.length) return gap === undefined ? [] : [`${verdict}: ${gap}`];
  const more = matches.length - SHOWN_MATCHES;
  return [...matches.slice(0, SHOWN_MATCHES).map(match => `${match.verdict}: ${describeMatch(match, cwd)}`), ...(more > 0 ? [`and ${more} more`] : [])];
}

/** `orders.go:15:3: This goroutine … (abandoned-sender)`. */
export function describeMatch({ finding: { at, rule, message } }: Match, cwd: string): string {
  return `${displayPath(at.source.path, cwd)}:${positionAt(at.source, at.start).line}:${byteColumn(at.source, at.start)}: ${escapeControls(message)} (${rule})`;
}

function folded(rows: readonly Row[]): string[] {
  const byReason = new Map<string, number>();
  for (const { usual, template } of rows) if (usual !== undefined) byReason.set(usual, (byReason.get(usual) ?? 0) + template.count);
  if (!byReason.size) return [];
  const total = [...byReason.values()].reduce((a, b) => a + b, 0);
  return [`${counted(total)} folded away, as most programs have them (--all shows them):`, ...[...byReason].map(([why, n]) => `${String(n).padStart(7)}  ${why}`)];
}

/** The format's version: raised when a reader of the old one would misread the new. */
const VERSION = 1;

export function dumpsToJson(reports: readonly DumpReport[]): string {
  return `${JSON.stringify({
    version: VERSION,
    dumps: reports.map(({ snapshot: { name, format, profile, total, system, unparsed, truncated, notes, crash }, rows, code, cwd }) => ({
      name, format, profile, total, system, unparsed, truncated, notes, crash, templates: rows.map(row => rowToJson(row, code, cwd)),
    })),
  }, undefined, 2)}\n`;
}

/** Also of other commands' reports. */
export function rowToJson({ template, verdict, matches, gap, usual, isOwn }: Row, code: Code, cwd: string): object {
  const frame = (f: NonNullable<Row['frame']>) => {
    const source = code.sourceOf(f);
    return { function: f.func, file: f.file, line: f.line, ...(source ? { path: displayPath(source.path, cwd) } : {}) };
  };
  return {
    count: template.count, state: template.state, op: template.op, leaked: template.leaked, minutes: template.minutes ?? null,
    frames: template.frames.map(frame), createdBy: template.createdBy ? frame(template.createdBy) : null, labels: template.labels.map(l => Object.fromEntries(l)),
    verdict, own: isOwn, ...(usual === undefined ? {} : { usual }), ...(gap === undefined ? {} : { gap }),
    findings: matches.map(match => ({
      verdict: match.verdict, rule: match.finding.rule, path: displayPath(match.finding.at.source.path, cwd),
      line: positionAt(match.finding.at.source, match.finding.at.start).line, note: match.what,
    })),
  };
}
