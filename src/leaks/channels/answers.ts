/** Whether a `select` that waits for one channel can go on by another case. */
import { calleeName, calleeOf } from '../../program/callee.ts';
import { type CommClause, type Expr, type Select, type Stmt, unparen, type Variable } from '../../syntax/ast.ts';
import { walkStmts } from '../../syntax/walk.ts';
import type { Body } from '../bodies.ts';
import type { Pass } from '../pass.ts';
import { canonicalPlace } from '../places/canonical.ts';
import { keyOf, placeOf } from '../places/places.ts';
import { type Names, relationOf } from './places.ts';

export function answersWithout(select: Select, clause: CommClause, names: Names, body: Body, pass: Pass): boolean {
  return select.clauses.some(other => other !== clause && mayGoOn(other.comm, names, body, pass));
}

/** `default`, a context that can be cancelled, a timer, a channel that somebody else answers. */
function mayGoOn(comm: Stmt | undefined, names: Names, body: Body, pass: Pass): boolean {
  if (!comm) return true;
  const channel = channelOf(comm);
  if (!channel) return true;
  const x = unparen(channel);
  if (x.kind === 'call') return !isEndlessContext(x, body);
  if (relationOf(x, names, body.env) === 'channel') return false;
  return comm.kind === 'send' ? true : !isNeverAnswered(x, body, pass);
}

export function channelOf(comm: Stmt): Expr | undefined {
  if (comm.kind === 'send') return comm.channel;
  const x = comm.kind === 'expr' ? unparen(comm.x) : comm.kind === 'assign' && comm.rhs[0] ? unparen(comm.rhs[0]) : undefined;
  return x?.kind === 'unary' && x.op === '<-' ? x.x : undefined;
}

/** `context.Background().Done()`, also of a variable that holds nothing else: a nil channel. */
export function isEndlessContext(call: Expr & { kind: 'call' }, { env }: Body): boolean {
  const fun = unparen(call.fun);
  if (fun.kind !== 'selector' || calleeName(calleeOf(call, env)) !== '(context.Context).Done') return false;
  const x = unparen(fun.x);
  const made = x.kind === 'ident' && x.entity?.kind === 'var' && x.entity.assigned.length === 0 && x.entity.origin.kind === 'value' ? unparen(x.entity.origin.expr) : x;
  return made.kind === 'call' && /^context\.(?:Background|TODO)$/.test(calleeName(calleeOf(made, env)) ?? '');
}

/** A local channel of which nothing is seen but its making and receives. */
function isNeverAnswered(x: Expr, body: Body, { contracts }: Pass): boolean {
  const variable = x.kind === 'ident' && x.entity?.kind === 'var' ? x.entity : undefined;
  if (!variable || variable.role !== 'local' || variable.assigned.length > 0 || !isMadeHere(variable)) return false;
  const key = keyOf({ root: variable, fields: [] });
  const env = contracts.envOf(body.info);
  let others = 0;
  walkStmts(body.info.body()?.stmts ?? [], {
    expr: inner => {
      if (inner.kind === 'unary' && inner.op === '<-') {
        const place = placeOf(inner.x);
        if (place && keyOf(place) === key) return false;
      }
      if (inner.kind === 'ident' && inner !== variable.ident) {
        const place = canonicalPlace(inner, env);
        if (place && keyOf(place) === key) others++;
      }
      return true;
    },
  });
  return others === 0;
}

function isMadeHere({ origin }: Variable): boolean {
  if (origin.kind === 'declared') return true;
  const made = origin.kind === 'value' ? unparen(origin.expr) : undefined;
  return made?.kind === 'call' && made.fun.kind === 'ident' && made.fun.name === 'make';
}
