/**
 * Goroutines whose starter waits at once for a sign of life: `go run(ready); <-ready`. What a goroutine does before it
 * gives the sign, it has done when the starter goes on.
 */
import type { Op } from '../../flow/graph.ts';
import { operations, type Place, search } from '../../flow/search.ts';
import { type Expr, unparen, type Variable, variableIn } from '../../syntax/ast.ts';
import { walkExpr } from '../../syntax/walk.ts';
import { type Body, paramsOf } from '../bodies.ts';
import type { Goroutine } from '../goroutines/goroutines.ts';
import { spanOf } from '../paths/reach.ts';

/** Whether the operation of the goroutine comes before anything that its starter does behind the start. */
export function isAwaitedByStarter(op: Op, goroutine: Goroutine, body: Body): boolean {
  const { parent, stmt } = goroutine;
  const start = operations(parent.graph).find(other => (other.op.kind === 'go' || other.op.kind === 'call') && spanOf(other.op).start === stmt.start);
  if (!start) return false;
  return operations(parent.graph).some(({ op: wait }) => {
    const channel = wait.kind === 'receive' && !wait.inSelect && wait.node.start > stmt.end ? variableIn(unparen(wait.channel)) : undefined;
    if (!channel || !waitsAlways(wait, start.after)) return false;
    return namesInside(channel, goroutine, body).some(name => isNamedOnlyAfter(op, name, body));
  });
}

/** No way from the start leads past the receive. */
function waitsAlways(wait: Op, from: Place): boolean {
  return search(from, '', { key: () => '', op: other => (other === wait ? undefined : ''), edge: () => '', returns: () => true }) === undefined;
}

/** The variable itself, which a literal knows, and the parameters that are given it. */
function namesInside(channel: Variable, { call, callee }: Goroutine, body: Body): readonly Variable[] {
  const params = paramsOf(body.node);
  const given = call.args.flatMap((arg, i) => (variableIn(unparen(arg)) === channel ? variableIn(params[i]?.name) ?? [] : []));
  return callee.kind === 'literal' ? [channel, ...given] : given;
}

/** The goroutine uses the channel, and on every way for the first time behind the operation. */
function isNamedOnlyAfter(op: Op, name: Variable, body: Body): boolean {
  const mentions = (other: Op) => expressionsOf(other).some(x => mentionsVariable(x, name));
  const isEarly = search({ block: body.graph.entry, index: 0 }, '', {
    key: () => '',
    op: other => (other === op ? undefined : mentions(other) ? 'arrive' : ''),
    edge: () => '',
    returns: () => false,
  }) !== undefined;
  return !isEarly && operations(body.graph).some(({ op: other }) => mentions(other));
}

function expressionsOf(op: Op): readonly Expr[] {
  switch (op.kind) {
    case 'call':
      return [op.call];
    case 'go':
    case 'defer':
      return [op.stmt.call];
    case 'send':
      return [op.stmt.channel, op.stmt.value];
    case 'receive':
      return [op.channel];
    case 'range':
      return [op.stmt.x];
    case 'assign':
      return [...op.lhs, ...op.rhs];
    case 'eval':
      return [op.expr];
  }
}

function mentionsVariable(x: Expr, variable: Variable): boolean {
  let found = false;
  walkExpr(x, { expr: inner => void (found ||= inner.kind === 'ident' && inner.entity === variable) });
  return found;
}
