/** Types of other packages that stand in for the mutexes of `sync`: with checks for deadlocks, with metrics, with names. */

/** The interface may be locked for reading as well. */
const STANDS_FOR: Readonly<Record<string, string>> = { Mutex: '*sync.Mutex', RWMutex: '*sync.RWMutex', Locker: 'sync.Locker' };

/**
 * `(*sync.RWMutex).RLock` for `(github.com/sasha-s/go-deadlock.RWMutex).RLock`; undefined for a method of anything else.
 * One whose code is at hand is read, whatever it is called, unless it has the very name.
 */
export function methodOfSync(name: string, isAtHand: boolean): string | undefined {
  const [, type = '', method] = /^\(\*?(.+)\)\.(\w+)$/.exec(name) ?? [];
  const kind = STANDS_FOR[(isAtHand ? nameOf(type) : kindOf(type)) ?? ''];
  return kind === undefined ? undefined : `(${kind}).${method}`;
}

export function isNamedLikeMutex(type: string): boolean {
  return kindOf(type) !== undefined;
}

/** `SafeMutex`, `CountedRWMutex`: one that may be for reading as well. */
function kindOf(type: string): string | undefined {
  const name = nameOf(type);
  return name !== undefined && !(name in STANDS_FOR) && name.endsWith('Mutex') ? 'RWMutex' : name;
}

/** The name of a type that is called a mutex, where it is not one of a store that several processes share, or one that its owner may lock again. */
function nameOf(type: string): string | undefined {
  if (/redis|redsync|consul|etcd|concurrency|zookeeper|re-?entrant|recursive/i.test(type)) return undefined;
  return /\.(\w*Mutex|Locker)$/.exec(type)?.[1];
}
