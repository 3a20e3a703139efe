import { abandoned, type Rule, stuckFindings } from '../src/rule.ts';

export const unclosedRange: Rule = {
  id: 'unclosed-range',
  summary: 'A range over a channel that some path, or everybody, forgets to close.',
  severity: 'error',
  tellsOfWaits: true,
  check: pass => abandoned('range', pass),
  untold: (pass, told) => stuckFindings('unclosed-range', pass, told),
};
