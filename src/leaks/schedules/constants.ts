/** Numbers and strings that the source gives. */
import type { GoFile } from '../../program/package.ts';
import type { Expr } from '../../syntax/ast.ts';
import type { Value } from './values.ts';

/** `a = b`, `b = c`, and so on. */
const DEPTH = 4;

export function literalOf({ token, text }: Expr & { kind: 'literal' }): Value {
  if (token === 'int' || token === 'float') return Number(text.replaceAll('_', ''));
  return token === 'string' ? text.slice(1, -1) : text;
}

/** `iota`, `iota + 1`, `1 << iota`, `other * 2`; undefined for others. */
export function constantOf(x: Expr | undefined, iota: number, file: GoFile, depth = DEPTH): Value | undefined {
  if (x?.kind === 'paren') return constantOf(x.x, iota, file, depth);
  if (x?.kind === 'literal') return literalOf(x);
  if (x?.kind === 'ident') return x.name === 'iota' ? iota : namedBy(x, file, depth);
  if (x?.kind === 'call' && x.args.length === 1) return constantOf(x.args[0], iota, file, depth);
  if (x?.kind !== 'binary') return undefined;
  const [a, b] = [constantOf(x.x, iota, file, depth), constantOf(x.y, iota, file, depth)];
  if (typeof a !== 'number' || typeof b !== 'number') return undefined;
  return x.op === '+' ? a + b : x.op === '-' ? a - b : x.op === '*' ? a * b : x.op === '<<' ? a * 2 ** b : undefined;
}

function namedBy({ name, entity }: Expr & { kind: 'ident' }, file: GoFile, depth: number): Value | undefined {
  if (depth === 0) return undefined;
  if (entity) return entity.kind === 'const' ? constantOf(entity.value, 0, file, depth - 1) : undefined;
  const found = file.pkg.lookup(name, file);
  return found?.kind === 'const' ? constantOf(found.values[found.index], found.iota, found.file, depth - 1) : undefined;
}
