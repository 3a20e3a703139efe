/** Places for new lines of code, found so that the rest stays as gofmt wants it. */
import type { Edit } from '../finding.ts';
import type { FuncInfo } from '../program/package.ts';
import type { Span } from '../source/text.ts';
import type { Block } from '../syntax/ast.ts';
import { siteIn } from './bodies.ts';

/** `code` on a line of its own behind the statement; undefined where the statement shares its lines with others. */
export function lineAfter(stmt: Span, code: string, info: FuncInfo): Edit | undefined {
  const indent = indentBefore(stmt.start, info);
  return indent === undefined ? undefined : newLine(stmt.end, indent + code, info);
}

/** `code` as the first line of a block. */
export function firstLineIn(block: Block, code: string, info: FuncInfo): Edit | undefined {
  const indent = indentBefore(block.end - 1, info);
  return indent === undefined ? undefined : newLine(block.start + 1, `${indent}\t${code}`, info);
}

/** `code` on a line of its own before the statement. */
export function lineBefore(stmt: Span, code: string, info: FuncInfo): Edit | undefined {
  const indent = indentBefore(stmt.start, info);
  const at = siteIn(info, { start: stmt.start, end: stmt.start });
  return indent === undefined ? undefined : { at, text: `${code}${lineEndOf(stmt.start, info).mark}${indent}` };
}

/** The statement's lines and the empty ones behind them; undefined where something else stands there. */
export function withoutLines(stmt: Span, info: FuncInfo): Edit | undefined {
  const { text } = info.file.source;
  const indent = indentBefore(stmt.start, info);
  const behind = /[ \t]*\r?\n(?:[ \t]*\r?\n)*/y;
  behind.lastIndex = stmt.end;
  const end = stmt.end + (behind.exec(text)?.[0].length ?? 0);
  if (indent === undefined || end === stmt.end) return undefined;
  return { at: siteIn(info, { start: stmt.start - indent.length, end }), text: '' };
}

/** What stands before `offset` on its line, if that is blank. */
function indentBefore(offset: number, { file }: FuncInfo): string | undefined {
  const { text } = file.source;
  const before = text.slice(text.lastIndexOf('\n', offset - 1) + 1, offset);
  return /^[ \t]*$/.test(before) ? before : undefined;
}

/** Behind the line on which the code before `offset` ends: nothing but a comment may follow there. */
function newLine(offset: number, line: string, info: FuncInfo): Edit | undefined {
  const { text } = info.file.source;
  const { at, mark } = lineEndOf(offset, info);
  const rest = text.slice(offset, at);
  if (!/^[ \t]*(?:\/\/.*)?$/.test(rest) || (rest.trim() && isAligned(rest, text.slice(at + mark.length)))) return undefined;
  return { at: siteIn(info, { start: at, end: at }), text: `${mark}${line}` };
}

/** The comment lines up with one on the next line; gofmt would move both once a line comes between them. */
function isAligned(comment: string, behind: string): boolean {
  const next = /^[ \t]*[^\s/][^\n]*?([ \t]+)\/\/.*/.exec(behind);
  return next !== null && (/^\s{2}/.test(comment) || (next[1]?.length ?? 0) > 1);
}

function lineEndOf(offset: number, { file }: FuncInfo): { at: number; mark: string } {
  const { text } = file.source;
  const newline = text.indexOf('\n', offset);
  if (newline < 0) return { at: text.length, mark: '\n' };
  return text[newline - 1] === '\r' ? { at: newline - 1, mark: '\r\n' } : { at: newline, mark: '\n' };
}
