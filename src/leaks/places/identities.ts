/** Which mutex is meant, across functions: the same one only where two names start at one variable and go through the same fields. */
import type { Env } from '../../program/resolve.ts';
import type { Expr } from '../../syntax/ast.ts';
import { straightened } from './backpointers.ts';
import { canonicalPlace } from './canonical.ts';
import { keyOf, type Place } from './places.ts';

/** A mutex as some function names it; a package-level variable has the path of its package before its name. */
export interface Identity extends Place {
  /** The same field of the same type, whoever names it. */
  readonly family: string;
}

export function identityOf({ place, family }: { readonly place: Place; readonly family: string }, env: Env): Identity | undefined {
  const found = qualified(straightened(place, env), env);
  return found && { ...found, family };
}

/** Stands for a field or element that is not known. */
export const SOME = '(some)';

export function isSameMutex(a: Identity, b: Identity): boolean {
  return !a.fields.includes(SOME) && a.family === b.family && a.root === b.root && keyOf(a) === keyOf(b);
}

/** What an expression is a name for, in words that other functions understand as well. */
export function placeIn(expr: Expr, env: Env): Place | undefined {
  const place = canonicalPlace(expr, env);
  return place && qualified(place, env);
}

/** Package-level names with the path of their package, which all files and packages understand. */
function qualified(place: Place, { file, program }: Env): Place | undefined {
  const { root, fields } = place;
  if (typeof root !== 'string') return place;
  if (file.pkg.declares(root, file)) return { root: `${file.pkg.path}.${root}`, fields };
  const path = program.importPathOf(file, root);
  const [name, ...more] = fields;
  return path !== undefined && name !== undefined ? { root: `${path}.${name}`, fields: more } : undefined;
}
