import { contextFreeQueries, type ContextFreeQuery, describeCall, type Finding, type Pass, type Rule, siteIn } from '../src/rule.ts';

export const queryWithoutContext: Rule = {
  id: 'query-without-context',
  summary: 'A query without a context in a function that has one: it waits for the database however long that takes.',
  severity: 'warning',
  *check(pass: Pass) {
    for (const query of contextFreeQueries(pass)) yield finding(query);
  },
};

function finding({ body, call, given, instead }: ContextFreeQuery): Finding {
  const { variable, text } = given;
  return {
    at: siteIn(body.info, { start: call.start, end: call.fun.end }),
    confidence: 'high',
    message: `${describeCall(call, body)} takes no context, so the end of ${text} does not end it. It waits for a free connection and for the database however long that takes, and the goroutine with it. Use ${instead} with ${text}.`,
    trail: [
      { at: siteIn(body.info, variable.ident), note: `${text} says when the work is over` },
      { at: siteIn(body.info, call), note: 'this call does not know of it' },
    ],
  };
}
