import type { FuncInfo } from '../program/package.ts';
import type { Program } from '../program/program.ts';
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
    if (text.includes('.Body')) return true;
    for (const match of text.matchAll(/\w+(?=\()/g)) if (names.has(match[0])) return true;
    return false;
  };
}

function namesIn(program: Program): Known {
  let found = known.get(program);
  if (!found) known.set(program, (found = { read: 0, names: new Set(['Get', 'Post', 'Head', 'PostForm', 'Do', 'RoundTrip']) }));
  for (; found.read < program.read.length; found.read++) {
    for (const { decl, file } of program.read[found.read]?.funcs ?? []) {
      if (decl.type.results.some(r => /Response|Closer/.test(file.source.text.slice(r.start, r.end)))) found.names.add(decl.name.name);
    }
    for (const text of program.read[found.read]?.postponedTexts ?? []) {
      for (const match of text.matchAll(/^func (?:\([^)\n]*\) )?(\w+)[^\n]*\)[^\n)]*(?:\(|\*)[^\n]*(?:http\.Response|Closer)\b/gm)) found.names.add(match[1] ?? '');
    }
  }
  return found;
}
