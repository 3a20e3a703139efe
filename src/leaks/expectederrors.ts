/** Operations that control passes only when a call has failed: `require.Error(t, err)`, `err.Error()`. */
import { ASSERTS_ERROR, CHECKS_VALUE, CHECKS_VALUE_OF } from '../contracts/known.ts';
import type { Op } from '../flow/graph.ts';
import { calleeName, calleeOf } from '../program/callee.ts';
import type { Env } from '../program/resolve.ts';
import { type Call, type Expr, unparen } from '../syntax/ast.ts';

/** `isError` tells the variables that are nil when the call has not failed. */
export function expectsError(op: Op, isError: (x: Expr) => boolean, env: Env): boolean {
  if (op.kind !== 'call') return false;
  const { call } = op;
  const fun = unparen(call.fun);
  // The method of a nil error panics.
  if (fun.kind === 'selector' && fun.sel.name === 'Error' && isError(fun.x)) return true;
  if (fun.kind === 'selector' && isExpectation(fun.sel.name, fun.x, call.args[0], isError, env)) return true;
  if (!call.args.some(isError)) return false;
  const name = calleeName(calleeOf(call, env)) ?? '';
  return ASSERTS_ERROR.test(name) || (CHECKS_VALUE.test(name) && isCheckedForError(call, isError));
}

/** `c.Assert(err, qt.ErrorMatches, "…")`, `qt.Assert(t, err, qt.IsNotNil)`. */
function isCheckedForError({ args }: Call, isError: (x: Expr) => boolean): boolean {
  const checker = args[args.findIndex(isError) + 1];
  return checker !== undefined && /^(?:NotNil|IsNotNil|Error(?:Matches|Is|As))$/.test(lastName(checker));
}

/** `Expect(err).To(HaveOccurred())`, `Expect(err).NotTo(BeNil())`. */
function isExpectation(method: string, expected: Expr, matcher: Expr | undefined, isError: (x: Expr) => boolean, env: Env): boolean {
  const [of, how] = [unparen(expected), matcher && unparen(matcher)];
  if (of.kind !== 'call' || how?.kind !== 'call' || !of.args[0] || !isError(of.args[0]) || !CHECKS_VALUE_OF.test(calleeName(calleeOf(of, env)) ?? '')) return false;
  const matches = lastName(how.fun);
  if (/^(?:To|Should)$/.test(method)) return /^(?:HaveOccurred|MatchError)$/.test(matches);
  return /^(?:NotTo|ToNot|ShouldNot)$/.test(method) && /^(?:BeNil|Succeed)$/.test(matches);
}

function lastName(expr: Expr): string {
  const x = unparen(expr);
  return x.kind === 'selector' ? x.sel.name : x.kind === 'ident' ? x.name : '';
}
