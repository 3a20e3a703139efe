/**
 * Fields that end a wait and are changed without waking who waits: `for !q.stopped && len(q.items) == 0 { q.cond.Wait() }`, and
 * somewhere `q.stopped = true` with no Broadcast. Whoever waits then goes on only when something else happens.
 */
import type { Op } from '../../flow/graph.ts';
import { operations } from '../../flow/search.ts';
import { calleeName, calleeOf } from '../../program/callee.ts';
import type { FuncInfo } from '../../program/package.ts';
import { type Binary, type Expr, isNil, operandsOf, type Selector, type Stmt, unparen } from '../../syntax/ast.ts';
import { walkStmts } from '../../syntax/walk.ts';
import { askedBodies, bodiesWith, type Body } from '../bodies.ts';
import { calledBodies } from '../calls/called.ts';
import { withCallers } from '../calls/near.ts';
import { isExported } from '../exported.ts';
import type { Pass } from '../pass.ts';
import { factsBefore } from '../paths/facts.ts';
import { callIn, isRepeated } from '../paths/reach.ts';
import { familyOf } from '../places/canonical.ts';
import { isNeverSignalled } from './condsignals.ts';
import { heldAt } from './held.ts';

export interface SilentFlag {
  /** Who waits, and for what. */
  readonly body: Body;
  readonly wait: Expr;
  readonly cond: Expr;
  readonly flag: Selector;
  /** Where the flag is set. */
  readonly setter: Body;
  readonly set: { readonly start: number; readonly end: number };
}

export const WAKES = /\.(?:Signal|Broadcast)\b/;

export function* silentFlags(pass: Pass): Generator<SilentFlag> {
  for (const body of askedBodies(pass, ({ bodyText, file }) => !file.kind.test && /\.Wait\(\)/.test(bodyText) && /\bfor\b/.test(bodyText))) {
    for (const { op } of operations(body.graph)) {
      const callee = op.kind === 'call' ? calleeOf(op.call, body.env) : undefined;
      if (op.kind !== 'call' || callee?.kind !== 'method' || calleeName(callee) !== '(*sync.Cond).Wait') continue;
      // That is said where it waits.
      if (isNeverSignalled(callee.receiver, body, pass)) continue;
      const loop = loopAround(op.call, body);
      for (const asked of loop ? askedIn(loop, op.call) : []) {
        const set = silentlySet(asked, loop?.cond, callee.receiver, body, pass);
        if (set) yield { body, wait: op.call, cond: callee.receiver, flag: asked.field, ...set };
      }
    }
  }
}

/** A field that the loop asks for, and the change of it that ends the loop. */
interface Asked {
  readonly field: Selector;
  readonly ends: Ending;
}

/** Set to true, given a value, counted down or up, something put into it. */
type Ending = 'true' | 'value' | 'down' | 'up' | 'filled';

type Loop = Stmt & { kind: 'for' };

/** The innermost one. */
export function loopAround(wait: Expr, { block }: Body): Loop | undefined {
  let loop: Loop | undefined;
  walkStmts(block.stmts, { stmt: stmt => void (stmt.kind === 'for' && stmt.start <= wait.start && wait.end <= stmt.end && (loop = stmt)) });
  return loop;
}

/** What is asked in the loop around the wait: `for !q.stopped`, `for q.pending > 0`, `if q.err != nil { return }`. */
function askedIn(loop: Loop, wait: Expr): readonly Asked[] {
  const flags = loop.cond ? operandsOf(loop.cond, '&&').flatMap(x => askedBy(x, false)) : [];
  const leaving = loop.body.stmts.flatMap(stmt => (stmt.kind === 'if' && !stmt.init && stmt.start < wait.start && leaves(stmt.then.stmts.at(-1)) ? operandsOf(stmt.cond, '||').flatMap(x => askedBy(x, true)) : []));
  return [...flags, ...leaving];
}

/** What the condition asks for, where the loop ends when it `holds`. */
function askedBy(condition: Expr, holds: boolean): Asked[] {
  const x = unparen(condition);
  if (x.kind === 'unary' && x.op === '!') return askedBy(x.x, !holds);
  if (x.kind === 'selector') return holds ? fieldIn(x, 'true') : [];
  if (x.kind !== 'binary') return [];
  if (isNil(x.y)) return (x.op === '!=') === holds && (x.op === '==' || x.op === '!=') ? fieldIn(x.x, 'value') : [];
  const counted = unparen(x.x);
  const isLength = counted.kind === 'call' && counted.fun.kind === 'ident' && counted.fun.name === 'len' && !counted.fun.entity;
  const [measured] = isLength ? counted.args : [counted];
  const grows = growsToEnd(x, holds);
  if (!measured || grows === undefined) return [];
  return isLength ? (grows ? fieldIn(measured, 'filled') : []) : fieldIn(measured, grows ? 'up' : 'down');
}

/** Whether more of what stands left ends the loop, or less; undefined where it is neither: `n != want`. */
function growsToEnd({ op, y }: Binary, holds: boolean): boolean | undefined {
  const isZero = y.kind === 'literal' && y.text === '0';
  if (op === '<' || op === '<=') return !holds;
  if (op === '>' || op === '>=') return holds;
  return isZero && (op === '==' || op === '!=') ? (op === '!=') === holds : undefined;
}

function fieldIn(expr: Expr, ends: Ending): Asked[] {
  const x = unparen(expr);
  return x.kind === 'selector' && !isExported(x.sel.name) ? [{ field: x, ends }] : [];
}

