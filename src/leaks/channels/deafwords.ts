/** What there is to say of sends that do not watch what the others of their goroutine do. */
import type { Finding } from '../../finding.ts';
import { siteIn } from '../bodies.ts';
import { startSite } from '../goroutines/goroutines.ts';
import { textOf } from '../words.ts';
import type { DeafSend } from './deaf.ts';

export function deafFinding({ goroutine, body, send, channel, watching, sign }: DeafSend): Finding {
  const at = siteIn(body.info, send);
  const name = textOf(channel, body.info);
  const watched = textOf(sign, body.info);
  return {
    at,
    confidence: 'medium',
    message: `This goroutine can wait for ever to send on ${name}: here it does not watch ${watched}, as it does where it sends otherwise, and nobody may receive any more when that has come. Send in a select that watches it as well.`,
    trail: [{ at: startSite(goroutine), note: 'the goroutine starts here' }, { at: siteIn(body.info, watching), note: `here it watches ${watched}` }, { at, note: 'it waits here until somebody receives' }],
  };
}
