/** What `go-leak-lint diff` prints: Markdown for people and issues, JSON for programs. */
import { escapeControls } from '../report/paths.ts';
import type { Code } from './code.ts';
import type { Change, Diff } from './diff.ts';
import { describeMatch, rowToJson } from './dumpreport.ts';
import { describeFrame, type Row } from './rows.ts';

export interface DiffReport {
  readonly diff: Diff;
  /** One a change, in the same order. */
  readonly rows: readonly Row[];
  readonly code: Code;
  readonly cwd: string;
  /** How many stacks are shown. */
  readonly top: number;
}

const SHOWN_FRAMES = 30;
const SHOWN_ROWS = 30;

export function diffToMarkdown(report: DiffReport): string {
  const { diff, rows, top } = report;
  const pairs = diff.changes.flatMap((change, i) => (rows[i] ? [{ change, row: rows[i] }] : []));
  const grown = pairs.filter(({ change, row }) => change.growth > 0 && row.usual === undefined);
  const usual = pairs.filter(({ change, row }) => change.growth !== 0 && row.usual !== undefined);
  const shrunk = pairs.filter(({ change, row }) => change.growth < 0 && row.usual === undefined);
  return [
    `# Goroutines: ${diff.snapshots.map(s => s.total).join(' → ')} (${sign(diff.growth)})`, '',
    ...diff.snapshots.map((s, i) => `${i + 1}. ${code(s.name)}: ${s.total} goroutines`), '',
    ...remarks(diff),
    ...(grown.length ? growthTable(grown, report) : ['Nothing grew.', '']),
    ...(grown.length ? [`## Top ${Math.min(top, grown.length)}`, '', ...grown.slice(0, top).flatMap(({ change, row }, i) => stack(change, row, i, report))] : []),
    ...(shrunk.length ? [`${shrunk.length} templates have fewer goroutines than before (${sign(shrunk.reduce((sum, { change }) => sum + change.growth, 0))}).`, ''] : []),
    ...usual.map(({ change, row }) => `Left out: ${sign(change.growth)} ${row.usual}.`),
  ].join('\n').trimEnd() + '\n';
}

function remarks({ appeared, ended, isOtherRun, grain, snapshots }: Diff): string[] {
  return [
    ...(appeared === undefined ? [] : [`${appeared} goroutines are new, ${ended} have ended.`]),
    ...(grain === 'stack' ? ['The snapshots have different formats, so goroutines are compared by their stacks alone.'] : []),
    ...(isOtherRun ? ['**No goroutine is in both: these are two runs of the program, or two programs.**'] : []),
    ...new Set(snapshots.flatMap(s => s.notes)),
    ...snapshots.filter(s => s.truncated).map(s => `**The end of ${code(s.name)} is missing, so numbers may be too small.**`),
    ...snapshots.filter(s => s.unparsed).map(s => `${s.unparsed} lines of ${code(s.name)} were not understood.`),
  ].flatMap(line => [line, '']);
}

type Pair = { readonly change: Change; readonly row: Row };

function growthTable(grown: readonly Pair[], { code: source, cwd }: DiffReport): string[] {
  const more = grown.length - SHOWN_ROWS;
  return [
    '| growth | goroutines | state | where | created by | first seen in | finding |', '| ---: | --- | --- | --- | --- | --- | --- |',
    ...grown.slice(0, SHOWN_ROWS).map(({ change, row }) => `| ${[
      `${sign(change.growth)}${change.isSteady ? ' (steady)' : ''}`, `${change.counts.join(' → ')}${change.stayed ? ` (${change.stayed} stayed)` : ''}`, code(row.template.state || row.template.op),
      row.frame ? code(describeFrame(row.frame, source, cwd)) : '', row.template.createdBy ? code(describeFrame(row.template.createdBy, source, cwd)) : '',
      String(change.firstSeen + 1), row.matches[0] ? `${row.verdict}: ${row.matches[0].finding.rule}` : row.gap === undefined ? '' : row.verdict,
    ].map(cell => cell.replaceAll('|', '\\|')).join(' | ')} |`),
    ...(more > 0 ? ['', `And ${more} more.`] : []), '',
  ];
}

function stack(change: Change, row: Row, i: number, { code: source, cwd }: DiffReport): string[] {
  const { frames, createdBy, minutes, state, op } = row.template;
  const elided = frames.length - SHOWN_FRAMES;
  return [
    `### ${i + 1}. ${sign(change.growth)} ${state || op}${minutes ? `, up to ${minutes.most} min` : ''}`, '',
    ...row.matches.slice(0, 3).flatMap(match => [`- ${match.verdict}: ${code(describeMatch(match, cwd))}`]), ...(row.gap ? [`- runtime only: ${text(row.gap)}`] : []), '',
    '```',
    ...frames.slice(0, SHOWN_FRAMES).map(frame => fenced(describeFrame(frame, source, cwd))), ...(elided > 0 ? [`... ${elided} frames`] : []),
    ...(createdBy ? [fenced(`created by ${describeFrame(createdBy, source, cwd)}`)] : []),
    '```', '',
  ];
}

function sign(n: number): string {
  return n > 0 ? `+${n}` : String(n);
}

/** Names come from the program that was looked at, so they must not end the span. */
function code(value: string): string {
  return `\`${escapeControls(value).replaceAll('`', "'")}\``;
}

function text(value: string): string {
  return escapeControls(value).replace(/[\\`*_[\]<>|]/g, '\\$&');
}

function fenced(line: string): string {
  return escapeControls(line).replaceAll('```', "'''");
}

const VERSION = 1;

export function diffToJson({ diff, rows, code: source, cwd }: DiffReport): string {
  return `${JSON.stringify({
    version: VERSION, growth: diff.growth, comparedBy: diff.grain, appeared: diff.appeared ?? null, ended: diff.ended ?? null, otherRun: diff.isOtherRun,
    snapshots: diff.snapshots.map(({ name, format, total, unparsed, truncated, notes }) => ({ name, format, total, unparsed, truncated, notes })),
    templates: diff.changes.flatMap(({ counts, growth, firstSeen, stayed, isSteady }, i) => (rows[i] ? [{
      growth, counts, firstSeen: diff.snapshots[firstSeen]?.name, stayed: stayed ?? null, steady: isSteady, ...rowToJson(rows[i], source, cwd),
    }] : [])),
  }, undefined, 2)}\n`;
}
