/**
 * A `break` that ends a case of a `select` or `switch` in a loop: it leaves the case, which would end all the same, and
 * not the loop.
 */
import type { Block as BlockStmt, Branch, For, Range, Stmt } from '../syntax/ast.ts';
import { reachableFrom } from '../flow/search.ts';
import { walkStmts } from '../syntax/walk.ts';
import { type Body, bodiesWith } from './bodies.ts';
import { leaves } from './goroutines.ts';
import type { Pass } from './pass.ts';

export interface StayingBreak {
  readonly body: Body;
  readonly node: Branch;
  readonly inside: 'select' | 'switch';
  readonly loop: For | Range;
  /** Nothing else leads out of the loop. */
  readonly isEndless: boolean;
}

export function* stayingBreaks(pass: Pass): Generator<StayingBreak> {
  for (const body of bodiesWith(pass, ({ bodyText }) => /\bbreak\b/.test(bodyText) && /\bfor\b/.test(bodyText))) {
    const loops: (For | Range)[] = [];
    walkStmts(body.block.stmts, {
      stmt: stmt => void ((stmt.kind === 'for' || stmt.kind === 'range') && loops.push(stmt)),
      expr: x => x.kind !== 'funclit',
    });
    for (const loop of loops) {
      for (const found of breaksIn(loop.body.stmts)) yield { ...found, body, loop, isEndless: isEndless(loop, body, pass) };
    }
  }
}

/** The last statements of the cases directly in a loop, not of those in an inner loop. */
function breaksIn(stmts: readonly Stmt[]): { node: Branch; inside: 'select' | 'switch' }[] {
  return stmts.flatMap((stmt): { node: Branch; inside: 'select' | 'switch' }[] => {
    switch (stmt.kind) {
      case 'select':
      case 'switch':
      case 'typeswitch':
        return stmt.clauses.flatMap(({ body }) => [
          ...lastOf(body).map(node => ({ node, inside: stmt.kind === 'select' ? 'select' as const : 'switch' as const })), ...breaksIn(body)]);
      case 'if':
        return [...breaksIn(stmt.then.stmts), ...(stmt.else ? breaksIn([stmt.else]) : [])];
      case 'block':
        return breaksIn(stmt.stmts);
      case 'labeled':
        return stmt.stmt.kind === 'for' || stmt.stmt.kind === 'range' ? [] : breaksIn([stmt.stmt]);
      default:
        return [];
    }
  });
}

/** The `break` without a label that a list of statements ends with, also at the ends of an `if`. */
function lastOf(stmts: readonly Stmt[]): Branch[] {
  const last = stmts.at(-1);
  if (last?.kind === 'branch') return last.token === 'break' && last.label === undefined ? [last] : [];
  if (last?.kind === 'block') return lastOf(last.stmts);
  if (last?.kind !== 'if') return [];
  return [...lastOf(last.then.stmts), ...lastOf(elseOf(last.else))];
}

function elseOf(stmt: BlockStmt | Stmt | undefined): readonly Stmt[] {
  return stmt ? [stmt] : [];
}

function isEndless(loop: For | Range, body: Body, pass: Pass): boolean {
  const head = body.graph.loops.get(loop)?.head;
  if (!head) return false;
  const round = reachableFrom(head, block => pass.contracts.next(block, body.env));
  return round.has(head) && ![...round].some(block => leaves(block, body, pass));
}
