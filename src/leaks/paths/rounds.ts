/** How many rounds a loop makes, as far as its text tells. */
import type { Env } from '../../program/resolve.ts';
import { type Expr, type For, type Range, unparen } from '../../syntax/ast.ts';
import type { Body } from '../bodies.ts';

/** Up to so many rounds what piles up in a loop does no harm. */
const FEW = 3;

/** A loop over a short list that is written out, or counted up to a small constant. */
export function isShortLoop(loop: For | Range, { env }: Body): boolean {
  const rounds = loop.kind === 'range' ? roundsOfRange(loop.x, env) : roundsOfCount(loop, env);
  return rounds !== undefined && rounds <= FEW;
}

/** How many elements a list has that is written out, or a number that is counted up to. */
export function roundsOfRange(over: Expr, env: Env): number | undefined {
  const x = unparen(over);
  if (x.kind === 'composite') return x.type?.kind === 'array' && x.type.length && x.type.length !== '...' ? constantOf(x.type.length, env) : x.elements.length;
  if (x.kind === 'unary' && x.op === '&') return roundsOfRange(x.x, env);
  if (x.kind === 'ident' && x.entity?.kind === 'var') {
    const { origin, assigned } = x.entity;
    if (origin.kind === 'declared' && origin.type.kind === 'array' && origin.type.length && origin.type.length !== '...') return constantOf(origin.type.length, env);
    const given = [...(origin.kind === 'declared' ? [] : [origin]), ...assigned];
    const rounds = given.map(value => (value !== 'unknown' && value.kind === 'value' && unparen(value.expr).kind === 'composite' ? roundsOfRange(value.expr, env) : undefined));
    return x.entity.role === 'local' && rounds.length && rounds.every(n => n !== undefined) ? Math.max(...rounds) : undefined;
  }
  return constantOf(x, env);
}

/** `for i := 0; i < 3; i++`; counting from somewhere else or by other steps is not told apart. */
function roundsOfCount({ init, cond, post }: For, env: Env): number | undefined {
  const x = cond && unparen(cond);
  if (!init || post?.kind !== 'incdec' || x?.kind !== 'binary') return undefined;
  const limit = constantOf(x.y, env);
  if (limit === undefined) return undefined;
  return x.op === '<' || x.op === '!=' ? limit : x.op === '<=' ? limit + 1 : undefined;
}

/** How many rounds a loop makes that nothing leaves early, where that is a constant and written out. */
export function exactRounds(loop: For | Range, { env }: Body): number | undefined {
  if (loop.kind === 'range') {
    const x = unparen(loop.x);
    if (x.kind === 'composite') return x.elements.some(({ key }) => key) ? undefined : x.elements.length;
    return constantOf(x, env);
  }
  const start = loop.init?.kind === 'assign' && loop.init.lhs.length === 1 ? loop.init : undefined;
  const counter = start?.lhs[0]?.kind === 'ident' ? start.lhs[0].entity : undefined;
  const from = start?.rhs[0] && constantOf(start.rhs[0], env);
  const cond = loop.cond && unparen(loop.cond);
  const isCounted = counter?.kind === 'var' && counter.assigned.length === 0 && loop.post?.kind === 'incdec'
    && cond?.kind === 'binary' && cond.x.kind === 'ident' && cond.x.entity === counter;
  const limit = isCounted ? constantOf(cond.y, env) : undefined;
  if (from === undefined || limit === undefined || cond?.kind !== 'binary') return undefined;
  return cond.op === '<' || cond.op === '!=' ? limit - from : cond.op === '<=' ? limit - from + 1 : undefined;
}

/** The value of an integer constant. */
export function constantOf(expr: Expr, env: Env): number | undefined {
  const x = unparen(expr);
  if (x.kind === 'literal') return x.token === 'int' ? Number(x.text.replaceAll('_', '')) : undefined;
  if (x.kind !== 'ident') return undefined;
  if (x.entity) return x.entity.kind === 'const' && x.entity.value ? constantOf(x.entity.value, env) : undefined;
  const named = env.file.pkg.lookup(x.name, env.file);
  const value = named?.kind === 'const' ? named.spec.values[named.index] : undefined;
  return value?.kind === 'literal' ? constantOf(value, env) : undefined;
}
