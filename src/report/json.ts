import { byteColumn, positionAt, type Site } from '../source/text.ts';
import type { Report } from './report.ts';
import { displayPath } from './paths.ts';

/** The format's version: raised when a reader of the old one would misread the new. */
const VERSION = 1;

/** Findings with UTF-16 columns and, for tools that count as Go does, byte columns. */
export function toJson(report: Report): string {
  const place = (at: Site) => {
    const start = positionAt(at.source, at.start);
    const end = positionAt(at.source, at.end);
    return {
      path: displayPath(at.source.path, report.cwd), line: start.line, column: start.column, endLine: end.line, endColumn: end.column,
      byteColumn: byteColumn(at.source, at.start),
    };
  };
  return `${JSON.stringify({
    version: VERSION,
    tool: { name: 'go-leak-lint', version: report.version },
    findings: report.diagnostics.map(d => ({
      rule: d.rule, severity: d.severity, confidence: d.confidence, message: d.message, ...place(d.at),
      function: d.function, package: d.package, trail: (d.trail ?? []).map(step => ({ note: step.note, ...place(step.at) })),
      ...(d.observed ? { observed: d.observed } : {}),
      ...(d.fix ? { fix: { message: d.fix.message, edits: d.fix.edits.map(({ at, text }) => ({ ...place(at), text })) } } : {}),
    })),
    problems: report.problems.map(p => ({ ...p, ...(p.path ? { path: displayPath(p.path, report.cwd) } : {}) })),
  }, undefined, 2)}\n`;
}
