/**
 * Whether a send can come after what tells its receiver to end: some function starts one of them as a goroutine and comes
 * to the other without waiting in between, or sends when it has told.
 */
import type { Op } from '../../flow/graph.ts';
import { search } from '../../flow/search.ts';
import { calleeName, calleeOf } from '../../program/callee.ts';
import { typeOf } from '../../program/infer.ts';
import { type Expr, unparen } from '../../syntax/ast.ts';
import type { Body } from '../bodies.ts';
import { callsInPackage, type Spot, spotAround } from '../calls/onlyafter.ts';
import type { Pass } from '../pass.ts';
import { callIn, placeAfter } from '../paths/reach.ts';
import { canonicalPlace } from '../places/canonical.ts';
import { keyOf } from '../places/places.ts';
import { mayWait } from './waits.ts';

/** Longer chains of calls are not followed. */
const MOST_CALLS = 4;

export function isUnordered(send: Spot, telling: Spot, pass: Pass): boolean {
  const tellings = leadsTo(telling, pass);
  return leadsTo(send, pass).some(late => tellings.some(early => early.body.node === late.body.node && early.op !== late.op && early.op.kind !== 'defer' && late.op.kind !== 'defer' && mayBeOneValue(early, late) && isLate(early, late, pass)));
}

/** The operations that lead there: calls of its function, statements around its literal, and so on. */
function leadsTo(spot: Spot, pass: Pass): readonly Spot[] {
  const found: Spot[] = [];
  let last: readonly Spot[] = [spot];
  for (let i = 0; i < MOST_CALLS && last.length; i++) {
    last = last.flatMap(({ body }) => (body.node === body.info.decl ? callsInPackage(body.info, pass) ?? [] : spotAround(body, pass) ?? [])).filter(lead => !found.some(({ op }) => op === lead.op));
    found.push(...last);
  }
  return found;
}

/** Methods of one type are called of one value. */
function mayBeOneValue(a: Spot, b: Spot): boolean {
  const [x, y] = [receiverAt(a), receiverAt(b)];
  if (!x || !y || nameOfType(x, a.body) !== nameOfType(y, b.body)) return true;
  const [one, other] = [canonicalPlace(x, a.body.env), canonicalPlace(y, b.body.env)];
  return one !== undefined && other !== undefined && keyOf(one) === keyOf(other);
}

function nameOfType(x: Expr, { env }: Body): string | undefined {
  const type = typeOf(x, env);
  const base = type.kind === 'pointer' ? type.elem : type;
  return base.kind === 'named' ? `${base.pkg}.${base.name}` : undefined;
}

function receiverAt({ body, op }: Spot): Expr | undefined {
  const call = op.kind === 'go' ? unparen(op.stmt.call) : callIn(op);
  const callee = call?.kind === 'call' ? calleeOf(call, body.env) : undefined;
  return callee?.kind === 'method' ? callee.receiver : undefined;
}

function isLate(early: Spot, late: Spot, pass: Pass): boolean {
  const never = () => false;
  if (late.op.kind === 'go' && comesTo(late.op, early.op, op => isWaiting(op, late.body), late.body, pass)) return true;
  return comesTo(early.op, late.op, early.op.kind === 'go' ? op => isWaiting(op, late.body) : never, late.body, pass);
}

/** The function may learn here how far a goroutine has come. */
function isWaiting(op: Op, { env }: Body): boolean {
  if (op.kind === 'receive' || op.kind === 'range') return true;
  const callee = op.kind === 'call' ? calleeOf(op.call, env) : undefined;
  if (!callee) return false;
  const func = callee.kind === 'func' || callee.kind === 'method' ? callee.func : undefined;
  return func?.pkg.module ? mayWait(func) : callee.kind === 'unknown' || /\.Wait$/.test(calleeName(callee) ?? '');
}

function comesTo(from: Op, to: Op, isBarred: (op: Op) => boolean, body: Body, pass: Pass): boolean {
  return search(placeAfter(from, body), '', {
    key: () => '',
    op: op => (op === to ? 'arrive' : isBarred(op) || pass.contracts.endsHere(op, body.env) ? undefined : ''),
    edge: () => '',
    returns: () => false,
  }) !== undefined;
}
