/** A channel that was closed first gives what is left in it, and keeps nobody waiting: `close(c); for v := range c { … }`. */
import type { Op } from '../../flow/graph.ts';
import { operations, search } from '../../flow/search.ts';
import { calleeOf } from '../../program/callee.ts';
import type { Pass } from '../pass.ts';
import { canonicalPlace } from '../places/canonical.ts';
import { keyOf } from '../places/places.ts';
import type { Wait } from './waits.ts';

/** Whether the body that waits to receive has closed the channel itself on every way to it. */
export function isClosedBefore({ verb, op: wait, subject, body }: Wait, pass: Pass): boolean {
  const place = verb === 'receive' || verb === 'range' ? canonicalPlace(subject, body.env) : undefined;
  if (!place) return false;
  const key = keyOf(place);
  const closes = (op: Op): boolean => {
    const closed = op.kind === 'call' && op.call.args.length === 1 ? op.call.args[0] : undefined;
    const at = closed && canonicalPlace(closed, body.env);
    if (op.kind !== 'call' || !at || keyOf(at) !== key) return false;
    const callee = calleeOf(op.call, body.env);
    return callee.kind === 'builtin' && callee.name === 'close';
  };
  if (!operations(body.graph).some(({ op }) => closes(op))) return false;
  const open = search<null>({ block: body.graph.entry, index: 0 }, null, {
    key: () => '',
    op: (op, state) => (op === wait ? 'arrive' : closes(op) || pass.contracts.endsHere(op, body.env) ? undefined : state),
    edge: (_condition, _taken, state) => state,
    returns: () => false,
  });
  return open === undefined;
}
