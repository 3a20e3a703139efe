import { mismatches, type Pass, type Rule, siteIn, textOf, turnSteps, unlockModeFix } from '../src/rule.ts';

const METHODS = { read: ['RLock', 'RUnlock'], write: ['Lock', 'Unlock'] } as const;

export const mismatchedUnlock: Rule = {
  id: 'mismatched-unlock',
  summary: 'A read lock is released with Unlock, or a write lock with RUnlock, so the mutex stays locked and the program may crash.',
  severity: 'error',
  *check(pass: Pass) {
    for (const mismatch of mismatches(pass)) {
      const { body, locked, lock, unlocked, turns } = mismatch;
      const name = textOf(lock.mutex.expr, body.info);
      const [lockName, right] = METHODS[lock.mode];
      const [, wrong] = METHODS[lock.mode === 'read' ? 'write' : 'read'];
      const at = siteIn(body.info, { start: unlocked.start, end: unlocked.fun.end });
      yield {
        at,
        confidence: lock.isPresumed ? 'medium' : 'high',
        fix: unlockModeFix(mismatch),
        message: `${name} is locked with ${lockName} but unlocked with ${wrong}. Use ${right}.`,
        trail: [
          { at: siteIn(body.info, { start: locked.start, end: locked.fun.end }), note: `${name} is locked with ${lockName} here` },
          ...turnSteps(turns, body.info),
          { at, note: `${wrong} does not release what ${lockName} has locked` },
        ],
      };
    }
  },
};
