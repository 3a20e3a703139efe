import { atLeast, lostTickers, type Pass, type Rule, siteIn } from '../src/rule.ts';

/** From Go 1.23 on, the collector takes a ticker that nobody refers to. */
const FIRST_COLLECTED_MINOR = 23;

export const timeTick: Rule = {
  id: 'time-tick',
  summary: 'time.Tick in a function that returns: before Go 1.23 its ticker runs on for ever.',
  severity: 'warning',
  *check(pass: Pass) {
    if (atLeast(pass.go, FIRST_COLLECTED_MINOR)) return;
    for (const { body, call, per } of lostTickers(pass)) {
      const when = per === 'round' ? 'each round of the loop makes another ticker' : 'the function can return, and the ticker runs on';
      yield {
        at: siteIn(body.info, { start: call.start, end: call.fun.end }),
        confidence: 'high',
        message: `Nothing can stop the ticker of time.Tick: ${when}. Use time.NewTicker and defer its Stop.`,
      };
    }
  },
};
