/** Expressions of a scenario, in the order in which Go evaluates them. */
import { isError, typeOf } from '../../program/infer.ts';
import { typeAt, underlying } from '../../program/resolve.ts';
import { isNamed, type Type, typeName } from '../../program/types.ts';
import { Memo } from '../../program/memo.ts';
import { type CompositeLit, type Expr, type FuncLit, type Ident, unparen } from '../../syntax/ast.ts';
import { walkStmts } from '../../syntax/walk.ts';
import { SECONDS } from '../timers/durations.ts';
import { type Frame, type Run, spotIn } from './frame.ts';
import { constantOf, literalOf } from './constants.ts';
import { globalOf } from './globals.ts';
import { fieldOf, methodOf } from './members.ts';
import { type Cell, type Channel, copied, equalTo, identity, isLive, isObject, isUnknown, newSomething, newUnknown, NotClosed, type Outcome, partOf, type Steps, strip, tuple, Unwind, type Value } from './values.ts';
import { lengthOf, MOST_ELEMENTS, zeroOf } from './zero.ts';

export function* evaluate(x: Expr, frame: Frame, run: Run): Steps<Value> {
  switch (x.kind) {
    case 'paren':
      return yield* run.evaluate(x.x, frame);
    case 'ident':
      return yield* nameOf(x, frame, run);
    case 'literal':
      return literalOf(x);
    case 'funclit':
      return { k: 'func', node: x, info: frame.info, cells: captured(x, frame) };
    case 'composite':
      return yield* compositeOf(x, typeOf(x, frame.env), frame, run);
    case 'selector':
      return yield* selected(x, frame, run);
    case 'index':
      return yield* indexed(x, frame, run);
    case 'slice':
      return yield* sliced(x, frame, run);
    case 'call':
      return yield* run.call(x, frame);
    case 'star':
    case 'assert': {
      const of = yield* run.evaluate(x.x, frame);
      if (x.kind === 'star') return pointed(of).v;
      const ok = x.type === undefined || hasType(of, typeAt(x.type, frame.env), run, frame);
      if (!ok) throw new Unwind('wrong type');
      return of;
    }
    case 'unary':
      return yield* unary(x, frame, run);
    case 'binary':
      return yield* binary(x, frame, run);
    default:
      throw new NotClosed('an expression that is not understood');
  }
}

const used = new Memo<FuncLit, readonly Ident[]>();

/** The variables that the literal uses. */
function captured(literal: FuncLit, { cells }: Frame): Map<Ident, Cell> {
  let names = used.get(literal);
  if (!names) used.set(literal, (names = usedIn(literal)));
  return new Map(names.flatMap((name): [Ident, Cell][] => {
    const cell = cells.get(name);
    return cell ? [[name, cell]] : [];
  }));
}

function usedIn({ body }: FuncLit): readonly Ident[] {
  const names = new Set<Ident>();
  walkStmts(body.stmts, { expr: x => void (x.kind === 'ident' && x.entity?.kind === 'var' && names.add(x.entity.ident)) });
  return [...names];
}

function* nameOf(x: Ident, frame: Frame, run: Run): Steps<Value> {
  const { entity } = x;
  if (entity?.kind === 'var') return (frame.cells.get(entity.ident) ?? missing(x, frame)).v;
  if (entity?.kind === 'const') return entity.value?.kind === 'literal' ? literalOf(entity.value) : `const ${entity.name}`;
  if (entity) throw new NotClosed('a type');
  if (x.name === 'nil') return null;
  if (x.name === 'true' || x.name === 'false') return x.name === 'true';
  const found = frame.info.pkg.lookup(x.name, frame.info.file);
  if (!found) throw new NotClosed('a name that is not declared');
  if (found.kind === 'func') return { k: 'func', node: found.func.decl, info: found.func, cells: new Map() };
  if (found.kind === 'type') throw new NotClosed('a type');
  // Of others only that they differ is known.
  if (found.kind === 'const') return constantOf(found.values[found.index], found.iota, found.file) ?? `const ${x.name}`;
  return (yield* globalOf(x.name, frame, run)).v;
}

/** What the literal around captures, and nobody has made here. */
function missing({ name }: Ident, { info }: Frame): Cell {
  throw new NotClosed(`${name} of ${info.name} comes from outside`);
}

