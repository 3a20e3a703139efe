/**
 * `close(s.quit); s.quit = nil`: a goroutine that looks at the field again after that, or has not come to it yet, waits
 * for a nil channel, and never sees that the other one was closed.
 */
import type { Op } from '../../flow/graph.ts';
import { calleeOf } from '../../program/callee.ts';
import { type Expr, isNil, unparen } from '../../syntax/ast.ts';
import { askedBodies, type Body } from '../bodies.ts';
import { allGoroutinesOf, type Goroutine } from '../goroutines/goroutines.ts';
import { type WaitedFor, waitedForIn } from '../groups/waitedfor.ts';
import { lockCallOf } from '../locks/mutexes.ts';
import type { Pass } from '../pass.ts';
import { callIn, type Span, spanOf } from '../paths/reach.ts';
import { channelNamesOf, familyKey } from './familykeys.ts';
import { channelSignal } from './waitends.ts';

export interface SetToNil {
  readonly body: Body;
  readonly close: Span;
  /** The assignment of nil. */
  readonly node: Span;
  readonly channel: Expr;
  readonly goroutine: Goroutine;
  readonly wait: WaitedFor;
}

export function* channelsSetToNil(pass: Pass): Generator<SetToNil> {
  const names = channelNamesOf(pass.pkg);
  if (!names) return;
  for (const body of askedBodies(pass, ({ bodyText }) => /\bclose\(/.test(bodyText) && /=\s*nil\b/.test(bodyText))) {
    for (const { key, ...set } of setsIn(body, (x, { env }) => familyKey(x, env, names, pass))) {
      // `stop := s.stop` keeps the one that is closed.
      const signal = channelSignal((x, at) => unparen(x).kind === 'selector' && familyKey(x, at.env, names, pass) === key);
      for (const goroutine of allGoroutinesOf(pass)) {
        const { body: started } = goroutine;
        const wait = started && started.info !== body.info ? waitedForIn(started, signal, pass) : undefined;
        if (wait) yield { ...set, body, goroutine, wait };
      }
    }
  }
}

/** The fields that a body closes and sets to nil at once. */
function* setsIn(body: Body, keyOf: (x: Expr, body: Body) => string | undefined): Generator<Pick<SetToNil, 'close' | 'node' | 'channel'> & { readonly key: string }> {
  for (const { ops } of body.graph.blocks) {
    for (const [i, op] of ops.entries()) {
      const channel = op.kind === 'call' ? closedBy(op, body) : undefined;
      const key = channel && unparen(channel).kind === 'selector' ? keyOf(channel, body) : undefined;
      const set = key === undefined ? undefined : setBehind(ops.slice(i + 1), x => keyOf(x, body) === key, body);
      if (channel && set && key !== undefined) yield { close: spanOf(op), node: spanOf(set), channel, key };
    }
  }
}

function closedBy(op: Op, { env }: Body): Expr | undefined {
  const call = callIn(op);
  const callee = call && calleeOf(call, env);
  return callee?.kind === 'builtin' && callee.name === 'close' ? call?.args[0] : undefined;
}

/** The field is set to nil before anything else can happen but locking. */
function setBehind(ops: readonly Op[], isField: (x: Expr) => boolean, { env }: Body): Op | undefined {
  for (const op of ops) {
    if (op.kind === 'assign' && op.lhs.some((x, i) => isField(x) && isNil(op.rhs[i]))) return op;
    if (op.kind !== 'assign' && !(op.kind === 'call' && lockCallOf(op.call, env))) return undefined;
  }
  return undefined;
}
