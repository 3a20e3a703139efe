import { emptyDrains, funcTimerReceives, type Pass, type Rule, siteIn, textOf, turnSteps } from '../src/rule.ts';

export const drainedTimer: Rule = {
  id: 'drained-timer',
  summary: 'A receive drains a timer whose value is already taken, so it blocks for ever.',
  severity: 'error',
  tellsOfWaits: true,
  *check(pass: Pass) {
    for (const { body, receive, timer, spent, way } of emptyDrains(pass)) {
      const name = textOf(timer, body.info);
      const at = siteIn(body.info, receive);
      const taken = spent.by === 'receive' ? `the value of ${name} may have been received before` : `${name} was stopped before, so no value comes`;
      yield {
        at,
        confidence: timer.kind === 'ident' ? 'high' : 'medium',
        message: `This receive blocks for ever: ${taken}. Drain with a select that has a default case.`,
        trail: [{ at: siteIn(body.info, spent.node), note: spent.by === 'receive' ? `the value of ${name} is received` : `${name} is stopped` },
          ...turnSteps(way.turns, body.info), { at, note: `nothing comes from ${name} before it is reset` }],
      };
    }
    for (const { body, receive, timer } of funcTimerReceives(pass)) {
      const at = siteIn(body.info, receive);
      yield {
        at,
        confidence: 'high',
        message: `This receive blocks for ever: ${textOf(timer, body.info)} is made by time.AfterFunc, which calls a function and has no channel. Call Stop alone.`,
        trail: [{ at, note: 'its channel is nil' }],
      };
    }
  },
};
