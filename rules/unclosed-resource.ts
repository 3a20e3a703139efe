import { type Pass, type Rule, unreleased } from '../src/rule.ts';

export const unclosedResource: Rule = {
  id: 'unclosed-resource',
  summary: 'A resource, of those that the configuration declares as well, is not released on every path.',
  severity: 'error',
  check: (pass: Pass) => unreleased('unclosed-resource', pass),
};
