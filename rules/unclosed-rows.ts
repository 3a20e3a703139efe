import { type Pass, type Rule, unreleased } from '../src/rule.ts';

export const unclosedRows: Rule = {
  id: 'unclosed-rows',
  summary: 'A result set or prepared statement is not closed on every path, so its connection never returns to the pool.',
  severity: 'error',
  check: (pass: Pass) => unreleased('unclosed-rows', pass),
};
