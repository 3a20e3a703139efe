/** Functions that start a goroutine and give back a `context.CancelFunc` that ends it by closing a channel: it has to be called like that of a context. */
import { operations } from '../../flow/search.ts';
import { resolveFunction } from '../../program/callee.ts';
import { signatureOf } from '../../program/resolve.ts';
import { isNamed } from '../../program/types.ts';
import { functionOf } from '../../program/values.ts';
import { type Expr, isNil } from '../../syntax/ast.ts';
import type { Body } from '../bodies.ts';
import type { Pass } from '../pass.ts';
import type { Acquisition } from './acquisition.ts';

export function stopFunctionGiven({ info, node, graph, env }: Body, pass: Pass): Acquisition | undefined {
  if (!operations(graph).some(({ op }) => op.kind === 'go')) return undefined;
  const result = signatureOf(node.type, env).results.findIndex(type => isNamed(type, 'context.CancelFunc'));
  const [known] = pass.contracts.resources.acquiredBy('context.WithCancel');
  if (result < 0 || !known) return undefined;
  const given = graph.blocks.flatMap(({ end }) => (end.kind === 'return' && end.stmt?.results[result] ? [end.stmt.results[result]] : [])).filter(x => !isNil(x));
  const closes = (x: Expr) => /\bclose\(/.test(textBehind(x, { info, env }));
  return given.length && given.every(closes) ? { resource: known.resource, result, held: 'resource', evidence: 'likely' } : undefined;
}

/** The text of the function that a value stands for; empty where that is not known. */
function textBehind(x: Expr, { info, env }: Pick<Body, 'info' | 'env'>): string {
  const callee = functionOf(resolveFunction(x, env), env);
  if (callee.kind === 'literal') return (callee.within ?? info).file.source.text.slice(callee.literal.start, callee.literal.end);
  return (callee.kind === 'func' || callee.kind === 'method') && callee.func ? callee.func.bodyText : '';
}
