/**
 * Goroutines of one `errgroup` that watch its context, and others of it that do not: when one of them fails, the context is
 * over, and those who watch it leave those who send to them waiting.
 */
import { calleeName, calleeOf } from '../../program/callee.ts';
import { type Call, type Expr, unparen, type Variable } from '../../syntax/ast.ts';
import { walkStmts } from '../../syntax/walk.ts';
import type { Body } from '../bodies.ts';
import { allGoroutinesOf, type Goroutine, runBy } from '../goroutines/goroutines.ts';
import { contextOf } from '../groups/waitedfor.ts';
import type { Pass } from '../pass.ts';
import type { FamilyUse } from './families.ts';

/** Both run in goroutines of one group, and what tells the receiver is the context of that group. */
export function areOfOneGroup(send: FamilyUse, sign: Expr, receive: FamilyUse, pass: Pass): boolean {
  if (!contextOf(sign, receive.body)) return false;
  const starts = allGoroutinesOf(pass).filter(({ stmt }) => stmt.kind === 'call');
  const [senders, receivers] = [starts.filter(start => runs(start, send.body, pass)), starts.filter(start => runs(start, receive.body, pass))];
  return senders.some(sender => receivers.some(receiver => {
    const group = groupOf(sender);
    return group !== undefined && sender.stmt !== receiver.stmt && group === groupOf(receiver) && mentions(receiver, contextBeside(group));
  }));
}

function runs({ body }: Goroutine, wanted: Body, pass: Pass): boolean {
  return body !== undefined && [...runBy(body, pass)].some(run => run.body.block === wanted.block);
}

/** `g` of `g, ctx := errgroup.WithContext(ctx)` and `g.Go(f)`. */
function groupOf({ stmt, parent }: Goroutine): Variable | undefined {
  const fun = stmt.kind === 'call' ? unparen(stmt.fun) : undefined;
  const x = fun?.kind === 'selector' ? unparen(fun.x) : undefined;
  const variable = x?.kind === 'ident' && x.entity?.kind === 'var' ? x.entity : undefined;
  const made = variable && madeBy(variable);
  return made && calleeName(calleeOf(made, parent.env)) === 'golang.org/x/sync/errgroup.WithContext' ? variable : undefined;
}

function madeBy({ origin, assigned }: Variable): Call | undefined {
  const made = origin.kind === 'value' && origin.index === 0 && assigned.length === 0 ? unparen(origin.expr) : undefined;
  return made?.kind === 'call' ? made : undefined;
}

/** Whether a variable is the context that came with the group, be it one that was there before. */
function contextBeside(group: Variable): (variable: Variable) => boolean {
  const made = madeBy(group);
  return ({ origin, assigned }) => [origin, ...assigned].some(given => given !== 'unknown' && given.kind === 'value' && given.index === 1 && unparen(given.expr) === made);
}

function mentions({ body }: Goroutine, isIt: (variable: Variable) => boolean): boolean {
  let found = false;
  walkStmts(body?.block.stmts ?? [], { expr: x => void (found ||= x.kind === 'ident' && x.entity?.kind === 'var' && isIt(x.entity)) });
  return found;
}
