/** Comments that say "I know": what they cover, and which of them cover nothing. */
import picomatch from 'picomatch';
import type { Diagnostic } from './finding.ts';
import type { Problem } from './source/problem.ts';
import { lineCount, lineText, positionAt, type Source } from './source/text.ts';

const TOOL = 'go-leak-lint';

interface Suppression {
  readonly source: Source;
  /** One-based line of the comment. */
  readonly line: number;
  /** Lines that it covers, both ends included. */
  readonly from: number;
  readonly to: number;
  readonly covers: (rule: string) => boolean;
  /** Names the tool or one of the rules of this run, so that it is ours to say when it is of no use. */
  readonly ours: boolean;
}

export interface Suppressed {
  readonly kept: Diagnostic[];
  readonly suppressed: Diagnostic[];
  readonly problems: Problem[];
}

export function applySuppressions(diagnostics: readonly Diagnostic[], sources: readonly Source[], rules: ReadonlySet<string>): Suppressed {
  const problems: Problem[] = [];
  const all = sources.flatMap(source => suppressionsIn(source, rules, problems));
  const used = new Set<Suppression>();
  const kept: Diagnostic[] = [];
  const suppressed: Diagnostic[] = [];
  for (const diagnostic of diagnostics) {
    const { line } = positionAt(diagnostic.at.source, diagnostic.at.start);
    const by = all.filter(s => s.source === diagnostic.at.source && s.from <= line && line <= s.to && s.covers(diagnostic.rule));
    for (const s of by) used.add(s);
    (by.length ? suppressed : kept).push(diagnostic);
  }
  for (const s of all) {
    if (s.ours && !used.has(s)) {
      problems.push({ level: 'warning', id: 'unused-suppression', path: s.source.path, line: s.line, message: 'this suppression matches no finding; remove it' });
    }
  }
  return { kept, suppressed, problems };
}

const ANY_DIRECTIVE = /nolint|lint:ignore|lint:file-ignore|go-leak-lint:ignore/;

/** Whether the file has words that a suppression could begin with. */
export function maySuppress({ text }: Source): boolean {
  return ANY_DIRECTIVE.test(text);
}

function suppressionsIn(source: Source, rules: ReadonlySet<string>, problems: Problem[]): Suppression[] {
  if (!maySuppress(source)) return [];
  return commentsOf(source.text).flatMap(({ start, text }) => {
    if (!ANY_DIRECTIVE.test(text)) return [];
    const { line } = positionAt(source, start);
    const directive = directiveOf(text);
    if (!directive) return [];
    if (directive.needsReason) {
      problems.push({ level: 'warning', id: 'suppression-without-reason', path: source.path, line, message: 'ignored: a reason must follow the names of the rules' });
      return [];
    }
    const names = directive.names.map(name => name.toLowerCase());
    const covers = (rule: string) => names.length === 0 || names.some(name => name === TOOL || name === 'all' || name === '*' || picomatch.isMatch(rule, name));
    // `go-leak-lint,unclosed-body` names the tool and then what of it is meant.
    const rulesNamed = names.filter(name => name !== TOOL && [...rules].some(rule => picomatch.isMatch(rule, name)));
    const narrow = rulesNamed.length > 0 && names.includes(TOOL) ? (rule: string) => rulesNamed.some(name => picomatch.isMatch(rule, name)) : covers;
    const ours = rulesNamed.length > 0 || names.includes(TOOL);
    return [{ source, line, ...scopeOf(source, line, start, directive.wholeFile), covers: narrow, ours }];
  });
}

interface Directive {
  /** Empty: everything. */
  readonly names: readonly string[];
  readonly wholeFile: boolean;
  readonly needsReason: boolean;
}

function directiveOf(comment: string): Directive | undefined {
  const split = (list: string) => list.split(',').map(name => name.trim()).filter(Boolean);
  const nolint = /^\/\/\s*nolint(?::([\w*, -]*?))?\s*(?:\/\/.*)?$/.exec(comment);
  if (nolint) return { names: split(nolint[1] ?? ''), wholeFile: false, needsReason: false };
  const lint = /^\/\/lint:(ignore|file-ignore)\s+(\S+)\s*(.*)$/.exec(comment);
  if (lint) return { names: split(lint[2] ?? ''), wholeFile: lint[1] === 'file-ignore', needsReason: !lint[3] };
  const own = /^\/\/go-leak-lint:ignore\s+([\w*, -]+?)(?:\s+--\s*(.*))?$/.exec(comment);
  return own ? { names: split(own[1] ?? ''), wholeFile: false, needsReason: !own[2] } : undefined;
}

/** Behind code: that line. On a line of its own: the next line of code, or the whole function when one begins there. */
function scopeOf(source: Source, line: number, start: number, wholeFile: boolean): { from: number; to: number } {
  const last = lineCount(source);
  if (wholeFile) return { from: 1, to: last };
  const { column } = positionAt(source, start);
  if (lineText(source, line).slice(0, column - 1).trim()) return { from: line, to: line };
  let next = line + 1;
  while (next < last && /^\s*(\/\/.*)?$/.test(lineText(source, next))) next++;
  const text = lineText(source, next);
  if (/^package\s/.test(text)) return { from: 1, to: last };
  if (!/^(func|type|var)\b.*[({]\s*$/.test(text)) return { from: next, to: next };
  let end = next + 1;
  while (end < last && !/^[})]/.test(lineText(source, end))) end++;
  return { from: next, to: end };
}

/** The line comments of a file, strings and runes skipped. */
function commentsOf(text: string): { start: number; text: string }[] {
  const tokens = /\/\/[^\n]*|\/\*[\s\S]*?\*\/|`[^`]*`|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'/g;
  return [...text.matchAll(tokens)].filter(match => match[0].startsWith('//')).map(match => ({ start: match.index, text: match[0].trimEnd() }));
}
