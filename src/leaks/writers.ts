/** Which mutexes somebody in a package locks for writing. */
import { Memo } from '../program/memo.ts';
import type { Package } from '../program/package.ts';
import { bodiesWith } from './bodies.ts';
import { lockCallsIn } from './lockflow.ts';
import type { Pass } from './pass.ts';

const memo = new Memo<Package, ReadonlySet<string>>();

export function isWriteLocked(family: string, pass: Pass): boolean {
  let families = memo.get(pass.pkg);
  if (!families) memo.set(pass.pkg, (families = writeLocked(pass)));
  return families.has(family);
}

function writeLocked(pass: Pass): Set<string> {
  const families = new Set<string>();
  for (const body of bodiesWith(pass, ({ bodyText }) => /(?<!R)Lock\(\)/.test(bodyText))) {
    for (const { lock } of lockCallsIn(body)) if (lock.does === 'lock' && lock.mode === 'write') families.add(lock.mutex.family);
  }
  return families;
}
