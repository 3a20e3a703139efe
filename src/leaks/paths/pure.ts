/**
 * Expressions that give the same value as often as they are evaluated, as long as nothing is assigned to what they
 * read: names, fields, comparisons, `len`, and functions that only look (`strings.HasPrefix(addr, "unix")`).
 */
import { argumentsOf, substituted } from '../../contracts/substitution.ts';
import { calleeName, calleeOf } from '../../program/callee.ts';
import { targetsOf } from '../../program/implementations.ts';
import { Memo } from '../../program/memo.ts';
import type { FuncInfo, Package } from '../../program/package.ts';
import type { Env } from '../../program/resolve.ts';
import { type Call, type Expr, unparen, type Variable } from '../../syntax/ast.ts';
import { walkStmts } from '../../syntax/walk.ts';
import type { Body } from '../bodies.ts';
import type { Place } from '../places/places.ts';

export interface Pure {
  /** Equal for expressions that are equal as long as what they read is. */
  readonly key: string;
  readonly reads: readonly Place[];
}

/** Library functions that look at their arguments and nothing else. */
const LOOKS = /^(?:strings|bytes|path|path\/filepath|errors|math|slices|maps|unicode|unicode\/utf8)\.(?!Sort)[A-Z]\w*$/;

/** What `expr` reads; undefined when evaluating it again may give something else. */
export function pureOf(expr: Expr, body: Body): Pure | undefined {
  const x = unparen(expr);
  switch (x.kind) {
    case 'literal':
      return { key: x.text, reads: [] };
    case 'ident':
      return pureName(x, body);
    case 'selector': {
      const base = pureOf(x.x, body);
      const place = base && placeRead(x.x, base);
      return place && { key: `${base.key}.${x.sel.name}`, reads: [{ root: place.root, fields: [...place.fields, x.sel.name] }] };
    }
    case 'unary':
      return x.op === '<-' || x.op === '&' ? undefined : combined(x.op, [x.x], body);
    case 'binary':
      return combined(x.op, [x.x, x.y], body);
    case 'call':
      return pureCall(x, body);
    default:
      return undefined;
  }
}

/** A call that looks at its receiver and arguments, and at the fields of them that its function reads. */
function pureCall(call: Call, body: Body): Pure | undefined {
  const fields = lookedAt(call, body.env);
  if (!fields) return undefined;
  const inner = answerOf(call, body);
  const answer = inner && pureOf(inner, body);
  if (answer) return answer;
  const fun = unparen(call.fun);
  const pure = combined('()', [...(fun.kind === 'selector' ? [fun.x] : []), ...call.args], body);
  if (!pure) return undefined;
  const behind = pure.reads.flatMap(({ root, fields: path }) => fields.map(field => ({ root, fields: [...path, field] })));
  return { key: `${nameOf(call, body.env)}${pure.key}`, reads: [...pure.reads, ...behind] };
}

function nameOf(call: Call, env: Env): string {
  const callee = calleeOf(call, env);
  return callee.kind === 'builtin' ? callee.name : calleeName(callee) ?? env.file.source.text.slice(call.fun.start, call.fun.end);
}

/** What a function of the package that only looks gives back, in the words of its caller: `isUnix(a)` is `strings.HasPrefix(a.Network, "unix")`. */
export function answerOf(call: Call, { env, info }: Body): Expr | undefined {
  const [only, ...more] = targetsOf(calleeOf(call, env), env);
  if (!only || more.length || only.pkg !== info.pkg || !lookedAt(call, env)) return undefined;
  const value = onlyValue(only);
  return value && substituted(value, { bindings: argumentsOf(call, only), isSamePackage: true });
}

function combined(op: string, parts: readonly Expr[], body: Body): Pure | undefined {
  const pures = parts.map(part => pureOf(part, body));
  const known = pures.filter(p => p !== undefined);
  if (known.length < pures.length) return undefined;
  return { key: `(${known.map(p => p.key).join(` ${op} `)})`, reads: known.flatMap(p => p.reads) };
}

function placeRead(x: Expr, { reads }: Pure): Place | undefined {
  return unparen(x).kind === 'ident' || unparen(x).kind === 'selector' ? reads[0] : undefined;
}

function pureName({ name, entity }: Expr & { kind: 'ident' }, body: Body): Pure | undefined {
  if (entity?.kind !== 'var') return { key: name, reads: [{ root: name, fields: [] }] };
  // Closures and pointers may change what belongs to another function or has been pointed at.
  const isOwn = entity.owner === body.node ? !entity.assigned.includes('unknown') && !assignedInLiterals(body).has(entity) : entity.assigned.length === 0;
  return isOwn ? { key: `${name}@${entity.ident.start}`, reads: [{ root: entity, fields: [] }] } : undefined;
}

