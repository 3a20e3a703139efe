/**
 * Waiting for a `sync.Cond` that one goroutine alone signals, in the end and not when it fails: `if err := load(); err !=
 * nil { return }; …; s.cond.Broadcast()`.
 */
import type { Op } from '../../flow/graph.ts';
import { type Arrival, operations, search, type Turn } from '../../flow/search.ts';
import { calleeOf } from '../../program/callee.ts';
import { type Call, type Expr, unparen } from '../../syntax/ast.ts';
import { askedBodies, bodiesWith, type Body } from '../bodies.ts';
import { failingSide } from '../paths/failing.ts';
import { allGoroutinesOf, type Goroutine } from '../goroutines/goroutines.ts';
import type { Pass } from '../pass.ts';
import { isRepeated } from '../paths/reach.ts';
import { familyOf } from '../places/canonical.ts';
import { WAKES } from './silentflags.ts';

export interface SkippedSignal {
  readonly body: Body;
  readonly wait: Call;
  readonly cond: Expr;
  /** The goroutine that alone signals. */
  readonly goroutine: Goroutine;
  readonly signaller: Body;
  readonly turns: readonly Turn[];
  /** Where it ends without. */
  readonly end: { readonly start: number; readonly end: number };
}

export function* skippedSignals(pass: Pass): Generator<SkippedSignal> {
  for (const body of askedBodies(pass, ({ bodyText, file }) => !file.kind.test && /\.Wait\(\)/.test(bodyText))) {
    for (const { op } of operations(body.graph)) {
      const cond = op.kind === 'call' ? condOf(op.call, 'Wait', body) : undefined;
      const family = cond && familyOf(cond, body.env);
      if (op.kind !== 'call' || !cond || family === undefined) continue;
      const found = onlySignal(family, cond, pass);
      if (found) yield { body, wait: op.call, cond, ...found };
    }
  }
}

function condOf(call: Call, methods: string, { env }: Body): Expr | undefined {
  const callee = calleeOf(call, env);
  return callee.kind === 'method' && new RegExp(`^\\(\\*sync\\.Cond\\)\\.(?:${methods})$`).test(callee.name) ? callee.receiver : undefined;
}

/** The one place that signals, in a goroutine that can fail before it comes there. */
function onlySignal(family: string, cond: Expr, pass: Pass): Pick<SkippedSignal, 'goroutine' | 'signaller' | 'turns' | 'end'> | undefined {
  const x = unparen(cond);
  const asValue = x.kind === 'selector' ? new RegExp(`\\b${x.sel.name}\\.(?:Signal|Broadcast)\\b(?!\\()`) : undefined;
  if (!asValue) return undefined;
  const signals: { body: Body; op: Op }[] = [];
  for (const body of bodiesWith(pass, ({ bodyText, file }) => !file.kind.test && WAKES.test(bodyText))) {
    if (asValue.test(body.info.bodyText)) return undefined;
    for (const { op } of operations(body.graph)) {
      const call = op.kind === 'call' ? op.call : op.kind === 'defer' ? unparen(op.stmt.call) : undefined;
      const signalled = call?.kind === 'call' ? condOf(call, 'Signal|Broadcast', body) : undefined;
      if (signalled && familyOf(signalled, body.env) === family) signals.push({ body, op });
    }
  }
  const [only, ...more] = signals;
  if (!only || more.length || only.op.kind !== 'call' || isRepeated(only.op, only.body, pass)) return undefined;
  const goroutine = allGoroutinesOf(pass).find(({ body }) => body?.block === only.body.block);
  const way = goroutine && failingWay(only.op, only.body, pass);
  if (!goroutine || way?.at.kind !== 'return') return undefined;
  const { start, end } = way.at.stmt ?? { start: only.body.block.end - 1, end: only.body.block.end };
  return { goroutine, signaller: only.body, turns: way.turns, end: { start, end } };
}

function failingWay(signal: Op, body: Body, pass: Pass): Arrival<'' | 'failed'> | undefined {
  return search<'' | 'failed'>({ block: body.graph.entry, index: 0 }, '', {
    key: state => state,
    op: (op, state) => (op === signal || pass.contracts.endsHere(op, body.env) ? undefined : state),
    edge: (condition, taken, state) => (failingSide(condition, body) === taken ? 'failed' : state),
    returns: (_, state) => state === 'failed',
  });
}
