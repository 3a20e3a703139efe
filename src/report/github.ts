import { positionAt } from '../source/text.ts';
import { relativeUri } from './paths.ts';
import type { Report } from './report.ts';

const KIND = { error: 'error', warning: 'warning', note: 'notice' } as const;

/** Workflow commands: annotations in the log of a GitHub Actions run. */
export function toGithub(report: Report): string {
  return report.diagnostics.map(d => {
    const { line, column } = positionAt(d.at.source, d.at.start);
    const end = positionAt(d.at.source, d.at.end);
    const file = decodeURIComponent(relativeUri(d.at.source.path, report.root).uri);
    const columns = end.line === line ? `,col=${column},endColumn=${end.column}` : '';
    return `::${KIND[d.severity]} file=${property(file)},line=${line},endLine=${end.line}${columns},title=${property(`go-leak-lint (${d.rule})`)}::${data(d.observed ? `${d.message} Observed (${d.observed.verdict}): ${d.observed.note}` : d.message)}\n`;
  }).join('');
}

function data(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function property(text: string): string {
  return data(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
