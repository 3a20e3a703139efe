/** What the library's means of synchronization do in a scenario. */
import type { Run } from './frame.ts';
import { hold } from './machine.ts';
import { type Bound, type Context, identity, isObject, type Lock, newUnknown, NotClosed, Over, type Routine, type Spot, STEP, type Steps, strip, type Timer, tuple, type Value } from './values.ts';

export type Does = (args: readonly Value[], spot: Spot) => Steps<Value>;
type Object = Exclude<Value, number | string | boolean | null>;
type Kind<K extends string> = Object & { k: K };

/** Comes back at once. */
function at(once: (args: readonly Value[]) => Value): Does {
  return function* (args) {
    yield STEP;
    return once(args);
  };
}

const unknown = at(newUnknown);

/** A method of one of the library's objects, or of a pointer to one. */
export function libraryMethod(value: Value, name: string, run: Run): Bound | undefined {
  const object = isObject(value) && value.k === 'pointer' ? value.cell.v : value;
  const does = isObject(object) ? methodsKnown(object, run)[name] : undefined;
  return does && { k: 'bound', of: value, run: does };
}

const known = new WeakMap<Object, Readonly<Record<string, Does>>>();

function methodsKnown(object: Object, run: Run): Readonly<Record<string, Does>> {
  let methods = known.get(object);
  if (!methods) known.set(object, (methods = methodsOf(object, run)));
  return methods;
}

function methodsOf(object: Object, run: Run): Readonly<Record<string, Does>> {
  switch (object.k) {
    case 'lock':
      return { ...lockMethods(object, run), RLocker: at(() => ({ k: 'rlocker', lock: object })) };
    case 'rlocker': {
      const { RLock, RUnlock } = lockMethods(object.lock, run);
      return { ...(RLock ? { Lock: RLock } : {}), ...(RUnlock ? { Unlock: RUnlock } : {}) };
    }
    case 'group':
      return groupMethods(object, run);
    case 'once':
      return { Do: onceDo(object, run) };
    case 'cond':
      return condMethods(object, run);
    case 'context':
      return contextMethods(object);
    case 'timer':
      return timerMethods(object, run);
    case 'dict':
      return mapMethods(object, run);
    case 'struct':
      return object.type.kind === 'named' && object.type.pkg === 'sync/atomic' ? atomicMethods(object) : {};
    case 'error':
      return { Error: unknown, Unwrap: unknown };
    default:
      return {};
  }
}

function lockMethods(lock: Lock, run: Run): Record<string, Does> {
  const locks = (mode: 'read' | 'write'): Does => function* (_, spot) {
    yield { kind: 'lock', lock, mode, spot, arrived: 0 };
    return null;
  };
  const tries = (mode: 'read' | 'write') => at(() => {
    if (lock.writer || (mode === 'write' && lock.readers.size > 0)) return false;
    hold(lock, mode, run.machine.current);
    return true;
  });
  return {
    Lock: locks('write'), RLock: locks('read'), TryLock: tries('write'), TryRLock: tries('read'),
    Unlock: at(() => {
      if (!lock.writer) throw new Over('unlocked twice');
      lock.writer = undefined;
      return null;
    }),
    RUnlock: at(() => readUnlock(lock, run.machine.current)),
  };
}

function readUnlock({ readers }: Lock, current: Routine): null {
  const [some] = readers.keys();
  const reader = readers.has(current) ? current : some;
  if (!reader) throw new Over('unlocked twice');
  const left = (readers.get(reader) ?? 1) - 1;
  if (left > 0) readers.set(reader, left);
  else readers.delete(reader);
  return null;
}

function groupMethods(group: Kind<'group'>, run: Run): Record<string, Does> {
  const add = (n: number) => {
    group.count += n;
    if (group.count < 0) throw new Over('a negative count');
    return null;
  };
  const end = () => {
    if (group.context) cancel(group.context);
  };
  return {
    Add: at(([n]) => {
      if (typeof n !== 'number') throw new NotClosed('a count that is not known');
      return add(n);
    }),
    Done: at(() => add(-1)),
    *Wait(_, spot) {
      yield { kind: 'group', group, spot };
      end();
      return newUnknown();
    },
    *Go([func = null], spot) {
      yield STEP;
      add(1);
      run.machine.start((function* (): Steps<Value> {
        const result = strip(yield* run.apply(func, [], spot));
        if (isObject(result) && result.k === 'error') end();
        return add(-1);
      })(), spot, [func]);
      return null;
    },
    SetLimit: at(() => {
      throw new NotClosed('a limit');
    }),
  };
}

