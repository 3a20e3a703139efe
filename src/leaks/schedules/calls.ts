/** Calls of a scenario: of functions whose bodies are at hand, of what is built in, of the library, of others. */
import { calleeName, calleeOf } from '../../program/callee.ts';
import { isError, typeOf } from '../../program/infer.ts';
import { typeAt, underlying } from '../../program/resolve.ts';
import type { Type } from '../../program/types.ts';
import { type Call, type FuncNode, unparen } from '../../syntax/ast.ts';
import { packageOf } from './evaluate.ts';
import { type Frame, type Run, spotIn } from './frame.ts';
import { libraryFunction, outside } from './functions.ts';
import { close, type Does } from './library.ts';
import { type Bound, copied, equalTo, type Func, identity, isLive, isObject, isUnknown, newChannel, newUnknown, NotClosed, partOf, type Spot, STEP, type Steps, strip, TooLong, tuple, type Unknown, Unwind, type Value } from './values.ts';
import { MOST_ELEMENTS, zeroOf } from './zero.ts';

/** What is called, and what it is given, as a `go` or `defer` needs it before the call. */
export interface Prepared { readonly func: Value; readonly args: readonly Value[] }

export function* call(x: Call, frame: Frame, run: Run): Steps<Value> {
  const built = builtin(x, frame);
  if (built) return yield* callBuiltin(built, x, frame, run);
  const converted = conversionOf(x, frame);
  if (converted) return yield* convert(x, converted, frame, run);
  const { func, args } = yield* prepare(x, frame, run);
  return yield* run.apply(func, args, spotIn(frame, x));
}

export function* prepare(x: Call, frame: Frame, run: Run): Steps<Prepared> {
  const built = builtin(x, frame);
  if (built) {
    const args = yield* argumentsOf(x, frame, run);
    return { func: { k: 'bound', of: null, run: doneLater(built, frame) }, args };
  }
  const func = yield* calledBy(x, frame, run);
  return { func, args: yield* argumentsOf(x, frame, run) };
}

/** `defer close(ch)`, `defer recover()`. */
function doneLater(name: string, frame: Frame): Does {
  return function* ([first = null]) {
    yield STEP;
    if (name === 'close') return close(first);
    if (name === 'recover') return recovered(frame);
    throw new NotClosed(`${name} later`);
  };
}

function* calledBy(x: Call, frame: Frame, run: Run): Steps<Value> {
  const fun = unparen(x.fun);
  if (fun.kind === 'selector') {
    if (packageOf(fun, frame) !== undefined) return fromOutside(x, null, frame, run);
    const of = yield* run.evaluate(fun.x, frame);
    if (isUnknown(strip(of))) return fromOutside(x, of, frame, run);
  }
  return yield* run.evaluate(x.fun, frame);
}

/** A function of another package, or a method of something that nobody knows. */
function fromOutside(x: Call, receiver: Value, { env }: Frame, run: Run): Bound {
  const name = calleeName(calleeOf(x, env));
  const does = name === undefined ? undefined : libraryFunction(name, run);
  return { k: 'bound', of: receiver, run: does ?? function* (args) {
    yield STEP;
    const result = outside(name, args, receiver);
    const type = typeOf(x, env);
    if (!isUnknown(result)) return result;
    return type.kind === 'tuple' ? tuple(...type.types.map((of, i) => mayFail(partOf(result, String(i)), of, run))) : mayFail(result, type, run);
  } };
}

function mayFail(result: Unknown, type: Type, run: Run): Unknown {
  if (run.isTest && isError(type)) result.decided.set(equalTo(null), true);
  return result;
}

function* argumentsOf({ args, spread }: Call, frame: Frame, run: Run): Steps<Value[]> {
  const values: Value[] = [];
  for (const [i, arg] of args.entries()) {
    const value = copied(yield* run.evaluate(arg, frame));
    if (isObject(value) && value.k === 'tuple') values.push(...value.values);
    else if (spread && i === args.length - 1) values.push({ k: 'spread', of: value });
    else values.push(value);
  }
  return values;
}

/** Runs a function value. */
export function* apply(func: Value, args: readonly Value[], spot: Spot, run: Run, caller?: Frame): Steps<Value> {
  const callee = strip(func);
  if (callee === null) throw new Unwind('nil');
  if (isObject(callee) && callee.k === 'bound') return yield* callee.run(args.flatMap(spreadOut), spot);
  if (isUnknown(callee)) return outside(undefined, args.flatMap(spreadOut), null);
  if (!isObject(callee) || callee.k !== 'func') throw new NotClosed('something that is no function');
  return yield* enter(callee, args, run, caller);
}

function spreadOut(value: Value): readonly Value[] {
  if (!isObject(value) || value.k !== 'spread') return [value];
  const list = strip(value.of);
  return isObject(list) && list.k === 'slice' ? list.cells.map(({ v }) => v) : [value.of];
}

function* enter(func: Func, args: readonly Value[], run: Run, caller: Frame | undefined): Steps<Value> {
  const { node, info, receiver } = func;
  const block = node.kind === 'funclit' ? node.body : info.body();
  if (!block || !info.pkg.module || info.pkg.module !== run.pass.pkg.module) throw new NotClosed(`no body of ${info.name}`);
  // Its tree may have been made anew with its body.
  const own = node.kind === 'funclit' ? node : info.decl;
  const frame: Frame = { info, node: own, env: run.pass.contracts.envOf(info), cells: new Map(func.cells), defers: [], held: [], panicking: undefined, caller };
  bind(own, args, receiver, frame);
  const { frames } = run.machine.current;
  frames.push(frame);
  let isCutShort = false;
  try {
    return yield* run.body(block, frame);
  } catch (error) {
    // It would have gone on, with all that it has in hand.
    isCutShort = error instanceof TooLong;
    throw error;
  } finally {
    if (!isCutShort) frames.pop();
  }
}

