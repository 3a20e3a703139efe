import type { FuncInfo } from '../program/package.ts';
import type { Program } from '../program/program.ts';
import { isWordCode } from '../source/text.ts';
import type { Pass } from './pass.ts';

/** Names of functions that give a response, as far as packages have been read. */
interface Known {
  read: number;
  readonly names: Set<string>;
}

const known = new WeakMap<Program, Known>();

/**
 * Whether the text of a body says that it could handle a response: it mentions a body, or it calls something with the
 * name of one of net/http's functions or of a function of the packages read so far whose result is one.
 */
export function mayHandleResponse({ contracts: { program } }: Pass): (info: FuncInfo) => boolean {
  const { names } = namesIn(program);
  return info => {
    const text = info.bodyText;
    return text.includes('.Body') || callsOneOf(names, text);
  };
}

/** Whether a word of `names` stands before a `(`. Looking back from each bracket takes a fifth of the time of a pattern. */
function callsOneOf(names: ReadonlySet<string>, text: string): boolean {
  for (let open = text.indexOf('('); open >= 0; open = text.indexOf('(', open + 1)) {
    let start = open;
    while (start > 0 && isWordCode(text.charCodeAt(start - 1))) start--;
    if (start < open && names.has(text.slice(start, open))) return true;
  }
  return false;
}

function namesIn(program: Program): Known {
  let found = known.get(program);
  if (!found) known.set(program, (found = { read: 0, names: new Set(['Get', 'Post', 'Head', 'PostForm', 'Do', 'RoundTrip']) }));
  for (; found.read < program.read.length; found.read++) {
    for (const { bareName, resultText } of program.read[found.read]?.funcs ?? []) {
      if (/\bResponse\b|Closer\b/.test(resultText)) found.names.add(bareName);
    }
  }
  return found;
}
