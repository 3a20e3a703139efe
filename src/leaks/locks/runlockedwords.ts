/** Functions that lock again what is locked where they are run, as findings. */
import type { Finding } from '../../finding.ts';
import { isTest, siteIn } from '../bodies.ts';
import type { Pass } from '../pass.ts';
import { describeCall, textOf } from '../words.ts';
import { type RunLocked, runLocked } from './runlocked.ts';

export function* runLockedFindings(pass: Pass): Generator<Finding> {
  for (const found of runLocked(pass)) yield findingOf(found);
}

function findingOf({ body, call, runner, steps, needsWriter }: RunLocked): Finding {
  const at = siteIn(body.info, { start: call.start, end: call.fun.end });
  const mutex = textOf(runner.holding.mutex, runner.body.info);
  const why = needsWriter ? ' for reading. A writer that comes in between waits for the first reader, and the second one waits for the writer.' : ', which waits for ever.';
  return {
    at,
    confidence: runner.holding.isPresumed ? 'medium' : 'high',
    severity: needsWriter || isTest(body) ? 'warning' : 'error',
    message: `${describeCall(call, body)} calls the function that it is given with ${mutex} locked, and that locks it again${why}`,
    trail: [
      { at, note: 'the function is handed over here' },
      { at: siteIn(runner.body.info, runner.holding.call), note: `${mutex} is locked here` },
      { at: siteIn(runner.body.info, runner.call), note: 'and this runs the function' },
      ...steps.map((step, i) => ({ at: siteIn(step.body.info, step.call), note: i < steps.length - 1 ? `which calls ${describeCall(step.call, step.body)}` : 'and the mutex is locked once more here' })),
    ],
  };
}
