/** Values of a scenario that is run: enough of Go's to know which channel, mutex or function somebody means. */
import type { FuncInfo } from '../../program/package.ts';
import type { Named, Type } from '../../program/types.ts';
import type { FuncNode, Ident } from '../../syntax/ast.ts';

/** Numbers and strings as JavaScript has them; `null` is nil. */
export type Value = number | string | boolean | null | Struct | Pointer | Slice | Dict | Func | Bound | Tuple | Typed | Failure | Unknown
  | Spread | Channel | Lock | ReadLocker | Group | Once | Cond | Context | Timer;

/** Something that has an address. */
export interface Cell { v: Value }

/** Of a large type few fields are ever asked for; `zero` gives those that were not. */
export interface Struct { readonly k: 'struct'; readonly type: Type; readonly fields: Map<string, Cell>; readonly zero: (name: string) => Value | undefined }
export interface Pointer { readonly k: 'pointer'; readonly cell: Cell }
/** Parts of one share its cells. An array is copied with what is in it. */
export interface Slice { readonly k: 'slice'; readonly cells: readonly Cell[]; readonly isArray?: boolean }
export interface Dict { readonly k: 'dict'; readonly cells: Map<unknown, { readonly key: Value; readonly cell: Cell }> }
/** A function with what it captures. */
export interface Func { readonly k: 'func'; readonly node: FuncNode; readonly info: FuncInfo; readonly cells: ReadonlyMap<Ident, Cell>; readonly receiver?: Value }
/** One that the library gives: `cancel`, `mu.Unlock`; `of`: what it works on. */
export interface Bound { readonly k: 'bound'; readonly of: Value; readonly run: (args: readonly Value[], spot: Spot) => Steps<Value> }
export interface Tuple { readonly k: 'tuple'; readonly values: readonly Value[] }
/** `args...`, on its way to the parameters. */
export interface Spread { readonly k: 'spread'; readonly of: Value }
/** A value of a named type that is no struct, with its type, since it may have methods. */
export interface Typed { readonly k: 'typed'; readonly type: Named; readonly of: Value }
export interface Failure { readonly k: 'error' }
/** What nobody knows; what was once decided of it, and what was taken of it, stays. */
export interface Unknown { readonly k: 'unknown'; readonly decided: Map<string, boolean>; readonly parts: Map<string, Unknown> }

export interface Channel {
  readonly k: 'chan';
  readonly room: number;
  readonly buffer: Value[];
  isClosed: boolean;
  /** Something outside of the scenario sends on it: a timer, the runtime. */
  isFed: boolean;
  /** `ctx.Done()`. */
  readonly isOfContext: boolean;
}
export interface Lock {
  readonly k: 'lock';
  writer: Routine | undefined;
  /** How often each reads. */
  readonly readers: Map<Routine, number>;
  /** Where it was locked last. */
  lockedAt: Spot | undefined;
}
/** `mu.RLocker()`. */
export interface ReadLocker { readonly k: 'rlocker'; readonly lock: Lock }
/** `context`: that of an errgroup, which ends with the first error and with Wait. */
export interface Group { readonly k: 'group'; count: number; readonly context?: Context }
export interface Once { readonly k: 'once'; state: 'new' | 'running' | 'done' }
export interface Cond { readonly k: 'cond'; readonly locker: Value }
export interface Context { readonly k: 'context'; readonly done: Channel | undefined; readonly children: Context[] }
/** `every` for tickers; `then` for `time.AfterFunc`. */
export interface Timer { readonly k: 'timer'; readonly channel: Channel | undefined; at: number | undefined; readonly every: number | undefined; readonly then: Value }

/** A place in some function. */
export interface Spot { readonly info: FuncInfo; readonly node: { readonly start: number; readonly end: number } }

export type Case = { readonly channel: Channel | null; readonly node: Spot['node'] } & ({ readonly does: 'send'; readonly value: Value } | { readonly does: 'receive' });

/** What a goroutine stops for; `step` is only an occasion for others to run. */
export type Wait =
  | { readonly kind: 'step' }
  | { readonly kind: 'channel'; readonly how: 'send' | 'receive' | 'range' | 'select'; readonly cases: readonly Case[]; readonly hasDefault: boolean; readonly spot: Spot }
  | { readonly kind: 'lock'; readonly lock: Lock; readonly mode: 'read' | 'write'; readonly spot: Spot; arrived: number }
  | { readonly kind: 'group'; readonly group: Group; readonly spot: Spot }
  | { readonly kind: 'once'; readonly once: Once; readonly spot: Spot }
  | { readonly kind: 'cond'; readonly cond: Cond; isSignalled: boolean; readonly spot: Spot }
  | { readonly kind: 'sleep'; readonly until: number };

/** What comes of a wait: which case of a select, and what was received. */
export interface Outcome { readonly index: number; readonly value: Value; readonly ok: boolean }
export type Steps<T> = Generator<Wait, T, Outcome>;

