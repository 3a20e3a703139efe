import { describeCall, discardedResults, type Pass, type Rule, siteIn, turnSteps } from '../src/rule.ts';

export const discardedResultChannel: Rule = {
  id: 'discarded-result-channel',
  summary: 'A goroutine sends on the channel that a call returned, and the caller stops receiving.',
  severity: 'error',
  tellsOfWaits: true,
  *check(pass: Pass) {
    for (const { body, call, wait, way } of discardedResults(pass)) {
      const at = siteIn(body.info, { start: call.start, end: call.fun.end });
      const name = describeCall(call, body);
      const end = way?.at.kind === 'return' && way.at.stmt ? way.at.stmt : { start: body.block.end - 1, end: body.block.end };
      yield {
        at,
        confidence: 'medium',
        message: way
          ? `A goroutine of ${name} waits for ever to send: this function may leave before it has received everything. Receive until the channel is closed, or give ${name} a context to cancel.`
          : `A goroutine of ${name} waits for ever to send: the channel that it returns is thrown away.`,
        trail: [{ at, note: 'the channel comes from here' }, ...wait.starts.slice(0, 1).map(({ node, body: from }) => ({ at: siteIn(from.info, { start: node.start, end: node.start + 2 }), note: 'this goroutine sends on it' })),
          { at: siteIn(wait.body.info, wait.node), note: 'it waits here until somebody receives' },
          ...(way ? [...turnSteps(way.turns, body.info), { at: siteIn(body.info, end), note: 'the function leaves here, and nobody receives any more' }] : [])],
      };
    }
  },
};
