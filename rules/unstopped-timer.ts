import { type Pass, type Rule, unreleased } from '../src/rule.ts';

export const unstoppedTimer: Rule = {
  id: 'unstopped-timer',
  summary: 'Before Go 1.23: a timer or ticker is not stopped on every path, so the runtime keeps it.',
  severity: 'warning',
  check: (pass: Pass) => unreleased('unstopped-timer', pass),
};
