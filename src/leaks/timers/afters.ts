/** `time.After` in a loop whose next round does not wait for it, so that rounds pile up timers. */
import { type Block, type End, type Op, successors } from '../../flow/graph.ts';
import { reachableFrom } from '../../flow/search.ts';
import { calleeName, calleeOf } from '../../program/callee.ts';
import { typeOf } from '../../program/infer.ts';
import { type Call, type CommClause, type Expr, type Stmt, unparen, type Variable } from '../../syntax/ast.ts';
import { walkStmts } from '../../syntax/walk.ts';
import { askedBodies, type Body } from '../bodies.ts';
import type { Pass } from '../pass.ts';
import { isDeclaredInLoop } from '../paths/reach.ts';
import { secondsOf } from './durations.ts';
import { callsOf, tickChannelOf } from './tickchannels.ts';

/** A call of `time.After` that a loop makes again before the timer of the round before has expired. */
export interface PiledTimer {
  readonly body: Body;
  readonly call: Call;
  /** The case that leads into the next round without having waited. */
  readonly other: CommClause;
}

/** Timers shorter than this, in seconds, are gone before many can pile up. */
const SHORT = 1;

export function* piledTimers(pass: Pass): Generator<PiledTimer> {
  for (const body of askedBodies(pass, info => info.bodyText.includes('select') && info.bodyText.includes('After('))) {
    for (const { call, block } of callsOf('time.After', body)) {
      if (!repeatsWithoutLimit(call, body)) continue;
      const seconds = call.args[0] && secondsOf(call.args[0], body);
      if (seconds !== undefined && seconds < SHORT) continue;
      const other = otherWayRound(call, block, body, pass);
      if (other) yield { body, call, other };
    }
  }
}

/** A case beside the one of the timer from which control comes back to the call. */
function otherWayRound(call: Call, block: Block, body: Body, pass: Pass): CommClause | undefined {
  const holder = holderOf(call, body);
  const waits = (x: Expr | undefined) => x !== undefined && isTimer(x, call, holder);
  // What follows the receive from the timer does not count: that timer has expired. What another timer leads to happens once.
  const isOver = (x: Expr | undefined) => waits(x) || (x !== undefined && firesOnce(x, call, body));
  const anywhere = (b: Block) => {
    if (b.ops.some(op => pass.contracts.endsHere(op, body.env) || (op.kind === 'receive' && !op.inSelect && waits(op.channel)))) return [];
    return b.end.kind === 'select' ? b.end.arms.filter(arm => !isOver(receivedFrom(arm.clause))).map(arm => arm.to) : successors(b.end);
  };
  const later = [...reachableFrom(block, anywhere)];
  // `if timeout == nil { timeout = time.After(d) }` makes no other one as long as nobody has put nil into the variable.
  const isHeld = (end: End, to: Block) => {
    const idle = holder && idleOn(end, to, holder);
    return !idle || later.some(b => b.ops.some(op => puts(op, idle, holder, body)));
  };
  const next = (b: Block) => (b.end.kind !== 'branch' || !b.end.condition ? anywhere(b) : anywhere(b).filter(to => isHeld(b.end, to)));
  for (const at of [block, ...reachableFrom(block, next)]) {
    if (at.end.kind !== 'select' || !at.end.arms.some(arm => waits(receivedFrom(arm.clause)))) continue;
    const back = at.end.arms.find(({ clause, to }) => !waits(receivedFrom(clause)) && !isPaced(clause, body) && (to === block || reachableFrom(to, next).has(block)));
    if (back) return back.clause;
  }
  return undefined;
}

/** It is given the value again that it has without a timer, or nobody knows which. */
function puts(op: Op, idle: Expr, holder: Variable, { info }: Body): boolean {
  const text = ({ start, end }: Expr) => info.file.source.text.slice(start, end);
  return op.kind === 'assign' && op.lhs.some((x, i) => {
    const value = op.rhs.length === op.lhs.length ? op.rhs[i] : undefined;
    return isVariable(x, holder) && (!value || text(unparen(value)) === text(idle));
  });
}

