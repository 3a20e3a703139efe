import { type Block, eachChild, type Expr, type FuncLit, type Stmt } from './ast.ts';

/** Called for every statement and every expression below, outer ones first; `false` keeps the walk out of a node. */
export interface Visitor {
  stmt?(stmt: Stmt): boolean | void;
  expr?(x: Expr): boolean | void;
}

export function walkStmts(stmts: readonly Stmt[], visitor: Visitor): void {
  new Walker(visitor).stmts(stmts);
}

export function walkExpr(x: Expr, visitor: Visitor): void {
  new Walker(visitor).expr(x);
}

/** Its steps are functions made once a walk, not once a node. */
class Walker {
  constructor(private readonly visitor: Visitor) {}

  stmts(stmts: readonly Stmt[]): void {
    for (const stmt of stmts) this.stmt(stmt);
  }

  readonly expr = (x: Expr): void => {
    if (this.visitor.expr?.(x) === false) return;
    if (x.kind === 'funclit') this.stmts(x.body.stmts);
    else eachChild(x, this.expr);
  };

  private exprs(list: readonly Expr[]): void {
    for (const x of list) this.expr(x);
  }

  private maybeExpr(x: Expr | undefined): void {
    if (x) this.expr(x);
  }

  private maybeStmt(stmt: Stmt | undefined): void {
    if (stmt) this.stmt(stmt);
  }

  private stmt(stmt: Stmt): void {
    if (this.visitor.stmt?.(stmt) === false) return;
    switch (stmt.kind) {
      case 'block':
        return this.stmts(stmt.stmts);
      case 'expr':
      case 'incdec':
        return this.expr(stmt.x);
      case 'send':
        this.expr(stmt.channel);
        return this.expr(stmt.value);
      case 'assign':
        this.exprs(stmt.lhs);
        return this.exprs(stmt.rhs);
      case 'go':
      case 'defer':
        return this.expr(stmt.call);
      case 'return':
        return this.exprs(stmt.results);
      case 'if':
        this.maybeStmt(stmt.init);
        this.expr(stmt.cond);
        this.stmt(stmt.then);
        return this.maybeStmt(stmt.else);
      case 'switch':
      case 'typeswitch':
        this.maybeStmt(stmt.init);
        this.maybeExpr(stmt.kind === 'switch' ? stmt.tag : stmt.x);
        for (const clause of stmt.clauses) {
          if (stmt.kind === 'switch') this.exprs(clause.exprs);
          this.stmts(clause.body);
        }
        return;
      case 'select':
        for (const clause of stmt.clauses) {
          this.maybeStmt(clause.comm);
          this.stmts(clause.body);
        }
        return;
      case 'for':
        this.maybeStmt(stmt.init);
        this.maybeExpr(stmt.cond);
        this.maybeStmt(stmt.post);
        return this.stmt(stmt.body);
      case 'range':
        this.exprs(stmt.lhs);
        this.expr(stmt.x);
        return this.stmt(stmt.body);
      case 'labeled':
        return this.stmt(stmt.stmt);
      case 'decl':
        if (stmt.decl.kind === 'var' || stmt.decl.kind === 'const') for (const spec of stmt.decl.specs) this.exprs(spec.values);
        return;
      case 'branch':
      case 'empty':
      case 'bad':
        return;
    }
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
