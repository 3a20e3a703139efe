/** Expectations of gomega: `Expect(err).NotTo(HaveOccurred())`, `g.Expect(n).To(gomega.Equal(2))`. */
import { calleeName, calleeOf } from '../program/callee.ts';
import type { Env } from '../program/resolve.ts';
import { type Call, type Expr, unparen } from '../syntax/ast.ts';

/** What a test takes for granted of a value once the expectation has been met, or the contrary of it. */
export interface Expectation {
  readonly actual: Expr;
  readonly is: 'nil' | 'true' | 'false' | Expr;
  readonly holds: boolean;
}

// Where the types are declared has changed between versions.
const ASSERTS = /^\(github\.com\/onsi\/gomega(?:\/\w+)*\.\w*Assertion\)\.(?:(To|Should)|NotTo|ToNot|ShouldNot)$/;
const EXPECTS = /^(?:github\.com\/onsi\/gomega|\(\*?github\.com\/onsi\/gomega(?:\/\w+)*\.\w+\))\.(?:(ExpectWithOffset)|Expect|Ω)$/;
const MATCHER = /^github\.com\/onsi\/gomega\.(\w+)$/;

/** Whether a function with this full name ends the goroutine where what it is told does not hold. */
export function isExpectation(name: string): boolean {
  return ASSERTS.test(name);
}

/** The expectation that a call with this full name states. */
export function expectationOf(call: Call, name: string, env: Env): Expectation | undefined {
  const asserted = ASSERTS.exec(name);
  const fun = unparen(call.fun);
  const expect = asserted && fun.kind === 'selector' ? unparen(fun.x) : undefined;
  const [matcher] = call.args;
  if (!asserted || expect?.kind !== 'call' || !matcher) return undefined;
  const expected = EXPECTS.exec(calleeName(calleeOf(expect, env)) ?? '');
  const actual = expected && expect.args[expected[1] === undefined ? 0 : 1];
  const matched = matchedBy(matcher, env);
  return actual && matched ? { actual, is: matched.is, holds: matched.holds === (asserted[1] !== undefined) } : undefined;
}

function matchedBy(matcher: Expr, env: Env): Omit<Expectation, 'actual'> | undefined {
  const x = unparen(matcher);
  const [given] = x.kind === 'call' ? x.args : [];
  switch (x.kind === 'call' ? MATCHER.exec(calleeName(calleeOf(x, env)) ?? '')?.[1] : undefined) {
    case 'HaveOccurred':
    case 'MatchError':
      return { is: 'nil', holds: false };
    case 'Succeed':
    case 'BeNil':
      return { is: 'nil', holds: true };
    case 'BeTrue':
      return { is: 'true', holds: true };
    case 'BeFalse':
      return { is: 'false', holds: true };
    case 'Equal':
    case 'BeEquivalentTo':
    case 'BeIdenticalTo':
      return given && { is: given, holds: true };
    case 'Not': {
      const inner = given && matchedBy(given, env);
      return inner && { is: inner.is, holds: !inner.holds };
    }
    default:
      return undefined;
  }
}
