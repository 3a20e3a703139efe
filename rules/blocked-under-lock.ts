import { type BlockedUnderLock, blockedUnderLock as blockedWaits, describeCall, type Finding, type Pass, type Rule, siteIn, stuckFindings, textOf } from '../src/rule.ts';

const DOES = { send: 'sends on', receive: 'receives from', range: 'ranges over', wait: 'waits for', cond: 'waits for a signal of' };

export const blockedUnderLock: Rule = {
  id: 'blocked-under-lock',
  summary: 'A send, receive or Wait with a mutex locked that the other side needs before it can answer.',
  severity: 'error',
  tellsOfWaits: true,
  *check(pass: Pass) {
    const seen = new Set<unknown>();
    for (const found of blockedWaits(pass)) {
      if (seen.has(found.node)) continue;
      seen.add(found.node);
      yield finding(found);
    }
  },
  untold: (pass, told) => stuckFindings('blocked-under-lock', pass, told),
};

function finding({ body, node, wait, steps, holding, other, lock, leaves }: BlockedUnderLock): Finding {
  const at = siteIn(body.info, node);
  const mutex = textOf(holding.mutex, body.info);
  const name = textOf(wait.subject, wait.body.info);
  const [first] = steps;
  const what = first ? `${describeCall(first.call, body)} ${DOES[wait.verb]} ${name}` : `This ${DOES[wait.verb]} ${name}`;
  const why = leaves ? `a receiver that leaves waits for ${mutex} and receives no more` : `the other side needs ${mutex} before it can answer`;
  return {
    at,
    confidence: 'medium',
    ...(other.isBuffered ? { severity: 'warning' as const } : {}),
    message: `${what} with ${mutex} locked, and ${why}, so both can wait for ever. Unlock ${mutex} first${leaves ? ', or send in a select with a way out' : ''}.`,
    trail: [{ at: siteIn(body.info, holding.call), note: `${mutex} is locked here` },
      ...steps.map(({ from, call }, i) => ({ at: siteIn(from.info, call), note: i ? `which calls ${describeCall(call, from)}` : `this is called with ${mutex} locked` })),
      { at: siteIn(wait.body.info, wait.node), note: steps.length ? 'and it waits here' : `it waits here with ${mutex} locked` },
      { at: siteIn(other.body.info, lock), note: leaves ? 'who leaves waits here for the mutex' : 'the other side waits here for the mutex' }],
  };
}
