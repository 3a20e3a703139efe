import { atLeast, type Pass, piledTimers, type Rule, siteIn } from '../src/rule.ts';

/** From Go 1.23 on, the collector takes a timer that nobody refers to. */
const FIRST_COLLECTED_MINOR = 23;

export const timeAfterInLoop: Rule = {
  id: 'time-after-in-loop',
  summary: 'time.After in a loop whose other cases come round first: before Go 1.23 each round keeps a timer until it expires.',
  severity: 'warning',
  *check(pass: Pass) {
    if (atLeast(pass.go, FIRST_COLLECTED_MINOR)) return;
    for (const { body, call, other } of piledTimers(pass)) {
      const at = siteIn(body.info, { start: call.start, end: call.fun.end });
      yield {
        at,
        confidence: 'high',
        message: 'Each round of the loop makes a timer that stays until it expires. Use one time.NewTimer, and stop or reset it.',
        trail: [{ at, note: 'the timer is made here' },
          { at: siteIn(body.info, other.comm ?? { start: other.start, end: other.start + 'default'.length }), note: 'this case comes back to it before the timer has expired' }],
      };
    }
  },
};