function* compositeOf(x: CompositeLit, type: Type, frame: Frame, run: Run): Steps<Value> {
  const inner = underlying(type, frame.env.program);
  if (inner.kind === 'pointer') return { k: 'pointer', cell: { v: yield* compositeOf(x, inner.elem, frame, run) } };
  if (isNamed(type, 'sync.Cond')) {
    const [locker] = x.elements;
    return { k: 'cond', locker: locker ? yield* run.evaluate(locker.value, frame) : null };
  }
  if (inner.kind === 'struct') return yield* structOf(x, type, inner.fields.map(({ name }) => name), frame, run);
  if (inner.kind === 'slice') return yield* listOf(x, inner, frame, run);
  if (inner.kind !== 'map') throw new NotClosed('a literal of an unknown type');
  const cells = new Map<unknown, { key: Value; cell: Cell }>();
  for (const { key, value } of x.elements) {
    const under = key ? yield* run.evaluate(key, frame) : null;
    cells.set(identity(under), { key: under, cell: { v: copied(yield* run.evaluate(value, frame)) } });
  }
  return { k: 'dict', cells };
}

/** `[]T{a, b}`, `[3]T{2: a}`. */
function* listOf({ elements }: CompositeLit, { elem, array }: Type & { kind: 'slice' }, frame: Frame, run: Run): Steps<Value> {
  const { program } = frame.env;
  const cells: Cell[] = [];
  let next = 0;
  for (const { key, value } of elements) {
    const at = key ? constantOf(key, 0, frame.info.file) : next;
    if (typeof at !== 'number' || at > MOST_ELEMENTS) throw new NotClosed('an index that is not known');
    cells[at] = { v: copied(yield* run.evaluate(value, frame)) };
    next = at + 1;
  }
  const length = array && array.of !== '...' ? lengthOf(array) : cells.length;
  return { k: 'slice', cells: Array.from({ length: Math.max(length, cells.length) }, (_, i) => cells[i] ?? { v: zeroOf(elem, program) }), ...(array ? { isArray: true } : {}) };
}

function* structOf({ elements }: CompositeLit, type: Type, names: readonly string[], frame: Frame, run: Run): Steps<Value> {
  const struct = zeroOf(type, frame.env.program);
  const isKnown = isObject(struct) && struct.k === 'struct';
  for (const [i, { key, value }] of elements.entries()) {
    const name = key === undefined ? names[i] : key.kind === 'ident' ? key.name : undefined;
    const given = copied(yield* run.evaluate(value, frame));
    if (isKnown && name !== undefined) struct.fields.set(name, { v: given });
    else if (isLive(given)) throw new NotClosed('given away');
  }
  return struct;
}

function* selected(x: Expr & { kind: 'selector' }, frame: Frame, run: Run): Steps<Value> {
  const path = packageOf(x, frame);
  if (path !== undefined) {
    const seconds = path === 'time' ? SECONDS.get(x.sel.name) : undefined;
    return seconds !== undefined ? seconds * 1e9 : isError(typeOf(x, frame.env)) ? newSomething() : newUnknown();
  }
  const of = yield* run.evaluate(x.x, frame);
  const bare = strip(of);
  if (isUnknown(bare)) return partOf(bare, x.sel.name);
  const field = fieldOf(of, x.sel.name);
  if (field) return field.v;
  const method = methodOf(of, x.sel.name, run);
  if (method) return method;
  if (bare === null) throw new Unwind('nil');
  throw new NotClosed(`no ${x.sel.name}`);
}

/** The path of the import that stands before the dot. */
export function packageOf({ x }: Expr & { kind: 'selector' }, { env, info: { pkg } }: Frame): string | undefined {
  return x.kind === 'ident' && !x.entity && !pkg.declares(x.name, env.file) ? env.program.importPathOf(env.file, x.name) : undefined;
}

function* indexed(x: Expr & { kind: 'index' }, frame: Frame, run: Run): Steps<Value> {
  const of = strip(yield* run.evaluate(x.x, frame));
  const [by] = x.indices;
  // `f[int]` is a function.
  if (isObject(of) && of.k === 'func') return of;
  const index = by ? yield* run.evaluate(by, frame) : null;
  if (isUnknown(of)) return partOf(of, String(index));
  if (isObject(of) && of.k === 'dict') return of.cells.get(identity(index))?.cell.v ?? zeroOf(typeOf(x, frame.env), frame.env.program);
  if (of === null && underlying(typeOf(x.x, frame.env), frame.env.program).kind === 'map') return zeroOf(typeOf(x, frame.env), frame.env.program);
  if (typeof of === 'string') return newUnknown();
  return elementAt(of, index).v;
}

function elementAt(of: Value, index: Value): Cell {
  const list = isObject(of) && of.k === 'pointer' ? of.cell.v : of;
  const cell = isObject(list) && list.k === 'slice' && typeof index === 'number' ? list.cells[index] : undefined;
  if (cell) return cell;
  throw typeof index === 'number' && isObject(list) && list.k === 'slice' ? new Unwind('out of range') : new NotClosed('an element that is not known');
}

