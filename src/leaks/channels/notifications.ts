/**
 * Channels that `signal.Notify` goes on serving after the function that made them is over, and channels without a
 * buffer, which miss a signal that comes while nobody is at the receive.
 */
import { graphOf } from '../../flow/build.ts';
import type { Op } from '../../flow/graph.ts';
import { endedLoops } from '../../flow/loops.ts';
import { operations, search } from '../../flow/search.ts';
import { calleeName, calleeOf } from '../../program/callee.ts';
import { typeOf } from '../../program/infer.ts';
import { isNamed } from '../../program/types.ts';
import { type Call, type Expr, type For, type FuncLit, type Range, unparen, type Variable } from '../../syntax/ast.ts';
import { literalsIn } from '../../syntax/walk.ts';
import { askedBodies, type Body } from '../bodies.ts';
import { allGoroutinesOf, runsOncePerProcess } from '../goroutines/goroutines.ts';
import type { Pass } from '../pass.ts';
import { type Unmet, unmetObligations } from '../resources/obligations.ts';
import { mentionsAnywhere } from '../resources/releases.ts';
import { stateOf, walkOf } from '../resources/ways.ts';
import { familiesOf } from './families.ts';
import { channelNamesOf, familyKey } from './familykeys.ts';
import { capacityOf, isMake } from './makes.ts';

export interface UnstoppedSignal {
  readonly unmet: Unmet;
  /** `signalled`: only once a signal has come, so that the process is about to end in most programs. */
  readonly when: 'always' | 'signalled';
}

/** Notifications that outlive the function which asked for them, those of functions that run once a process left out. */
export function* unstoppedSignals(pass: Pass): Generator<UnstoppedSignal> {
  for (const unmet of unmetObligations('unstopped-signal', pass)) {
    const { body, target } = unmet;
    const [channel] = target?.kind === 'variable' ? target.tracked.keys() : [];
    if (!channel || isMeantForProcess(unmet, channel)) continue;
    const handlers = literalsIn(body.block).filter(literal => receivesFrom(literal, channel));
    if (handlers.length) {
      if (handlers.every(handler => endsBefore(handler, channel, body, pass) || cancelsItsParent(handler, body))) yield { unmet, when: 'always' };
    } else {
      const when = (['always', 'signalled'] as const).find(when => leaves(unmet, channel, when, pass));
      // `go awaitSignal()`: a handler that only the signal ends.
      const isHandler = when === 'signalled' && allGoroutinesOf(pass).some(started => started.body?.block === body.block);
      if (when && !isHandler) yield { unmet, when };
    }
  }
}

/**
 * What runs once a process, and examples, which stand for a `main`. A channel from which nobody receives only keeps the
 * signal from ending the process; `signal.Reset` speaks of signals, not of channels.
 */
