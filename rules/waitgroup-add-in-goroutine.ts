import { addBeforeGo, addsInGoroutine, declarationOf, type Pass, type Rule, siteIn, textOf } from '../src/rule.ts';

export const waitgroupAddInGoroutine: Rule = {
  id: 'waitgroup-add-in-goroutine',
  summary: 'WaitGroup.Add runs inside the goroutine that it counts, so Wait may return before the goroutine has begun.',
  severity: 'error',
  tellsOfWaits: true,
  *check(pass: Pass) {
    for (const add of addsInGoroutine(pass)) {
      const { goroutine, body, call, group, callsDone } = add;
      const name = textOf(group, body.info);
      const at = siteIn(body.info, { start: call.start, end: call.fun.end });
      const declared = declarationOf(group);
      yield {
        at,
        confidence: callsDone ? 'high' : 'medium',
        fix: addBeforeGo(add),
        message: `Add on ${name} runs in the goroutine that it counts, so ${name}.Wait may return too early. Call Add before the go statement.`,
        trail: [...(declared ? [{ at: siteIn(body.info, declared), note: `${name} is declared here` }] : []),
          { at: siteIn(goroutine.parent.info, { start: goroutine.stmt.start, end: goroutine.stmt.start + 2 }), note: 'the goroutine starts here' },
          { at, note: 'it is counted only when it gets this far' }],
      };
    }
  },
};
