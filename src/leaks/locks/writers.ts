/** Which mutexes somebody in a package locks for writing. */
import { Memo } from '../../program/memo.ts';
import type { Package } from '../../program/package.ts';
import { bodiesWith } from '../bodies.ts';
import type { Pass } from '../pass.ts';
import { lockCallsIn } from './lockflow.ts';

interface Search {
  readonly found: Set<string>;
  /** The rest of the package. */
  readonly more: Generator<string>;
}

const memo = new Memo<Package, Search>();

/** Most are found in the first files: the package is gone through only as far as that takes. */
export function isWriteLocked(family: string, pass: Pass): boolean {
  let search = memo.get(pass.pkg);
  if (!search) memo.set(pass.pkg, (search = { found: new Set(), more: writeLocked(pass) }));
  while (!search.found.has(family)) {
    const { value, done } = search.more.next();
    if (done) return false;
    search.found.add(value);
  }
  return true;
}

/** Tests last: they seldom lock anything. */
function* writeLocked(pass: Pass): Generator<string, undefined> {
  for (const test of [false, true]) {
    for (const body of bodiesWith(pass, ({ bodyText, file }) => file.kind.test === test && /(?<!R)Lock\(\)/.test(bodyText))) {
      for (const { lock } of lockCallsIn(body)) if (lock.does === 'lock' && lock.mode === 'write') yield lock.mutex.family;
    }
  }
}
