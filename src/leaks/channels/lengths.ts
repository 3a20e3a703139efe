/**
 * Sends and receives that the code does only as often as the buffer lets it: `for len(c) > 0 { <-c }`, `n := len(c); for
 * range n { … <-c }`, `if len(c) == 0 { return }; <-c`, `if len(c) < cap(c) { c <- v }`. They do not wait.
 */
import type { Op } from '../../flow/graph.ts';
import { calleeOf } from '../../program/callee.ts';
import { type Call, type Expr, operandsOf, type Stmt, unparen } from '../../syntax/ast.ts';
import { walkStmts } from '../../syntax/walk.ts';
import type { Body } from '../bodies.ts';
import { holdsSpan, type Span, spanOf } from '../paths/reach.ts';
import { canonicalKey } from '../places/canonical.ts';
import { meaningOf } from '../resources/ways.ts';

export function isWithinLength(op: Op, body: Body): boolean {
  const channel = op.kind === 'receive' ? op.channel : op.kind === 'send' ? op.stmt.channel : undefined;
  if (!channel || !/\blen\(/.test(body.info.bodyText)) return false;
  const key = canonicalKey(channel, body.env);
  if (key === undefined) return false;
  const says = (call: Call, name: string) => isBuiltin(call, name, body) && call.args[0] !== undefined && canonicalKey(call.args[0], body.env) === key;
  const isLength = (x: Expr) => {
    const call = meaningOf(x);
    return call.kind === 'call' && says(call, 'len');
  };
  const isRoom = (x: Expr) => x.kind === 'call' && says(x, 'cap');
  return conditionsAround(spanOf(op), body).some(({ x, says }) => {
    if (op.kind === 'send') return says !== 'not' && saysRoom(x, isLength, isRoom);
    return says === 'not' ? saysNone(x, isLength) : (says === 'rounds' && isLength(x)) || saysSome(x, says === 'rounds', isLength);
  });
}

interface Around {
  readonly x: Expr;
  /** `rounds`: it says how many a loop has, or when it is over. `not`: where it holds, control has gone elsewhere. */
  readonly says: 'rounds' | 'holds' | 'not';
}

/** What holds where the operation stands, as far as the statements around it say. */
function conditionsAround(at: Span, { block }: Body): readonly Around[] {
  const found: Around[] = [];
  const visit = (stmt: Stmt) => {
    if (stmt.kind === 'for' && stmt.cond && holdsSpan(stmt.body, at)) found.push(...operandsOf(stmt.cond, '&&').map(x => ({ x, says: 'rounds' as const })));
    if (stmt.kind === 'range' && holdsSpan(stmt.body, at)) found.push({ x: unparen(stmt.x), says: 'rounds' });
    if (stmt.kind === 'if' && holdsSpan(stmt.then, at)) found.push(...operandsOf(stmt.cond, '&&').map(x => ({ x, says: 'holds' as const })));
    if (stmt.kind === 'block' && holdsSpan(stmt, at)) found.push(...passedIn(stmt.stmts, at));
    return holdsSpan(stmt, at);
  };
  walkStmts([block], { stmt: visit, expr: () => false });
  return found;
}

/** `if len(c) == 0 { return }` above. */
function passedIn(stmts: readonly Stmt[], at: Span): readonly Around[] {
  const here = stmts.findIndex(stmt => holdsSpan(stmt, at));
  return stmts.slice(0, here).flatMap(stmt => {
    const last = stmt.kind === 'if' && !stmt.else ? stmt.then.stmts.at(-1) : undefined;
    return stmt.kind === 'if' && (last?.kind === 'return' || last?.kind === 'branch') ? operandsOf(stmt.cond, '||').map(x => ({ x, says: 'not' as const })) : [];
  });
}

/** `len(c) > 0`, `len(c) != 0`, `0 < len(c)`, and of a loop `i < len(c)`. */
function saysSome(x: Expr, isRounds: boolean, isLength: (x: Expr) => boolean): boolean {
  if (x.kind !== 'binary') return false;
  const [left, right] = [unparen(x.x), unparen(x.y)];
  if (isLength(left)) return ((x.op === '>' || x.op === '!=') && isNumber(right, '0')) || (x.op === '>=' && isNumber(right, '1'));
  return x.op === '<' && isLength(right) && (isRounds || isNumber(left, '0'));
}

/** `len(c) == 0`. */
function saysNone(x: Expr, isLength: (x: Expr) => boolean): boolean {
  return x.kind === 'binary' && isLength(unparen(x.x)) && ((x.op === '==' && isNumber(unparen(x.y), '0')) || (x.op === '<' && isNumber(unparen(x.y), '1')));
}

/** `len(c) < cap(c)`. */
function saysRoom(x: Expr, isLength: (x: Expr) => boolean, isRoom: (x: Expr) => boolean): boolean {
  if (x.kind !== 'binary') return false;
  const [left, right] = [unparen(x.x), unparen(x.y)];
  if (isLength(left) && isRoom(right)) return x.op === '<' || x.op === '!=';
  return x.op === '>' && isRoom(left) && isLength(right);
}

function isNumber(x: Expr, text: string): boolean {
  return x.kind === 'literal' && x.text === text;
}

function isBuiltin(call: Call, name: string, { env }: Body): boolean {
  const callee = call.fun.kind === 'ident' && call.fun.name === name ? calleeOf(call, env) : undefined;
  return callee?.kind === 'builtin';
}
