/** Calls that a test expects to fail: `require.Error(t, err)`, `err.Error()`, `Expect(s.Start()).NotTo(Succeed())`. */
import { assertedBy } from '../../contracts/assertions.ts';
import { ASSERTS_ERROR, CHECKS_VALUE } from '../../contracts/known.ts';
import type { Op } from '../../flow/graph.ts';
import type { Place } from '../../flow/search.ts';
import { calleeName, calleeOf } from '../../program/callee.ts';
import type { Env } from '../../program/resolve.ts';
import { type Call, type Expr, unparen } from '../../syntax/ast.ts';
import { type Body, isTest } from '../bodies.ts';
import type { Pass } from '../pass.ts';

/** Whether control passes the operation only when a call has failed, whose error is what `isError` tells. */
export function expectsError(op: Op, isError: (x: Expr) => boolean, env: Env): boolean {
  if (op.kind !== 'call') return false;
  const { call } = op;
  const fun = unparen(call.fun);
  // The method of a nil error panics.
  if (fun.kind === 'selector' && fun.sel.name === 'Error' && isError(fun.x)) return true;
  if (!call.args.some(isError)) return false;
  const name = calleeName(calleeOf(call, env)) ?? '';
  return ASSERTS_ERROR.test(name) || (CHECKS_VALUE.test(name) && isCheckedForError(call, isError));
}

/** Whether what follows the call at once, given its only result, ends the test where the call has succeeded. */
export function isExpectedToFail(call: Call, { block, index }: Place, body: Body, pass: Pass): boolean {
  if (!isTest(body)) return false;
  const isIt = (x: Expr) => unparen(x) === call;
  return block.ops.slice(index).some(op => op.kind === 'call' && (expectsError(op, isIt, body.env)
    || assertedBy(op.call, calleeOf(op.call, body.env), body.env, pass.contracts).some(({ condition, holds }) => saysNotNil(condition, holds, isIt))));
}

/** `c.Assert(err, qt.ErrorMatches, "…")`, `qt.Assert(t, err, qt.IsNotNil)`. */
function isCheckedForError({ args }: Call, isError: (x: Expr) => boolean): boolean {
  const checker = args[args.findIndex(isError) + 1];
  return checker !== undefined && /^(?:NotNil|IsNotNil|Error(?:Matches|Is|As))$/.test(lastName(checker));
}

function lastName(expr: Expr): string {
  const x = unparen(expr);
  return x.kind === 'selector' ? x.sel.name : x.kind === 'ident' ? x.name : '';
}

function saysNotNil(condition: Expr, holds: boolean, isIt: (x: Expr) => boolean): boolean {
  const x = unparen(condition);
  return x.kind === 'binary' && x.op === (holds ? '!=' : '==') && isIt(x.x) && x.y.kind === 'ident' && x.y.name === 'nil';
}
