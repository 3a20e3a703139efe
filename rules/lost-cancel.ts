import { forgottenCancels, type Pass, type Rule, unreleased } from '../src/rule.ts';

export const lostCancel: Rule = {
  id: 'lost-cancel',
  summary: 'The cancel function of a context is not called on every path, so the context and its timer stay behind.',
  severity: 'error',
  tellsOfWaits: true,
  *check(pass: Pass) {
    yield* unreleased('lost-cancel', pass);
    yield* forgottenCancels(pass);
  },
};
