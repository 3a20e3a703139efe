import { type ContextFreeRequest, contextFreeRequests, describeCall, type Finding, type Pass, type Rule, siteIn } from '../src/rule.ts';

export const requestWithoutContext: Rule = {
  id: 'request-without-context',
  summary: 'An HTTP request without a context in a function that has one: it goes on when nobody waits for the answer any more.',
  severity: 'warning',
  *check(pass: Pass) {
    for (const request of contextFreeRequests(pass)) yield finding(request);
  },
};

function finding({ body, call, given, sent }: ContextFreeRequest): Finding {
  const { variable, text } = given;
  const advice = sent ? `Make it with http.NewRequestWithContext and ${text}.` : `Make it with http.NewRequestWithContext and ${text}, and send it with Do.`;
  return {
    at: siteIn(body.info, { start: call.start, end: call.fun.end }),
    confidence: !sent || sent.isCertain ? 'high' : 'medium',
    message: `The request of ${describeCall(call, body)} has no context, so the end of ${text} does not end it. It waits for its answer when nobody wants that any more, and the goroutine with it. ${advice}`,
    trail: [
      { at: siteIn(body.info, variable.ident), note: `${text} says when the work is over` },
      { at: siteIn(body.info, call), note: 'the request is made without it' },
      ...sent?.by ? [{ at: siteIn(body.info, sent.by), note: 'it is sent here' }] : [],
    ],
  };
}
