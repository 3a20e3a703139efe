/** A mutex in a local variable that nobody can lock any more after this Lock: that it stays locked harms nobody. */
import { operations, reachableFrom } from '../flow/search.ts';
import type { Op } from '../flow/graph.ts';
import type { Call, Variable } from '../syntax/ast.ts';
import { walkStmts } from '../syntax/walk.ts';
import { type Body, bodiesOf } from './bodies.ts';
import { type DirectLock, lockCallsIn } from './lockflow.ts';
import { isOwn } from './ownvalues.ts';
import type { Pass } from './pass.ts';

export function isLastLock({ call, lock: { mutex } }: DirectLock, { info }: Body, pass: Pass): boolean {
  const { root, fields } = mutex.place;
  // What is got from elsewhere, others can lock.
  if (typeof root === 'string' || !isOwn(root) || fields.length > 0) return false;
  const bodies = [...bodiesOf(info, pass)];
  const calls = bodies.flatMap(body => [...lockCallsIn(body)].filter(({ lock }) => lock.mutex.key === mutex.key));
  const locks = calls.filter(({ lock }) => lock.does === 'lock').map(found => found.call);
  return isUsedOnlyBy(root, calls.length, bodies) && !bodies.some(body => mayFollow(call, locks, body, pass));
}

/** The variable is named in calls of its own methods only: nobody else has it. */
function isUsedOnlyBy(variable: Variable, calls: number, [outer]: readonly Body[]): boolean {
  let uses = 0;
  walkStmts(outer?.block.stmts ?? [], { expr: x => void (uses += x.kind === 'ident' && x.entity === variable && x !== variable.ident ? 1 : 0) });
  return uses <= calls;
}

/** A lock call of this body may run after the given one, which it makes itself or in a literal; one of another literal always may. */
function mayFollow(call: Call, locks: readonly Call[], body: Body, pass: Pass): boolean {
  const places = [...operations(body.graph)];
  const own = places.filter(({ op }) => op.kind === 'call' && locks.includes(op.call));
  const from = places.find(({ op }) => holdsCall(op, call))?.after;
  if (!from) return own.length > 0;
  const later = reachableFrom(from.block, block => pass.contracts.next(block, body.env));
  return own.some(({ after: { block, index } }) => later.has(block) || (block === from.block && index > from.index));
}

function holdsCall(op: Op, call: Call): boolean {
  const spans = op.kind === 'call' ? [op.call] : op.kind === 'go' || op.kind === 'defer' ? [op.stmt] : op.kind === 'assign' ? op.rhs : [];
  return spans.some(({ start, end }) => start <= call.start && call.end <= end);
}
