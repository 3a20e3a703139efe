/**
 * Receives from a timer that has nothing more to give. A timer sends one value for each time it is set: once that is
 * received, or the timer is stopped, `<-t.C` waits until somebody calls `Reset`. `Stop` answers false then, so that
 * `if !t.Stop() { <-t.C }` runs into it, before Go 1.23 and after.
 */
import type { Op } from '../../flow/graph.ts';
import { type Arrival, operations, type Place as Point, reachableFrom, search } from '../../flow/search.ts';
import { calleeOf } from '../../program/callee.ts';
import { functionOf } from '../../program/values.ts';
import { type Call, type Expr, unparen } from '../../syntax/ast.ts';
import { walkExpr, walkStmts } from '../../syntax/walk.ts';
import { askedBodies, type Body } from '../bodies.ts';
import { bodyOfCallee } from '../goroutines/goroutines.ts';
import type { Pass } from '../pass.ts';
import { afterBranch, afterOp, type Flags, flagsKey } from '../paths/flags.ts';
import { keyOf, placeOf } from '../places/places.ts';
import { tickChannelOf } from './tickchannels.ts';
import { isChannelOf, isSame, mentionsPlace, timerOf } from './timers.ts';

const STOP = '(*time.Timer).Stop';
const RESET = '(*time.Timer).Reset';

/** A plain receive that waits for ever on some way. */
export interface EmptyDrain {
  readonly body: Body;
  /** `<-t.C`. */
  readonly receive: Expr;
  /** `t`. */
  readonly timer: Expr;
  /** What took the value before: a receive, or a `Stop`. */
  readonly spent: { readonly node: Expr; readonly by: 'receive' | 'stop' };
  readonly way: Arrival<State>;
}

interface State {
  readonly flags: Flags;
  /** The answer of the `Stop` that the way starts with is still to be looked at. */
  readonly asked: boolean;
}

type Receive = Op & { readonly kind: 'receive' };

export function* emptyDrains(pass: Pass): Generator<EmptyDrain> {
  const seen = new Set<Expr>();
  for (const body of askedBodies(pass, info => info.bodyText.includes('.C') && info.bodyText.includes('<-'))) {
    for (const { op, after } of operations(body.graph)) {
      const spender = spenderOf(op, body);
      const place = spender && placeOf(spender.timer);
      if (!spender || !place) continue;
      const key = keyOf(place);
      if (isSetElsewhere(spender.timer, key, body, pass)) continue;
      const found = drainFrom(after, key, spender.asked, body, pass);
      if (!found || seen.has(found.receive)) continue;
      seen.add(found.receive);
      yield { body, ...found, timer: spender.timer, spent: spender };
    }
  }
}

/** An operation after which the timer has nothing to give: a receive from it, a `Stop`. */
function spenderOf(op: Op, body: Body): (EmptyDrain['spent'] & { timer: Expr; asked: boolean }) | undefined {
  if (op.kind === 'receive') {
    const channel = tickChannelOf(op.channel, body);
    return channel?.kind === 'timer' && channel.owner ? { node: op.node, by: 'receive', timer: channel.owner, asked: false } : undefined;
  }
  if (op.kind !== 'call') return undefined;
  const timer = timerOf(op.call, STOP, body);
  if (!timer) return undefined;
  const isCondition = body.graph.blocks.some(({ end }) => end.kind === 'branch' && end.condition !== undefined && unparen(end.condition) === op.call);
  return op.discarded || isCondition ? { node: op.call, by: 'stop', timer, asked: isCondition } : undefined;
}

/** Others may set the timer meanwhile: a literal, or, for a field, another function of the package. */
function isSetElsewhere(timer: Expr, key: string, body: Body, pass: Pass): boolean {
  const outer = body.info.body();
  let elsewhere = false;
  walkStmts(outer?.stmts ?? [], {
    expr: x => {
      if (x.kind !== 'call' || !isSame(timerOf(x, RESET, body), key)) return;
      elsewhere ||= !isOwn(x, body);
    },
  });
  const x = unparen(timer);
  if (elsewhere || x.kind === 'ident') return elsewhere || (x.kind === 'ident' && !x.entity);
  const sets = new RegExp(`\\b${key.split('.').at(-1)}(?:\\.Reset\\(|\\s*=[^=])`);
  return pass.pkg.funcs.some(f => f !== body.info && sets.test(f.bodyText));
}

/** In the body itself, not in a literal inside or around it. */
function isOwn(call: Call, body: Body): boolean {
  return operations(body.graph).some(({ op }) => op.kind === 'call' && op.call === call);
}

type Found = Pick<EmptyDrain, 'receive' | 'way'>;

/** A plain receive from the timer on a way from `from`, at which the timer is spent. */
function drainFrom(from: Point, key: string, asked: boolean, body: Body, pass: Pass): Found | undefined {
  const deferred = deferredDrain(from, key, body, pass);
  let receive: Expr | undefined;
  const way = search<State>(from, { flags: new Map(), asked }, {
    key: s => `${s.asked} ${flagsKey(s.flags)}`,
    op: (op, s) => {
      if (pass.contracts.endsHere(op, body.env)) return undefined;
      const drain = isDrain(op, key) ? op.node : op.kind === 'call' ? drainInside(op.call, key, body, pass) : undefined;
      if (drain) receive = drain;
      if (drain) return 'arrive';
      return setsTimer(op, key, body) ? undefined : { ...s, flags: afterOp(op, s.flags) };
    },
    edge: (condition, taken, s) => afterCondition(condition, taken, s, key, body),
    returns: (_, s) => !s.asked && deferred !== undefined,
  });
  receive ??= deferred;
  return way && receive ? { receive, way } : undefined;
}

