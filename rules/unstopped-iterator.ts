import { type Pass, type Rule, unreleased } from '../src/rule.ts';

export const unstoppedIterator: Rule = {
  id: 'unstopped-iterator',
  summary: 'The stop function of iter.Pull is not called on every path, so the iterator’s coroutine stays behind.',
  severity: 'error',
  check: (pass: Pass) => unreleased('unstopped-iterator', pass),
};
