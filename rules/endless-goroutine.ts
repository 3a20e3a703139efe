import { type Endless, endlessGoroutines, type Finding, type Pass, type Rule, siteIn, stayingBreaks } from '../src/rule.ts';

export const endlessGoroutine: Rule = {
  id: 'endless-goroutine',
  summary: 'A goroutine can never end: nothing leads out of its loop, or the break that should leaves only a select or switch.',
  severity: 'error',
  tellsOfWaits: true,
  *check(pass: Pass) {
    const breaks = [...stayingBreaks(pass)];
    for (const { body, node, inside, loop, isFinite, isEndless, isAll } of breaks) {
      const at = siteIn(body.info, node);
      yield {
        at,
        confidence: isFinite || (isAll && !isEndless) ? 'low' : 'medium',
        severity: isEndless ? 'warning' : 'note',
        message: `This break leaves only the ${inside}, which ends here anyway; the loop goes on${isEndless ? ' for ever' : ''}. Use a label or return to leave the loop.`,
        trail: [{ at: siteIn(body.info, word(loop)), note: 'this loop goes on' }, { at, note: `it leaves the ${inside}` }],
      };
    }
    const told = new Set<unknown>(breaks.map(({ loop }) => loop));
    for (const endless of endlessGoroutines(pass)) if (!told.has(endless.node)) yield finding(endless);
  },
};

function finding({ goroutine: { parent, stmt }, body, node, calls }: Endless): Finding {
  const at = siteIn(body.info, word(node));
  return {
    at,
    confidence: calls > 1 ? 'medium' : 'high',
    message: 'This loop never ends, and neither does its goroutine: nothing leads out of it. Return when a context or a done channel says so.',
    trail: [{ at: siteIn(parent.info, { start: stmt.start, end: stmt.start + 2 }), note: 'the goroutine starts here' }, { at, note: 'nothing leads out of this loop' }],
  };
}

/** The `for` or `goto` of a loop. */
function word({ start, end }: Endless['node']): Endless['node'] {
  return { start, end: Math.min(end, start + 'for'.length) };
}
