import { atLeast, type Pass, riskyResets, type Rule, siteIn, textOf, turnSteps } from '../src/rule.ts';

/** From Go 1.23 on, `Reset` and `Stop` leave no stale tick in the channel. */
const FIRST_SAFE_MINOR = 23;

export const timerResetWithoutStop: Rule = {
  id: 'timer-reset-without-stop',
  summary: 'A timer is reset without being stopped and drained, so before Go 1.23 an old tick may be waiting in its channel.',
  severity: 'warning',
  *check(pass: Pass) {
    if (pass.go === undefined || atLeast(pass.go, FIRST_SAFE_MINOR)) return;
    for (const { body, call, timer, way } of riskyResets(pass)) {
      const name = textOf(timer, body.info);
      const at = siteIn(body.info, { start: call.start, end: call.fun.end });
      yield {
        at,
        confidence: timer.kind === 'ident' ? 'high' : 'medium',
        message: `Reset of ${name} without Stop and drain: a tick that is already in ${name}.C ends the next wait too early.`,
        trail: [...turnSteps(way.turns, body.info), { at, note: `${name} may have expired by now, and its tick was not received` }],
      };
    }
  },
};
