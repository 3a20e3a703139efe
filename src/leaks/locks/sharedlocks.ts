/** Mutexes that are got by a key: `locks[id]`, `s.lockFor(id)`. One function locks, and another one gets it again and unlocks. */
import { operations } from '../../flow/search.ts';
import { calleeOf } from '../../program/callee.ts';
import { Memo } from '../../program/memo.ts';
import type { Package } from '../../program/package.ts';
import type { Env } from '../../program/resolve.ts';
import { type Expr, unparen, type Variable } from '../../syntax/ast.ts';
import { bodiesWith, type Body } from '../bodies.ts';
import type { Pass } from '../pass.ts';
import { callIn } from '../paths/reach.ts';
import { canonicalPlace, familyOf } from '../places/canonical.ts';
import { lockMethodOf, type Mutex } from './mutexes.ts';

/** Some function of the package unlocks such a mutex that it has not locked. */
export function isUnlockedByKey({ expr }: Mutex, { env, info }: Body, pass: Pass): boolean {
  const kind = kindOf(expr, env);
  return kind !== undefined && unlockedByKey({ ...pass, pkg: info.pkg }).has(kind);
}

const memo = new Memo<Package, ReadonlySet<string>>();

function unlockedByKey(pass: Pass): ReadonlySet<string> {
  const known = memo.get(pass.pkg);
  if (known) return known;
  const found = new Set<string>();
  for (const body of bodiesWith(pass, ({ bodyText }) => /\bR?Unlock\(\)/.test(bodyText))) {
    const [locked, unlocked] = [new Set<string>(), new Set<string>()];
    for (const { op } of operations(body.graph)) {
      const call = callIn(op);
      const callee = call && calleeOf(call, body.env);
      const method = callee && lockMethodOf(callee);
      const kind = callee?.kind === 'method' && method ? kindOf(callee.receiver, body.env) : undefined;
      if (method && kind !== undefined) (method.does === 'unlock' ? unlocked : locked).add(kind);
    }
    for (const kind of unlocked) if (!locked.has(kind)) found.add(kind);
  }
  memo.set(pass.pkg, found);
  return found;
}

/** Which field of what is got by a key, or the whole of it; undefined for a mutex that has a place of its own. */
function kindOf(expr: Expr, env: Env): string | undefined {
  const x = withoutPointer(expr);
  if (x.kind !== 'selector') return isFetched(x, env) ? '(whole)' : undefined;
  const { root } = canonicalPlace(x, env) ?? { root: undefined };
  const isByKey = root === undefined ? isFetched(rootOf(x), env) : typeof root === 'object' && isFetchedInto(root, env);
  return isByKey ? familyOf(x, env) : undefined;
}

function isFetched(expr: Expr, env: Env): boolean {
  const x = withoutPointer(expr);
  if (x.kind === 'ident') return x.entity?.kind === 'var' && isFetchedInto(x.entity, env);
  if (x.kind === 'assert') return isFetched(x.x, env);
  return x.kind === 'index' || (x.kind === 'call' && !['builtin', 'conversion'].includes(calleeOf(x, env).kind));
}

/** One of its values comes from elsewhere. */
function isFetchedInto({ role, origin, assigned }: Variable, env: Env): boolean {
  return role === 'local' && [origin, ...assigned].some(from => from !== 'unknown' && (from.kind === 'range' || (from.kind === 'value' && unparen(from.expr).kind !== 'ident' && isFetched(from.expr, env))));
}

function rootOf(expr: Expr): Expr {
  const x = withoutPointer(expr);
  return x.kind === 'selector' ? rootOf(x.x) : x;
}

function withoutPointer(expr: Expr): Expr {
  const x = unparen(expr);
  return x.kind === 'star' || (x.kind === 'unary' && x.op === '&') ? withoutPointer(x.x) : x;
}
