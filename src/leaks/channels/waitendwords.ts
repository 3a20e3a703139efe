/** Waits for goroutines that are told to end only afterwards, as findings. */
import type { Finding } from '../../finding.ts';
import { siteIn } from '../bodies.ts';
import { startSite } from '../goroutines/goroutines.ts';
import { WHY } from '../groups/waitwords.ts';
import type { Pass } from '../pass.ts';
import { spanOf } from '../paths/reach.ts';
import { textOf } from '../words.ts';
import { type WaitBeforeEnd, waitsBeforeEnds } from './waitends.ts';

export function* waitsBeforeTelling(pass: Pass): Generator<Finding> {
  for (const before of waitsBeforeEnds(pass)) yield waitsBefore(before);
}

function waitsBefore({ body, wait, group, goroutine, blocked, subject, kind, answers }: WaitBeforeEnd): Finding {
  const at = siteIn(body.info, wait);
  return {
    at,
    confidence: 'high',
    message: `${textOf(group, body.info)}.Wait may never return: ${WHY[kind](textOf(subject, blocked.body.info), 0)}.`,
    trail: [
      { at: startSite(goroutine), note: 'a goroutine that is waited for starts here' },
      { at: siteIn(blocked.body.info, blocked.node), note: kind === 'send' ? 'it waits for a receiver here' : 'it ends only when it is told so here' },
      { at, note: 'this waits for it' },
      ...answers.map(({ body: from, op }) => ({ at: siteIn(from.info, spanOf(op)), note: 'and what it needs comes only here' })),
    ],
  };
}
