import { type Pass, type Rule, unreleased } from '../src/rule.ts';

export const unfinishedTransaction: Rule = {
  id: 'unfinished-transaction',
  summary: 'A transaction is neither committed nor rolled back on some path, so its connection and its locks stay taken.',
  severity: 'error',
  check: (pass: Pass) => unreleased('unfinished-transaction', pass),
};
