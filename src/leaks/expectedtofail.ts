/** Calls of which the test says at once that they have to fail: `require.Error(t, s.Start())`, `Expect(s.Start()).NotTo(Succeed())`. */
import { assertedBy } from '../contracts/assertions.ts';
import { ASSERTS_ERROR } from '../contracts/known.ts';
import type { Place } from '../flow/search.ts';
import { calleeName, calleeOf } from '../program/callee.ts';
import { type Call, type Expr, unparen } from '../syntax/ast.ts';
import { type Body, isTest } from './bodies.ts';
import type { Pass } from './pass.ts';

/** Whether what follows the call at once, given its only result, ends the test where the call has succeeded. */
export function isExpectedToFail(call: Call, { block, index }: Place, body: Body, pass: Pass): boolean {
  if (!isTest(body)) return false;
  const isIt = (x: Expr) => unparen(x) === call;
  return block.ops.slice(index).some(op => {
    if (op.kind !== 'call') return false;
    const callee = calleeOf(op.call, body.env);
    if (op.call.args.some(isIt) && ASSERTS_ERROR.test(calleeName(callee) ?? '')) return true;
    return assertedBy(op.call, callee, body.env, pass.contracts).some(({ condition, holds }) => saysNotNil(condition, holds, isIt));
  });
}

function saysNotNil(condition: Expr, holds: boolean, isIt: (x: Expr) => boolean): boolean {
  const x = unparen(condition);
  return x.kind === 'binary' && x.op === (holds ? '!=' : '==') && isIt(x.x) && x.y.kind === 'ident' && x.y.name === 'nil';
}
