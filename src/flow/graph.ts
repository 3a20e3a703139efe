/**
 * The flow graph of one function body. Blocks hold operations, not statements: what happens, operands first. Nested
 * function literals are values here and have graphs of their own. A deferred call is an operation where the `defer`
 * stands; whoever searches a path takes it as run at every later exit.
 */
import type { Assign, Block as BlockStmt, Call, CommClause, Defer, Expr, For, Go, Range, Return, Select, Send, ValueSpec, FuncNode } from '../syntax/ast.ts';

export interface FlowGraph {
  readonly func: FuncNode;
  readonly entry: Block;
  readonly blocks: readonly Block[];
  /** The loops of the function itself, each with the block in which a round begins and the one that comes after the loop. */
  readonly loops: ReadonlyMap<For | Range, { readonly head: Block; readonly after: Block }>;
}

export interface Block {
  readonly id: number;
  readonly ops: Op[];
  end: End;
}

export type Op =
  /** `discarded`: the call is a statement, its results go nowhere. */
  | { readonly kind: 'call'; readonly call: Call; readonly discarded: boolean }
  | { readonly kind: 'go'; readonly stmt: Go }
  | { readonly kind: 'defer'; readonly stmt: Defer }
  | { readonly kind: 'send'; readonly stmt: Send; readonly inSelect: boolean }
  | { readonly kind: 'receive'; readonly channel: Expr; readonly node: Expr; readonly inSelect: boolean }
  | { readonly kind: 'assign'; readonly lhs: readonly Expr[]; readonly rhs: readonly Expr[]; readonly node: Assign | ValueSpec }
  /** The head of a `range` loop, run once an iteration: a receive when the operand is a channel. */
  | { readonly kind: 'range'; readonly stmt: Range }
  /** An expression evaluated for its parts: an incremented place, a switch tag. */
  | { readonly kind: 'eval'; readonly expr: Expr };

export type End =
  | { readonly kind: 'jump'; readonly to: Block }
  /** `condition` is undefined where the choice cannot be told (`range`, a type switch); `&&`, `||` and `!` are split. */
  | { readonly kind: 'branch'; readonly condition: Expr | undefined; readonly then: Block; readonly else: Block }
  | { readonly kind: 'select'; readonly stmt: Select; readonly arms: readonly SelectArm[] }
  /** `stmt` is undefined where the function ends without `return`. */
  | { readonly kind: 'return'; readonly stmt: Return | undefined; readonly body: BlockStmt }
  /** Nothing comes after: `panic`, `select {}`. */
  | { readonly kind: 'stuck' };

export interface SelectArm {
  readonly clause: CommClause;
  readonly to: Block;
}

export function successors(end: End): readonly Block[] {
  switch (end.kind) {
    case 'jump':
      return [end.to];
    case 'branch':
      return [end.then, end.else];
    case 'select':
      return end.arms.map(arm => arm.to);
    case 'return':
    case 'stuck':
      return [];
  }
}