function onceDo(once: Kind<'once'>, run: Run): Does {
  return function* ([func = null], spot) {
    yield { kind: 'once', once, spot };
    if (once.state === 'done') return null;
    once.state = 'running';
    yield* run.apply(func, [], spot);
    once.state = 'done';
    return null;
  };
}

function condMethods(cond: Kind<'cond'>, run: Run): Record<string, Does> {
  const { machine } = run;
  return {
    *Wait(_, spot) {
      const unlock = libraryMethod(cond.locker, 'Unlock', run);
      const lock = libraryMethod(cond.locker, 'Lock', run);
      if (!lock || !unlock) throw new NotClosed('a locker from outside');
      // Nobody comes in between unlocking and waiting.
      const steps = unlock.run([], spot);
      for (let step = steps.next(); !step.done; step = steps.next()) continue;
      yield { kind: 'cond', cond, isSignalled: false, spot };
      return yield* lock.run([], spot);
    },
    Signal: at(() => machine.wake(cond, false)),
    Broadcast: at(() => machine.wake(cond, true)),
  };
}

/** Of a `sync.Map`. */
function mapMethods({ cells }: Kind<'dict'>, run: Run): Record<string, Does> {
  const loaded = (key: Value) => tuple(cells.get(identity(key))?.cell.v ?? null, cells.has(identity(key)));
  const store = (key: Value, v: Value) => void cells.set(identity(key), { key, cell: { v } });
  const remove = (key: Value) => void cells.delete(identity(key));
  return {
    Load: at(([key = null]) => loaded(key)),
    Store: at(([key = null, v = null]) => {
      store(key, v);
      return null;
    }),
    LoadOrStore: at(([key = null, v = null]) => {
      const wasThere = cells.has(identity(key));
      if (!wasThere) store(key, v);
      return tuple(cells.get(identity(key))?.cell.v ?? null, wasThere);
    }),
    LoadAndDelete: at(([key = null]) => {
      const before = loaded(key);
      remove(key);
      return before;
    }),
    Swap: at(([key = null, v = null]) => {
      const before = loaded(key);
      store(key, v);
      return before;
    }),
    Delete: at(([key = null]) => {
      remove(key);
      return null;
    }),
    Clear: at(() => {
      cells.clear();
      return null;
    }),
    *Range([func = null], spot) {
      for (const { key, cell } of [...cells.values()]) if ((yield* run.apply(func, [key, cell.v], spot)) === false) break;
      return null;
    },
  };
}

function contextMethods(context: Context): Record<string, Does> {
  return {
    Done: at(() => context.done ?? null), Err: at(() => (context.done?.isClosed ? { k: 'error' } : null)), Value: unknown, Deadline: unknown,
  };
}

export function cancel({ done, children }: Context): null {
  if (done) done.isClosed = true;
  children.forEach(cancel);
  return null;
}

function timerMethods(timer: Timer, run: Run): Record<string, Does> {
  return {
    Stop: at(() => run.machine.stopTimer(timer)),
    Reset: at(([after]) => {
      const wasRunning = run.machine.stopTimer(timer);
      run.machine.setTimer(timer, typeof after === 'number' ? after : 1e6);
      return wasRunning;
    }),
  };
}

function atomicMethods({ fields }: Kind<'struct'>): Record<string, Does> {
  const cell = fields.get('v') ?? { v: null };
  return {
    Load: at(() => cell.v),
    Store: at(([v = null]) => {
      cell.v = v;
      return null;
    }),
    Swap: at(([v = null]) => {
      const before = cell.v;
      cell.v = v;
      return before;
    }),
    Add: at(([n]) => (cell.v = typeof n === 'number' && typeof cell.v === 'number' ? cell.v + n : newUnknown())),
    CompareAndSwap: at(([from, to = null]) => {
      if (cell.v !== from) return false;
      cell.v = to;
      return true;
    }),
  };
}

export function close(of: Value): null {
  const channel = strip(of);
  if (!isObject(channel) || channel.k !== 'chan') throw channel === null ? new Over('a nil channel is closed') : new NotClosed('a channel from outside');
  if (channel.isClosed) throw new Over('closed twice');
  channel.isClosed = true;
  return null;
}
