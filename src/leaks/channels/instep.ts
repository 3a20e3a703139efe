/** Loops that go on as often as each other: `for _, job := range jobs { go run(job) }` and `for range jobs { <-results }`. */
import type { Op } from '../../flow/graph.ts';
import { type Loop, loopsOf } from '../../flow/loops.ts';
import { search } from '../../flow/search.ts';
import { type Expr, type For, type Range, unparen } from '../../syntax/ast.ts';
import type { Body } from '../bodies.ts';
import { holdsSpan, type Span, spanOf } from '../paths/reach.ts';

/** Each round of the one loop comes to `a`, each round of the other to `b`, and both loops count the same. */
export function keepStep(a: Span, b: Span, body: Body): boolean {
  const first = loopAround(a, body);
  const second = loopAround(b, body);
  return first !== undefined && second !== undefined && isSame(first.stmt, second.stmt, body) && isInEachRound(a, first) && isInEachRound(b, second);
}

/** Each round of the innermost loop around the node, if there is one, comes to it. */
export function isInEachRoundOf(node: Span, body: Body): boolean {
  const loop = loopAround(node, body);
  return !loop || isInEachRound(node, loop);
}

/** The innermost loop. */
function loopAround(node: Span, { graph }: Body): Loop | undefined {
  return loopsOf(graph).filter(({ stmt }) => holdsSpan(stmt.body, node)).sort((x, y) => y.stmt.start - x.stmt.start)[0];
}

function isSame(a: For | Range, b: For | Range, body: Body): boolean {
  if (a.kind === 'range') return b.kind === 'range' && isSteadyAndSame(a.x, b.x, body);
  if (b.kind === 'range') return false;
  const [from, to] = [countOf(a), countOf(b)];
  return from !== undefined && to !== undefined && from.op === to.op && isSteadyAndSame(from.limit, to.limit, body) && textOf(from.start, body) === textOf(to.start, body);
}

/** `for i := 0; i < n; i++`. */
function countOf({ init, cond, post }: For): { readonly start: Expr; readonly op: string; readonly limit: Expr } | undefined {
  const start = init?.kind === 'assign' && init.rhs.length === 1 ? init.rhs[0] : undefined;
  const x = cond && unparen(cond);
  return start && post?.kind === 'incdec' && x?.kind === 'binary' ? { start, op: x.op, limit: x.y } : undefined;
}

/** The same variable, which is given its value once, or the same constant. */
function isSteadyAndSame(a: Expr, b: Expr, body: Body): boolean {
  const [x, y] = [unparen(a), unparen(b)];
  if (x.kind === 'ident' && y.kind === 'ident') return x.entity === y.entity && (x.entity?.kind !== 'var' || x.entity.assigned.length === 0);
  if (x.kind === 'call' && y.kind === 'call' && x.fun.kind === 'ident' && x.fun.name === 'len' && y.fun.kind === 'ident' && y.fun.name === 'len') return x.args.length === 1 && y.args.length === 1 && x.args.every((arg, i) => isSteadyAndSame(arg, y.args[i] ?? arg, body));
  return x.kind === 'literal' && y.kind === 'literal' && x.text === y.text;
}

function textOf({ start, end }: Span, { info }: Body): string {
  return info.file.source.text.slice(start, end);
}

/** No round ends without having come to the node. */
function isInEachRound(node: Span, { head, blocks }: Loop): boolean {
  const isIt = (op: Op) => holdsSpan(node, spanOf(op)) || holdsSpan(spanOf(op), node);
  let misses = false;
  search({ block: head, index: head.ops.length }, 0, {
    key: String,
    op: (op, state) => (isIt(op) ? undefined : state),
    edge: (_, __, state) => state,
    between: (_, to, state) => {
      misses ||= to === head;
      return blocks.has(to) && to !== head ? state : undefined;
    },
    returns: () => false,
  });
  return !misses;
}
