import { endlessSelects, type Finding, type Goroutine, goroutinesRunning, livesAsLongAsProcess, type Pass, type Rule, runBy, siteIn } from '../src/rule.ts';

export const selectWithoutDone: Rule = {
  id: 'select-without-done',
  summary: 'A select in a goroutine\'s loop has no case that can end the goroutine.',
  severity: 'error',
  tellsOfWaits: true,
  *check(pass: Pass) {
    const seen = new Set<unknown>();
    for (const goroutine of goroutinesRunning(/\bselect\b/, pass)) {
      if (!goroutine.body || livesAsLongAsProcess(goroutine, pass)) continue;
      for (const { body, via } of runBy(goroutine.body, pass)) {
        if (!/\bselect\b/.test(body.info.bodyText)) continue;
        for (const { select } of endlessSelects(body, pass)) {
          if (seen.has(select)) continue;
          seen.add(select);
          yield finding(goroutine, body, select, via.length);
        }
      }
    }
  },
};

function finding({ parent, stmt }: Goroutine, body: Goroutine['parent'], select: { readonly start: number }, calls: number): Finding {
  const at = siteIn(body.info, { start: select.start, end: select.start + 'select'.length });
  return {
    at,
    confidence: calls > 1 ? 'medium' : 'high',
    message: 'No case of this select ends the loop around it, so the goroutine never ends. Add a case for a context or a stop channel that returns.',
    trail: [{ at: siteIn(parent.info, { start: stmt.start, end: stmt.start + 2 }), note: 'the goroutine starts here' },
      { at, note: 'it comes back to this select for ever' }],
  };
}
