/**
 * `if err != nil { c <- failure }` without a `return`, and then `c <- result`: where the first message says that there is
 * no result, whoever waits for one message takes it, and the second send waits for ever.
 */
import { operations } from '../../flow/search.ts';
import { isError, typeOf } from '../../program/infer.ts';
import { type Expr, type If, type Send, type Stmt, unparen, type Variable } from '../../syntax/ast.ts';
import { walkStmts } from '../../syntax/walk.ts';
import { askedBodies, bodiesOf, type Body } from '../bodies.ts';
import { goroutinesStarted } from '../goroutines/goroutines.ts';
import type { Pass } from '../pass.ts';
import { keepStep } from './instep.ts';
import { channelsMadeIn } from './makes.ts';

export interface DoubleSend {
  readonly body: Body;
  readonly first: Send;
  readonly second: Send;
  readonly channel: Variable;
}

export function* doubleSends(pass: Pass): Generator<DoubleSend> {
  for (const body of askedBodies(pass, ({ bodyText }) => /!= nil \{[^}]*<-/.test(bodyText))) {
    const sends = sendsIn(body);
    const last = body.block.stmts.at(-1);
    const [first, second] = sends;
    // Two sends in all, the second at the end.
    if (sends.length !== 2 || !first || last?.kind !== 'send' || last !== second) continue;
    const channel = variableOf(first.channel);
    if (!channel || channel !== variableOf(second.channel) || !(isGiven(channel, body) || isTakenOnceFromEach(channel, body, pass))) continue;
    if (body.block.stmts.some(stmt => stmt.kind === 'if' && failsThrough(stmt, first, body))) yield { body, first, second, channel };
  }
}

function sendsIn({ block }: Body): Send[] {
  const sends: Send[] = [];
  walkStmts(block.stmts, { stmt: stmt => void (stmt.kind === 'send' && sends.push(stmt)), expr: x => x.kind !== 'funclit' });
  return sends;
}

function variableOf(channel: Expr): Variable | undefined {
  const x = unparen(channel);
  return x.kind === 'ident' && x.entity?.kind === 'var' ? x.entity : undefined;
}

function isGiven({ role, owner }: Variable, { node }: Body): boolean {
  return role === 'param' && owner === node;
}

/** `for range keys { go func() { … }() }` and `for range keys { <-c }`: one message from each goroutine. */
function isTakenOnceFromEach(channel: Variable, { block, info }: Body, pass: Pass): boolean {
  const goroutine = goroutinesStarted(pass).find(({ body }) => body?.block === block);
  const made = goroutine && [...channelsMadeIn(goroutine.parent)].find(({ place }) => place.root === channel && !place.fields.length);
  if (!goroutine || made?.capacity !== 0) return false;
  const receives = [...bodiesOf(info, pass)].flatMap(body => operations(body.graph).flatMap(({ op }) => ((op.kind === 'receive' && variableOf(op.channel) === channel) || (op.kind === 'range' && variableOf(op.stmt.x) === channel) ? [{ op, body }] : [])));
  const [receive] = receives;
  return receives.length === 1 && receive?.op.kind === 'receive' && !receive.op.inSelect && receive.body.block === goroutine.parent.block && keepStep(goroutine.stmt, receive.op.node, goroutine.parent);
}

/** The branch for an error sends nothing but nil or the error, and goes on. */
function failsThrough(stmt: If, first: Send, body: Body): boolean {
  const { cond, then } = stmt;
  const x = unparen(cond);
  if (stmt.else || x.kind !== 'binary' || x.op !== '!=' || !isError(typeOf(x.x, body.env))) return false;
  const last: Stmt | undefined = then.stmts.at(-1);
  return last === first && saysFailure(first.value, x.x);
}

function saysFailure(value: Expr, error: Expr): boolean {
  const x = unparen(value);
  if (x.kind !== 'ident') return false;
  const failed = unparen(error);
  return x.name === 'nil' ? x.entity === undefined : failed.kind === 'ident' && x.entity !== undefined && x.entity === failed.entity;
}