/** A call that has not returned; see `Frame`. */
export interface Holder {
  readonly cells: ReadonlyMap<Ident, Cell>;
  readonly defers: readonly { readonly func: Value; readonly args: readonly Value[] }[];
  readonly held: readonly Value[];
}

export interface Routine {
  readonly steps: Steps<unknown>;
  /** The `go` statement; undefined for the one that the scenario begins with. */
  readonly start: Spot | undefined;
  /** What it is given, and what the calls that it is in have in hand. */
  readonly given: readonly Value[];
  readonly frames: Holder[];
  wait: Wait;
  outcome: Outcome;
  isOver: boolean;
}

export const NOTHING: Outcome = { index: -1, value: null, ok: false };
export const STEP: Wait = { kind: 'step' };

/** What is thrown; no errors, since nobody wants their stacks. */
class Thrown {
  constructor(readonly message: string) {}
}
/** Ends the run: the program ends, or crashes. */
export class Over extends Thrown {}
/** Somebody outside of the scenario has a say in it. */
export class NotClosed extends Thrown {}
/** The run takes longer than anybody waits for. */
export class TooLong extends Thrown {}
/** A goroutine is unwound: it panics, or `runtime.Goexit` ends it. */
export class Unwind {
  constructor(readonly value: Value, readonly isGoexit = false) {}
}

export const newChannel = (room: number, more: Partial<Channel> = {}): Channel => ({ k: 'chan', room, buffer: [], isClosed: false, isFed: false, isOfContext: false, ...more });
export const newLock = (): Lock => ({ k: 'lock', writer: undefined, readers: new Map(), lockedAt: undefined });
export const newUnknown = (): Unknown => ({ k: 'unknown', decided: new Map(), parts: new Map() });
export const failure = (): Failure => ({ k: 'error' });
export const tuple = (...values: readonly Value[]): Tuple => ({ k: 'tuple', values });

export function isObject(value: Value | undefined): value is Exclude<Value, number | string | boolean | null> {
  return typeof value === 'object' && value !== null;
}

/** Without the name of its type. */
export function strip(value: Value): Exclude<Value, Typed> {
  return isObject(value) && value.k === 'typed' ? strip(value.of) : value;
}

export function isUnknown(value: Value): value is Unknown {
  return isObject(value) && value.k === 'unknown';
}

/** What is asked of something unknown when it is compared. */
export function equalTo(value: Value): string {
  return `== ${String(value)}`;
}

/** Something that nobody knows, but that it is there. */
export function newSomething(): Unknown {
  const made = newUnknown();
  made.decided.set(equalTo(null), false);
  return made;
}

/** The same part each time. */
export function partOf({ parts }: Unknown, name: string): Unknown {
  const known = parts.get(name) ?? newUnknown();
  parts.set(name, known);
  return known;
}

/** A field of the struct itself. */
export function fieldIn({ fields, zero }: Struct, name: string): Cell | undefined {
  const known = fields.get(name);
  if (known) return known;
  const value = zero(name);
  if (value === undefined) return undefined;
  const made = { v: value };
  fields.set(name, made);
  return made;
}

/** What is assigned or handed over: structs and arrays are copied. */
export function copied(value: Value): Value {
  if (!isObject(value)) return value;
  switch (value.k) {
    case 'struct':
      return { ...value, fields: new Map([...value.fields].map(([name, cell]) => [name, { v: copied(cell.v) }])) };
    case 'slice':
      return value.isArray ? { ...value, cells: value.cells.map(({ v }) => ({ v: copied(v) })) } : value;
    case 'lock':
      return { ...value, readers: new Map(value.readers) };
    case 'group':
    case 'once':
      return { ...value };
    default:
      return value;
  }
}

/** Equal for equal values, as keys of maps and operands of `==` are. */
export function identity(value: Value): unknown {
  const bare = strip(value);
  return isObject(bare) && bare.k === 'pointer' ? bare.cell : bare;
}

/** Whether somebody who has the value could wake a goroutine up, or keep it waiting. */
export function isLive(value: Value, depth = 12): boolean {
  const bare = strip(value);
  if (!isObject(bare)) return false;
  // Lists that go round and round may lead to anything.
  if (depth === 0) return true;
  switch (bare.k) {
    case 'unknown':
    case 'error':
      return false;
    case 'struct':
      return [...bare.fields.values()].some(cell => isLive(cell.v, depth - 1));
    case 'pointer':
      return isLive(bare.cell.v, depth - 1);
    case 'slice':
      return bare.cells.some(cell => isLive(cell.v, depth - 1));
    case 'dict':
      return [...bare.cells.values()].some(({ cell }) => isLive(cell.v, depth - 1));
    case 'tuple':
      return bare.values.some(inner => isLive(inner, depth - 1));
    case 'spread':
      return isLive(bare.of, depth - 1);
    default:
      return true;
  }
}