/** Whether a call changes nothing. */
export function looksOnly(call: Call, { env }: Body): boolean {
  return lookedAt(call, env) !== undefined;
}

/** The fields that a function which only looks reads of what it is given; undefined for any other function. */
function lookedAt(call: Call, env: Env): readonly string[] | undefined {
  const callee = calleeOf(call, env);
  if (callee.kind === 'builtin') return callee.name === 'len' || callee.name === 'cap' ? [] : undefined;
  if (callee.kind === 'conversion' || LOOKS.test(calleeName(callee) ?? '')) return [];
  const [only, ...more] = targetsOf(callee, env);
  return only?.pkg.module && more.length === 0 ? fieldsLookedAt(only, env) : undefined;
}

const looks = new Memo<FuncInfo, readonly string[] | undefined>();
const LONGEST_LOOK = 300;

/** `func (a Addr) IsUnix() bool { return strings.HasPrefix(a.Network, "unix") }`: one expression, and no call but such. */
function fieldsLookedAt(func: FuncInfo, { program }: Env): readonly string[] | undefined {
  if (looks.has(func) || func.bodyText.length > LONGEST_LOOK) return looks.get(func);
  // Recursion looks at more than anybody knows.
  looks.set(func, undefined);
  const value = onlyValue(func);
  const fields = value && fieldsIn(value, { program, file: func.file });
  looks.set(func, fields);
  return fields;
}

function onlyValue(func: FuncInfo): Expr | undefined {
  const [only, ...more] = func.body()?.stmts ?? [];
  return only?.kind === 'return' && more.length === 0 && only.results.length === 1 ? only.results[0] : undefined;
}

function fieldsIn(expr: Expr, env: Env): readonly string[] | undefined {
  const x = unparen(expr);
  switch (x.kind) {
    case 'literal':
    case 'ident':
      return [];
    case 'selector':
      return joined([fieldsIn(x.x, env), [x.sel.name]]);
    case 'unary':
      return x.op === '<-' || x.op === '&' ? undefined : fieldsIn(x.x, env);
    case 'binary':
      return joined([fieldsIn(x.x, env), fieldsIn(x.y, env)]);
    case 'call': {
      const fun = unparen(x.fun);
      return joined([lookedAt(x, env), ...(fun.kind === 'selector' ? [fieldsIn(fun.x, env)] : []), ...x.args.map(arg => fieldsIn(arg, env))]);
    }
    default:
      return undefined;
  }
}

function joined(lists: readonly (readonly string[] | undefined)[]): readonly string[] | undefined {
  const known = lists.filter(list => list !== undefined);
  return known.length < lists.length ? undefined : known.flat();
}

const inLiterals = new WeakMap<object, ReadonlySet<Variable>>();

/** The variables that function literals in a body assign to, which may be at any time. */
function assignedInLiterals({ block }: Body): ReadonlySet<Variable> {
  const known = inLiterals.get(block);
  if (known) return known;
  const found = new Set<Variable>();
  walkStmts(block.stmts, {
    expr: x => {
      if (x.kind !== 'funclit') return true;
      walkStmts(x.body.stmts, {
        stmt: stmt => {
          const targets = stmt.kind === 'assign' || stmt.kind === 'range' ? stmt.lhs : stmt.kind === 'incdec' ? [stmt.x] : [];
          for (const target of targets) if (target.kind === 'ident' && target.entity?.kind === 'var' && target.entity.owner !== x) found.add(target.entity);
        },
      });
      return false;
    },
  });
  inLiterals.set(block, found);
  return found;
}

const fieldsSet = new Memo<Package, ReadonlySet<string>>();

/** The names of fields that some function of the package assigns to or points at, tests not counted. */
export function fieldsAssignedIn(pkg: Package): ReadonlySet<string> {
  const known = fieldsSet.get(pkg);
  if (known) return known;
  const found = new Set<string>();
  for (const { bodyText, file } of pkg.funcs) {
    if (file.kind.test) continue;
    for (const [, field = ''] of bodyText.matchAll(/\.(\w+)\s*(?:,[^=\n{}();]*)?(?:[-+*/|&^%]|<<|>>)?=(?!=)/g)) found.add(field);
    for (const [, field = ''] of bodyText.matchAll(/\.(\w+)(?:\+\+|--)/g)) found.add(field);
    for (const [, field = ''] of bodyText.matchAll(/&(?:\w+\.)+(\w+)/g)) found.add(field);
  }
  fieldsSet.set(pkg, found);
  return found;
}