function isMeantForProcess({ body, never }: Unmet, channel: Variable): boolean {
  const { info, block } = body;
  if (runsOncePerProcess(info) || /\bsignal\.Reset\(/.test(info.bodyText) || (info.file.kind.test && /^Example/.test(info.name))) return true;
  return never && ![body.graph, ...literalsIn(block).map(literal => graphOf(literal, literal.body))].some(graph => [...operations(graph)].some(({ op }) => isReceiveFrom(op, channel) || isHandedOn(op, channel, body)));
}

function isReceiveFrom(op: Op, channel: Variable): boolean {
  return op.kind === 'receive' ? isVariable(op.channel, channel) : op.kind === 'range' && isRangeOver(op.stmt, channel);
}

/** `waitFor(t, c)`: who is given the channel may receive from it. */
function isHandedOn(op: Op, channel: Variable, { env }: Body): boolean {
  if (op.kind !== 'call' || !op.call.args.some(arg => isVariable(arg, channel))) return false;
  const callee = calleeOf(op.call, env);
  return callee.kind !== 'builtin' && !/^os\/signal\./.test(calleeName(callee) ?? '');
}

function isRangeOver(stmt: For | Range, channel: Variable): boolean {
  return stmt.kind === 'range' && isVariable(stmt.x, channel);
}

function isVariable(expr: Expr, variable: Variable): boolean {
  const x = unparen(expr);
  return x.kind === 'ident' && x.entity === variable;
}

function receivesFrom(literal: FuncLit, channel: Variable): boolean {
  return [...operations(graphOf(literal, literal.body))].some(({ op }) => isReceiveFrom(op, channel));
}

/** The goroutine of the handler has another end than the signal, `case <-ctx.Done()`: the process goes on after it. */
function endsBefore(handler: FuncLit, channel: Variable, { env }: Body, pass: Pass): boolean {
  const { entry } = graphOf(handler, handler.body);
  return search({ block: entry, index: 0 }, '', {
    key: () => '',
    op: op => (isReceiveFrom(op, channel) || pass.contracts.endsHere(op, env) ? undefined : ''),
    edge: () => '',
    returns: () => true,
  }) !== undefined;
}

/** `defer cancel()` beside `go func() { <-c; cancel() }()`: what the handler can end is over when the function returns. */
function cancelsItsParent(handler: FuncLit, { graph, env }: Body): boolean {
  return [...operations(graph)].some(({ op }) => {
    const call = op.kind === 'defer' ? unparen(op.stmt.call) : undefined;
    const cancel = call?.kind === 'call' ? unparen(call.fun) : undefined;
    if (cancel?.kind !== 'ident' || cancel.entity?.kind !== 'var' || !isCancel(cancel, env)) return false;
    return mentionsAnywhere(handler, cancel.entity);
  });
}

function isCancel(x: Expr, env: Body['env']): boolean {
  const type = typeOf(x, env);
  return isNamed(type, 'context.CancelFunc') || isNamed(type, 'context.CancelCauseFunc');
}

/** The function returns without having stopped the notification; `always`: even on a way on which no signal has come. */
function leaves({ body, target, acquisition }: Unmet, channel: Variable, when: UnstoppedSignal['when'], pass: Pass): boolean {
  if (target?.kind !== 'variable') return false;
  const walk = walkOf(acquisition.resource, body, pass);
  const isClosed = /\bclose\(/.test(body.info.bodyText);
  return search(target.from, stateOf(target.tracked, target.companions), {
    ...walk,
    op: (op, state) => (when === 'always' && isReceiveFrom(op, channel) ? undefined : walk.op(op, state)),
    // A range over a channel that nobody closes has no end.
    between: (from, to, state) => (!isClosed && endedLoops(from, to, body.graph).some(({ stmt }) => isRangeOver(stmt, channel)) ? undefined : state),
  }) !== undefined;
}

// -------------------------------------------------------------------------------------------------- without buffer

export interface UnbufferedSignal {
  readonly body: Body;
  readonly call: Call;
  /** Where the channel is made, if it is known by a variable of the function. */
  readonly made: Expr | undefined;
}

/** Calls of `signal.Notify` with a channel that is made without a buffer wherever it is made. */
export function* unbufferedSignals(pass: Pass): Generator<UnbufferedSignal> {
  for (const body of askedBodies(pass, ({ bodyText }) => /\bNotify\(/.test(bodyText))) {
    for (const { op } of operations(body.graph)) {
      if (op.kind !== 'call' || calleeName(calleeOf(op.call, body.env)) !== 'os/signal.Notify') continue;
      const [channel] = op.call.args;
      const makes = channel ? makesOf(channel, body, pass) : [];
      if (makes.length && makes.every(({ capacity }) => capacity === 0)) yield { body, call: op.call, made: makes[0]?.made };
    }
  }
}

interface MadeSignal {
  readonly capacity: number | undefined;
  readonly made: Expr | undefined;
}

/** Every value that the channel may be; empty where one of them is not made in view. */
function makesOf(channel: Expr, body: Body, pass: Pass): readonly MadeSignal[] {
  const x = unparen(channel);
  if (x.kind === 'call') return isMake(x, body.env) ? [{ capacity: capacityOf(x, body.env), made: undefined }] : [];
  if (x.kind === 'ident' && x.entity?.kind === 'var') return makesOfVariable(x.entity, body);
  const names = channelNamesOf(pass.pkg);
  const key = names && familyKey(x, body.env, names, pass);
  const family = key === undefined ? undefined : familiesOf(pass).get(key);
  return family && !family.given ? family.makes.map(capacity => ({ capacity, made: undefined })) : [];
}

function makesOfVariable({ origin, assigned, role }: Variable, { env }: Body): readonly MadeSignal[] {
  if (role !== 'local') return [];
  const given = [...(origin.kind === 'declared' ? [] : [origin]), ...assigned];
  const makes = given.flatMap(from => {
    const value = from !== 'unknown' && from.kind === 'value' && from.count === 1 ? unparen(from.expr) : undefined;
    return value?.kind === 'call' && isMake(value, env) ? [{ capacity: capacityOf(value, env), made: value }] : [];
  });
  return makes.length === given.length ? makes : [];
}