function* sliced(x: Expr & { kind: 'slice' }, frame: Frame, run: Run): Steps<Value> {
  const value = strip(yield* run.evaluate(x.x, frame));
  const of = isObject(value) && value.k === 'pointer' ? value.cell.v : value;
  const bounds: Value[] = [];
  for (const bound of x.bounds) bounds.push(strip(yield* run.evaluate(bound, frame)));
  if (isUnknown(of) || typeof of === 'string') return newUnknown();
  if (of === null) return null;
  if (!isObject(of) || of.k !== 'slice') throw new NotClosed('a part of something unknown');
  const [low, high] = startsOpen(x, frame) ? [0, ...bounds] : bounds;
  const to = high ?? of.cells.length;
  if (typeof low === 'number' && typeof to === 'number') {
    if (low > to || to > of.cells.length) throw new Unwind('out of range');
    return { k: 'slice', cells: of.cells.slice(low, to) };
  }
  if (of.cells.some(({ v }) => isObject(v))) throw new NotClosed('a part of a slice');
  return newUnknown();
}

/** `x[:high]`. */
function startsOpen({ x, bounds: [first] }: Expr & { kind: 'slice' }, { info }: Frame): boolean {
  return !first || info.file.source.text.slice(x.end, first.start).includes(':');
}

function* unary({ op, x }: Expr & { kind: 'unary' }, frame: Frame, run: Run): Steps<Value> {
  if (op === '&') {
    const inner = unparen(x);
    if (inner.kind !== 'composite') return { k: 'pointer', cell: yield* run.cellOf(inner, frame) };
    return { k: 'pointer', cell: { v: yield* run.evaluate(inner, frame) } };
  }
  const value = strip(yield* run.evaluate(x, frame));
  if (op === '<-') return (yield* receive(value, x, frame, 'receive')).value;
  if (op === '!') return typeof value === 'boolean' ? !value : isUnknown(value) ? !run.decide(value, 'true') : newUnknown();
  return op === '-' && typeof value === 'number' ? -value : newUnknown();
}

/** Waits for a value of the channel. */
export function* receive(of: Value, x: Expr, frame: Frame, how: 'receive' | 'range'): Steps<{ value: Value; ok: boolean }> {
  const outcome = yield { kind: 'channel', how, cases: [{ channel: channelOf(of), does: 'receive', node: x }], hasDefault: false, spot: spotIn(frame, x) };
  return { value: given(outcome, x, frame), ok: outcome.ok };
}

/** What was received; of a channel that is closed the zero value. */
export function given({ value, ok }: Pick<Outcome, 'value' | 'ok'>, channel: Expr, { env }: Frame): Value {
  const over = ok ? undefined : underlying(typeOf(channel, env), env.program);
  return !over ? value : over.kind === 'chan' ? zeroOf(over.elem, env.program) : newUnknown();
}

export function channelOf(of: Value): Channel | null {
  const bare = strip(of);
  if (bare === null) return null;
  if (isObject(bare) && bare.k === 'chan') return bare;
  throw new NotClosed('a channel from outside');
}

function* binary({ op, x, y }: Expr & { kind: 'binary' }, frame: Frame, run: Run): Steps<Value> {
  const left = yield* run.evaluate(x, frame);
  if (op === '&&' || op === '||') {
    return truth(left, run) === (op === '||') ? op === '||' : truth(yield* run.evaluate(y, frame), run);
  }
  return combined(op, strip(left), strip(yield* run.evaluate(y, frame)), run);
}

export function truth(value: Value, run: Run): boolean {
  const bare = strip(value);
  if (typeof bare === 'boolean') return bare;
  if (isUnknown(bare)) return run.decide(bare, 'true');
  throw new NotClosed('a condition that is none');
}

const ARITHMETIC: Readonly<Record<string, (a: number, b: number) => Value>> = {
  '+': (a, b) => a + b, '-': (a, b) => a - b, '*': (a, b) => a * b, '%': (a, b) => a % b, '/': (a, b) => a / b,
  '<': (a, b) => a < b, '<=': (a, b) => a <= b, '>': (a, b) => a > b, '>=': (a, b) => a >= b,
};
const COMPARES = /^(?:[<>]=?)$/;

export function combined(op: string, a: Value, b: Value, run: Run): Value {
  if (op === '==' || op === '!=') return areEqual(a, b, run) === (op === '==');
  if (typeof a === 'number' && typeof b === 'number') return op === '/' && Number.isInteger(a) && Number.isInteger(b) ? Math.trunc(a / b) : ARITHMETIC[op]?.(a, b) ?? newUnknown();
  if (op === '+' && typeof a === 'string' && typeof b === 'string') return a + b;
  if (!COMPARES.test(op)) return newUnknown();
  // Of what nobody knows there is something: a loop goes round once.
  if (isUnknown(b) && a === 0 && op === '<') return true;
  // `i < n` is what it was the last time that it was asked with this `i`.
  if (isUnknown(b)) return run.decide(b, `${String(identity(a))} ${op}`);
  return isUnknown(a) ? run.decide(a, `${op} ${String(identity(b))}`) : newUnknown();
}

