/**
 * Cancel functions that are put into a field which nothing ever reads: whoever has the value cannot end what the context
 * is for. `q.ctx, q.cancel = context.WithCancel(ctx)`, and `q.cancel` is not mentioned again.
 */
import type { Finding } from '../../finding.ts';
import { operations } from '../../flow/search.ts';
import { calleeName, calleeOf } from '../../program/callee.ts';
import { type Call, unparen } from '../../syntax/ast.ts';
import { askedBodies, type Body, siteIn } from '../bodies.ts';
import { isCommand } from '../calls/commands.ts';
import type { Pass } from '../pass.ts';
import { describeCall } from '../words.ts';
import { isLeftAlone, type Kept, keptBy } from './keptfields.ts';

const GIVES_CANCEL = /^(?:context\.With(?:Cancel|Timeout|Deadline)(?:Cause)?|os\/signal\.NotifyContext)$/;

export function* forgottenCancels(pass: Pass): Generator<Finding> {
  for (const body of askedBodies(pass, ({ bodyText }) => /\bWith(?:Cancel|Timeout|Deadline)|\bNotifyContext\(/.test(bodyText))) {
    // What the program has once ends with it.
    if (isCommand(body) || (body.info.pkg.name === 'main' && /^(?:main|init)$/.test(body.info.name))) continue;
    for (const { op } of operations(body.graph)) {
      const [made] = op.kind === 'assign' ? op.rhs : [];
      const call = made && unparen(made);
      if (op.kind !== 'assign' || call?.kind !== 'call' || op.lhs.length !== 2 || !op.lhs[1] || !GIVES_CANCEL.test(calleeName(calleeOf(call, body.env)) ?? '')) continue;
      const kept = keptBy(op.lhs[1], body);
      const [first] = kept;
      if (first && kept.every(at => isLeftAlone(at, pass, () => []))) yield finding(call, first, body);
    }
  }
}

function finding(call: Call, { owner, field, at: kept }: Kept, body: Body): Finding {
  const at = siteIn(body.info, { start: call.start, end: call.fun.end });
  return {
    at,
    confidence: 'medium',
    message: `The cancel function of ${describeCall(call, body)} is kept in the field ${field} of ${owner.name}, which nothing ever reads, so it is never called.`,
    trail: [{ at, note: 'the cancel function is acquired' }, { at: siteIn(body.info, kept), note: `it is put into ${field}, where nobody looks for it` }],
  };
}
