/** Functions of the library by their full names: those that make something to wait for, and those that a scenario need not run. */
import { Memo } from '../../program/memo.ts';
import { walkStmts } from '../../syntax/walk.ts';
import type { Run } from './frame.ts';
import { cancel, type Does } from './library.ts';
import { type Cell, type Context, failure, isLive, isObject, newChannel, newUnknown, NotClosed, type Once, Over, type Spot, STEP, strip, type Timer, tuple, Unwind, type Value } from './values.ts';

/** They look at what they are given: no writer, and no function that they would run, but for the order of a list. */
const LOOKS = /^(?:fmt\.(?:Print|Sprint|Errorf|Append)\w*|log\.Print\w*|\(\*log\.Logger\)\.Print\w*|log\/slog\.\w+|errors\.\w+|(?:sort|slices|maps|strings|bytes|reflect|math|unicode)\.\w+|runtime\.\w+|\(\*?testing\.\w+\)\.(?:Log|Error|Fatal|Skip)\w*|\(?\*?github\.com\/stretchr\/testify\/(?:assert|require)\.(?!Eventually|Never|Panics|NotPanics|Condition)\w+(?:\)\.\w+)?)$/;
const ENDS_PROGRAM = /^(?:os\.Exit|log\.(?:Fatal|Panic)\w*|\(\*log\.Logger\)\.(?:Fatal|Panic)\w*)$/;
const libraries = new WeakMap<Run, Library>();
const TESTING = /^\(\*?testing\.\w+\)\./;
/** A test that fails or is skipped may leave goroutines behind. */
const FAILS = /^\(\*?testing\.\w+\)\.(?:Fatalf?|FailNow|Fail|Errorf?|Skipf?|SkipNow)$/;

export type Library = Readonly<Record<string, Does>>;

export function libraryFunction(name: string, run: Run): Does | undefined {
  if (ENDS_PROGRAM.test(name) || FAILS.test(name)) return () => { throw new Over(name); };
  let library = libraries.get(run);
  if (!library) libraries.set(run, (library = makersOf(run)));
  return library[name] ?? library[name.replace(TESTING, 'testing.')];
}

/** What somebody does who is not at hand: nothing that matters to the scenario, unless it is given something of it. */
export function outside(name: string | undefined, args: readonly Value[], receiver: Value): Value {
  const looks = name !== undefined && LOOKS.test(name);
  if (!looks && (isLive(receiver) || args.some(arg => isLive(arg)))) throw new NotClosed(`${name ?? 'somebody'} is given something`);
  return /(?:^|\.)(?:Errorf|New)$/.test(name ?? '') && /^(?:fmt|errors)\./.test(name ?? '') ? failure() : newUnknown();
}

function makersOf(run: Run): Library {
  const { machine } = run;
  const timer = (after: Value, more: Partial<Timer> = {}): Timer => {
    const made: Timer = { k: 'timer', channel: newChannel(1, { isFed: true }), at: undefined, every: undefined, then: null, ...more };
    machine.setTimer(made, durationIn(after));
    return made;
  };
  const cancellable = (parent: Value, after?: Value): Value => {
    const made = derived(parent);
    const end: Value = { k: 'bound', of: made, run: now(() => cancel(made)) };
    if (after !== undefined) timer(after, { channel: undefined, then: end });
    return tuple(made, end);
  };
  return {
    'context.Background': now(() => ({ k: 'context', done: undefined, children: [] })),
    'context.TODO': now(() => ({ k: 'context', done: undefined, children: [] })),
    'context.WithCancel': now(([parent = null]) => cancellable(parent)),
    'context.WithTimeout': now(([parent = null, after = null]) => cancellable(parent, after)),
    'context.WithDeadline': now(([parent = null, at = null]) => cancellable(parent, at)),
    'context.WithTimeoutCause': now(([parent = null, after = null]) => cancellable(parent, after)),
    'context.WithDeadlineCause': now(([parent = null, at = null]) => cancellable(parent, at)),
    'context.WithCancelCause': now(([parent = null]) => cancellable(parent)),
    'context.WithValue': now(([parent = null]) => parent),
    'context.WithoutCancel': now(() => ({ k: 'context', done: undefined, children: [] })),
    'context.Cause': now(([of = null]) => causeOf(of)),
    'golang.org/x/sync/errgroup.WithContext': now(([parent = null]) => {
      const context = derived(parent);
      return tuple({ k: 'pointer', cell: { v: { k: 'group', count: 0, context } } }, context);
    }),
    'sync.OnceFunc': now(([func = null]) => onlyOnce(func, run)),
    'sync.OnceValue': now(([func = null]) => onlyOnce(func, run)),
    'sync.OnceValues': now(([func = null]) => onlyOnce(func, run)),
    'sync.NewCond': now(([locker = null]) => ({ k: 'cond', locker })),
    *'time.Sleep'([after = null], spot) {
      // Who sleeps in a loop only keeps its pace, and others may take longer than that.
      yield isInLoop(spot) && machine.random() < 0.3 ? STEP : machine.sleep(durationIn(after));
      return null;
    },
    'time.After': now(([after = null]) => timer(after).channel ?? null),
    'time.NewTimer': now(([after = null]) => timer(after)),
    'time.NewTicker': now(([every = null]) => timer(every, { every: durationIn(every) })),
    'time.Tick': now(([every = null]) => timer(every, { every: durationIn(every) }).channel ?? null),
    'time.AfterFunc': now(([after = null, then = null]) => timer(after, { channel: undefined, then })),
    'runtime.Gosched': now(() => null), 'runtime.GOMAXPROCS': now(() => 2), 'runtime.NumCPU': now(() => 2),
    'runtime.Goexit': () => { throw new Unwind(null, true); },
    'testing.Cleanup': now(([func = null]) => {
      run.cleanups.push(func);
      return null;
    }),
    'testing.Run': function* ([, func = null], spot) {
      yield* run.apply(func, [newUnknown()], spot);
      return true;
    },
    'testing.Short': now(() => false), 'testing.Verbose': now(() => false),
    'os/signal.Notify': now(([channel = null]) => fed(channel)),
    ...atomics(),
  };
}

