import type { Program } from '../program/program.ts';
import type { Pass } from './pass.ts';

const words = new WeakMap<Program, { functions: number; pattern: RegExp }>();

/**
 * A pattern that matches the text of every body which could handle a response: a word of net/http's own calls, or
 * the name of a function of the packages read so far whose result is one.
 */
export function responseWords({ contracts: { program } }: Pass): RegExp {
  const known = words.get(program);
  const functions = program.functionCount;
  if (known && known.functions === functions) return known.pattern;
  const names = new Set(['RoundTrip', 'PostForm']);
  for (const { decl, file } of program.functions()) {
    if (decl.type.results.some(r => /Response|Closer/.test(file.source.text.slice(r.start, r.end)))) names.add(decl.name.name);
  }
  const pattern = new RegExp(`\\.Body\\b|http\\.(Get|Post|Head)|\\.(Do|Get|Post|Head)\\(|\\b(?:${[...names].join('|')})\\(`);
  words.set(program, { functions, pattern });
  return pattern;
}