function leaves(last: Stmt | undefined): boolean {
  return last?.kind === 'return' || (last?.kind === 'branch' && last.token === 'break');
}

/** Where it is changed by somebody who wakes nobody, nor do those that call him; undefined where somebody wakes again and again. */
function silentlySet({ field, ends }: Asked, waitsWhile: Expr | undefined, cond: Expr, body: Body, pass: Pass): Pick<SilentFlag, 'setter' | 'set'> | undefined {
  const [family, condFamily] = [familyOf(field, body.env), familyOf(cond, body.env)];
  if (family === undefined || condFamily === undefined || wakesOften(cond, condFamily, pass)) return undefined;
  const changes = new RegExp(`\\.${field.sel.name}(?:\\[.*\\])?(?: [-+]?= |\\+\\+|--)`);
  for (const setter of bodiesWith(pass, ({ bodyText, file }) => !file.kind.test && changes.test(bodyText))) {
    for (const { op } of operations(setter.graph)) {
      const changed = changeOf(op, ends, setter);
      if (!changed || familyOf(changed.field, setter.env) !== family || unparen(changed.field).kind !== 'selector') continue;
      // Only with the mutex locked it is certain that somebody may wait already; a flag is set for nobody else.
      if (ends !== 'true' && (setter.block === body.block || heldAt(op, setter, pass).length === 0)) continue;
      if (!wakes(setter, pass) && !(ends === 'true' && setter.node === body.node && waitsNobody(op, waitsWhile, setter, pass))) return { setter, set: changed.node };
    }
  }
  return undefined;
}

/**
 * On every way to where the flag is set, a flag ends the wait already: `if q.closing || q.closed { q.closed = true }`. That
 * there is something in the queue says less: only one of those who wait may have been told.
 */
function waitsNobody(set: Op, waitsWhile: Expr | undefined, body: Body, pass: Pass): boolean {
  const flags = waitsWhile ? operandsOf(waitsWhile, '&&').map(unparen).flatMap(x => (x.kind === 'unary' && x.op === '!' ? [x.x] : [])) : [];
  const cases = factsBefore(set, body, pass);
  return cases.length > 0 && cases.every(facts => flags.some(flag => facts.with(flag, false, body) === undefined));
}

interface Change {
  readonly field: Expr;
  readonly node: { readonly start: number; readonly end: number };
}

/** What the operation changes in such a way. */
function changeOf(op: Op, ends: Ending, { info }: Body): Change | undefined {
  if (op.kind === 'eval') {
    const counts = /^\s*(\+\+|--)/.exec(info.file.source.text.slice(op.expr.end, op.expr.end + 4))?.[1];
    return (ends === 'up' && counts === '++') || (ends === 'down' && counts === '--') ? { field: op.expr, node: op.expr } : undefined;
  }
  const [target, value] = op.kind === 'assign' && op.lhs.length === 1 && op.rhs.length === 1 ? [op.lhs[0], op.rhs[0]] : [];
  if (op.kind !== 'assign' || !target || !value || !('op' in op.node)) return undefined;
  const { op: sign } = op.node;
  const element = unparen(target);
  if (ends === 'filled' && element.kind === 'index') return { field: element.x, node: op.node };
  return isEnding(sign, unparen(value), ends) ? { field: target, node: op.node } : undefined;
}

function isEnding(sign: string, value: Expr, ends: Ending): boolean {
  switch (ends) {
    case 'true':
      return value.kind === 'ident' && value.name === 'true';
    case 'value':
      return sign === '=' && !isNil(value);
    case 'up':
    case 'down':
      return sign === (ends === 'up' ? '+=' : '-=');
    case 'filled':
      return value.kind === 'call' && value.fun.kind === 'ident' && value.fun.name === 'append' && !value.fun.entity;
  }
}

/** So many calls above a change its signal is looked for. */
const MOST_CALLERS = 3;

/** The function itself, what it calls, or somebody who calls it. */
export function wakes(body: Body, pass: Pass): boolean {
  const { info } = body;
  if ([...withCallers([info], info.pkg, MOST_CALLERS)].some(({ bodyText }) => WAKES.test(bodyText))) return true;
  return operations(body.graph).some(({ op }) => {
    const call = callIn(op);
    return call !== undefined && calledBodies(call, body, pass).some(({ body: called }) => mayWake(called.info));
  });
}

function mayWake({ bodyText, pkg }: FuncInfo): boolean {
  return WAKES.test(bodyText) || pkg.withWords(WAKES).some(({ bareName }) => bodyText.includes(`${bareName}(`));
}

/** `time.AfterFunc(d, q.cond.Broadcast)`, or in a loop. */
export function wakesOften(cond: Expr, family: string, pass: Pass): boolean {
  const x = unparen(cond);
  const name = x.kind === 'selector' ? x.sel.name : x.kind === 'ident' ? x.name : '';
  const asValue = new RegExp(`\\b${name}\\.(?:Signal|Broadcast)\\b(?!\\()`);
  return [...bodiesWith(pass, ({ bodyText }) => WAKES.test(bodyText))].some(other => asValue.test(other.info.bodyText) || operations(other.graph).some(({ op }) => {
    const callee = op.kind === 'call' ? calleeOf(op.call, other.env) : undefined;
    return callee?.kind === 'method' && /^\(\*sync\.Cond\)\.(?:Signal|Broadcast)$/.test(callee.name) && familyOf(callee.receiver, other.env) === family && isRepeated(op, other, pass);
  }));
}
