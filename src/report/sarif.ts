/** SARIF 2.1.0 as GitHub code scanning reads it. */
import { createHash } from 'node:crypto';
import type { Fix as SarifFix, Location, Log, Notification, Region, ReportingDescriptor, Result } from 'sarif';
import type { Diagnostic, Fix } from '../finding.ts';
import type { Problem } from '../source/problem.ts';
import { lineText, onOneLine, positionAt, type Site, type Source } from '../source/text.ts';
import { lineHashes } from './fingerprint.ts';
import { relativeUri } from './paths.ts';
import type { Report, RuleDoc } from './report.ts';

/** Above this many, GitHub shows the first; what was observed and errors then come before the rest. */
const SHOWN_BY_GITHUB = 5_000;
const HOME = 'https://github.com/go-leak-lint/go-leak-lint';

export function toSarif(report: Report): string {
  const ruleIndex = new Map(report.rules.map((rule, i) => [rule.id, i]));
  const hashes = new Map<Source, Map<number, string>>();
  const ordinals = new Map<string, number>();
  const failed = report.problems.some(p => p.level === 'error');
  const log: Log = {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [{
      tool: { driver: { name: 'go-leak-lint', version: report.version, semanticVersion: report.version, informationUri: HOME, rules: report.rules.map(descriptor) } },
      ...(report.category ? { automationDetails: { id: `${report.category}/` } } : {}),
      invocations: [{ executionSuccessful: !failed, toolExecutionNotifications: report.problems.map(p => notification(p, report)) }],
      originalUriBaseIds: { '%SRCROOT%': { description: { text: 'The root of the repository.' } } },
      columnKind: 'utf16CodeUnits',
      results: ordered(report.diagnostics).map(d => ({
        ...result(d, report, ruleIndex.get(d.rule) ?? -1),
        partialFingerprints: { primaryLocationLineHash: lineHash(d.at, hashes), 'goLeakLint/v1': ownFingerprint(d, ordinals) },
      })),
    }],
  };
  return `${JSON.stringify(log, undefined, 2)}\n`;
}

function ordered(diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  if (diagnostics.length <= SHOWN_BY_GITHUB) return diagnostics;
  const rank = { error: 0, warning: 1, note: 2 };
  return [...diagnostics].sort((a, b) => Number(!a.observed) - Number(!b.observed) || rank[a.severity] - rank[b.severity]);
}

function descriptor(rule: RuleDoc): ReportingDescriptor {
  const name = rule.id.split('-').map(word => word.charAt(0).toUpperCase() + word.slice(1)).join('');
  return {
    id: rule.id,
    name,
    shortDescription: { text: rule.summary },
    fullDescription: { text: rule.summary },
    help: { text: rule.summary, markdown: unwrapped(rule.help) },
    helpUri: `${HOME}/blob/main/rules/${rule.id}.md`,
    defaultConfiguration: { level: rule.severity },
    properties: { tags: ['reliability', 'resource-leak', 'go'], precision: 'high', 'problem.severity': rule.severity === 'note' ? 'recommendation' : rule.severity },
  };
}

/** GitHub breaks lines where the source does, so a paragraph must be one line. */
function unwrapped(markdown: string): string {
  return markdown.split(/(```[\s\S]*?```)/).map((part, i) => (i % 2 ? part : part.replace(/([^\n])\n(?=[^\n\s#*|-])/g, '$1 '))).join('');
}

function result(d: Diagnostic, report: Report, ruleIndex: number): Result {
  const steps = d.trail ?? [];
  // A step at the finding itself needs no link.
  const related = steps.filter(step => step.at.start !== d.at.start || step.at.source !== d.at.source);
  const links = related.map((step, i) => `[${step.note.replace(/[[\]\\]/g, '\\$&')}](${i + 1})`);
  return {
    ruleId: d.rule,
    ruleIndex,
    level: d.severity,
    message: { text: [d.message, ...(d.observed ? [`Observed (${d.observed.verdict}): ${d.observed.note}`] : []), ...(links.length ? [`See: ${links.join(', ')}.`] : [])].join(' ') },
    locations: [location(d.at, report)],
    ...(related.length ? { relatedLocations: related.map((step, i) => ({ id: i + 1, ...location(step.at, report), message: { text: step.note } })) } : {}),
    ...(steps.length > 1 ? { codeFlows: [{ threadFlows: [{ locations: steps.map(step => ({ location: { ...location(step.at, report), message: { text: step.note } } })) }] }] } : {}),
    ...(d.fix ? { fixes: [fix(d.fix, report)] } : {}),
    properties: { confidence: d.confidence, ...(d.observed ? { observed: d.observed } : {}) },
  };
}

/** All edits of a fix are of one file. */
function fix({ message, edits }: Fix, report: Report): SarifFix {
  return {
    description: { text: message },
    artifactChanges: edits.slice(0, 1).map(({ at }) => ({
      artifactLocation: artifact(at.source.path, report),
      replacements: edits.map(edit => ({ deletedRegion: region(edit.at), insertedContent: { text: edit.text } })),
    })),
  };
}

/** Equal start and end: an insertion. */
function region(at: Site): Region {
  const start = positionAt(at.source, at.start);
  const end = positionAt(at.source, at.end);
  return { startLine: start.line, startColumn: start.column, endLine: end.line, endColumn: end.column };
}

function location(site: Site, report: Report): Location {
  return { physicalLocation: { artifactLocation: artifact(site.source.path, report), region: region(onOneLine(site)) } };
}

function artifact(path: string, report: Report): { uri: string; uriBaseId?: string } {
  const { uri, inRoot } = relativeUri(path, report.root);
  return inRoot ? { uri, uriBaseId: '%SRCROOT%' } : { uri };
}

function notification(problem: Problem, report: Report): Notification {
  return {
    descriptor: { id: problem.id },
    level: problem.level,
    message: { text: problem.message },
    ...(problem.path ? {
      locations: [{ physicalLocation: { artifactLocation: artifact(problem.path, report), ...(problem.line ? { region: { startLine: problem.line } } : {}) } }],
    } : {}),
  };
}

function lineHash(at: Site, known: Map<Source, Map<number, string>>): string {
  let hashes = known.get(at.source);
  if (!hashes) {
    hashes = lineHashes(at.source.text);
    known.set(at.source, hashes);
  }
  return hashes.get(positionAt(at.source, at.start).line) ?? '';
}

/** Stable when lines move: the rule, the function and the text of the line, counted where they repeat. */
function ownFingerprint(d: Diagnostic, ordinals: Map<string, number>): string {
  const code = lineText(d.at.source, positionAt(d.at.source, d.at.start).line).replace(/\s+/g, ' ').trim();
  const key = [d.rule, d.package, d.function, code].join('\0');
  const ordinal = (ordinals.get(key) ?? 0) + 1;
  ordinals.set(key, ordinal);
  return createHash('sha256').update(`${key}\0${ordinal}`).digest('hex').slice(0, 32);
}
