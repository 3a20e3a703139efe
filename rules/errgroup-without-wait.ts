import { type Pass, type Rule, unreleased } from '../src/rule.ts';

export const errgroupWithoutWait: Rule = {
  id: 'errgroup-without-wait',
  summary: 'An errgroup is not waited for on every path, so its goroutines go on alone and its context is never cancelled.',
  severity: 'warning',
  check: (pass: Pass) => unreleased('errgroup-without-wait', pass),
};
