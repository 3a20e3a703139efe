import { forgottenFields, type Pass, type Rule, unreleased } from '../src/rule.ts';

export const unclosedFile: Rule = {
  id: 'unclosed-file',
  summary: 'A file is not closed on every path, so its descriptor stays open.',
  severity: 'error',
  *check(pass: Pass) {
    yield* unreleased('unclosed-file', pass);
    yield* forgottenFields('unclosed-file', pass);
  },
};
