/** Which functions of a package mention which of its functions, by the words of their bodies. */
import { isWordCode, type Source, type Span } from '../source/text.ts';

interface Mentioning {
  readonly bareName: string;
  readonly piece: { readonly body: Span | undefined };
  readonly file: { readonly source: Source };
}

/** The name as a word of its own. */
export function wordOf(name: string): RegExp {
  return new RegExp(`(?<![\\w\\x80-\\uffff])${name}(?![\\w\\x80-\\uffff])`);
}

/** By name, which functions have that word in their bodies: one pass over the text, since callers ask for many names. */
export function mentionsIn<T extends Mentioning>(funcs: readonly T[]): Map<string, T[]> {
  const found = new Map<string, T[]>(funcs.map(func => [func.bareName, []]));
  // Most words are no such names, and to look one up it must be cut out first.
  const lengths = new Set([...found.keys()].map(name => lengthAndEnds(name, 0, name.length)));
  for (const func of funcs) {
    const { body } = func.piece;
    const { text } = func.file.source;
    for (let at = body?.start ?? 0, end = body?.end ?? 0; at < end;) {
      const start = at;
      while (at < end && isWordCode(text.charCodeAt(at))) at++;
      if (at > start && lengths.has(lengthAndEnds(text, start, at))) {
        const list = found.get(text.slice(start, at));
        if (list && list.at(-1) !== func) list.push(func);
      }
      if (at === start) at++;
    }
  }
  return found;
}

/** A number that equal words have in common. */
function lengthAndEnds(text: string, start: number, end: number): number {
  return ((end - start) * 65536 + text.charCodeAt(start)) * 65536 + text.charCodeAt(end - 1);
}
