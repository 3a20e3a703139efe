/**
 * Values that know what they belong to: `c.server.mu` is `s.mu` where `c` was got from `s`, out of a collection of it or
 * from one of its methods, and the one field of its type that leads to a server is `server`.
 */
import { typeOf } from '../../program/infer.ts';
import { memberOf } from '../../program/members.ts';
import { Memo } from '../../program/memo.ts';
import type { Package } from '../../program/package.ts';
import type { Program } from '../../program/program.ts';
import { type Env, underlying } from '../../program/resolve.ts';
import type { Named, Type } from '../../program/types.ts';
import { type Expr, isNil, type Origin, type Variable } from '../../syntax/ast.ts';
import { walkExpr } from '../../syntax/walk.ts';
import { type Put, putsInto } from './fieldputs.ts';

import { canonicalPlace } from './canonical.ts';
import { isOwn } from './ownvalues.ts';
import { keyOf, type Place, placeOf } from './places.ts';
import { valueTypeOf } from './valuesteps.ts';

/** The place without detours over a value that leads back. */
export function straightened(place: Place, env: Env): Place {
  const { root, fields } = place;
  if (typeof root === 'string' || fields.length === 0) return place;
  const types = typesAlong(place, env);
  for (const [i, field] of fields.entries()) {
    // Of an interface, what stands behind it.
    const end = valueTypeOf(fields[i + 1]) === undefined ? i + 1 : i + 2;
    const child = types[i];
    const parent = types[end];
    if (!child || !parent || child === parent || isSame(child, parent) || !isOnlyWayTo(parent, child, field, env)) continue;
    const before = types.slice(0, i).findLastIndex(type => type !== undefined && isSame(type, parent));
    const isRoot = fields.slice(0, i).every(step => valueTypeOf(step) !== undefined);
    const source = before >= 0 ? { root, fields: fields.slice(0, before) } : isRoot ? sourceOf(root, parent, env) : undefined;
    if (source) return straightened({ root: source.root, fields: [...source.fields, ...fields.slice(end)] }, env);
  }
  return place;
}

/** The struct types of the value at the root and of each field on the way; undefined for anything else. */
function typesAlong({ root, fields }: Place, env: Env): (Named | undefined)[] {
  if (typeof root === 'string') return [];
  let type: Type | undefined = typeOf(root.ident, env);
  const types = [structBehind(type)];
  for (const field of fields) {
    const behind = valueTypeOf(field);
    if (behind !== undefined) {
      type = implementationOf(types.at(-1), behind);
      types.push(type);
      continue;
    }
    const member: ReturnType<typeof memberOf> = type && memberOf(type, field, env.program);
    type = member?.kind === 'field' ? member.type : undefined;
    types.push(type && structBehind(type));
  }
  return types;
}

/** What stands behind an interface is declared beside it. */
function implementationOf(wanted: Named | undefined, name: string): Named | undefined {
  const file = wanted?.def?.file;
  const entity = file?.pkg.lookup(name, file);
  return file && entity?.kind === 'type' ? { kind: 'named', pkg: file.pkg.path, name, args: [], def: { spec: entity.spec, file: entity.file } } : undefined;
}

/** Of the module that is looked at. */
function structBehind(type: Type): Named | undefined {
  const base = type.kind === 'pointer' ? type.elem : type;
  return base.kind === 'named' && base.def?.file.pkg.module && !base.def.isLocal ? base : undefined;
}

function isSame(a: Named, b: Named): boolean {
  return a.pkg === b.pkg && a.name === b.name;
}

/** A pointer in this field, or an interface, and nothing of its type in another. */
function isOnlyWayTo(parent: Named, child: Named, field: string, { program }: Env): boolean {
  const struct = underlying(child, program);
  if (struct.kind !== 'struct') return false;
  const own = struct.fields.find(({ name }) => name === field)?.type;
  const isInterface = own?.kind === 'named' && underlying(own, program).kind === 'interface';
  const ways = struct.fields.filter(({ type }) => (type.kind === 'pointer' && type.elem.kind === 'named' && isSame(type.elem, parent)) || (isInterface && type.kind === 'named' && isSame(type, own)));
  return ways.length === 1 && ways[0]?.name === field && !isMoved(child, field, program);
}

const moved = new Memo<Package, Map<string, boolean>>();

/** The field is given another value later on than where the child is made or becomes the parent's: `c.server = other`. */
function isMoved(child: Named, field: string, program: Program): boolean {
  const pkg = child.def?.file.pkg;
  if (!pkg) return true;
  const known = moved.get(pkg) ?? new Map<string, boolean>();
  moved.set(pkg, known);
  const key = `${child.name}.${field}`;
  let found = known.get(key);
  if (found === undefined) known.set(key, (found = [...putsInto({ owner: child, name: field }, program)].some(put => isMove(put, field))));
  return found;
}

function isMove({ owner, value, within }: Put, field: string): boolean {
  const isAssigned = owner !== undefined && within.file.source.text.slice(owner.end, value.start).startsWith(`.${field}`);
  const root = owner && placeOf(owner)?.root;
  if (!isAssigned || (typeof root === 'object' && isOwn(root)) || isNil(value)) return false;
  return !(value.kind === 'ident' && value.entity?.kind === 'var' && value.entity.role === 'receiver');
}

/** The parent that a variable's values were got from, where it is one. */
function sourceOf(variable: Variable, parent: Named, env: Env, depth = 3): Place | undefined {
  const given = [...(variable.origin.kind === 'declared' ? [] : [variable.origin]), ...variable.assigned];
  const sources = given.map(from => (from === 'unknown' ? undefined : sourceIn(from, parent, env, depth)));
  const [first] = sources;
  return first && sources.every(source => source !== undefined && keyOf(source) === keyOf(first)) ? first : undefined;
}

function sourceIn(origin: Origin, parent: Named, env: Env, depth: number): Place | undefined {
  const expr = origin.kind === 'value' ? origin.expr : origin.kind === 'range' || origin.kind === 'typeswitch' ? origin.x : undefined;
  if (!expr) return undefined;
  const found = new Map<string, Place>();
  walkExpr(expr, {
    expr: x => {
      if (x.kind === 'funclit') return false;
      if (x.kind !== 'ident' && x.kind !== 'selector') return true;
      const source = parentOn(x, parent, env, depth);
      if (source) found.set(keyOf(source), source);
      return source === undefined;
    },
  });
  const [only, ...more] = found.values();
  return more.length === 0 ? only : undefined;
}

/** `s` of `s.conns`, and of a local variable that was made of it. */
function parentOn(x: Expr, parent: Named, env: Env, depth: number): Place | undefined {
  const place = canonicalPlace(x, env);
  if (!place || typeof place.root === 'string') return undefined;
  const at = typesAlong(place, env).findLastIndex(type => type !== undefined && isSame(type, parent));
  if (at >= 0) return { root: place.root, fields: place.fields.slice(0, at) };
  return depth > 0 && place.root.role === 'local' ? sourceOf(place.root, parent, env, depth - 1) : undefined;
}
