import { abandoned, type Rule, stuckFindings } from '../src/rule.ts';

export const abandonedSender: Rule = {
  id: 'abandoned-sender',
  summary: 'A goroutine waits for ever to send: its channel is not received from on some path.',
  severity: 'error',
  tellsOfWaits: true,
  check: pass => abandoned('send', pass),
  untold: (pass, told) => stuckFindings('abandoned-sender', pass, told),
};
