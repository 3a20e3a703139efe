/**
 * The text of a Go file and places in it.
 *
 * Offsets are UTF-16 code units from the start of the text, which is what JavaScript strings, tree-sitter's
 * JavaScript binding and SARIF (`utf16CodeUnits`) count in. Go's own tools count bytes; `byteColumn` converts.
 */

/** A file that was read. `text` is what stands on disk, byte order mark included. */
export interface Source {
  /** Absolute path, symbolic links resolved. */
  readonly path: string;
  readonly text: string;
}

/** A half-open range of UTF-16 offsets. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** A range in a file: what a finding points at. */
export interface Site extends Span {
  readonly source: Source;
}

/** One-based line and one-based column. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

const lineStartsOf = new WeakMap<Source, readonly number[]>();

/** Offsets at which the lines of `source` begin; a lone CR does not end a line, as in Go. */
function lineStarts(source: Source): readonly number[] {
  let starts = lineStartsOf.get(source);
  if (!starts) {
    const found = [0];
    for (let at = source.text.indexOf('\n'); at >= 0; at = source.text.indexOf('\n', at + 1)) found.push(at + 1);
    starts = found;
    lineStartsOf.set(source, starts);
  }
  return starts;
}

/** Line and column of `offset`, the column in UTF-16 code units. */
export function positionAt(source: Source, offset: number): Position {
  const starts = lineStarts(source);
  let low = 0;
  let high = starts.length;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if ((starts[middle] ?? 0) <= offset) low = middle;
    else high = middle;
  }
  return { line: low + 1, column: offset - (starts[low] ?? 0) + 1 };
}

/** The column of `offset` as Go's tools print it: one-based, in UTF-8 bytes. */
export function byteColumn(source: Source, offset: number): number {
  const { column } = positionAt(source, offset);
  return Buffer.byteLength(source.text.slice(offset - column + 1, offset), 'utf8') + 1;
}

/** The text of a one-based line, without its line end; empty beyond the last line. */
export function lineText(source: Source, line: number): string {
  const starts = lineStarts(source);
  const start = starts[line - 1];
  if (start === undefined) return '';
  const text = source.text.slice(start, starts[line] ?? source.text.length);
  return text.replace(/\r?\n$/, '');
}

export function lineCount(source: Source): number {
  return lineStarts(source).length;
}

/** `site` cut to the line it starts on, so that a report never marks a whole body. */
export function onOneLine(site: Site): Site {
  const newline = site.source.text.indexOf('\n', site.start);
  let end = newline >= 0 && newline < site.end ? newline : site.end;
  while (end > site.start + 1 && /\s/.test(site.source.text[end - 1] ?? '')) end--;
  return { source: site.source, start: site.start, end };
}

/** Whether a code unit may stand in a Go identifier; every one outside ASCII is taken for a letter. */
export function isWordCode(code: number): boolean {
  return (code >= 48 && code <= 57) || (code >= 65 && code <= 90) || (code >= 97 && code <= 122) || code === 95 || code > 127;
}
