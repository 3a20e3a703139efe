/**
 * Receivers that end for a reason of their own, which nobody else can see: `if err := conn.read(); err != nil { return }`
 * in the loop of a goroutine, or the end of what somebody else's channel gives. Whoever sends after that waits for ever.
 */
import type { Block, Op } from '../../flow/graph.ts';
import { reachableFrom, search } from '../../flow/search.ts';
import { isError, typeOf } from '../../program/infer.ts';
import { underlying } from '../../program/resolve.ts';
import { type Expr, unparen } from '../../syntax/ast.ts';
import type { Body } from '../bodies.ts';
import { allGoroutinesOf } from '../goroutines/goroutines.ts';
import type { Pass } from '../pass.ts';
import { failingSide } from '../paths/failing.ts';
import { holdsSpan, isRepeated, type Span } from '../paths/reach.ts';
import type { FamilyUse } from './families.ts';
import { spotOf } from './lonely.ts';

/** The branch by which the goroutine ends so; undefined where it does not, or where another one takes its place. */
export function failureOf({ body }: FamilyUse, isReceive: (op: Op) => boolean, pass: Pass): Span | undefined {
  const starts = allGoroutinesOf(pass).filter(goroutine => goroutine.body?.block === body.block);
  if (!starts.length || !starts.every(({ stmt, parent }) => startsOnce(stmt, parent, pass))) return undefined;
  for (const { end } of body.graph.blocks) {
    const found = end.kind === 'branch' ? failedAt(end, body) : end.kind === 'select' ? errorArm(end, isReceive, body) : undefined;
    if (found && endsQuietly(found.to, isReceive, body, pass)) return found.node;
  }
  return undefined;
}

interface Failed {
  readonly to: Block;
  readonly node: Span;
}

/** `err != nil`, or the `!ok` of a receive from another channel. */
function failedAt({ condition, then, else: otherwise }: Block['end'] & { kind: 'branch' }, body: Body): Failed | undefined {
  const side = condition && (failingSide(condition, body) ?? closedSide(condition));
  return condition && side !== undefined ? { to: side ? then : otherwise, node: condition } : undefined;
}

/** `case err := <-failures`. */
function errorArm({ arms }: Block['end'] & { kind: 'select' }, isReceive: (op: Op) => boolean, { env }: Body): Failed | undefined {
  for (const { to } of arms) {
    const [op] = to.ops;
    if (op?.kind !== 'receive' || isReceive(op)) continue;
    const type = underlying(typeOf(op.channel, env), env.program);
    if (type.kind === 'chan' && isError(type.elem)) return { to, node: op.node };
  }
  return undefined;
}

/** Whoever comes into the function comes to the send. */
export function alwaysSends(send: FamilyUse, pass: Pass): boolean {
  const op = spotOf(send)?.op;
  const { graph, env } = send.body;
  return op !== undefined && search({ block: graph.entry, index: 0 }, '', {
    key: () => '',
    op: other => (other === op || pass.contracts.endsHere(other, env) ? undefined : ''),
    edge: () => '',
    returns: () => true,
  }) === undefined;
}

export function startsOnce(stmt: Span, parent: Body, pass: Pass): boolean {
  const at = parent.graph.blocks.flatMap(({ ops }) => ops).find(op => (op.kind === 'go' ? op.stmt === stmt : op.kind === 'call' && op.call === stmt));
  return at !== undefined && !isRepeated(at, parent, pass) && ![...parent.graph.loops.keys()].some(loop => holdsSpan(loop, stmt));
}

/** `ok` of `x, ok := <-in`: on which side the channel is closed. */
export function closedSide(condition: Expr): boolean | undefined {
  const x = unparen(condition);
  if (x.kind === 'unary' && x.op === '!') return closedSide(x.x) === undefined ? undefined : true;
  const variable = x.kind === 'ident' && x.entity?.kind === 'var' ? x.entity : undefined;
  const value = variable?.origin.kind === 'value' && variable.origin.index === 1 ? unparen(variable.origin.expr) : undefined;
  return value?.kind === 'unary' && value.op === '<-' ? false : undefined;
}

/** From here the body only returns: it receives no more, starts nobody and closes nothing that would say so. */
function endsQuietly(block: Block, isReceive: (op: Op) => boolean, body: Body, pass: Pass): boolean {
  const after = [block, ...reachableFrom(block, b => pass.contracts.next(b, body.env))];
  const isLoud = (op: Op) => isReceive(op) || op.kind === 'go' || op.kind === 'send' || op.kind === 'receive';
  return !after.some(({ ops }) => ops.some((op, i) => isLoud(op) && !(i === 0 && op.kind === 'receive' && op.inSelect && !isReceive(op)))) && after.some(({ ops, end }) => end.kind === 'return' && !ops.some(op => pass.contracts.endsHere(op, body.env)));
}
