import { type KeptToken, keptTokens, type Pass, type Rule, siteIn, startSite, type Step, textOf, turnSteps } from '../src/rule.ts';

export const unreleasedSemaphore: Rule = {
  id: 'unreleased-semaphore',
  summary: 'A token of a semaphore is not given back on every path, until nobody gets one any more.',
  severity: 'error',
  *check(pass: Pass) {
    for (const kept of keptTokens(pass)) {
      const { body: { info }, taken, name, goroutine, turns, leaves, never } = kept;
      const at = siteIn(info, taken);
      const inner = goroutine?.body?.info ?? info;
      const started: Step[] = goroutine ? [{ at: startSite(goroutine), note: 'the goroutine is to give it back' }] : [];
      yield {
        at,
        confidence: never ? 'medium' : 'high',
        message: `The token of ${textOf(name, info)} is ${never ? 'never given back' : howKept(kept)}. Give it back in a defer.`,
        trail: [{ at, note: 'the token is taken here' }, ...started, ...turnSteps(turns, inner), { at: siteIn(inner, leaves), note: endOf(kept) }],
      };
    }
  },
};

function howKept({ why }: KeptToken): string {
  switch (why) {
    case 'returns':
      return 'not given back on every path';
    case 'again':
      return 'not given back before the next round takes another one';
    case 'goroutine':
      return 'not given back on every path of the goroutine that gets it';
  }
}

function endOf({ why }: KeptToken): string {
  switch (why) {
    case 'returns':
      return 'the function leaves here and keeps the token';
    case 'again':
      return 'the next token is taken here';
    case 'goroutine':
      return 'the goroutine ends here and keeps the token';
  }
}
