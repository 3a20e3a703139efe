/**
 * Lines of Go as text. Stacks say a line and nothing else, and which line of a statement that is differs: the first of a
 * send, the `select` and not its case, the last selector of a call, the `<-` within an expression.
 */
import { lineCount, lineText, type Source } from '../source/text.ts';
import type { Op } from './model.ts';

/** From the first to the last line, one-based and inclusive. */
export interface Lines {
  readonly first: number;
  readonly last: number;
}

/** A line that ends so is continued on the next. */
const CONTINUED = /(?:(?<![+])[+]|(?<!-)-|[*/%&|^=<>!,.(])$/;
const LONGEST_STATEMENT = 30;

/** The lines of the statement around a line, as far as text tells; for a case with the `select` that it belongs to. */
export function statementAround(source: Source, line: number): Lines {
  let first = line;
  let last = line;
  while (first > 1 && line - first < LONGEST_STATEMENT && CONTINUED.test(codeAt(source, first - 1))) first--;
  while (last < lineCount(source) && last - line < LONGEST_STATEMENT && CONTINUED.test(codeAt(source, last))) last++;
  return { first: selectOf(source, first) ?? first, last };
}

/** Whether a goroutine in this state can stand on the line: of `v, ok :=` and `<-ch` on two lines it stands on the first. */
export function fits(source: Source, line: number, op: Op): boolean {
  const pattern = PATTERNS[op];
  if (!pattern) return false;
  const { first, last } = statementAround(source, line);
  for (let at = first; at <= last; at++) if (pattern.test(codeAt(source, at))) return true;
  return false;
}

/** Whether the line waits for something at all. */
export function isWait(source: Source, line: number): boolean {
  return ANY_WAIT.test(codeAt(source, line));
}

export function isGoStatement(source: Source, line: number): boolean {
  return /(?:^|[\s{;:])go\s+[\w(*&]/.test(codeAt(source, line));
}

/** Whether the line waits for nothing but the end of a context, or of what looks like one. */
export function isForDone(source: Source, line: number): boolean {
  return /<-\s*[\w.]+\.Done\(\)/.test(codeAt(source, line));
}

/** The lines of the loop that begins on a line, by gofmt's indentation. */
export function loopAt(source: Source, line: number): Lines | undefined {
  const indentation = /^(\s*)for\b.*\{$/.exec(codeAt(source, line))?.[1];
  if (indentation === undefined) return undefined;
  for (let last = line + 1; last <= lineCount(source); last++) if (codeAt(source, last).replace(/[),;].*$/, '') === `${indentation}}`) return { first: line, last };
  return undefined;
}

/** The lock that the line takes, by its last name: `mu` of `s.mu.RLock()`. */
export function lockNameAt(source: Source, line: number): string | undefined {
  return /(\w+)\.R?Lock\(/.exec(codeAt(source, line))?.[1];
}

/** Whether that lock is a field, which others than this function know. */
export function isFieldLock(source: Source, line: number): boolean {
  return /\w\.\w+\.R?Lock\(/.test(codeAt(source, line));
}

/** The declared function around a line, as `finding.function` names it: `(*Server).serve`. */
export function functionAt(source: Source, line: number): string | undefined {
  for (let at = line; at > 0; at--) {
    const match = /^func\s+(?:\(\s*(?:\w+\s+)?(\*?)\s*(\w+)[^)]*\)\s*)?(\w+)/.exec(lineText(source, at));
    if (match) return match[2] === undefined ? match[3] : match[1] ? `(*${match[2]}).${match[3]}` : `${match[2]}.${match[3]}`;
  }
  return undefined;
}

const CHANNEL = /<-|\brange\b|\bselect\b/;
const ANY_WAIT = /<-|\brange\b|\bselect\b|\.R?Lock\(|\.Wait\(|\bSleep\(/;
/** An operand before the arrow, `ch <- v`; none or a keyword, `v := <-ch` and `case <-ch`. */
const SEND = /(?:[)\]]|\b(?!(?:case|return|if|for|switch|range|else)\b)\w+)\s*<-/;
const RECEIVE = /(?:^|[^\w)\]\s]|\b(?:case|return|if|for|switch|range|else))\s*<-|\brange\b/;
const PATTERNS: Partial<Record<Op, RegExp>> = {
  send: SEND, receive: RECEIVE, 'nil-channel': CHANNEL, select: /\bselect\b/, 'empty-select': /\bselect\b/,
  lock: /\.R?Lock\(/, 'wait-group': /\.(?:Wait|Go)\(/, cond: /\.Wait\(/, sleep: /\bSleep\(/, unknown: ANY_WAIT,
};

/** Without a comment at its end. */
function codeAt(source: Source, line: number): string {
  return lineText(source, line).replace(/\/\/.*$/, '').trimEnd();
}

/** For a line that begins with `case` the nearest `select` before it with the same indentation, as gofmt writes it. */
function selectOf(source: Source, line: number): number | undefined {
  const text = codeAt(source, line);
  if (!/^\s*case\b/.test(text)) return undefined;
  const indentation = /^\s*/.exec(text)?.[0] ?? '';
  for (let at = line - 1; at > 0; at--) {
    const before = codeAt(source, at);
    if (before.startsWith(indentation) && /^(?:\w+:\s*)?select\s*\{/.test(before.slice(indentation.length))) return at;
  }
  return undefined;
}
