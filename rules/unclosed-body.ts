import { bodiesWith, describeCall, type Finding, mayHandleResponse, type Pass, type Rule, siteIn, type Step, turnSteps, unmetObligations, type Unmet } from '../src/rule.ts';

export const unclosedBody: Rule = {
  id: 'unclosed-body',
  summary: 'The body of an HTTP response is not closed on every path, so its connection is never reused or freed.',
  severity: 'error',
  *check(pass: Pass) {
    for (const body of bodiesWith(pass, mayHandleResponse(pass))) {
      for (const unmet of unmetObligations(body, pass)) yield finding(unmet, body);
    }
  },
};

type Body = Parameters<typeof describeCall>[1];

function finding(unmet: Unmet, body: Body): Finding {
  const { call, acquisition } = unmet;
  const { info } = body;
  const at = siteIn(info, { start: call.start, end: call.fun.end });
  const what = `The ${acquisition.held === 'response' ? 'response body' : 'body (an io.ReadCloser)'} of ${describeCall(call, body)}`;
  const confidence = acquisition.evidence === 'sure' ? 'high' : 'medium';
  if (!unmet.way) {
    return { at, confidence, message: `${what} is never closed: the result is thrown away.`, trail: [{ at, note: 'a response is acquired and dropped' }] };
  }
  const trail: Step[] = [{ at, note: 'the response is acquired' }, ...turnSteps(unmet.way.turns, info), { at: siteIn(info, endOf(unmet.way, body)), note: endNote(unmet) }];
  return { at, confidence, message: `${what} is ${howMissed(unmet)}.`, trail };
}

function howMissed({ never, why }: Unmet): string {
  if (why === 'overwritten') return 'not closed before its variable is given another value';
  return never ? 'never closed' : 'not closed on every path';
}

function endNote({ why }: Unmet): string {
  return why === 'overwritten' ? 'the variable is overwritten here' : 'the function leaves here with the body open';
}

function endOf(way: NonNullable<Unmet['way']>, { block }: Body): { start: number; end: number } {
  if (way.at.kind === 'op') return way.at.op.kind === 'assign' ? way.at.op.node : { start: block.start, end: block.start };
  return way.at.stmt ?? { start: block.end - 1, end: block.end };
}
