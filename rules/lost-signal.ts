import { type AtomicFlag, atomicFlags, type Finding, isTest, type LostSignal, lostSignals, type Pass, type Rule, type SilentFlag, silentFlags, siteIn, type SkippedSignal, skippedSignals, startSite, stuckFindings, textOf, turnSteps } from '../src/rule.ts';

export const lostSignal: Rule = {
  id: 'lost-signal',
  summary: 'A goroutine waits for a sync.Cond that nobody signals, or whose signal may come before it waits.',
  severity: 'error',
  tellsOfWaits: true,
  *check(pass: Pass) {
    for (const found of lostSignals(pass)) yield finding(found);
    for (const found of skippedSignals(pass)) yield skippedFinding(found);
    const seen = new Set<unknown>();
    for (const found of silentFlags(pass)) {
      if (!seen.has(found.set)) yield flagFinding(found);
      seen.add(found.set);
    }
    for (const found of atomicFlags(pass)) {
      if (!seen.has(found.set)) yield atomicFinding(found);
      seen.add(found.set);
    }
  },
  untold: (pass, told) => stuckFindings('lost-signal', pass, told),
};

function finding(found: LostSignal): Finding {
  const { body, call, cond, why, locked, turns } = found;
  const at = siteIn(body.info, { start: call.start, end: call.fun.end });
  return {
    at,
    confidence: why === 'once' ? 'medium' : 'high',
    severity: why === 'nobody' && !isTest(body) ? 'error' : 'warning',
    message: messageOf(why, textOf(cond, body.info)),
    trail: [
      ...(locked ? [{ at: siteIn(body.info, locked), note: 'the mutex is locked here' }] : []),
      ...turnSteps(turns, body.info),
      { at, note: 'the goroutine waits here' },
    ],
  };
}

function skippedFinding({ body, wait, cond, goroutine, signaller, turns, end }: SkippedSignal): Finding {
  const at = siteIn(body.info, { start: wait.start, end: wait.fun.end });
  const name = textOf(cond, body.info);
  return {
    at,
    confidence: 'medium',
    severity: 'warning',
    message: `${name}.Wait may wait for ever: only one goroutine signals ${name}, and it does not do so when it fails. Defer the Broadcast there.`,
    trail: [
      { at: startSite(goroutine), note: 'the goroutine that signals starts here' },
      ...turnSteps(turns, signaller.info),
      { at: siteIn(signaller.info, end), note: 'it ends here without a signal' },
      { at, note: 'and a goroutine may wait for it here' },
    ],
  };
}

function flagFinding({ body, wait, cond, flag, setter, set }: SilentFlag): Finding {
  const at = siteIn(setter.info, set);
  const [name, flagged] = [textOf(cond, body.info), textOf(flag, body.info)];
  return {
    at,
    confidence: 'medium',
    severity: 'warning',
    message: `This wakes nobody who waits for ${flagged}: a goroutine in ${name}.Wait goes on waiting. Call ${name}.Broadcast behind it.`,
    trail: [{ at, note: 'it is changed here' }, { at: siteIn(body.info, wait), note: 'and a goroutine may wait for it here' }],
  };
}

function atomicFinding({ body, wait, cond, flag, setter, set, why }: AtomicFlag): Finding {
  const at = siteIn(setter.info, set);
  const [name, flagged] = [textOf(cond, body.info), textOf(flag, body.info)];
  return {
    at,
    confidence: 'medium',
    severity: 'warning',
    message: why === 'silent' ? `This wakes nobody who waits for ${flagged}: a goroutine in ${name}.Wait goes on waiting. Call ${name}.Broadcast behind it.`
      : `${flagged} is changed without the mutex of ${name}: a goroutine that has just looked at it, and is about to wait, does not hear the signal. Lock the mutex around the change.`,
    trail: [{ at, note: 'it is changed here' }, { at: siteIn(body.info, wait), note: 'and a goroutine may wait for it here' }],
  };
}

function messageOf(why: LostSignal['why'], name: string): string {
  switch (why) {
    case 'nobody':
      return `Nobody calls Signal or Broadcast of ${name}, so Wait never returns.`;
    case 'unchecked':
      return `${name}.Wait is called without a look at what it waits for, so a signal that came before is lost and it waits for ever. Wait in a loop that checks the condition.`;
    case 'once':
      return `What ${name}.Wait waits for is not checked again after it. Another goroutine may have taken it by then; wait in a loop.`;
    case 'elsewhere':
      return `${name}.Wait runs in a goroutine that does not hold the lock, so a signal may come before it waits.`;
  }
}
