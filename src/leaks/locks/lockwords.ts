/** Whether a function may lock something, by the words of its text: most do not, and need not be parsed to know it. */
import { Memo } from '../../program/memo.ts';
import type { FuncInfo, Package } from '../../program/package.ts';
import { withCallers } from '../calls/near.ts';

/** `mu.Lock()`, `s.rLock()`, `withLock(…)`; not `NewBlock(…)`. */
const LOCK_WORD = /\b[rR]?lock\w*\(|Lock\w*\(/;

/** The function itself locks, or calls a helper that is named like one. */
export function mentionsLocking({ bodyText }: FuncInfo): boolean {
  return LOCK_WORD.test(bodyText);
}

const reaching = new Memo<Package, ReadonlySet<FuncInfo>>();

/** It locks, or mentions a function of its package that does, and so on. Of a dependency only the function itself is looked at. */
export function mayLock(func: FuncInfo): boolean {
  if (!func.pkg.isRead) return mentionsLocking(func);
  let found = reaching.get(func.pkg);
  if (!found) reaching.set(func.pkg, (found = withCallers(func.pkg.withWords(LOCK_WORD), func.pkg)));
  return found.has(func);
}