function isDrain(op: Op, key: string): op is Receive {
  return op.kind === 'receive' && !op.inSelect && isChannelOf(op.channel, key);
}

/** A spent timer answers `Stop` with false; asked for the first time, false says that the value is there to be taken. */
function afterCondition(condition: Expr, taken: boolean, state: State, key: string, body: Body): State | undefined {
  const x = unparen(condition);
  if (x.kind === 'call' && isSame(timerOf(x, STOP, body), key)) return taken === state.asked ? { ...state, asked: false } : undefined;
  // `len(t.C) > 0` looks whether there is something to take.
  if (mentionsChannel(x, key)) return undefined;
  const flags = afterBranch(x, taken, state.flags);
  return flags && { ...state, flags };
}

function mentionsChannel(condition: Expr, key: string): boolean {
  let found = false;
  walkExpr(condition, { expr: x => void (found ||= isChannelOf(x, key)) });
  return found;
}

/** The timer is set or replaced, or somebody gets it who may do so. */
function setsTimer(op: Op, key: string, body: Body): boolean {
  if (op.kind === 'assign') return op.lhs.some(x => key === keyAt(x) || key.startsWith(`${keyAt(x)}.`)) || op.rhs.some(x => isSame(x, key));
  if (op.kind === 'go') return op.stmt.call.kind === 'call' && mentionsPlace(op.stmt.call.args, key);
  if (op.kind !== 'call' || isSame(timerOf(op.call, STOP, body), key)) return false;
  if (isSame(timerOf(op.call, RESET, body), key) || mentionsPlace(op.call.args, key)) return true;
  // What holds the timer in a field may set it in any method.
  const owner = key.slice(0, key.lastIndexOf('.'));
  const fun = unparen(op.call.fun);
  return key.includes('.') && [...op.call.args, ...(fun.kind === 'selector' ? [fun.x] : [])].some(x => owner === keyAt(x) || owner.startsWith(`${keyAt(x)}.`));
}

function keyAt(x: Expr): string {
  const place = placeOf(x);
  return place ? keyOf(place) : '?';
}

/** What a helper does with the timer: a closure over it, or a function that gets it as an argument. */
function drainInside(call: Call, key: string, from: Body, pass: Pass): Expr | undefined {
  const callee = functionOf(calleeOf(call, from.env), from.env);
  const inner = bodyOfCallee(callee, from, pass);
  if (!inner || inner.block === from.block) return undefined;
  const at = callee.kind === 'literal' ? -1 : call.args.findIndex(arg => isSame(arg, key));
  const param = callee.kind === 'literal' ? key : paramKey(inner, at);
  return param === undefined ? undefined : drainAtOnce(inner, param, pass);
}

function paramKey(inner: Body, index: number): string | undefined {
  const name = inner.node.type.params.flatMap(field => field.names)[index];
  return index >= 0 && name?.entity?.kind === 'var' ? keyOf({ root: name.entity, fields: [] }) : undefined;
}

/** A plain receive that a body comes to with a spent timer, nothing called in between. */
function drainAtOnce(inner: Body, key: string, pass: Pass): Expr | undefined {
  let receive: Expr | undefined;
  search<State>({ block: inner.graph.entry, index: 0 }, { flags: new Map(), asked: false }, {
    key: s => flagsKey(s.flags),
    op: (op, s) => {
      if (pass.contracts.endsHere(op, inner.env)) return undefined;
      if (isDrain(op, key)) receive = op.node;
      if (receive) return 'arrive';
      return setsTimer(op, key, inner) ? undefined : { ...s, flags: afterOp(op, s.flags) };
    },
    edge: (condition, taken, s) => (isOther(condition, key, inner) ? undefined : afterCondition(condition, taken, s, key, inner)),
    returns: () => false,
  });
  return receive;
}

/** A condition that is not `Stop`'s answer may be what the caller has taken care with. */
function isOther(condition: Expr, key: string, body: Body): boolean {
  const x = unparen(condition);
  return x.kind !== 'call' || !isSame(timerOf(x, STOP, body), key);
}

/** The receive in a function that was deferred before the way starts: `defer func() { if !t.Stop() { <-t.C } }()`. */
function deferredDrain(from: Point, key: string, body: Body, pass: Pass): Expr | undefined {
  for (const { op, after } of operations(body.graph)) {
    if (op.kind !== 'defer') continue;
    const isBefore = after.block === from.block ? after.index <= from.index : reachableFrom(after.block, b => pass.contracts.next(b, body.env)).has(from.block);
    const call = unparen(op.stmt.call);
    const drain = isBefore && call.kind === 'call' ? drainInside(call, key, body, pass) : undefined;
    if (drain) return drain;
  }
  return undefined;
}

