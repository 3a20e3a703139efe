/** Queries without a context, in functions that have one. */
import { queryWithContext } from '../../contracts/contextfree.ts';
import { operations } from '../../flow/search.ts';
import { calleeName, calleeOf } from '../../program/callee.ts';
import type { Call } from '../../syntax/ast.ts';
import { askedBodies, type Body } from '../bodies.ts';
import { contextAtHand, type GivenContext, isReachedBeforeDone, MAY_HAVE_CONTEXT } from '../goroutines/givencontexts.ts';
import type { Pass } from '../pass.ts';
import { isTesting } from '../testing.ts';

export interface ContextFreeQuery {
  readonly body: Body;
  readonly call: Call;
  readonly given: GivenContext;
  /** What takes the context: `QueryRowContext`. */
  readonly instead: string;
}

const QUERY = /\.(?:(?:Named)?Query(?:Row)?x?|(?:Must|Named)?Exec|Prepare(?:x|Named)?|(?:Must)?Beginx?|Ping|Get|Select|Connect)\(/;

/** A test's database ends with the test. */
export function* contextFreeQueries(pass: Pass): Generator<ContextFreeQuery> {
  for (const body of askedBodies(pass, ({ bodyText, signatureText, file }) => !isTesting(file) && QUERY.test(bodyText) && (MAY_HAVE_CONTEXT.test(signatureText) || MAY_HAVE_CONTEXT.test(bodyText)))) {
    for (const { op } of operations(body.graph)) {
      const instead = op.kind === 'call' ? queryWithContext(calleeName(calleeOf(op.call, body.env)) ?? '') : undefined;
      const given = instead === undefined ? undefined : contextAtHand(body, pass);
      if (op.kind === 'call' && instead !== undefined && given && isReachedBeforeDone(op, body)) yield { body, call: op.call, given, instead };
    }
  }
}
