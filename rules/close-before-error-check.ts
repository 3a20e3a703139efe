import { describeCall, earlyCloses, type Pass, type Rule, siteIn, textOf } from '../src/rule.ts';

export const closeBeforeErrorCheck: Rule = {
  id: 'close-before-error-check',
  summary: 'What a call gave is closed, or its Close deferred, before the error of the call is checked.',
  severity: 'warning',
  *check(pass: Pass) {
    for (const { body, made, release, deferred, value, error, panics, presumed } of earlyCloses(pass)) {
      const subject = textOf(release.subject, body.info);
      const maker = describeCall(made, body);
      const at = siteIn(body.info, { start: release.call.start, end: release.call.fun.end });
      const outcome = panics ? `when the call fails, ${value.name} is nil and this panics` : `when the call fails, there is nothing to close`;
      yield {
        at,
        confidence: presumed ? 'medium' : 'high',
        severity: panics ? 'error' : 'warning',
        message: `Close of ${subject} ${deferred ? 'is deferred' : 'comes'} before ${error.name} of ${maker} is checked: ${outcome}. Check ${error.name} first.`,
        trail: [{ at: siteIn(body.info, { start: made.start, end: made.fun.end }), note: `${maker} gives ${value.name} and ${error.name}` },
          { at, note: `nothing has looked at ${error.name} yet` }],
      };
    }
  },
};
