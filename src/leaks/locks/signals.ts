/** Waiting for a `sync.Cond` that may wait for ever: nobody signals, or a signal that comes too early is lost. */
import type { Op } from '../../flow/graph.ts';
import { operations, type Turn } from '../../flow/search.ts';
import { calleeName, calleeOf } from '../../program/callee.ts';
import { targetsOf } from '../../program/implementations.ts';
import type { FuncInfo } from '../../program/package.ts';
import { type Call, type Expr, type FuncLit, unparen } from '../../syntax/ast.ts';
import { walkExpr, walkStmts } from '../../syntax/walk.ts';
import { askedBodies, bodiesOf, type Body, bodyOf } from '../bodies.ts';
import { calledBodies } from '../calls/called.ts';
import type { Pass } from '../pass.ts';
import { isRepeated } from '../paths/reach.ts';
import { keyOf, placeOf } from '../places/places.ts';
import { isNeverSignalled } from './condsignals.ts';
import { heldAt } from './held.ts';

export interface LostSignal {
  readonly body: Body;
  readonly call: Call;
  readonly cond: Expr;
  /**
   * `nobody`: nothing signals. `unchecked`: waits without a look at what it waits for. `once`: looks at it once, and
   * takes it after waking up without another look. `elsewhere`: waits in a goroutine that does not hold the lock.
   */
  readonly why: 'nobody' | 'unchecked' | 'once' | 'elsewhere';
  readonly locked: Call | undefined;
  readonly turns: readonly Turn[];
}

export function* lostSignals(pass: Pass): Generator<LostSignal> {
  for (const body of askedBodies(pass, ({ bodyText }) => /\.Wait\(\)/.test(bodyText))) {
    for (const { op } of operations(body.graph)) {
      const cond = op.kind === 'call' ? condOf(op.call, 'Wait', body) : undefined;
      if (!cond || op.kind !== 'call') continue;
      if (isNeverSignalled(cond, body, pass)) yield { body, call: op.call, cond, why: 'nobody', locked: undefined, turns: [] };
      else yield* unlooped(op, cond, body, pass);
    }
  }
}

/** The receiver of a call of a `sync.Cond` method. */
function condOf(call: Call, method: string, { env }: Body): Expr | undefined {
  const callee = calleeOf(call, env);
  return callee.kind === 'method' && calleeName(callee) === `(*sync.Cond).${method}` ? callee.receiver : undefined;
}

function* unlooped(op: Op & { kind: 'call' }, cond: Expr, body: Body, pass: Pass): Generator<LostSignal> {
  if (isRepeated(op, body, pass) || isShortLived(cond, body)) return;
  const [holding] = heldAt(op, body, pass);
  const found = { body, call: op.call, cond, locked: holding?.call, turns: holding?.turnsTo(op) ?? [] };
  if (!holding) {
    if (body.node.kind === 'funclit' && runsElsewhere(body.node, body.info, pass)) yield { ...found, why: 'elsewhere' };
  } else if (found.turns.length === 0) {
    yield { ...found, why: 'unchecked' };
  } else if (body.node.kind === 'func' && takesWhatItChecked(op.call, body) && !isCalledInLoop(body.info, pass)) {
    yield { ...found, why: 'once' };
  }
}

/** `if len(q.items) == 0 { wait }; q.items = q.items[1:]`: the next one who is woken finds nothing. */
function takesWhatItChecked(wait: Call, { block, graph }: Body): boolean {
  let guard: Expr | undefined;
  walkStmts(block.stmts, { stmt: stmt => void (stmt.kind === 'if' && stmt.then.start <= wait.start && wait.end <= stmt.then.end && (guard = stmt.cond)) });
  const names = new Set<string>();
  if (guard) walkExpr(guard, { expr: x => void (x.kind === 'selector' && names.add(keyOfPlace(x))) });
  return operations(graph).some(({ op }) => {
    const targets = op.kind === 'assign' ? op.lhs : op.kind === 'eval' ? [op.expr] : [];
    return targets.some(x => x.start > wait.end && x.kind === 'selector' && names.has(keyOfPlace(x)));
  });
}

function keyOfPlace(x: Expr): string {
  const place = placeOf(x);
  return place ? keyOf(place) : '';
}

/** `main` and tests know in which order their own goroutines run. */
function isShortLived(cond: Expr, { info }: Body): boolean {
  const x = unparen(cond);
  if (x.kind !== 'ident') return false;
  return info.file.kind.test || (x.entity !== undefined && info.pkg.name === 'main' && info.name === 'main');
}

/** The literal is a goroutine, or is handed to a function that does not call it before it returns; its parent locks. */
function runsElsewhere(literal: FuncLit, info: FuncInfo, pass: Pass): boolean {
  for (const parent of bodiesOf(info, pass)) {
    if (parent.node === literal) continue;
    for (const { op } of operations(parent.graph)) {
      if (op.kind === 'go' && isFunction(op.stmt.call, literal)) return heldAt(op, parent, pass).length > 0;
      if (op.kind !== 'call' || !op.call.args.includes(literal)) continue;
      const called = calledBodies(op.call, parent, pass);
      return called.length > 0 && !called.some(({ body }) => body.node === literal) && heldAt(op, parent, pass).length > 0;
    }
  }
  return false;
}

function isFunction(expr: Expr, literal: FuncLit): boolean {
  const call = unparen(expr);
  return call.kind === 'call' && unparen(call.fun) === literal;
}

/** Some caller calls it again and again, and may look at what it waits for in between. */
function isCalledInLoop(info: FuncInfo, pass: Pass): boolean {
  return info.pkg.mentioning(info.bareName).some(caller => {
    const body = bodyOf(caller, pass);
    if (!body) return false;
    let found = false;
    walkStmts(body.block.stmts, {
      stmt: stmt => {
        if (stmt.kind === 'for' || stmt.kind === 'range') {
          walkStmts([stmt], { expr: x => void (found ||= x.kind === 'call' && targetsOf(calleeOf(x, body.env), body.env).includes(info)) });
        }
        return !found;
      },
    });
    return found;
  });
}
