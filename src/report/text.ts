import type { Diagnostic, Severity } from '../finding.ts';
import { byteColumn, lineText, positionAt, type Site } from '../source/text.ts';
import { displayPath, escapeControls } from './paths.ts';
import type { Report } from './report.ts';

export interface TextStyle {
  readonly paint: (colour: 'red' | 'yellow' | 'cyan' | 'dim' | 'bold', text: string) => string;
  /** Show the line of code with a mark below. */
  readonly frame: boolean;
}

/** `path:line:col: message (rule)`, columns in bytes as Go's tools count, the trail indented below. */
export function toText(report: Report, style: TextStyle): string {
  return report.diagnostics.map(d => `${[head(d, report, style), ...observed(d, style), ...(style.frame ? frame(d.at, d.severity, style) : []), ...trail(d, report, style)].join('\n')}\n`).join(style.frame ? '\n' : '');
}

function head(d: Diagnostic, report: Report, { paint }: TextStyle): string {
  return `${paint('bold', place(d.at, report))}: ${escapeControls(d.message)} ${paint(colourOf(d.severity), `(${d.rule})`)}`;
}

/** What was seen of it while the program ran. */
function observed({ observed: seen }: Diagnostic, { paint }: TextStyle): string[] {
  return seen ? [`\t${paint(seen.verdict === 'confirmed' ? 'red' : 'yellow', seen.verdict)}: ${escapeControls(`${seen.note} [${seen.from.join(', ')}]`)}`] : [];
}

function trail(d: Diagnostic, report: Report, { paint }: TextStyle): string[] {
  return (d.trail ?? []).map(step => paint('dim', `\t${place(step.at, report)}: ${escapeControls(step.note)}`));
}

function place(at: Site, report: Report): string {
  return `${displayPath(at.source.path, report.cwd)}:${positionAt(at.source, at.start).line}:${byteColumn(at.source, at.start)}`;
}

function colourOf(severity: Severity): 'red' | 'yellow' | 'cyan' {
  return severity === 'error' ? 'red' : severity === 'warning' ? 'yellow' : 'cyan';
}

const TAB = '    ';

function frame(at: Site, severity: Severity, { paint }: TextStyle): string[] {
  const { line, column } = positionAt(at.source, at.start);
  const text = lineText(at.source, line);
  const shown = (part: string) => escapeControls(part.replaceAll('\t', TAB));
  const before = shown(text.slice(0, column - 1));
  const marked = shown(text.slice(column - 1, column - 1 + Math.max(1, Math.min(at.end - at.start, text.length - column + 1))));
  const gutter = `${line} | `;
  return [
    `${paint('dim', gutter)}${shown(text)}`,
    `${paint('dim', `${' '.repeat(gutter.length - 2)}| `)}${' '.repeat(before.length)}${paint(colourOf(severity), '^'.repeat(Math.max(1, marked.length)))}`,
  ];
}
