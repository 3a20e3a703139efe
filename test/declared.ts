import { rules } from '../rules/index.ts';
import { readConfig } from '../src/config/read.ts';
import type { Declared } from '../src/contracts/declared.ts';

/** What a configuration that is right declares. */
export function declaredIn(text: string): Declared {
  const read = readConfig({ path: '.go-leak-lint.yml', text }, rules.map(({ id }) => id));
  if ('declared' in read) return read.declared;
  throw new Error(read.map(({ line, column, message }) => `${line}:${column}: ${message}`).join('\n'));
}
