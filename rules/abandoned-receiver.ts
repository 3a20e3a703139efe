import { abandoned, type Rule, stuckFindings } from '../src/rule.ts';

export const abandonedReceiver: Rule = {
  id: 'abandoned-receiver',
  summary: 'A goroutine waits for ever to receive: on some path nobody sends or closes.',
  severity: 'error',
  tellsOfWaits: true,
  check: pass => abandoned('receive', pass),
  untold: (pass, told) => stuckFindings('abandoned-receiver', pass, told),
};
