/**
 * What a fixture expects, written on the line it is about:
 *
 *     resp, err := http.Get(u) // want "response body"
 *
 * `want`: a finding whose message matches must stand on this line. `miss`: it ought to, and is known not to (false
 * negative). `noise`: it does, and ought not to (false positive). Several quoted patterns expect several findings, and
 * comments of several kinds may follow each other. Between quotes stands a JavaScript regexp; `\"` is a quote.
 */

export interface Want {
  /** One-based. */
  readonly line: number;
  readonly kind: 'want' | 'miss' | 'noise';
  readonly pattern: RegExp;
}

/** A finding as far as expectations are about it. */
export interface Found {
  readonly line: number;
  readonly message: string;
}

const MARKER = /\/\/ (want|miss|noise)(?= ["`])/g;
const PATTERN = / (?:"((?:[^"\\]|\\.)*)"|`([^`]*)`)/y;

/** The expectations in the text of a file. Throws on a pattern that is not closed or is no regexp. */
export function readWants(text: string): Want[] {
  return text.split(/\r?\n/).flatMap((line, i) => wantsIn(line, i + 1));
}

function wantsIn(text: string, line: number): Want[] {
  return [...text.matchAll(MARKER)].flatMap(marker => {
    const kind = kindOf(marker[1]);
    const end = marker.index + marker[0].length;
    return patternsAt(text, end, line).map(pattern => ({ line, kind, pattern }));
  });
}

function kindOf(word: string | undefined): Want['kind'] {
  return word === 'miss' || word === 'noise' ? word : 'want';
}

function patternsAt(text: string, start: number, line: number): RegExp[] {
  const found: RegExp[] = [];
  let at = start;
  for (;;) {
    PATTERN.lastIndex = at;
    const match = PATTERN.exec(text);
    if (!match) break;
    found.push(new RegExp(match[2] ?? (match[1] ?? '').replaceAll('\\"', '"')));
    at = PATTERN.lastIndex;
  }
  if (found.length === 0 || !/^\s*(?:\/\/.*)?$/.test(text.slice(at))) {
    throw new Error(`line ${line}: patterns in double quotes or backquotes expected: ${text.slice(start).trim()}`);
  }
  return found;
}

/**
 * Holds findings against expectations, one finding for each expectation. The result is empty when they agree, and
 * otherwise says line by line what to do.
 */
export function disagreements(wants: readonly Want[], findings: readonly Found[]): string[] {
  const open = [...wants];
  const complaints: { line: number; text: string }[] = [];
  for (const { line, message } of findings) {
    const want = takeMatch(open, line, message);
    if (!want) complaints.push({ line, text: `unexpected: ${message}` });
    else if (want.kind === 'miss') complaints.push({ line, text: `cured, make it a want: ${message}` });
  }
  for (const { line, kind, pattern } of open) {
    if (kind === 'want') complaints.push({ line, text: `missing: ${pattern}` });
    if (kind === 'noise') complaints.push({ line, text: `cured, remove the noise: ${pattern}` });
  }
  return complaints.sort((a, b) => a.line - b.line).map(({ line, text }) => `${line}: ${text}`);
}

/** A `miss` is matched last, so that it takes no finding that somebody wants. */
function takeMatch(open: Want[], line: number, message: string): Want | undefined {
  for (const isMiss of [false, true]) {
    const at = open.findIndex(want => want.line === line && (want.kind === 'miss') === isMiss && want.pattern.test(message));
    if (at >= 0) return open.splice(at, 1)[0];
  }
  return undefined;
}
