import { deadlockedWaits, type Pass, type Rule, stopWaits, stuckFindings, waitsBeforeTelling } from '../src/rule.ts';

export const waitDeadlock: Rule = {
  id: 'wait-deadlock',
  summary: 'WaitGroup.Wait stands where the goroutines that it waits for cannot come to their Done.',
  severity: 'error',
  tellsOfWaits: true,
  *check(pass: Pass) {
    yield* deadlockedWaits(pass);
    yield* waitsBeforeTelling(pass);
    yield* stopWaits(pass);
  },
  untold: (pass, told) => stuckFindings('wait-deadlock', pass, told),
};
