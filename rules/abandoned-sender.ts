import { abandoned, type Rule } from '../src/rule.ts';

export const abandonedSender: Rule = {
  id: 'abandoned-sender',
  summary: 'A goroutine waits for ever to send: its channel is not received from on some path.',
  severity: 'error',
  check: pass => abandoned('send', pass),
};