function bind(node: FuncNode, args: readonly Value[], receiver: Value | undefined, { cells, env }: Frame): void {
  const own = node.kind === 'func' ? node.receiver?.names[0] : undefined;
  if (own) cells.set(own, { v: receiver === undefined ? null : copied(receiver) });
  const rest = [...args];
  for (const { names, variadic } of node.type.params) {
    if (variadic) {
      const [list] = rest;
      const given: Value = isObject(list) && list.k === 'spread' ? list.of : { k: 'slice', cells: rest.map(v => ({ v })) };
      if (names[0]) cells.set(names[0], { v: given });
      continue;
    }
    for (const name of names.length ? names : [undefined]) {
      const value = rest.shift() ?? null;
      if (name) cells.set(name, { v: value });
    }
  }
  for (const { names, type } of node.type.results) for (const name of names) cells.set(name, { v: zeroOf(typeAt(type, env), env.program) });
}

function conversionOf(x: Call, { env }: Frame): Type | undefined {
  const callee = calleeOf(x, env);
  return callee.kind === 'conversion' ? callee.type : undefined;
}

function* convert({ args: [arg] }: Call, type: Type, frame: Frame, run: Run): Steps<Value> {
  const value = arg ? yield* run.evaluate(arg, frame) : null;
  const inner = underlying(type, frame.env.program);
  if (isUnknown(value) || inner.kind === 'interface' || type.kind !== 'named' || inner.kind === 'struct') return value;
  return { k: 'typed', type, of: strip(value) };
}

function builtin({ fun }: Call, { info }: Frame): string | undefined {
  const x = unparen(fun);
  const isOne = x.kind === 'ident' && !x.entity && /^(?:append|cap|clear|close|copy|delete|len|make|max|min|new|panic|print|println|recover)$/.test(x.name) && !info.pkg.declares(x.name, info.file);
  return isOne ? x.name : undefined;
}

function* callBuiltin(name: string, x: Call, frame: Frame, run: Run): Steps<Value> {
  const [first] = x.args;
  if (name === 'make') return yield* made(x, frame, run);
  if (name === 'new') return { k: 'pointer', cell: { v: first ? zeroOf(typeAt(first, frame.env), frame.env.program) : null } };
  if (name === 'recover') return recovered(frame);
  const args = (yield* argumentsOf(x, frame, run)).flatMap(spreadOut);
  const [value = null, ...more] = args;
  const bare = strip(value);
  switch (name) {
    case 'close':
      yield STEP;
      return close(value);
    case 'panic':
      throw new Unwind(value);
    case 'len':
    case 'cap':
      return sizeOf(bare, name);
    case 'append':
      if (isUnknown(bare) && more.some(v => isLive(v))) throw new NotClosed('given away');
      return isUnknown(bare) ? bare : { k: 'slice', cells: [...isObject(bare) && bare.k === 'slice' ? bare.cells : [], ...more.map(v => ({ v }))] };
    case 'delete':
      if (isObject(bare) && bare.k === 'dict' && more[0] !== undefined) bare.cells.delete(identity(more[0]));
      return null;
    case 'clear':
      if (isObject(bare) && bare.k === 'dict') bare.cells.clear();
      else if (isLive(bare)) throw new NotClosed('a list is cleared');
      return null;
    case 'copy':
      return copyInto(bare, strip(more[0] ?? null));
    case 'min':
    case 'max':
      return least(name, [value, ...more]);
    default:
      return newUnknown();
  }
}

function copyInto(to: Value, from: Value): Value {
  const [into, of] = [to, from].map(list => (isObject(list) && list.k === 'slice' ? list.cells : undefined));
  if (!into || !of) {
    if (isLive(from)) throw new NotClosed('given away');
    return newUnknown();
  }
  const values = of.slice(0, into.length).map(({ v }) => copied(v));
  values.forEach((v, i) => into[i] && (into[i].v = v));
  return values.length;
}

function least(name: 'min' | 'max', values: readonly Value[]): Value {
  const numbers = values.map(strip).filter(value => typeof value === 'number');
  return numbers.length === values.length ? Math[name](...numbers) : newUnknown();
}

function sizeOf(of: Value, name: string): Value {
  if (of === null) return 0;
  if (typeof of === 'string') return of.length;
  if (!isObject(of)) return newUnknown();
  switch (of.k) {
    case 'slice':
      return of.cells.length;
    case 'dict':
      return of.cells.size;
    case 'chan':
      return name === 'cap' ? of.room : of.buffer.length;
    case 'unknown':
      return partOf(of, 'len');
    default:
      return newUnknown();
  }
}

function* made({ args: [type, size] }: Call, frame: Frame, run: Run): Steps<Value> {
  const { env } = frame;
  const inner = type ? underlying(typeAt(type, env), env.program) : undefined;
  const n = size ? strip(yield* run.evaluate(size, frame)) : 0;
  if (inner?.kind === 'map') return { k: 'dict', cells: new Map() };
  if (typeof n !== 'number' || n > MOST_ELEMENTS) throw new NotClosed('a size that is not known');
  if (inner?.kind === 'chan') return newChannel(n);
  if (inner?.kind !== 'slice') throw new NotClosed('something unknown is made');
  return { k: 'slice', cells: Array.from({ length: n }, () => ({ v: zeroOf(inner.elem, env.program) })) };
}

/** In a deferred function, of the panic of the one that has deferred it. */
function recovered({ caller }: Frame): Value {
  const panic = caller?.panicking;
  if (!caller || !panic || panic.isGoexit) return null;
  caller.panicking = undefined;
  return panic.value ?? newUnknown();
}

