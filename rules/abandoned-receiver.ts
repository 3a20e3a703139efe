import { abandoned, type Rule } from '../src/rule.ts';

export const abandonedReceiver: Rule = {
  id: 'abandoned-receiver',
  summary: 'A goroutine waits for ever to receive: on some path nobody sends or closes.',
  severity: 'error',
  check: pass => abandoned('receive', pass),
};
