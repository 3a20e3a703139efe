/** Channels that timers and tickers send on. Nobody closes them, so a `range` over one ends only from inside. */
import { type Block, successors } from '../../flow/graph.ts';
import { calleeName, calleeOf, writtenName } from '../../program/callee.ts';
import { typeOf } from '../../program/infer.ts';
import { isNamed } from '../../program/types.ts';
import { type Call, type Expr, type Range, unparen, type Variable } from '../../syntax/ast.ts';
import type { Body } from '../bodies.ts';
import type { Pass } from '../pass.ts';

export interface TickChannel {
  readonly kind: 'timer' | 'ticker' | 'tick' | 'after';
  /** `t` of `t.C`; undefined for the channel of `time.Tick` and `time.After`. */
  readonly owner: Expr | undefined;
}

/** What is received from: `ticker.C`, `time.Tick(d)`, or a local variable that is only ever one of them. */
export function tickChannelOf(channel: Expr, body: Body): TickChannel | undefined {
  const x = unparen(channel);
  if (x.kind === 'call') {
    const name = calleeName(calleeOf(x, body.env));
    return name === 'time.Tick' ? { kind: 'tick', owner: undefined } : name === 'time.After' ? { kind: 'after', owner: undefined } : undefined;
  }
  if (x.kind === 'selector') {
    const kind = x.sel.name === 'C' ? kindOfOwner(x.x, body) : undefined;
    return kind && { kind, owner: x.x };
  }
  const value = x.kind === 'ident' && x.entity?.kind === 'var' ? onlyValue(x.entity) : undefined;
  return value && tickChannelOf(value, body);
}

function kindOfOwner(x: Expr, { env }: Body): 'timer' | 'ticker' | undefined {
  const type = typeOf(x, env);
  return isNamed(type, 'time.Timer') ? 'timer' : isNamed(type, 'time.Ticker') ? 'ticker' : undefined;
}

/** What a local variable holds that is never assigned again. */
export function onlyValue({ role, origin, assigned }: Variable): Expr | undefined {
  return role === 'local' && assigned.length === 0 && origin.kind === 'value' && origin.count === 1 ? origin.expr : undefined;
}

/** The `range` over such a channel whose head this block is. */
export function tickRangeAt(block: Block, body: Body): Range | undefined {
  const op = block.ops.at(-1);
  return op?.kind === 'range' && tickChannelOf(op.stmt.x, body) ? op.stmt : undefined;
}

/** The edge would lead past a `range` over such a channel, which only `break` and `return` do. */
export function isPastTicks(from: Block, to: Block, body: Body): boolean {
  return from.end.kind === 'branch' && from.end.else === to && tickRangeAt(from, body) !== undefined;
}

/** Where control can go on: never past a `range` over a channel that nobody closes, unless by `break`. */
export function nextWithTicks(block: Block, body: Body, pass: Pass): readonly Block[] {
  const { end } = block;
  if (end.kind === 'branch' && tickRangeAt(block, body)) return [end.then];
  return block.ops.some(op => pass.contracts.endsHere(op, body.env)) ? [] : successors(end);
}

/** The calls of the function `name` (`time.Tick`) that are operations of the body, with the block of each. */
export function* callsOf(name: string, body: Body): Generator<{ readonly call: Call; readonly block: Block }> {
  for (const block of body.graph.blocks) {
    for (const op of block.ops) {
      if (op.kind === 'call' && name.endsWith(`.${writtenName(op.call)}`) && calleeName(calleeOf(op.call, body.env)) === name) yield { call: op.call, block };
    }
  }
}
