/** Sends that do not watch what others watch, as findings. */
import type { Finding } from '../../finding.ts';
import { siteIn } from '../bodies.ts';
import { startSite } from '../goroutines/goroutines.ts';
import type { Pass } from '../pass.ts';
import { textOf } from '../words.ts';
import { type StopWait, stopsThatWait } from './stopwaits.ts';
import type { Unwatched } from './unwatched.ts';

export function unwatchedFinding({ send, goroutine, sibling }: Unwatched): Finding {
  const at = siteIn(send.body.info, send.node);
  const name = textOf(send.channel, send.body.info);
  return {
    at,
    confidence: 'medium',
    message: `This goroutine can wait for ever to send on ${name}: others who send on it watch for the end as well, since nobody may receive by then. Send in such a select here too.`,
    trail: [{ at: startSite(goroutine), note: 'the goroutine starts here' }, { at, note: 'it waits here until somebody receives' }, { at: siteIn(sibling.body.info, sibling.node), note: 'this send watches for the end' }],
  };
}

function stopWaitFinding({ wait, send }: StopWait): Finding {
  const at = siteIn(wait.body.info, wait.node);
  const name = textOf(send.channel, send.body.info);
  return {
    at,
    confidence: 'medium',
    message: `This can wait for ever: a goroutine of ${textOf(wait.subject, wait.body.info)} may be waiting to send on ${name}, from which only callers receive, and they are here. Let it send in a select that sees the end.`,
    trail: [{ at: siteIn(send.body.info, send.node), note: 'the goroutine may wait here' }, { at, note: 'and this waits for the goroutine' }],
  };
}

export function* stopWaits(pass: Pass): Generator<Finding> {
  for (const found of stopsThatWait(pass)) yield stopWaitFinding(found);
}