const loops = new Memo<object, boolean>();

function isInLoop({ info, node }: Spot): boolean {
  let known = loops.get(node);
  if (known === undefined) {
    known = false;
    walkStmts(info.body()?.stmts ?? [], { stmt: stmt => void (known ||= (stmt.kind === 'for' || stmt.kind === 'range') && stmt.start <= node.start && node.end <= stmt.end) });
    loops.set(node, known);
  }
  return known;
}

function atomics(): Record<string, Does> {
  const made: Record<string, Does> = {};
  for (const type of ['Int32', 'Int64', 'Uint32', 'Uint64']) {
    made[`sync/atomic.Load${type}`] = now(([at]) => cellAt(at).v);
    made[`sync/atomic.Store${type}`] = now(([at, v = null]) => {
      cellAt(at).v = v;
      return null;
    });
    made[`sync/atomic.Add${type}`] = now(([at, n]) => {
      const cell = cellAt(at);
      return (cell.v = typeof cell.v === 'number' && typeof n === 'number' ? cell.v + n : newUnknown());
    });
    made[`sync/atomic.CompareAndSwap${type}`] = now(([at, from, to = null]) => {
      const cell = cellAt(at);
      if (cell.v !== from) return false;
      cell.v = to;
      return true;
    });
  }
  return made;
}

/** The runtime sends on it. */
function fed(value: Value): null {
  const channel = strip(value);
  if (isObject(channel) && channel.k === 'chan') channel.isFed = true;
  return null;
}

function cellAt(value: Value | undefined): Cell {
  if (isObject(value) && value.k === 'pointer') return value.cell;
  throw new NotClosed('a number from outside');
}

function now(does: (args: readonly Value[]) => Value): Does {
  return function* (args) {
    yield STEP;
    return does(args);
  };
}

function durationIn(value: Value): number {
  const bare = strip(value);
  return typeof bare === 'number' ? bare : 1e6;
}

/** What it has given once it gives each time. */
function onlyOnce(func: Value, run: Run): Value {
  const once: Once = { k: 'once', state: 'new' };
  let result: Value = null;
  return { k: 'bound', of: tuple(func, once), *run(_, spot) {
    yield { kind: 'once', once, spot };
    if (once.state === 'done') return result;
    once.state = 'running';
    result = yield* run.apply(func, [], spot);
    once.state = 'done';
    return result;
  } };
}

function causeOf(value: Value): Value {
  const of = strip(value);
  if (!isObject(of) || of.k !== 'context') throw new NotClosed('a context from outside');
  return of.done?.isClosed ? failure() : null;
}

/** A context that ends with its parent. */
function derived(parent: Value): Context {
  const of = strip(parent);
  const made: Context = { k: 'context', done: newChannel(0, { isOfContext: true }), children: [] };
  if (!isObject(of) || of.k !== 'context') throw new NotClosed('a context from outside');
  of.children.push(made);
  if (of.done?.isClosed) cancel(made);
  return made;
}
