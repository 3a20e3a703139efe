/**
 * Flags that end a wait and are set without waking who waits: `for !q.stopped && len(q.items) == 0 { q.cond.Wait() }`, and
 * somewhere `q.stopped = true` with no Broadcast. Whoever waits then goes on only when something else happens.
 */
import type { Op } from '../../flow/graph.ts';
import { operations } from '../../flow/search.ts';
import { calleeName, calleeOf } from '../../program/callee.ts';
import type { FuncInfo } from '../../program/package.ts';
import { type Expr, operandsOf, type Selector, type Stmt, unparen } from '../../syntax/ast.ts';
import { walkStmts } from '../../syntax/walk.ts';
import { askedBodies, bodiesWith, type Body } from '../bodies.ts';
import { calledBodies } from '../calls/called.ts';
import { isExported } from '../exported.ts';
import type { Pass } from '../pass.ts';
import { factsBefore } from '../paths/facts.ts';
import { callIn, isRepeated } from '../paths/reach.ts';
import { familyOf } from '../places/canonical.ts';

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

const WAKES = /\.(?:Signal|Broadcast)\b/;

export function* silentFlags(pass: Pass): Generator<SilentFlag> {
  for (const body of askedBodies(pass, ({ bodyText, file }) => !file.kind.test && /\.Wait\(\)/.test(bodyText) && /\bfor\b/.test(bodyText))) {
    for (const { op } of operations(body.graph)) {
      const callee = op.kind === 'call' ? calleeOf(op.call, body.env) : undefined;
      if (op.kind !== 'call' || callee?.kind !== 'method' || calleeName(callee) !== '(*sync.Cond).Wait') continue;
      const loop = loopAround(op.call, body);
      for (const flag of loop ? flagsIn(loop, op.call) : []) {
        const set = silentlySet(flag, loop?.cond, callee.receiver, body, pass);
        if (set) yield { body, wait: op.call, cond: callee.receiver, flag, ...set };
      }
    }
  }
}

type Loop = Stmt & { kind: 'for' };

/** The innermost one. */
function loopAround(wait: Expr, { block }: Body): Loop | undefined {
  let loop: Loop | undefined;
  walkStmts(block.stmts, { stmt: stmt => void (stmt.kind === 'for' && stmt.start <= wait.start && wait.end <= stmt.end && (loop = stmt)) });
  return loop;
}

/** The flags that are asked in the loop around the wait: `for !q.stopped`, `if q.stopped { return }`. */
function flagsIn(loop: Loop, wait: Expr): readonly Selector[] {
  const flags = loop.cond ? operandsOf(loop.cond, '&&').flatMap(x => (x.kind === 'unary' && x.op === '!' ? fieldIn(x.x) : [])) : [];
  const leaving = loop.body.stmts.flatMap(stmt => (stmt.kind === 'if' && !stmt.init && stmt.start < wait.start && leaves(stmt.then.stmts.at(-1)) ? fieldIn(stmt.cond) : []));
  return [...flags, ...leaving];
}

function fieldIn(expr: Expr): Selector[] {
  const x = unparen(expr);
  return x.kind === 'selector' && !isExported(x.sel.name) ? [x] : [];
}

function leaves(last: Stmt | undefined): boolean {
  return last?.kind === 'return' || (last?.kind === 'branch' && last.token === 'break');
}

/** Where the flag is set by somebody who wakes nobody, nor do those that call him; undefined where somebody wakes again and again. */
function silentlySet(flag: Selector, waitsWhile: Expr | undefined, cond: Expr, body: Body, pass: Pass): Pick<SilentFlag, 'setter' | 'set'> | undefined {
  const [family, condFamily] = [familyOf(flag, body.env), familyOf(cond, body.env)];
  if (family === undefined || condFamily === undefined || wakesOften(cond, condFamily, pass)) return undefined;
  const sets = new RegExp(`\\.${flag.sel.name} = true\\b`);
  for (const setter of bodiesWith(pass, ({ bodyText, file }) => !file.kind.test && sets.test(bodyText))) {
    for (const { op } of operations(setter.graph)) {
      if (op.kind !== 'assign' || op.lhs.length !== 1 || op.rhs.length !== 1) continue;
      const [target, value] = [op.lhs[0], op.rhs[0] && unparen(op.rhs[0])];
      if (!target || familyOf(target, setter.env) !== family || unparen(target).kind !== 'selector' || value?.kind !== 'ident' || value.name !== 'true') continue;
      if (!wakes(setter, pass) && !(setter.node === body.node && waitsNobody(op, waitsWhile, setter, pass))) return { setter, set: op.node };
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

/** The function itself, what it calls, or somebody who calls it. */
function wakes(body: Body, pass: Pass): boolean {
  const { info } = body;
  if (WAKES.test(info.bodyText) || info.pkg.mentioning(info.bareName).some(({ bodyText }) => WAKES.test(bodyText))) return true;
  return operations(body.graph).some(({ op }) => {
    const call = callIn(op);
    return call !== undefined && calledBodies(call, body, pass).some(({ body: called }) => mayWake(called.info));
  });
}

function mayWake({ bodyText, pkg }: FuncInfo): boolean {
  return WAKES.test(bodyText) || pkg.withWords(WAKES).some(({ bareName }) => bodyText.includes(`${bareName}(`));
}

/** `time.AfterFunc(d, q.cond.Broadcast)`, or in a loop. */
function wakesOften(cond: Expr, family: string, pass: Pass): boolean {
  const x = unparen(cond);
  const name = x.kind === 'selector' ? x.sel.name : x.kind === 'ident' ? x.name : '';
  const asValue = new RegExp(`\\b${name}\\.(?:Signal|Broadcast)\\b(?!\\()`);
  return [...bodiesWith(pass, ({ bodyText }) => WAKES.test(bodyText))].some(other => asValue.test(other.info.bodyText) || operations(other.graph).some(({ op }) => {
    const callee = op.kind === 'call' ? calleeOf(op.call, other.env) : undefined;
    return callee?.kind === 'method' && /^\(\*sync\.Cond\)\.(?:Signal|Broadcast)$/.test(callee.name) && familyOf(callee.receiver, other.env) === family && isRepeated(op, other, pass);
  }));
}
