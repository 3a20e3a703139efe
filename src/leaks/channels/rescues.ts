/** `defer func() { if r := recover(); r != nil { c <- failure(r) } }()`: it sends instead of what has panicked. */
import { type Block, successors } from '../../flow/graph.ts';
import { operations, reachableFrom } from '../../flow/search.ts';
import { calleeOf } from '../../program/callee.ts';
import type { Env } from '../../program/resolve.ts';
import { type Expr, isNil, unparen } from '../../syntax/ast.ts';
import type { Body } from '../bodies.ts';

/** A deferred literal that sends, and does so only where it has recovered something. */
export function sendsOnlyInPanic({ node, graph, env, info }: Body): boolean {
  if (node.kind !== 'funclit' || !info.bodyText.includes('recover()')) return false;
  const calmly = (block: Block): readonly Block[] => {
    const { end } = block;
    const answer = end.kind === 'branch' && end.condition ? answerInPanic(end.condition, env) : undefined;
    return end.kind === 'branch' && answer !== undefined ? [answer ? end.else : end.then] : successors(end);
  };
  const calm = new Set([graph.entry, ...reachableFrom(graph.entry, calmly)]);
  const sends = operations(graph).filter(({ op }) => op.kind === 'send');
  return sends.length > 0 && ![...calm].some(({ ops }) => sends.some(({ op }) => ops.includes(op)));
}

/** Whether `r != nil` or `r == nil` holds of what was recovered. */
function answerInPanic(condition: Expr, env: Env): boolean | undefined {
  const x = unparen(condition);
  if (x.kind !== 'binary' || (x.op !== '!=' && x.op !== '==') || !isNil(x.y) || !isRecovered(x.x, env)) return undefined;
  return x.op === '!=';
}

function isRecovered(expr: Expr, env: Env): boolean {
  const x = unparen(expr);
  if (x.kind === 'call') {
    const callee = calleeOf(x, env);
    return callee.kind === 'builtin' && callee.name === 'recover';
  }
  if (x.kind !== 'ident' || x.entity?.kind !== 'var' || x.entity.assigned.length > 0) return false;
  const { origin } = x.entity;
  return origin.kind === 'value' && unparen(origin.expr).kind === 'call' && isRecovered(origin.expr, env);
}
