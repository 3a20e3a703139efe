import type { Op } from '../../flow/graph.ts';
import { type Arrival, operations, type Place as Point, search } from '../../flow/search.ts';
import { calleeName, calleeOf } from '../../program/callee.ts';
import { functionOf } from '../../program/values.ts';
import { type Call, type Expr, unparen } from '../../syntax/ast.ts';
import { walkStmts } from '../../syntax/walk.ts';
import { askedBodies, type Body } from '../bodies.ts';
import { callsInPackage } from '../calls/onlyafter.ts';
import { isExported } from '../exported.ts';
import type { Pass } from '../pass.ts';
import { keyOf, type Place, placeOf } from '../places/places.ts';

/** A `Reset` that may find its timer running, or expired with the tick still in the channel. */
export interface RiskyReset {
  readonly body: Body;
  readonly call: Call;
  /** `t`, `s.timer`: the timer as written. */
  readonly timer: Expr;
  readonly way: Arrival<TimerState>;
}

/** `fresh`: set a moment ago, so it cannot have expired. `running`: time has passed since. */
export type TimerState = 'fresh' | 'running';

export function* riskyResets(pass: Pass): Generator<RiskyReset> {
  for (const body of askedBodies(pass, info => info.bodyText.includes('.Reset('))) {
    const found = new Set<Call>();
    for (const { op } of operations(body.graph)) {
      const timer = resetTimer(op, body);
      if (!timer || op.kind !== 'call' || found.has(op.call) || firesFunction(timer, body, pass)) continue;
      const way = wayTo(op, timer, body, pass);
      if (!way) continue;
      found.add(op.call);
      yield { body, call: op.call, timer, way };
    }
  }
}

function resetTimer(op: Op, body: Body): Expr | undefined {
  return op.kind === 'call' ? timerOf(op.call, '(*time.Timer).Reset', body) : undefined;
}

/** The receiver of a call of the method `name`. */
export function timerOf(call: Call, name: string, body: Body): Expr | undefined {
  const callee = calleeOf(call, body.env);
  return callee.kind === 'method' && calleeName(callee) === name ? callee.receiver : undefined;
}

/** Timers of `time.AfterFunc` have no channel, so nothing stale can wait in it. */
function firesFunction(timer: Expr, body: Body, pass: Pass): boolean {
  const x = unparen(timer);
  if (x.kind === 'ident') {
    if (x.entity?.kind === 'var' && x.entity.role !== 'local') return true;
    // Another name for the channel: who drains it is not followed.
    if (new RegExp(`=\\s*${x.name}\\.C\\b`).test(body.info.bodyText)) return true;
    return new RegExp(`\\b${x.name}\\s*:?=\\s*time\\.AfterFunc\\(`).test(body.info.bodyText) || !isMadeHere(x.name, body.info.bodyText);
  }
  if (x.kind !== 'selector') return true;
  const made = new RegExp(`(?:\\.${x.sel.name}\\s*=|\\b${x.sel.name}:)\\s*time\\.(AfterFunc|NewTimer)\\(`);
  let hasChannel = false;
  for (const file of pass.pkg.files) {
    const match = made.exec(file.source.text);
    if (match?.[1] === 'AfterFunc') return true;
    hasChannel ||= match !== null;
  }
  return !hasChannel;
}

function isMadeHere(name: string, text: string): boolean {
  return new RegExp(`\\b${name}\\b[^\\n]*=\\s*time\\.NewTimer\\(`).test(text);
}

/** A way to `reset` on which the timer is neither stopped nor drained, from its creation, an earlier reset or the entry. */
function wayTo(reset: Op & { kind: 'call' }, timer: Expr, body: Body, pass: Pass): Arrival<TimerState> | undefined {
  const place = placeOf(timer);
  return place && wayToPlace(reset, place, body, pass, CALLERS);
}

function wayToPlace(goal: Op, place: Place, body: Body, pass: Pass, depth: number): Arrival<TimerState> | undefined {
  const key = keyOf(place);
  for (const { from, state } of starts(key, body)) {
    if (isEntry(from, body) && isFreshFromCallers(place, body, pass, depth)) continue;
    const way = search<TimerState>(from, state, {
      key: s => s,
      op: (op, s) => step(op, s, key, goal, body, pass),
      edge: (condition, taken, s) => (saysNil(condition, taken, key) ? undefined : s),
      returns: () => false,
    });
    if (way) return way;
  }
  return undefined;
}

function isEntry({ block, index }: Point, { graph }: Body): boolean {
  return block === graph.entry && index === 0;
}

