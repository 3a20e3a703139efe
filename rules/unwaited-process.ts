import { type Pass, type Rule, unreleased } from '../src/rule.ts';

export const unwaitedProcess: Rule = {
  id: 'unwaited-process',
  summary: 'A process is started and not waited for on every path, so it stays behind as a zombie with its pipes.',
  severity: 'warning',
  check: (pass: Pass) => unreleased('unwaited-process', pass),
};
