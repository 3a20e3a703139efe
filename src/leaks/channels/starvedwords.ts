/** What there is to say of functions that receive more often than somebody sends. */
import type { Finding } from '../../finding.ts';
import { siteIn } from '../bodies.ts';
import { textOf, turnSteps } from '../words.ts';
import type { StarvedIn } from './abandoned.ts';

export function starvedFinding({ wait, way, made, body }: StarvedIn): Finding {
  const at = siteIn(body.info, wait.node);
  const name = textOf(made.call, body.info);
  return {
    at,
    confidence: 'medium',
    message: wait.verb === 'range'
      ? 'This can wait for ever for the close: on some way no goroutine has been started that closes the channel, and no one else knows it.'
      : 'This can wait for ever to receive: on some way the goroutines that were started send less often than is received here.',
    trail: [{ at: siteIn(body.info, made.call), note: `the channel is made here: ${name}` }, ...turnSteps(way.turns, body.info), { at, note: 'it waits here' }],
  };
}