/** `nil`, or another value that stands for none: of `holder == idle`, on the way on which that is so. */
function idleOn(end: End, to: Block, holder: Variable): Expr | undefined {
  const x = end.kind === 'branch' && end.condition ? unparen(end.condition) : undefined;
  if (end.kind !== 'branch' || x?.kind !== 'binary' || !isVariable(x.x, holder) || !['ident', 'selector'].includes(unparen(x.y).kind)) return undefined;
  return (x.op === '==' && to === end.then) || (x.op === '!=' && to === end.else) ? unparen(x.y) : undefined;
}

function isVariable(expr: Expr, variable: Variable): boolean {
  const x = unparen(expr);
  return x.kind === 'ident' && x.entity === variable;
}

/** A case that a ticker leads into comes at a fixed rate, so few timers are alive at a time. */
function isPaced(clause: CommClause, body: Body): boolean {
  const channel = receivedFrom(clause);
  return channel !== undefined && tickChannelOf(channel, body) !== undefined;
}

/** `first := time.After(d)` in front of all loops, and no other timer in the variable ever. */
function firesOnce(channel: Expr, call: Call, body: Body): boolean {
  const x = unparen(channel);
  if (x.kind !== 'ident' || x.entity?.kind !== 'var' || x.entity.assigned.length > 0 || isDeclaredInLoop(x.entity, body)) return false;
  const { origin } = x.entity;
  const made = origin.kind === 'value' ? unparen(origin.expr) : undefined;
  return made?.kind === 'call' && made !== call && calleeName(calleeOf(made, body.env)) === 'time.After';
}

function receivedFrom({ comm }: CommClause): Expr | undefined {
  const x = comm?.kind === 'expr' ? unparen(comm.x) : comm?.kind === 'assign' && comm.rhs[0] ? unparen(comm.rhs[0]) : undefined;
  return x?.kind === 'unary' && x.op === '<-' ? x.x : undefined;
}

function isTimer(channel: Expr, call: Call, holder: Variable | undefined): boolean {
  const x = unparen(channel);
  return x === call || (holder !== undefined && x.kind === 'ident' && x.entity === holder);
}

/** `timeout := time.After(d)`: the variable. */
function holderOf(call: Call, body: Body): Variable | undefined {
  for (const block of body.graph.blocks) {
    for (const op of block.ops) {
      const at = op.kind === 'assign' ? op.rhs.findIndex(x => unparen(x) === call) : -1;
      const target = op.kind === 'assign' ? op.lhs[at] : undefined;
      if (target?.kind === 'ident' && target.entity?.kind === 'var') return target.entity;
    }
  }
  return undefined;
}

/** Inside a loop that is not known to end after a few rounds. In a test, the elements of a list are few. */
function repeatsWithoutLimit(call: Call, body: Body): boolean {
  const inTest = body.info.file.kind.test;
  let found = false;
  walkStmts(body.block.stmts, {
    stmt: stmt => {
      const around = stmt.start <= call.start && call.end <= stmt.end;
      if (around && (stmt.kind === 'for' || stmt.kind === 'range')) found ||= inTest ? isEndless(stmt, body) : !isCounted(stmt);
      return around;
    },
    expr: x => x.kind !== 'funclit',
  });
  return found;
}

/** Nothing in the head of the loop says how often it runs. */
function isEndless(stmt: Stmt & { kind: 'for' | 'range' }, body: Body): boolean {
  return stmt.kind === 'for' ? !stmt.cond || !stmt.post : typeOf(stmt.x, body.env).kind === 'chan';
}

/** `for i := 0; i < 3; i++`, `for range 3`, `for _, x := range []int{…}`. */
function isCounted(stmt: Stmt & { kind: 'for' | 'range' }): boolean {
  if (stmt.kind === 'range') return ['literal', 'composite'].includes(unparen(stmt.x).kind);
  const cond = stmt.cond && unparen(stmt.cond);
  return stmt.post !== undefined && cond?.kind === 'binary' && isConstant(cond.y);
}

function isConstant(expr: Expr): boolean {
  const x = unparen(expr);
  return x.kind === 'literal' || (x.kind === 'ident' && x.entity?.kind === 'const');
}
