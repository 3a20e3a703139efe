import { abandoned, type Rule } from '../src/rule.ts';

export const unclosedRange: Rule = {
  id: 'unclosed-range',
  summary: 'A range over a channel that some path, or everybody, forgets to close.',
  severity: 'error',
  check: pass => abandoned('range', pass),
};
