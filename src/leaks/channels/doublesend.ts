/**
 * `if err != nil { c <- failure }` without a `return`, and then `c <- result`: where the first message says that there is
 * no result, whoever waits for one message takes it, and the second send waits for ever.
 */
import { isError, typeOf } from '../../program/infer.ts';
import { type Expr, type If, type Send, type Stmt, unparen, type Variable } from '../../syntax/ast.ts';
import { walkStmts } from '../../syntax/walk.ts';
import { askedBodies, type Body } from '../bodies.ts';
import type { Pass } from '../pass.ts';

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
    // Two sends in all, to a channel that the function was given, the second at its end.
    if (sends.length !== 2 || !first || last?.kind !== 'send' || last !== second) continue;
    const channel = paramOf(first.channel);
    if (!channel || channel !== paramOf(second.channel)) continue;
    if (body.block.stmts.some(stmt => stmt.kind === 'if' && failsThrough(stmt, first, body))) yield { body, first, second, channel };
  }
}

function sendsIn({ block }: Body): Send[] {
  const sends: Send[] = [];
  walkStmts(block.stmts, { stmt: stmt => void (stmt.kind === 'send' && sends.push(stmt)), expr: x => x.kind !== 'funclit' });
  return sends;
}

function paramOf(channel: Expr): Variable | undefined {
  const x = unparen(channel);
  return x.kind === 'ident' && x.entity?.kind === 'var' && x.entity.role === 'param' ? x.entity : undefined;
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
