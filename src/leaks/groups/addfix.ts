/** The fix of `Add` in the goroutine that it counts. */
import type { Fix } from '../../finding.ts';
import { type Expr, type FuncNode, unparen } from '../../syntax/ast.ts';
import { lineBefore, withoutLines } from '../lines.ts';
import { placeOf } from '../places/places.ts';
import type { AddInGoroutine } from './waitgroups.ts';

/** Moves `wg.Add(1)` before the `go` statement when it is the first thing that the literal does. */
export function addBeforeGo({ goroutine: { stmt, call: started, parent }, body, call, group }: AddInGoroutine): Fix | undefined {
  const { info } = parent;
  const literal = unparen(started.fun);
  const [first] = body.block.stmts;
  if (stmt.kind !== 'go' || literal.kind !== 'funclit' || literal !== body.node || first?.kind !== 'expr' || unparen(first.x) !== call) return undefined;
  if (!meansTheSameOutside(group, literal) || !call.args.every(arg => arg.kind === 'literal')) return undefined;
  const code = info.file.source.text.slice(call.start, call.end);
  const added = lineBefore(stmt, code, info);
  const removed = withoutLines(first, info);
  return added && removed && !code.includes('\n') ? { message: `Call ${code} before the go statement.`, edits: [added, removed] } : undefined;
}

/** The group is no parameter of the literal. */
function meansTheSameOutside(group: Expr, literal: FuncNode): boolean {
  const root = placeOf(group)?.root;
  return root !== undefined && (typeof root === 'string' || root.owner !== literal);
}
