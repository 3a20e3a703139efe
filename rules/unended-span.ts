import { type Pass, type Rule, unreleased } from '../src/rule.ts';

export const unendedSpan: Rule = {
  id: 'unended-span',
  summary: 'A tracing span is not ended on every path, so it is never exported.',
  severity: 'warning',
  check: (pass: Pass) => unreleased('unended-span', pass),
};
