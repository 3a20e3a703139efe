/**
 * Waits behind the end of another channel that the same function should close: `for err := range from { … }; to <- failed`.
 * A goroutine that is left behind may be found there as well.
 */
import { graphOf } from '../../flow/build.ts';
import { type Block, type Op, successors } from '../../flow/graph.ts';
import { operations, reachableFrom } from '../../flow/search.ts';
import { typeOf } from '../../program/infer.ts';
import { underlying } from '../../program/resolve.ts';
import { type Call, type Expr, unparen } from '../../syntax/ast.ts';
import { type Body, paramsOf } from '../bodies.ts';
import { holdsSpan, reaches, spanOf } from '../paths/reach.ts';
import { onlyValue } from '../timers/tickchannels.ts';
import { isMake } from './makes.ts';
import type { Waiting } from './traffic.ts';

/** On every way to the wait the goroutine first goes through all that such a channel gives, and may stay there. */
export function comesAfterRange({ body, node, starts }: Waiting): boolean {
  const isOther = (op: Op) => op.kind === 'range' && !holdsSpan(op.stmt, node) && underlying(typeOf(op.stmt.x, body.env), body.env.program).kind === 'chan' && !isOfOthers(op.stmt.x, body, starts);
  const start = { block: body.graph.entry, index: 0 };
  if (!reaches(start, op => holdsSpan(spanOf(op), node), isOther)) return true;
  // What is deferred comes after all of the function.
  const block = body.info.body();
  const outer = block && graphOf(body.info.decl, block);
  if (!outer || outer === body.graph || !operations(outer).some(({ op }) => op.kind === 'defer' && holdsSpan(op.stmt, node))) return false;
  const next = (from: Block) => (from.ops.some(isOther) ? [] : successors(from.end));
  return ![outer.entry, ...reachableFrom(outer.entry, next)].some(({ ops, end }) => end.kind === 'return' && !ops.some(isOther));
}

/** Somebody else gives the channel, by a call or as a parameter of the function around, and sees to its end. */
function isOfOthers(channel: Expr, body: Body, starts: Waiting['starts']): boolean {
  const x = unparen(channel);
  if (x.kind === 'call') return !isMake(x, body.env);
  const variable = x.kind === 'ident' && x.entity?.kind === 'var' ? x.entity : undefined;
  if (!variable) return false;
  const value = onlyValue(variable);
  if (value) return isOfOthers(value, body, starts);
  if (variable.role !== 'param') return false;
  const [start, ...more] = starts;
  if (!start || start.body.node === variable.owner) return true;
  const call = more.length === 0 ? callAt(start.node.start, start.body) : undefined;
  const given = call?.args[paramsOf(variable.owner).findIndex(({ name }) => name === variable.ident)];
  return given !== undefined && isOfOthers(given, start.body, []);
}

/** Of the `go` statement that begins there. */
function callAt(start: number, { graph }: Body): Call | undefined {
  for (const { op } of operations(graph)) {
    if (op.kind !== 'go' || op.stmt.start !== start) continue;
    const call = unparen(op.stmt.call);
    return call.kind === 'call' ? call : undefined;
  }
  return undefined;
}
