/** Owners that a function gives its caller and somebody else as well: `if name != "" { publish(name, t) }; return t`. */
import { allReturnedAt, applyOp } from '../../contracts/effects.ts';
import type { Resource } from '../../contracts/resource.ts';
import { type Place, search } from '../../flow/search.ts';
import type { Variable } from '../../syntax/ast.ts';
import type { Body } from '../bodies.ts';
import type { Pass } from '../pass.ts';
import { companionsless, stateOf, walkOf, whereOf } from './ways.ts';

/** On some way a callee gets the owner before it is returned, so that the caller need not be who ends it. */
export function isKeptBesides({ variable, from }: { readonly variable: Variable; readonly from: Place }, resource: Resource, body: Body, pass: Pass): boolean {
  const where = whereOf(resource, body, pass);
  const walk = walkOf(resource, body, pass);
  const start = { ...stateOf(new Map([[variable, 'whole' as const]]), companionsless), given: false };
  return search(from, start, {
    key: state => `${walk.key(state)} ${state.given}`,
    op(op, state) {
      const next = walk.op(op, state);
      if (next !== undefined) return next === 'arrive' ? undefined : { ...next, given: state.given };
      return op.kind === 'call' && !pass.contracts.endsHere(op, body.env) && applyOp(op, state.tracked, where).effect !== 'none' ? { ...state, given: true } : undefined;
    },
    edge(condition, taken, state, to) {
      const next = walk.edge(condition, taken, state, to);
      return next && { ...next, given: state.given };
    },
    returns: (end, state) => state.given && allReturnedAt(end, state.tracked, where).some(({ held }) => held === 'whole'),
  }) !== undefined;
}
