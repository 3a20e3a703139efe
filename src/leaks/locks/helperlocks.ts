/** Calls of functions that lock for their caller: `s.lock()`, and `unlock := s.lock()`. */
import type { Op } from '../../flow/graph.ts';
import type { Place as Point } from '../../flow/search.ts';
import type { Call } from '../../syntax/ast.ts';
import type { Body } from '../bodies.ts';
import { calledBodies } from '../calls/called.ts';
import { asCallerNames } from '../calls/callernames.ts';
import type { Pass } from '../pass.ts';
import { type Identity, SOME } from '../places/identities.ts';
import { lockFlowOf, saysLock } from './lockflow.ts';
import { lockCallOf, type Mode } from './mutexes.ts';
import { locksTaken } from './taken.ts';

/** A mutex that is locked when the call returns. */
export interface HelperLock {
  readonly op: Op & { kind: 'call' };
  readonly call: Call;
  readonly after: Point;
  readonly identity: Identity;
  readonly mode: Mode;
}

/** What the call has locked; nothing where its name does not speak of it. */
export function* helperLocksAt(op: Op, after: Point, body: Body, pass: Pass): Generator<HelperLock> {
  if (op.kind !== 'call' || !saysLock(op.call, body) || lockCallOf(op.call, body.env)) return;
  for (const called of calledBodies(op.call, body, pass)) {
    const given = lockFlowOf(pass).unlocksGivenBy(called.body.info);
    for (const { isKept, identity, mode, family } of locksTaken(called.body, pass)) {
      const own = (isKept || given.has(family)) && identity ? asCallerNames(identity, called, body) : undefined;
      if (own && !own.fields.includes(SOME)) yield { op, call: op.call, after, identity: own, mode };
    }
  }
}
