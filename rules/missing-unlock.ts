import { type Finding, type KeptLock, keptLocks, type Pass, type Rule, siteIn, stuckFindings, textOf, turnSteps, unlockFix } from '../src/rule.ts';

export const missingUnlock: Rule = {
  id: 'missing-unlock',
  summary: 'A mutex is still locked when the function returns on some path, so whoever locks it next waits for ever.',
  severity: 'error',
  tellsOfWaits: true,
  *check(pass: Pass) {
    for (const kept of keptLocks(pass)) yield { ...finding(kept), fix: unlockFix(kept, pass) };
  },
  untold: (pass, told) => stuckFindings('missing-unlock', pass, told),
};

function finding(kept: KeptLock): Finding {
  const { body, call, lock, leaves } = kept;
  const text = textOf(lock.mutex.expr, body.info);
  const name = kept.isByHelper ? `What ${text} locks` : text;
  const [first, ...more] = leaves;
  const isDeferred = kept.why === 'deferred';
  const lockAt = siteIn(body.info, { start: call.start, end: call.fun.end });
  return {
    at: isDeferred && first ? siteIn(body.info, first) : lockAt,
    confidence: lock.isPresumed ? 'medium' : 'high',
    message: messageOf(kept, name),
    trail: [
      { at: lockAt, note: `${name} is locked here` },
      ...turnSteps(kept.turns, body.info),
      ...(first ? [{ at: siteIn(body.info, first), note: endNote(kept, name) }] : []),
      ...more.map(leave => ({ at: siteIn(body.info, leave), note: 'and leaves it locked here, too' })),
    ],
  };
}

function messageOf({ why, never, lock }: KeptLock, name: string): string {
  const unlock = lock.mode === 'read' ? 'RUnlock' : 'Unlock';
  switch (why) {
    case 'deferred':
      return `${name} is locked once more when the function ends, which waits for ever. Defer ${unlock} instead.`;
    case 'again':
      return `${name} is still locked when the loop comes round${never ? '' : ' on some path'}.`;
    case 'returns':
      return never ? `${name} is never unlocked in this function.` : `${name} is not unlocked on every path.`;
  }
}

function endNote({ why }: KeptLock, name: string): string {
  switch (why) {
    case 'deferred':
      return 'another lock is deferred here';
    case 'again':
      return `the loop gets back here with ${name} locked`;
    case 'returns':
      return `the function leaves here with ${name} locked`;
  }
}