function areEqual(a: Value, b: Value, run: Run): boolean {
  if (isUnknown(a) || isUnknown(b)) {
    if (a === b) return true;
    const [about, other] = isUnknown(a) ? [a, b] as const : [b, a] as const;
    if (isUnknown(about)) return run.decide(about, isObject(other) ? 'an object' : equalTo(other));
  }
  return identity(a) === identity(b);
}

/** Whether the value has the dynamic type, as far as that is known. */
export function hasType(value: Value, type: Type, run: Run, { env }: Frame): boolean {
  if (value === null) return false;
  if (isUnknown(value)) return run.decide(value, typeName(type));
  if (underlying(type, env.program).kind === 'interface') return true;
  // `errors.New` and the like have types that nobody can name.
  if (isObject(value) && value.k === 'error') return false;
  const own = dynamicType(value);
  return own === undefined ? run.machine.random() < 0.5 : own === typeName(type);
}

function dynamicType(value: Value): string | undefined {
  if (!isObject(value)) return value === null ? undefined : { number: 'int', string: 'string', boolean: 'bool' }[typeof value as 'number'];
  if (value.k === 'pointer') {
    const of = dynamicType(value.cell.v);
    return of === undefined ? undefined : `*${of}`;
  }
  return value.k === 'struct' || value.k === 'typed' ? typeName(value.type) : undefined;
}

/** What a pointer points to. */
export function pointed(value: Value): Cell {
  const bare = strip(value);
  if (bare === null) throw new Unwind('nil');
  if (isObject(bare) && bare.k === 'pointer') return bare.cell;
  if (isUnknown(bare)) return outside();
  // Objects of the library are their own pointers.
  return { v: bare };
}

/** A place in something that nobody knows; who puts something into it has given it away. */
function outside(): Cell {
  return {
    get v() {
      return newUnknown();
    },
    set v(value: Value) {
      if (isLive(value)) throw new NotClosed('given away');
    },
  };
}

/** The place that an expression stands for. */
export function* cellOf(expr: Expr, frame: Frame, run: Run): Steps<Cell> {
  const x = unparen(expr);
  if (x.kind === 'ident') {
    if (x.name === '_') return { v: null };
    const { entity } = x;
    return entity?.kind === 'var' ? frame.cells.get(entity.ident) ?? missing(x, frame) : yield* globalOf(x.name, frame, run);
  }
  if (x.kind === 'star') return pointed(yield* run.evaluate(x.x, frame));
  if (x.kind === 'selector') {
    const of = yield* run.evaluate(x.x, frame);
    const field = fieldOf(of, x.sel.name);
    if (field) return field;
    if (isUnknown(strip(of))) return outside();
    throw strip(of) === null ? new Unwind('nil') : new NotClosed(`no field ${x.sel.name}`);
  }
  if (x.kind !== 'index') throw new NotClosed('no place');
  const of = strip(yield* run.evaluate(x.x, frame));
  const index = x.indices[0] ? yield* run.evaluate(x.indices[0], frame) : null;
  if (isUnknown(of)) return outside();
  if (!isObject(of) || of.k !== 'dict') return elementAt(of, index);
  const known = of.cells.get(identity(index));
  if (known) return known.cell;
  const cell = { v: zeroOf(typeOf(x, frame.env), frame.env.program) };
  of.cells.set(identity(index), { key: index, cell });
  return cell;
}

/** `v, ok := <-ch`, `v, ok := m[k]`, `v, ok := x.(T)`. */
export function* withOk(expr: Expr, frame: Frame, run: Run): Steps<Value> {
  const x = unparen(expr);
  if (x.kind === 'unary' && x.op === '<-') {
    const { value, ok } = yield* receive(yield* run.evaluate(x.x, frame), x.x, frame, 'receive');
    return tuple(value, ok);
  }
  if (x.kind === 'assert') {
    const of = yield* run.evaluate(x.x, frame);
    const ok = x.type !== undefined && hasType(of, typeAt(x.type, frame.env), run, frame);
    return tuple(ok || !x.type ? of : zeroOf(typeAt(x.type, frame.env), frame.env.program), ok);
  }
  if (x.kind === 'index') {
    const of = strip(yield* run.evaluate(x.x, frame));
    const index = x.indices[0] ? yield* run.evaluate(x.indices[0], frame) : null;
    if (isUnknown(of)) return tuple(partOf(of, String(index)), newUnknown());
    const found = isObject(of) && of.k === 'dict' ? of.cells.get(identity(index)) : undefined;
    return tuple(found?.cell.v ?? zeroOf(typeOf(x, frame.env), frame.env.program), found !== undefined);
  }
  return yield* run.evaluate(expr, frame);
}
