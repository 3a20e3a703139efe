import { deadlockedWaits, type Pass, type Rule } from '../src/rule.ts';

export const waitDeadlock: Rule = {
  id: 'wait-deadlock',
  summary: 'WaitGroup.Wait stands where the goroutines that it waits for cannot come to their Done.',
  severity: 'error',
  check: (pass: Pass) => deadlockedWaits(pass),
};
