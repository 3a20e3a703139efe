/** Tests that have failed: what they leave behind is no news. */
import { FAILS_ALWAYS } from '../../contracts/known.ts';
import type { Op } from '../../flow/graph.ts';
import { calleeName, calleeOf } from '../../program/callee.ts';
import type { Body } from '../bodies.ts';

export function failsTest(op: Op, { env }: Body): boolean {
  return op.kind === 'call' && FAILS_ALWAYS.test(calleeName(calleeOf(op.call, env)) ?? '');
}
