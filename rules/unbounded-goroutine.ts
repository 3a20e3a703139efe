import { goroutinesStarted, type Pass, type Rule, siteIn, unboundedStart } from '../src/rule.ts';

export const unboundedGoroutine: Rule = {
  id: 'unbounded-goroutine',
  summary: 'A goroutine is started per request or per iteration, can block, and nothing bounds, awaits or cancels it.',
  severity: 'warning',
  *check(pass: Pass) {
    for (const goroutine of goroutinesStarted(pass)) {
      const start = unboundedStart(goroutine, pass);
      if (!start) continue;
      const { parent, stmt } = goroutine;
      const at = siteIn(parent.info, { start: stmt.start, end: stmt.start + 2 });
      const often = start.per === 'request' ? 'each request starts' : 'each round of the loop starts';
      yield {
        at,
        confidence: start.blocks.body.block === goroutine.body?.block ? 'high' : 'medium',
        message: `A goroutine that ${start.blocks.what} outlives what started it: ${often} one, and nothing bounds, awaits or cancels it.`,
        trail: [{ at, note: often }, { at: siteIn(start.blocks.body.info, start.blocks.node), note: `it ${start.blocks.what} here` }],
      };
    }
  },
};
