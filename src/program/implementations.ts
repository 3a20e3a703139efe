/** Which functions a call may reach, where that can be told. */
import type { Callee } from './callee.ts';
import type { FuncInfo } from './package.ts';
import type { Env } from './resolve.ts';
import { functionOf } from './values.ts';

/** More implementations than these are a plug-in interface, about which nothing common can be said. */
const FEW = 6;

/**
 * The declared functions that a call may reach: the one it names, the one that its function value stands for, or the
 * few methods that stand behind an interface nobody outside of its package can implement. Empty where that is unknown.
 */
export function targetsOf(callee: Callee, env: Env): readonly FuncInfo[] {
  const known = functionOf(callee, env);
  if (known.kind === 'func') return [known.func];
  if (known.kind !== 'method') return [];
  if (known.func) return [known.func];
  const { def, name: owner } = known.owner;
  const method = known.name.slice(known.name.lastIndexOf('.') + 1);
  if (!def?.file.pkg.module || (isExported(owner) && isExported(method))) return [];
  // More than those that implement all of it, which is the careful side: they must agree to be believed.
  const found = def.file.pkg.methodsNamed(method).filter(m => m.file.kind.test === env.file.kind.test || !m.file.kind.test);
  return found.length <= FEW ? found : [];
}

function isExported(name: string): boolean {
  return /^\p{Lu}/u.test(name);
}
