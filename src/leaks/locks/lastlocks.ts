/** A mutex in a local variable that nobody can lock any more after this Lock: that it stays locked harms nobody. */
import type { Op } from '../../flow/graph.ts';
import { operations, reachableFrom } from '../../flow/search.ts';
import { type Call, type Expr, type FuncLit, unparen, type Variable } from '../../syntax/ast.ts';
import { walkStmts } from '../../syntax/walk.ts';
import { bodiesOf, type Body } from '../bodies.ts';
import type { Pass } from '../pass.ts';
import { isOwn } from '../places/ownvalues.ts';
import { type DirectLock, lockCallsIn } from './lockflow.ts';

export function isLastLock({ call, lock: { mutex } }: DirectLock, { info }: Body, pass: Pass): boolean {
  const { root, fields } = mutex.place;
  // What is got from elsewhere, others can lock.
  if (typeof root === 'string' || !isOwn(root) || fields.length > 0) return false;
  const bodies = [...bodiesOf(info, pass)];
  const calls = bodies.flatMap(body => [...lockCallsIn(body)].filter(({ lock }) => lock.mutex.key === mutex.key));
  const locks = calls.filter(({ lock }) => lock.does === 'lock').map(found => found.call);
  // The variable is named in calls of its own methods only: nobody else has it.
  return usesOf(root, bodies).length <= calls.length && !bodies.some(body => mayFollow(call, locks, body, bodies, pass));
}

function usesOf(variable: Variable, [outer]: readonly Body[]): Expr[] {
  const uses: Expr[] = [];
  walkStmts(outer?.block.stmts ?? [], { expr: x => void (x.kind === 'ident' && x.entity === variable && x !== variable.ident && uses.push(x)) });
  return uses;
}

/** A lock call of this body may run after the given one, which it makes itself or in a literal; one of another literal always may. */
function mayFollow(call: Call, locks: readonly Call[], body: Body, bodies: readonly Body[], pass: Pass): boolean {
  const places = [...operations(body.graph)];
  const own = places.filter(({ op }) => op.kind === 'call' && locks.includes(op.call));
  const at = places.find(({ op }) => holdsCall(op, call));
  if (!at) return own.length > 0;
  const { op, after: from } = at;
  const later = reachableFrom(from.block, block => pass.contracts.next(block, body.env));
  const isInLiteral = !(op.kind === 'call' && op.call === call);
  if (isInLiteral && (later.has(from.block) || isCalledAgain(op, call, bodies))) return true;
  return own.some(({ after: { block, index } }) => later.has(block) || (block === from.block && index > from.index));
}

/** The literal with the lock goes to a function, which may call it more than once, or into a variable that is called more than once. */
function isCalledAgain(op: Op, call: Call, bodies: readonly Body[]): boolean {
  const isAround = (x: Expr): x is FuncLit => x.kind === 'funclit' && x.start <= call.start && call.end <= x.end;
  if (op.kind === 'assign') {
    const to = op.lhs[op.rhs.findIndex(x => isAround(unparen(x)))];
    const [use, ...more] = to?.kind === 'ident' && to.entity?.kind === 'var' ? usesOf(to.entity, bodies) : [];
    return !use || more.length > 0 || bodies.some(({ graph }) => [...graph.loops.keys()].some(loop => loop.start > call.end && loop.start <= use.start && use.end <= loop.end));
  }
  const made = op.kind === 'call' ? op.call : op.kind === 'go' || op.kind === 'defer' ? unparen(op.stmt.call) : undefined;
  return made?.kind === 'call' && !isAround(unparen(made.fun));
}

function holdsCall(op: Op, call: Call): boolean {
  const spans = op.kind === 'call' ? [op.call] : op.kind === 'go' || op.kind === 'defer' ? [op.stmt] : op.kind === 'assign' ? op.rhs : [];
  return spans.some(({ start, end }) => start <= call.start && call.end <= end);
}
