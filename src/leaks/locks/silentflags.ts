/**
 * Flags that end a wait and are set without waking who waits: `for !q.stopped && len(q.items) == 0 { q.cond.Wait() }`, and
 * somewhere `q.stopped = true` with no Broadcast. Whoever waits then goes on only when something else happens.
 */
import { operations } from '../../flow/search.ts';
import { calleeName, calleeOf } from '../../program/callee.ts';
import type { FuncInfo } from '../../program/package.ts';
import { type Expr, operandsOf, type Selector, type Stmt, unparen } from '../../syntax/ast.ts';
import { walkStmts } from '../../syntax/walk.ts';
import { askedBodies, bodiesWith, type Body } from '../bodies.ts';
import { calledBodies } from '../calls/called.ts';
import { isExported } from '../exported.ts';
import type { Pass } from '../pass.ts';
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
      for (const flag of flagsAround(op.call, body)) {
        const set = silentlySet(flag, callee.receiver, body, pass);
        if (set) yield { body, wait: op.call, cond: callee.receiver, flag, ...set };
      }
    }
  }
}

/** The flags that are asked in the innermost loop around the wait: `for !q.stopped`, `if q.stopped { return }`. */
function flagsAround(wait: Expr, { block }: Body): readonly Selector[] {
  let loop: (Stmt & { kind: 'for' }) | undefined;
  walkStmts(block.stmts, { stmt: stmt => void (stmt.kind === 'for' && stmt.start <= wait.start && wait.end <= stmt.end && (loop = stmt)) });
  if (!loop) return [];
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
function silentlySet(flag: Selector, cond: Expr, body: Body, pass: Pass): Pick<SilentFlag, 'setter' | 'set'> | undefined {
  const [family, condFamily] = [familyOf(flag, body.env), familyOf(cond, body.env)];
  if (family === undefined || condFamily === undefined || wakesOften(cond, condFamily, pass)) return undefined;
  const sets = new RegExp(`\\.${flag.sel.name} = true\\b`);
  for (const setter of bodiesWith(pass, ({ bodyText, file }) => !file.kind.test && sets.test(bodyText))) {
    for (const { op } of operations(setter.graph)) {
      if (op.kind !== 'assign' || op.lhs.length !== 1 || op.rhs.length !== 1) continue;
      const [target, value] = [op.lhs[0], op.rhs[0] && unparen(op.rhs[0])];
      if (!target || familyOf(target, setter.env) !== family || unparen(target).kind !== 'selector' || value?.kind !== 'ident' || value.name !== 'true') continue;
      if (!wakes(setter, pass)) return { setter, set: op.node };
    }
  }
  return undefined;
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
