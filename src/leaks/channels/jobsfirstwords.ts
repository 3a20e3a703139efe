/** Jobs that are all handed out before the first result is taken, as findings. */
import type { Finding } from '../../finding.ts';
import { siteIn } from '../bodies.ts';
import type { JobsFirst } from './jobsfirst.ts';
import type { Made } from './makes.ts';

export function jobsFirstFinding({ body, send, jobs, start, result, results, receive }: JobsFirst): Finding {
  const at = siteIn(body.info, send);
  const [sent, answer] = [nameOf(jobs), nameOf(results)];
  return {
    at,
    confidence: 'medium',
    message: `This can wait for ever to send on ${sent}: the goroutines that receive may all wait to send on ${answer}, which this function takes only when it has sent everything. Send from a goroutine of its own, or give ${answer} room for all.`,
    trail: [
      { at: siteIn(body.info, { start: start.start, end: start.start + 2 }), note: `the goroutine that receives from ${sent} starts here` },
      { at: siteIn(result.body.info, result.node), note: `it waits here until somebody receives from ${answer}` },
      { at: siteIn(body.info, receive), note: 'and the function does so only here' },
    ],
  };
}

function nameOf({ place: { root, fields } }: Made): string {
  return [typeof root === 'string' ? root : root.name, ...fields].join('.');
}
