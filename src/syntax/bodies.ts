/**
 * Finds the bodies of top-level functions without parsing: strings, runes and comments are skipped, brackets counted.
 * Function bodies are three quarters of the bytes of Go code, and most of them are never needed.
 */
import type { Span } from '../source/text.ts';

/** The spans `{ … }` of the bodies of top-level functions, in order. */
export function findBodies(text: string): Span[] {
  const bodies: Span[] = [];
  let depth = 0;
  for (let at = 0; at < text.length; ) {
    const code = text.charCodeAt(at);
    const skipped = skipToken(text, at, code);
    if (skipped > at) {
      at = skipped;
    } else if (code === 40 || code === 91 || code === 123) {
      depth++;
      at++;
    } else if (code === 41 || code === 93 || code === 125) {
      depth = Math.max(0, depth - 1);
      at++;
    } else if (code === 102 && isFunc(text, at) && (depth === 0 || startsLine(text, at))) {
      // A `func` in the first column is a declaration, whatever the brackets say: the code before it is broken.
      depth = 0;
      const body = bodyAfter(text, at + 4);
      if (body) bodies.push(body);
      at = body ? body.end : at + 4;
    } else {
      at++;
    }
  }
  return bodies;
}

/** The end of the comment, string or rune that begins at `at`; `at` itself where none does. */
function skipToken(text: string, at: number, code: number): number {
  if (code === 47) {
    const next = text.charCodeAt(at + 1);
    if (next === 47) return endOf(text, '\n', at, 0);
    if (next === 42) return endOf(text, '*/', at + 2, 2);
    return at;
  }
  if (code === 96) return endOf(text, '`', at + 1, 1);
  if (code === 34 || code === 39) {
    for (let i = at + 1; i < text.length; i++) {
      const c = text.charCodeAt(i);
      if (c === 92) i++;
      else if (c === code) return i + 1;
      else if (c === 10) return i;
    }
    return text.length;
  }
  return at;
}

function endOf(text: string, mark: string, from: number, length: number): number {
  const found = text.indexOf(mark, from);
  return found < 0 ? text.length : found + length;
}

function startsLine(text: string, at: number): boolean {
  return at === 0 || text.charCodeAt(at - 1) === 10;
}

function isFunc(text: string, at: number): boolean {
  return text.startsWith('func', at) && !isWordCode(text.charCodeAt(at + 4)) && !(at > 0 && isWordCode(text.charCodeAt(at - 1)));
}

function isWordCode(code: number): boolean {
  return (code >= 48 && code <= 57) || (code >= 65 && code <= 90) || (code >= 97 && code <= 122) || code === 95 || code > 127;
}

/** The body that follows a signature; undefined for a declaration without one. */
function bodyAfter(text: string, from: number): Span | undefined {
  let depth = 0;
  for (let at = from; at < text.length; ) {
    const code = text.charCodeAt(at);
    const skipped = skipToken(text, at, code);
    if (skipped > at) {
      at = skipped;
      continue;
    }
    if (code === 10 && depth === 0) return undefined;
    if (code === 123 && depth === 0 && !/\b(?:struct|interface)\s*$/.test(text.slice(Math.max(from, at - 24), at))) {
      return { start: at, end: matchingBrace(text, at) };
    }
    if (code === 40 || code === 91 || code === 123) depth++;
    if (code === 41 || code === 93 || code === 125) depth--;
    at++;
  }
  return undefined;
}

/** The offset behind the `}` that closes the `{` at `open`; where it is missing, the start of the next declaration. */
function matchingBrace(text: string, open: number): number {
  let depth = 0;
  for (let at = open; at < text.length; ) {
    const code = text.charCodeAt(at);
    const skipped = skipToken(text, at, code);
    if (skipped > at) {
      at = skipped;
      continue;
    }
    if (code === 123) depth++;
    if (code === 125 && --depth === 0) return at + 1;
    if (code === 10 && text.startsWith('func ', at + 1)) return at;
    at++;
  }
  return text.length;
}
