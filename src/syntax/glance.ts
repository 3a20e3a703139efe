/** What the text of a body says before it is parsed. In doubt it says that the body has to be parsed. */
import { endsStatement, skipToken } from './scan.ts';

/** `f, err := os.Open(path)`. */
export interface PairGiven {
  readonly names: readonly string[];
  /** Behind the operator. */
  readonly start: number;
  /** Behind the statement. */
  readonly end: number;
}

const PAIR = /\b(\w+(?:\s*,\s*\w+)+)\s*:?=(?!=)\s*(?!range\b)/g;

/** The assignments of something with a call in it to several names. */
export function* pairsIn(text: string): Generator<PairGiven> {
  for (const { 0: whole, 1: names = '', index } of text.matchAll(PAIR)) {
    const start = index + whole.length;
    const end = statementEnd(text, start);
    if (text.slice(start, end).includes('(')) yield { names: names.split(/\s*,\s*/), start, end };
  }
}

function statementEnd(text: string, from: number): number {
  let depth = 0;
  let last = 0;
  for (let at = from; at < text.length;) {
    const code = text.charCodeAt(at);
    if (code === 10 ? depth === 0 && endsStatement(last) : code === 59 && depth === 0) return at;
    const skipped = skipToken(text, at, code);
    if (skipped > at) {
      at = skipped;
      if (code !== 47) last = code;
      continue;
    }
    if (code === 40 || code === 91 || code === 123) depth++;
    else if ((code === 41 || code === 93 || code === 125) && --depth < 0) return at;
    if (code > 32) last = code;
    at++;
  }
  return text.length;
}

/** What follows the statement that ends at `end`, blank lines and comments left out. */
export function behind(text: string, end: number): string {
  let at = end;
  while (at < text.length) {
    const code = text.charCodeAt(at);
    const skipped = code === 47 ? skipToken(text, at, code) : at;
    if (skipped > at) at = skipped;
    else if (code <= 32 || code === 59) at++;
    else break;
  }
  return text.slice(at);
}

const TOKEN = /"(?:[^"\\\n]|\\.)*"|`[^`]*`|'(?:[^'\\\n]|\\.)+'|\/\/.*|\/\*[^]*?\*\/|[{}]|\b(?:for|func|defer)\b/g;

/** Whether a `defer` stands in a loop of the same function. */
export function mayDeferInLoop(text: string): boolean {
  if (!/\bfor\b[^]*\bdefer\b/.test(text)) return false;
  const around: ('for' | 'func' | 'other')[] = [];
  let next: { readonly kind: 'for' | 'func'; readonly from: number } | undefined;
  for (const { 0: token, index } of text.matchAll(TOKEN)) {
    switch (token) {
      case 'defer':
        if (around.lastIndexOf('for') > around.lastIndexOf('func')) return true;
        break;
      case 'for':
        next = { kind: 'for', from: index };
        break;
      case 'func':
        if (next?.kind === 'for') return true;
        next = { kind: 'func', from: index };
        break;
      case '{':
        around.push(!next ? 'other' : next.kind === 'for' || isHead(text.slice(next.from + 4, index)) ? next.kind : 'other');
        next = undefined;
        break;
      case '}':
        // `for _, x := range []T{…} {`: the loop's own brace is still to come.
        if (around.pop() === 'for' && !/^\s*(?:$|\n|;|\}|\/)/.test(text.slice(index + 1, index + 40))) next = { kind: 'for', from: index };
        break;
    }
  }
  return false;
}

/** What stands between `func` and the brace of its body: parameters and results, all on the lines of brackets. */
function isHead(text: string): boolean {
  let head = text;
  for (let before = ''; before !== head;) head = (before = head).replace(/\([^()]*\)/g, '');
  return !/[\n;=:({]/.test(head);
}
