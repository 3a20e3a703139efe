import { type Pass, type Rule, unreleased } from '../src/rule.ts';

export const unclosedBody: Rule = {
  id: 'unclosed-body',
  summary: 'The body of an HTTP response is not closed on every path, so its connection is never reused or freed.',
  severity: 'error',
  check: (pass: Pass) => unreleased('unclosed-body', pass),
};
