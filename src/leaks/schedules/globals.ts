/** Variables of a package, where nobody but the scenario has them in hand. */
import { isError, typeOf } from '../../program/infer.ts';
import type { PackageEntity } from '../../program/package.ts';
import { typeAt, underlying } from '../../program/resolve.ts';
import type { Type } from '../../program/types.ts';
import type { Frame, Run } from './frame.ts';
import { type Cell, copied, isObject, newSomething, newUnknown, NotClosed, type Steps } from './values.ts';
import { zeroOf } from './zero.ts';

type Variable = PackageEntity & { readonly kind: 'var' };

export function* globalOf(name: string, frame: Frame, run: Run): Steps<Cell> {
  const { info, env: { program } } = frame;
  const found = info.pkg.lookup(name, info.file);
  if (found?.kind !== 'var') throw new NotClosed('no variable');
  const known = run.globals.get(found.ident);
  if (known) return known;
  const type = found.spec.type ? typeAt(found.spec.type, { program, file: found.file }) : typeOf(found.ident, { program, file: found.file });
  const cell: Cell = { v: null };
  // Whoever initializes another with this one would be refused by the compiler.
  run.globals.set(found.ident, cell);
  const isInView = found.file.pkg === run.pass.pkg && found.file.pkg.name === 'main';
  const zero = isInView && !found.spec.values.length ? zeroOf(type, program) : null;
  if (run.isProgram && isInView) cell.v = found.spec.values.length ? yield* initial(found, frame, run) : zero;
  // A part of a program may find another value in what it begins with, but no other mutex or group.
  else if (isObject(zero) && zero.k !== 'struct' && zero.k !== 'slice') cell.v = zero;
  else if (isInert(type, found, program)) cell.v = isError(type) ? newSomething() : newUnknown();
  else throw new NotClosed('a variable of the package');
  return cell;
}

function* initial({ spec, index, file }: Variable, { info: user, env: { program } }: Frame, run: Run): Steps<Cell['v']> {
  const value = spec.values.length === spec.names.length ? spec.values[index] : undefined;
  if (!value) return newUnknown();
  const info = file.pkg.initializerAt(file, value) ?? user;
  // The names in it mean something once its line is bound.
  info.body();
  return copied(yield* run.evaluate(value, { info, node: info.decl, env: { program, file }, cells: new Map(), defers: [], held: [], panicking: undefined, caller: undefined }));
}

/** Nobody is woken up by it: numbers, strings, errors. */
function isInert(type: Type, { file }: Variable, program: Frame['env']['program']): boolean {
  return isError(type) || (file.pkg.module !== undefined && underlying(type, program).kind === 'basic');
}
