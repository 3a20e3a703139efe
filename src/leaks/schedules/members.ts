/** Fields and methods of values, embedded ones included. */
import { Memo } from '../../program/memo.ts';
import type { FuncInfo } from '../../program/package.ts';
import { embeddedName } from '../../program/resolve.ts';
import type { Named } from '../../program/types.ts';
import type { Run } from './frame.ts';
import { libraryMethod } from './library.ts';
import { type Cell, fieldIn, isObject, strip, type Struct, type Value } from './values.ts';

/** So deep structs are embedded in each other. */
const DEPTH = 5;

export function fieldOf(of: Value, name: string): Cell | undefined {
  const bare = strip(of);
  if (isObject(bare) && bare.k === 'timer' && name === 'C') return { v: bare.channel ?? null };
  if (isObject(bare) && bare.k === 'cond' && name === 'L') return { v: bare.locker };
  for (const value of withEmbedded(of)) {
    const struct = structIn(value);
    const found = struct && fieldIn(struct, name);
    if (found) return found;
  }
  return undefined;
}

/** A method value: with the receiver that it has. */
export function methodOf(of: Value, name: string, run: Run): Value | undefined {
  for (const value of withEmbedded(of)) {
    const bound = libraryMethod(value, name, run);
    if (bound) return bound;
    const func = declaredOn(typeOfValue(value), name);
    if (func) return { k: 'func', node: func.decl, info: func, cells: new Map(), receiver: receiverFor(func, value) };
  }
  return undefined;
}

/** The value and what is embedded in it, level by level. */
function* withEmbedded(of: Value): Generator<Value> {
  let level: Value[] = [of];
  for (let depth = 0; depth < DEPTH && level.length; depth++) {
    yield* level;
    level = level.flatMap(value => {
      const struct = structIn(value);
      return struct ? embeddedIn(struct) : [];
    });
  }
}

function receiverFor(func: FuncInfo, value: Value): Value {
  const isPointer = isObject(value) && value.k === 'pointer';
  if (func.piece.receiver?.pointer) return isPointer || value === null ? value : { k: 'pointer', cell: { v: value } };
  return isPointer ? value.cell.v : value;
}

function typeOfValue(value: Value): Named | undefined {
  if (!isObject(value)) return undefined;
  if (value.k === 'pointer') return typeOfValue(value.cell.v);
  return (value.k === 'struct' || value.k === 'typed') && value.type.kind === 'named' ? value.type : undefined;
}

function declaredOn(type: Named | undefined, name: string): FuncInfo | undefined {
  const def = type?.def;
  return def && !def.isLocal ? def.file.pkg.methodOf(type.name, name, def.file) : undefined;
}

function structIn(value: Value): Struct | undefined {
  const bare = isObject(value) && value.k === 'pointer' ? value.cell.v : value;
  return isObject(bare) && bare.k === 'struct' ? bare : undefined;
}

const embedded = new Memo<object, readonly string[]>();

/** Addressed: a method may change what is embedded. */
function embeddedIn(struct: Struct): Value[] {
  return embeddedNames(struct).flatMap((name): Value[] => {
    const cell = fieldIn(struct, name);
    return cell ? [isObject(cell.v) && cell.v.k === 'struct' ? { k: 'pointer', cell } : cell.v] : [];
  });
}

function embeddedNames({ type }: Struct): readonly string[] {
  const spec = type.kind === 'named' ? type.def?.spec.type : undefined;
  if (spec?.kind !== 'struct') return [];
  let known = embedded.get(spec);
  if (!known) {
    known = spec.fields.flatMap(({ names, type: of }) => (names.length ? [] : embeddedName(of)));
    embedded.set(spec, known);
  }
  return known;
}
