import { emptySelects, type Pass, type Rule, siteIn } from '../src/rule.ts';

export const emptySelect: Rule = {
  id: 'empty-select',
  summary: 'A goroutine stands in an empty select, which nothing ends.',
  severity: 'error',
  *check(pass: Pass) {
    for (const { goroutine: { parent, stmt }, body, node, calls } of emptySelects(pass)) {
      const at = siteIn(body.info, { start: node.start, end: node.start + 'select'.length });
      yield {
        at,
        confidence: calls > 1 ? 'medium' : 'high',
        message: 'This goroutine stands still for ever: nothing ends an empty select. Wait for a context or a done channel instead.',
        trail: [{ at: siteIn(parent.info, { start: stmt.start, end: stmt.start + 2 }), note: 'the goroutine starts here' }, { at, note: 'it stands still here' }],
      };
    }
  },
};
