import { type Block, eachChild, type Expr, type FuncLit, type Stmt } from './ast.ts';

/** Called for every statement and every expression below, outer ones first; `false` keeps the walk out of a node. */
export interface Visitor {
  stmt?(stmt: Stmt): boolean | void;
  expr?(x: Expr): boolean | void;
}

export function walkStmts(stmts: readonly Stmt[], visitor: Visitor): void {
  for (const stmt of stmts) walkStmt(stmt, visitor);
}

export function walkExpr(x: Expr, visitor: Visitor): void {
  if (visitor.expr?.(x) === false) return;
  if (x.kind === 'funclit') walkStmts(x.body.stmts, visitor);
  else eachChild(x, child => walkExpr(child, visitor));
}

function walkStmt(stmt: Stmt, visitor: Visitor): void {
  if (visitor.stmt?.(stmt) === false) return;
  const expr = (x: Expr | undefined) => x && walkExpr(x, visitor);
  const inner = (s: Stmt | undefined) => s && walkStmt(s, visitor);
  switch (stmt.kind) {
    case 'block':
      return walkStmts(stmt.stmts, visitor);
    case 'expr':
    case 'incdec':
      return expr(stmt.x);
    case 'send':
      expr(stmt.channel);
      return expr(stmt.value);
    case 'assign':
      stmt.lhs.forEach(expr);
      return stmt.rhs.forEach(expr);
    case 'go':
    case 'defer':
      return expr(stmt.call);
    case 'return':
      return stmt.results.forEach(expr);
    case 'if':
      inner(stmt.init);
      expr(stmt.cond);
      inner(stmt.then);
      return inner(stmt.else);
    case 'switch':
    case 'typeswitch':
      inner(stmt.init);
      expr(stmt.kind === 'switch' ? stmt.tag : stmt.x);
      for (const clause of stmt.clauses) {
        if (stmt.kind === 'switch') clause.exprs.forEach(expr);
        walkStmts(clause.body, visitor);
      }
      return;
    case 'select':
      for (const clause of stmt.clauses) {
        inner(clause.comm);
        walkStmts(clause.body, visitor);
      }
      return;
    case 'for':
      inner(stmt.init);
      expr(stmt.cond);
      inner(stmt.post);
      return inner(stmt.body);
    case 'range':
      stmt.lhs.forEach(expr);
      expr(stmt.x);
      return inner(stmt.body);
    case 'labeled':
      return inner(stmt.stmt);
    case 'decl':
      if (stmt.decl.kind === 'var' || stmt.decl.kind === 'const') for (const spec of stmt.decl.specs) spec.values.forEach(expr);
      return;
    case 'branch':
    case 'empty':
    case 'bad':
      return;
  }
}

/** The function literals in a body, at any depth, outer ones first. */
export function literalsIn(body: Block): FuncLit[] {
  const found: FuncLit[] = [];
  walkStmts(body.stmts, { expr: x => void (x.kind === 'funclit' && found.push(x)) });
  return found;
}

/** The lists of statements in a body, outer ones first, those of function literals left out. */
export function statementLists(body: Block): (readonly Stmt[])[] {
  const found = [body.stmts];
  walkStmts(body.stmts, {
    stmt: stmt => {
      if (stmt.kind === 'block') found.push(stmt.stmts);
      if (stmt.kind === 'switch' || stmt.kind === 'typeswitch' || stmt.kind === 'select') for (const { body: stmts } of stmt.clauses) found.push(stmts);
    },
    expr: x => x.kind !== 'funclit',
  });
  return found;
}
