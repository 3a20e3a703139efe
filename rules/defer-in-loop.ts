import { type DeferInLoop, defersInLoops, describeCall, type Pass, type Rule, siteIn, textOf } from '../src/rule.ts';

export const deferInLoop: Rule = {
  id: 'defer-in-loop',
  summary: 'A call is deferred in a loop: it runs when the function returns, not when the round ends.',
  severity: 'warning',
  *check(pass: Pass) {
    for (const found of defersInLoops(pass)) {
      const { body, stmt, loop, acquiring, release } = found;
      const at = siteIn(body.info, { start: stmt.start, end: stmt.start + 'defer'.length });
      yield {
        at,
        confidence: release?.name === undefined && found.why === 'acquired' ? 'medium' : 'high',
        message: messageOf(found),
        trail: [{ at: siteIn(body.info, { start: loop.start, end: loop.start + 'for'.length }), note: 'the loop' },
          ...(acquiring ? [{ at: siteIn(body.info, { start: acquiring.start, end: acquiring.fun.end }), note: `each round calls ${describeCall(acquiring, body)}` }] : []),
          { at, note: 'and defers a call until the function returns' }],
      };
    }
  },
};

function messageOf({ body, why, release, stmt, loop, acquiring }: DeferInLoop): string {
  const what = release ? textOf(release.subject, body.info) : textOf(stmt.call, body.info);
  switch (why) {
    case 'endless':
      return 'This deferred call never runs: nothing leaves the loop, and each round adds one more.';
    case 'channel':
      return `Deferred calls pile up in this range loop: they run only after ${loop.kind === 'range' ? textOf(loop.x, body.info) : 'the channel'} is closed and the function returns.`;
    case 'relock':
      return `${what} is unlocked only when the function returns, so the next round of the loop locks it a second time.`;
    case 'acquired':
      return `${what} is made in every round of the loop${acquiring ? ` by ${describeCall(acquiring, body)}` : ''} and released only when the function returns.`;
  }
}
