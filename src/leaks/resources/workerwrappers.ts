/** Functions that give their caller what a starter gives, or nothing: `if quiet { return nil }; return progress.New(…)`. */
import { calleeOf } from '../../program/callee.ts';
import type { FuncInfo } from '../../program/package.ts';
import { type Call, isNil, unparen } from '../../syntax/ast.ts';
import { bodyOf } from '../bodies.ts';
import type { Pass } from '../pass.ts';

/** The functions of the package that hand on what one of these starts, and which. */
export function* wrappersOf(starters: ReadonlySet<FuncInfo>, pass: Pass): Generator<{ readonly wrapper: FuncInfo; readonly starter: FuncInfo }> {
  if (starters.size === 0) return;
  const hands = new RegExp(`\\breturn (?:\\w+\\.)?(?:${[...new Set([...starters].map(({ bareName }) => bareName))].join('|')})\\(`);
  for (const wrapper of pass.pkg.withWords(hands)) {
    const starter = starters.has(wrapper) ? undefined : handedOnBy(wrapper, starters, pass);
    if (starter) yield { wrapper, starter };
  }
}

/** Every return gives that, or nil. */
function handedOnBy(wrapper: FuncInfo, starters: ReadonlySet<FuncInfo>, pass: Pass): FuncInfo | undefined {
  const body = bodyOf(wrapper, pass);
  const found = new Set<FuncInfo | undefined>();
  for (const { end } of body?.graph.blocks ?? []) {
    if (end.kind !== 'return' || !end.stmt) continue;
    const [value] = end.stmt.results;
    const x = value && unparen(value);
    if (!isNil(x)) found.add(x?.kind === 'call' && body ? starterAt(x, starters, body.env) : undefined);
  }
  const [only] = found;
  return found.size === 1 ? only : undefined;
}

function starterAt(call: Call, starters: ReadonlySet<FuncInfo>, env: Parameters<typeof calleeOf>[1]): FuncInfo | undefined {
  const callee = calleeOf(call, env);
  return callee.kind === 'func' && starters.has(callee.func) ? callee.func : undefined;
}
