import { describeCall, type Finding, isTest, type LockedUnder, type LockOrder, lockOrders, type Pass, type Rule, siteIn, type Step, stuckFindings, textOf } from '../src/rule.ts';

export const lockOrder: Rule = {
  id: 'lock-order',
  summary: 'Two mutexes are locked in one order here and in the other order there, so two goroutines can wait for each other.',
  severity: 'error',
  tellsOfWaits: true,
  *check(pass: Pass) {
    for (const found of lockOrders(pass)) yield finding(found);
  },
  untold: (pass, told) => stuckFindings('lock-order', pass, told),
};

function finding({ one, other, third, isCertain }: LockOrder): Finding {
  const [step] = one.steps;
  const call = step?.call ?? one.holding.call;
  const second = textOf(other.holding.mutex, other.body.info);
  return {
    at: siteIn(one.body.info, { start: call.start, end: call.fun.end }),
    confidence: isCertain ? 'high' : 'medium',
    severity: isCertain && !isTest(one.body) ? 'error' : 'warning',
    message: third ? circleOf(one, other, third) : `${textOf(one.holding.mutex, one.body.info)} is locked before ${second} here and after it elsewhere. Two goroutines that do so at the same time wait for each other for ever.`,
    trail: [one, other, ...(third ? [third] : [])].flatMap(stepsOf),
  };
}

function circleOf(...nested: readonly LockedUnder[]): string {
  const [first, second, third] = nested.map(({ holding, body }) => textOf(holding.mutex, body.info));
  return `${first} is locked before ${second} here, ${second} before ${third} and that before ${first} elsewhere. Three goroutines that do so at the same time wait for each other for ever.`;
}

function stepsOf({ body, holding, steps }: LockedUnder): Step[] {
  const name = textOf(holding.mutex, body.info);
  const inner = steps.map((step, i) => ({
    at: siteIn(step.body.info, step.call),
    note: i < steps.length - 1 ? `${i ? 'which' : `with ${name} locked, it`} calls ${describeCall(step.call, step.body)}` : `${i ? '' : `with ${name} locked, `}${textOf(step.call.fun, step.body.info)} is called`,
  }));
  return [{ at: siteIn(body.info, holding.call), note: `${name} is locked here` }, ...inner];
}
