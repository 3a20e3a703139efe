import { type Pass, type Rule, unreleased } from '../src/rule.ts';

export const unclosedResource: Rule = {
  id: 'unclosed-resource',
  summary: 'A stream, a buffered writer or what the configuration declares is not released on every path.',
  severity: 'error',
  check: (pass: Pass) => unreleased('unclosed-resource', pass),
};