/** Callers are followed to this depth. */
const CALLERS = 2;

/** A method of its own that is only called when the tick has just been received: `case <-w.timer.C: w.rearm()`. */
function isFreshFromCallers(place: Place, { info, node }: Body, pass: Pass, depth: number): boolean {
  const receiver = info.decl.receiver?.names[0]?.entity;
  if (depth === 0 || node !== info.decl || receiver?.kind !== 'var' || place.root !== receiver || isExported(info.bareName)) return false;
  const calls = callsInPackage(info, pass);
  return calls !== undefined && calls.length > 0 && calls.every(({ op, body }) => {
    const fun = op.kind === 'call' ? unparen(op.call.fun) : undefined;
    const base = fun?.kind === 'selector' ? placeOf(fun.x) : undefined;
    return base !== undefined && wayToPlace(op, { root: base.root, fields: [...base.fields, ...place.fields] }, body, pass, depth - 1) === undefined;
  });
}

function starts(key: string, body: Body): { from: Point; state: TimerState }[] {
  const found: { from: Point; state: TimerState }[] = [];
  for (const { op, after } of operations(body.graph)) {
    if (isCreation(op, key, body) || (op.kind === 'call' && isSame(timerOf(op.call, '(*time.Timer).Reset', body), key))) found.push({ from: after, state: 'fresh' });
  }
  // A field may have been set long before the function runs; a captured variable may have been, too.
  if (!found.some(f => f.state === 'fresh') || key.includes('.')) found.push({ from: { block: body.graph.entry, index: 0 }, state: 'running' });
  return found;
}

function isCreation(op: Op, key: string, body: Body): boolean {
  if (op.kind !== 'assign') return false;
  const at = op.lhs.findIndex(x => isSame(x, key));
  const value = op.rhs[at];
  const call = value && unparen(value);
  return call?.kind === 'call' && calleeName(calleeOf(call, body.env)) === 'time.NewTimer';
}

export function isSame(x: Expr | undefined, key: string): boolean {
  const place = x && placeOf(x);
  return place !== undefined && keyOf(place) === key;
}

function step(op: Op, state: TimerState, key: string, reset: Op, body: Body, pass: Pass): TimerState | undefined | 'arrive' {
  if (pass.contracts.endsHere(op, body.env)) return undefined;
  if (op === reset) return state === 'running' ? 'arrive' : undefined;
  if (op.kind === 'call') {
    // `Stop` as a statement leaves a tick behind that came just before; whoever looks at its answer drains.
    if (isSame(timerOf(op.call, '(*time.Timer).Stop', body), key)) return op.discarded ? state : undefined;
    if (isSame(timerOf(op.call, '(*time.Timer).Reset', body), key)) return undefined;
    if (mentionsPlace(op.call.args, key) || stopsInside(op.call, key, body)) return undefined;
    return calleeName(calleeOf(op.call, body.env)) === 'time.Sleep' ? 'running' : state;
  }
  if (op.kind === 'receive') return isChannelOf(op.channel, key) ? undefined : 'running';
  if (op.kind === 'range') return isChannelOf(op.stmt.x, key) ? undefined : 'running';
  if (op.kind === 'send') return 'running';
  if (op.kind === 'assign' && op.lhs.some(x => isSame(x, key))) return undefined;
  return state;
}

/** A local closure that stops the timer: `stop := func() { if !t.Stop() { … } }; stop()`. */
function stopsInside(call: Call, key: string, body: Body): boolean {
  const callee = functionOf(calleeOf(call, body.env), body.env);
  if (callee.kind !== 'literal') return false;
  let stops = false;
  walkStmts(callee.literal.body.stmts, { expr: x => void (stops ||= x.kind === 'call' && isSame(timerOf(x, '(*time.Timer).Stop', body), key)) });
  return stops;
}

/** The timer was handed to somebody, who may have stopped it. */
export function mentionsPlace(args: readonly Expr[], key: string): boolean {
  return args.some(arg => isSame(arg, key));
}

export function isChannelOf(channel: Expr, key: string): boolean {
  const x = unparen(channel);
  return x.kind === 'selector' && x.sel.name === 'C' && isSame(x.x, key);
}

export function saysNil(condition: Expr, taken: boolean, key: string): boolean {
  const x = unparen(condition);
  if (x.kind !== 'binary' || (x.op !== '==' && x.op !== '!=')) return false;
  if (!(x.y.kind === 'ident' && x.y.name === 'nil')) return false;
  return (x.op === '==') === taken && isSame(x.x, key);
}
