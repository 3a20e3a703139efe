/** What a WaitGroup is counted up by and never down, as findings. */
import type { Finding } from '../../finding.ts';
import { siteIn } from '../bodies.ts';
import { startSite } from '../goroutines/goroutines.ts';
import type { Pass } from '../pass.ts';
import { textOf, turnSteps } from '../words.ts';
import { emptyRounds } from './emptyrounds.ts';
import { donesInGo, type DoneTwice, type MissingDone, missingDones } from './missingdones.ts';
import { type SkippedDone, skippedDones } from './skippeddones.ts';
import { type Unstarted, unstartedGoroutines } from './unstarted.ts';

export function* wrongCounts(pass: Pass): Generator<Finding> {
  for (const missing of missingDones(pass)) if (missing.starts.length) yield notEnough(missing);
  for (const skipped of skippedDones(pass)) yield skips(skipped);
  for (const unstarted of [...unstartedGoroutines(pass), ...emptyRounds(pass)]) yield countsForNothing(unstarted);
  for (const twice of donesInGo(pass)) yield tooMany(twice);
}

function notEnough({ why, add, group, body, wait, starts }: MissingDone): Finding {
  const name = textOf(group, body.info);
  const at = siteIn(body.info, add);
  return {
    at,
    confidence: 'high',
    message: why === 'never' ? `Nothing calls Done on ${name}, so its Wait never returns. Start each goroutine with defer ${name}.Done().`
      : `${name} is counted up more often than Done is called, so its Wait never returns.`,
    trail: [
      { at, note: `${name} is counted up here` },
      ...starts.map(start => ({ at: siteIn(start.body.info, start.node), note: 'a goroutine starts here' })),
      { at: siteIn(wait.body.info, wait.node), note: 'this waits for ever' },
    ],
  };
}

function skips({ why, goroutine, add, body, done, group, turns, leave }: SkippedDone): Finding {
  const name = textOf(group, body.info);
  const at = siteIn(body.info, leave);
  return {
    at,
    confidence: 'high',
    severity: why === 'panics' ? 'warning' : 'error',
    message: why === 'panics' ? `A panic that is recovered here skips ${name}.Done(), so whoever waits for the goroutine waits for ever. Defer Done as well.`
      : `The goroutine ends here without ${name}.Done(), so whoever waits for it waits for ever. Defer Done at its start.`,
    trail: [
      { at: siteIn(goroutine.parent.info, add), note: 'the goroutine is counted here' },
      { at: startSite(goroutine), note: 'and starts here' },
      ...turnSteps(turns, body.info),
      { at, note: why === 'panics' ? 'it survives a panic by this' : `it ends here without ${name}.Done()` },
      { at: siteIn(body.info, done), note: why === 'panics' ? 'and then does not come to this' : 'which it calls on another path' },
    ],
  };
}

function countsForNothing({ body, add, group, turns, wait }: Unstarted): Finding {
  const name = textOf(group, body.info);
  const at = siteIn(body.info, add);
  return {
    at,
    confidence: 'high',
    message: `${name} is counted up here, and on some path no goroutine starts that would call Done. Call Add right before the go statement.`,
    trail: [{ at, note: `${name} is counted up here` }, ...turnSteps(turns, body.info), { at: siteIn(wait.body.info, wait.node), note: 'this waits for ever' }],
  };
}

function tooMany({ body, start, done, group }: DoneTwice): Finding {
  const name = textOf(group, body.info);
  return {
    at: siteIn(body.info, done),
    confidence: 'high',
    message: `${name}.Go calls Done itself, so this Done is one too many: the counter gets negative, which panics. Leave it out.`,
    trail: [{ at: siteIn(body.info, { start: start.start, end: start.fun.end }), note: 'the goroutine is counted and started here' }],
  };
}
