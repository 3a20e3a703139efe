import { describeCall, type Detached, detachedGoroutines, type Finding, type Pass, type Rule, siteIn, startSite, textOf } from '../src/rule.ts';

export const detachedGoroutine: Rule = {
  id: 'detached-goroutine',
  summary: 'A goroutine blocks on context.Background() although the function that starts it was given a context.',
  severity: 'warning',
  *check(pass: Pass) {
    for (const found of detachedGoroutines(pass)) yield finding(found);
  },
};

function finding({ goroutine, body, call, context, given, isEndless }: Detached): Finding {
  const { parent } = goroutine;
  const what = isEndless ? 'returns only when its context is over' : 'may wait as long as its context allows';
  return {
    at: siteIn(body.info, { start: call.start, end: call.fun.end }),
    confidence: isEndless || parent.info === body.info ? 'high' : 'medium',
    message: `The goroutine waits in ${describeCall(call, body)} with ${textOf(context, body.info)}, which never ends, so the end of ${given.name} does not end it. Derive the context from ${given.name}, or give it a timeout.`,
    trail: [
      { at: siteIn(parent.info, given.ident), note: `${given.name} says when the work is over` },
      { at: startSite(goroutine), note: 'the goroutine starts here' },
      { at: siteIn(body.info, context), note: 'this context never ends' },
      { at: siteIn(body.info, call), note: `this call ${what}` },
    ],
  };
}
