/** Types of other packages that stand in for the mutexes of `sync`: with checks for deadlocks, with metrics, with names. */

/** The interface may be locked for reading as well. */
const STANDS_FOR: Readonly<Record<string, string>> = { Mutex: '*sync.Mutex', RWMutex: '*sync.RWMutex', Locker: 'sync.Locker' };

/** `(*sync.RWMutex).RLock` for `(github.com/sasha-s/go-deadlock.RWMutex).RLock`; undefined for a method of anything else. */
export function methodOfSync(name: string): string | undefined {
  const [, type = '', method] = /^\(\*?(.+)\)\.(\w+)$/.exec(name) ?? [];
  const kind = STANDS_FOR[kindOf(type) ?? ''];
  return kind === undefined ? undefined : `(${kind}).${method}`;
}

export function isNamedLikeMutex(type: string): boolean {
  return kindOf(type) !== undefined;
}

/** The name of the type, where it is not one of a store that several processes share. */
function kindOf(type: string): string | undefined {
  if (/redis|redsync|consul|etcd|concurrency|zookeeper/i.test(type)) return undefined;
  return /\.(Mutex|RWMutex|Locker)$/.exec(type)?.[1];
}
