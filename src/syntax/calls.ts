/** Names that stand before an opening bracket: what a text may call. */
import { isWordCode } from '../source/text.ts';

export function callsIn(texts: readonly string[]): ReadonlySet<string> {
  const names = new Set<string>();
  for (const text of texts) for (const { start, open } of callsOf(text)) names.add(text.slice(start, open));
  return names;
}

/** Looking back from each bracket takes a fifth of the time of a pattern. */
export function* callsOf(text: string): Generator<{ readonly start: number; readonly open: number }> {
  for (let open = text.indexOf('('); open >= 0; open = text.indexOf('(', open + 1)) {
    const start = wordBefore(text, open);
    if (start !== open) yield { start, open };
  }
}

/** Where the word begins that ends there. */
export function wordBefore(text: string, end: number): number {
  let start = end;
  while (start > 0 && isWordCode(text.charCodeAt(start - 1))) start--;
  return start;
}
