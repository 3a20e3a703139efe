import { endlessTickerRanges, goroutinesRunning, livesAsLongAsProcess, type Pass, type Rule, runBy, siteIn, textOf } from '../src/rule.ts';

export const endlessTickerRange: Rule = {
  id: 'endless-ticker-range',
  summary: 'A goroutine ranges over the channel of a ticker or timer, which Stop does not close, and has no other way out.',
  severity: 'error',
  *check(pass: Pass) {
    const seen = new Set<unknown>();
    for (const goroutine of goroutinesRunning(/\.C\b/, pass)) {
      if (!goroutine.body || livesAsLongAsProcess(goroutine, pass)) continue;
      for (const { body, via } of runBy(goroutine.body, pass)) {
        for (const { range, kind, owner } of endlessTickerRanges(body, pass)) {
          if (seen.has(range)) continue;
          seen.add(range);
          const at = siteIn(body.info, { start: range.start, end: range.x.end });
          const { parent, stmt } = goroutine;
          yield {
            at,
            confidence: via.length > 1 ? 'medium' : 'high',
            message: `This loop never ends, and neither does its goroutine: Stop does not close the channel of the ${kind} ${textOf(owner, body.info)}. Select on a done channel as well.`,
            trail: [{ at: siteIn(parent.info, { start: stmt.start, end: stmt.start + 2 }), note: 'the goroutine starts here' },
              { at, note: 'nothing leads out of this loop' }],
          };
        }
      }
    }
  },
};
