import { type Pass, type Rule, wrongCounts } from '../src/rule.ts';

export const missingDone: Rule = {
  id: 'missing-done',
  summary: 'A WaitGroup is counted up more often than Done is called, so Wait never returns.',
  severity: 'error',
  tellsOfWaits: true,
  check: (pass: Pass) => wrongCounts(pass),
};
