/** Function values that a body takes out of what it has put together itself: `{open: cmd.StdoutPipe}`, and later `row.open()`. */
import { type Callee, resolveFunction } from '../../program/callee.ts';
import { type Call, unparen } from '../../syntax/ast.ts';
import { walkStmts } from '../../syntax/walk.ts';
import type { Body } from '../bodies.ts';

/** The functions that literals of the body put into a field called like the one that is called. */
export function functionsPut({ fun }: Call, { block, env }: Body): readonly Callee[] {
  const called = unparen(fun);
  if (called.kind !== 'selector') return [];
  const { name } = called.sel;
  const found: Callee[] = [];
  walkStmts(block.stmts, {
    expr: x => {
      if (x.kind !== 'composite') return;
      for (const { key, value } of x.elements) if (key?.kind === 'ident' && key.name === name) found.push(resolveFunction(value, env));
    },
  });
  return found;
}
