import { callsGiving, type CopiedGroup, copiedGroups, type Finding, type Pass, type Rule, siteIn, textOf } from '../src/rule.ts';

export const waitgroupMisuse: Rule = {
  id: 'waitgroup-misuse',
  summary: 'A WaitGroup is copied, so Done counts down the copy and Wait on the original never returns.',
  severity: 'error',
  tellsOfWaits: true,
  *check(pass: Pass) {
    for (const copied of copiedGroups(pass)) yield* findings(copied, pass);
  },
};

/** At each call that makes the copy; at the parameter or variable itself where there is none in view. */
function* findings(copied: CopiedGroup, pass: Pass): Generator<Finding> {
  const { body, copy, use } = copied;
  const steps = [
    { at: siteIn(body.info, copy), note: `${copy.name} is a copy, as its type is no pointer` },
    { at: siteIn(body.info, { start: use.call.start, end: use.call.fun.end }), note: `${textOf(use.call.fun, body.info)} works on the copy` },
  ];
  const calls = callsGiving(copied, pass);
  for (const call of calls) {
    const name = textOf(call.arg, call.body.info);
    const at = siteIn(call.body.info, call.arg);
    yield {
      at,
      confidence: 'high',
      message: `${name} is given by value${call.isStart ? ' to the goroutine' : ''}, which copies its WaitGroup, so Done and Wait work on different counters. Hand over a pointer.`,
      trail: [{ at, note: 'the copy is made here' }, ...steps],
    };
  }
  if (calls.length) return;
  yield {
    at: siteIn(body.info, copy),
    confidence: 'high',
    message: `${copy.name} is a copy of a WaitGroup or of what holds one, so Done and Wait work on different counters. Make it a pointer.`,
    trail: steps,
  };
}
