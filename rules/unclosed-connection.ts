import { forgottenFields, type Pass, type Rule, unreleased } from '../src/rule.ts';

export const unclosedConnection: Rule = {
  id: 'unclosed-connection',
  summary: 'A network connection or listener is not closed on every path.',
  severity: 'error',
  *check(pass: Pass) {
    yield* unreleased('unclosed-connection', pass);
    yield* forgottenFields('unclosed-connection', pass);
  },
};
