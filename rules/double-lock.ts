import { describeCall, type DoubleLock, doubleLocks, type Finding, isTest, type OnceAgain, oncesAgain, type Pass, type Rule, runLockedFindings, siteIn, type Step, stuckFindings, textOf, turnSteps } from '../src/rule.ts';

export const doubleLock: Rule = {
  id: 'double-lock',
  summary: 'A goroutine locks a mutex that it has locked already, so it waits for itself for ever.',
  severity: 'error',
  tellsOfWaits: true,
  *check(pass: Pass) {
    for (const found of doubleLocks(pass)) yield finding(found);
    yield* runLockedFindings(pass);
    for (const found of oncesAgain(pass)) yield onceFinding(found);
  },
  untold: (pass, told) => stuckFindings('double-lock', pass, told),
};

function onceFinding({ body, call, steps }: OnceAgain): Finding {
  const at = siteIn(body.info, { start: call.start, end: call.fun.end });
  return {
    at,
    confidence: 'high',
    severity: isTest(body) ? 'warning' : 'error',
    message: `${textOf(call.fun, body.info)} runs a function that comes back to it, and waits for itself for ever.`,
    trail: [
      { at, note: 'the function runs inside of this' },
      ...steps.slice(1).map((step, i) => ({ at: siteIn(step.body.info, step.call), note: i < steps.length - 2 ? `which calls ${describeCall(step.call, step.body)}` : 'and this waits until it has ended' })),
    ],
  };
}

function finding(found: DoubleLock): Finding {
  const { body, call, holding, needsWriter } = found;
  const at = siteIn(body.info, { start: call.start, end: call.fun.end });
  return {
    at,
    confidence: holding.isPresumed || found.steps.some(({ turns }) => turns.length > 0) ? 'medium' : 'high',
    severity: needsWriter || isTest(body) ? 'warning' : 'error',
    message: messageOf(found),
    trail: [
      { at: siteIn(body.info, holding.call), note: `${nameOf(found)} is locked${holding.mode === 'read' ? ' for reading' : ''} here` },
      ...turnSteps(found.turns, body.info),
      ...againSteps(found),
    ],
  };
}

function nameOf({ body, holding }: DoubleLock): string {
  const text = textOf(holding.mutex, body.info);
  return holding.mutex === holding.call.fun ? `what ${text} locks` : text;
}

function messageOf(found: DoubleLock): string {
  const { steps, call, body, needsWriter } = found;
  const name = nameOf(found);
  const how = steps.length === 0 ? `${name} is locked again` : `${describeCall(call, body)} locks ${name} again`;
  if (needsWriter) return `${how} for reading while it is locked for reading. A writer that comes in between waits for the first reader, and the second one waits for the writer.`;
  return `${how} while this function has it locked, which waits for ever.`;
}

function againSteps({ call, body, steps }: DoubleLock): Step[] {
  const notes = steps.map((step, i) => ({ at: siteIn(step.body.info, step.call), note: i < steps.length - 1 ? `which calls ${describeCall(step.call, step.body)}` : 'and the mutex is locked here' }));
  return [{ at: siteIn(body.info, call), note: steps.length ? `${describeCall(call, body)} is called with the mutex locked` : 'it is locked once more here' }, ...notes];
}
