import type * as ast from '../ast.ts';
import { Expressions } from './expressions.ts';
import { repeated } from './repeated.ts';

const ASSIGNS = new Set(['=', ':=', '+=', '-=', '*=', '/=', '%=', '&=', '|=', '^=', '<<=', '>>=', '&^=']);

/** The part of a `for` before its body, of the kind with `range`. */
interface RangeClause {
  readonly kind: 'rangeclause';
  readonly lhs: readonly ast.Expr[];
  readonly define: boolean;
  readonly x: ast.Expr;
}

/** Declarations and statements. */
export class Statements extends Expressions {
  block(): ast.Block {
    const { start } = this;
    this.enter();
    this.expect('{');
    const stmts = this.stmts();
    this.expect('}');
    this.leave();
    return { kind: 'block', start, end: this.lastEnd, stmts };
  }

  /** Up to a `}`, `case` or `default`. */
  private stmts(): ast.Stmt[] {
    const list: ast.Stmt[] = [];
    while (this.token !== '}' && this.token !== 'case' && this.token !== 'default') {
      list.push(this.stmt());
      if (!this.skip(';') && this.token !== '}') this.giveUp();
    }
    return list;
  }

  private stmt(): ast.Stmt {
    const { token, start } = this;
    switch (token) {
      case 'var': case 'const': case 'type': {
        const decl = this.decl();
        return { kind: 'decl', start, end: this.lastEnd, decl };
      }
      case '{': return this.block();
      case 'if': return this.ifStmt();
      case 'for': return this.forStmt();
      case 'switch': return this.switchStmt();
      case 'select': return this.selectStmt();
      case 'return': {
        this.next();
        const results = this.token === ';' || this.token === '}' ? [] : this.exprs();
        return { kind: 'return', start, end: this.lastEnd, results };
      }
      case 'go': case 'defer': {
        this.next();
        const call = this.expr();
        return { kind: token, start, end: this.lastEnd, call };
      }
      case 'break': case 'continue': case 'goto': case 'fallthrough': {
        this.next();
        const label = token !== 'fallthrough' && this.token === 'ident' ? this.ident().name : undefined;
        return { kind: 'branch', start, end: this.lastEnd, token, label };
      }
      case ';': return { kind: 'empty', start, end: this.end };
      default: return this.simpleOrLabeled();
    }
  }

  private simpleOrLabeled(): ast.Stmt {
    const stmt = this.simple();
    if (this.token !== ':' || stmt.kind !== 'expr' || stmt.x.kind !== 'ident') return stmt;
    const { start, name } = stmt.x;
    this.next();
    this.enter();
    const end = this.lastEnd;
    const inner: ast.Stmt = this.at('}') ? { kind: 'empty', start: end, end } : this.stmt();
    this.leave();
    return { kind: 'labeled', start, end: inner.end, label: name, stmt: inner };
  }

  private simple(): ast.Stmt {
    const stmt = this.simpleOrRange();
    return stmt.kind === 'rangeclause' ? this.giveUp() : stmt;
  }

  private simpleOrRange(): ast.Stmt | RangeClause {
    const { start } = this;
    const lhs = this.exprs();
    const [x] = lhs;
    const op = this.token;
    if (ASSIGNS.has(op)) {
      this.next();
      if (this.token === 'range' && (op === ':=' || op === '=')) return this.rangeClause(lhs, op === ':=');
      const rhs = this.exprs();
      return { kind: 'assign', start, end: this.lastEnd, lhs, op, rhs };
    }
    if (!x || lhs.length > 1) this.giveUp();
    if (op === '<-') {
      this.next();
      const value = this.expr();
      return { kind: 'send', start, end: this.lastEnd, channel: x, value };
    }
    if (op === '++' || op === '--') {
      this.next();
      return { kind: 'incdec', start, end: this.lastEnd, x };
    }
    return { kind: 'expr', start, end: this.lastEnd, x };
  }

  private rangeClause(lhs: readonly ast.Expr[], define: boolean): RangeClause {
    this.expect('range');
    return { kind: 'rangeclause', lhs, define, x: this.expr() };
  }

  /** Reads a header, in which a `{` begins the block. */
  private header<T>(read: () => T): T {
    const { level } = this;
    this.level = -1;
    const found = read();
    this.level = level;
    return found;
  }

  private ifStmt(): ast.If {
    const { start } = this;
    this.next();
    this.enter();
    const { init, last } = this.header(() => this.initAndLast());
    const cond = last?.kind === 'expr' ? last.x : this.giveUp();
    const then = this.block();
    const otherwise = this.skip('else') ? (this.token === 'if' ? this.ifStmt() : this.block()) : undefined;
    this.leave();
    return { kind: 'if', start, end: this.lastEnd, init, cond, then, else: otherwise };
  }

  /** `init; last {`, `last {`, `init; {` and `{`. */
  private initAndLast(): { init: ast.Stmt | undefined; last: ast.Stmt | undefined } {
    const first = this.token === ';' || this.token === '{' ? undefined : this.simple();
    if (!this.skip(';')) return { init: undefined, last: first };
    return { init: first, last: this.token === '{' ? undefined : this.simple() };
  }

  private forStmt(): ast.Stmt {
    const { start } = this;
    this.next();
    const header = this.header(() => this.forHeader());
    const body = this.block();
    const { lastEnd: end } = this;
    if (header.kind === 'rangeclause') return { kind: 'range', start, end, lhs: header.lhs, define: header.define, x: header.x, body };
    return { kind: 'for', start, end, init: header.init, cond: header.cond, post: header.post, body };
  }

  private forHeader(): RangeClause | { kind: 'forclause'; init: ast.Stmt | undefined; cond: ast.Expr | undefined; post: ast.Stmt | undefined } {
    if (this.token === '{') return { kind: 'forclause', init: undefined, cond: undefined, post: undefined };
    if (this.token === 'range') return this.rangeClause([], false);
    const init = this.token === ';' ? undefined : this.simpleOrRange();
    if (init?.kind === 'rangeclause') return init;
    if (!this.skip(';')) return { kind: 'forclause', init: undefined, cond: init?.kind === 'expr' ? init.x : this.giveUp(), post: undefined };
    const cond = this.token === ';' ? undefined : this.expr();
    this.expect(';');
    const post = this.token === '{' ? undefined : this.simple();
    return { kind: 'forclause', init, cond, post };
  }

  private switchStmt(): ast.Switch | ast.TypeSwitch {
    const { start } = this;
    this.next();
    this.enter();
    const { init, last } = this.header(() => this.initAndLast());
    this.expect('{');
    const clauses: ast.Clause[] = [];
    while (this.token !== '}') clauses.push(this.clause());
    this.next();
    this.leave();
    const { lastEnd: end } = this;
    const guard = guardOf(last);
    if (guard) return { kind: 'typeswitch', start, end, init, bind: guard.bind, x: guard.x, clauses };
    if (last && last.kind !== 'expr') this.giveUp();
    return { kind: 'switch', start, end, init, tag: last?.x, clauses };
  }

  private clause(): ast.Clause {
    const { start } = this;
    const isDefault = this.skip('default');
    if (!isDefault) this.expect('case');
    const exprs = isDefault ? [] : this.exprs();
    const { end, body } = this.clauseBody();
    return { start, end, exprs, isDefault, body };
  }

  private selectStmt(): ast.Select {
    const { start } = this;
    this.next();
    this.enter();
    this.expect('{');
    const clauses: ast.CommClause[] = [];
    while (this.token !== '}') clauses.push(this.commClause());
    this.next();
    this.leave();
    return { kind: 'select', start, end: this.lastEnd, clauses };
  }

  private commClause(): ast.CommClause {
    const { start } = this;
    const isDefault = this.skip('default');
    if (!isDefault) this.expect('case');
    const comm = isDefault ? undefined : this.simple();
    const { end, body } = this.clauseBody();
    return { start, end, comm, body };
  }

  /** From the `:` on; it ends with its last statement. */
  private clauseBody(): { readonly end: number; readonly body: readonly ast.Stmt[] } {
    this.expect(':');
    const { lastEnd } = this;
    const body = this.stmts();
    return { end: body.at(-1)?.end ?? lastEnd, body };
  }

  // ------------------------------------------------------------------------------------------ declarations

  /** `var`, `const` and `type`, with one spec or a group of them. */
  decl(): Exclude<ast.Decl, ast.FuncDecl | { kind: 'import' }> {
    const { token } = this;
    this.next();
    switch (token) {
      case 'var': return { kind: 'var', specs: this.specs(() => this.valueSpec()) };
      case 'const': return { kind: 'const', specs: repeated(this.specs(() => this.valueSpec())) };
      case 'type': return { kind: 'type', specs: this.specs(() => this.typeSpec()) };
      default: return this.giveUp();
    }
  }

  private specs<T>(each: () => T): T[] {
    if (!this.skip('(')) return [each()];
    const list: T[] = [];
    while (this.token !== ')') {
      list.push(each());
      if (!this.skip(';') && this.token !== ')') this.giveUp();
    }
    this.next();
    return list;
  }

  valueSpec(): ast.ValueSpec {
    const { start } = this;
    const names = [this.ident()];
    while (this.skip(',')) names.push(this.ident());
    const type = this.token === '=' || this.token === ';' || this.token === ')' || this.token === 'eof' ? undefined : this.type();
    const values = this.skip('=') ? this.exprs() : [];
    return { start, end: this.lastEnd, names, type, values };
  }

  typeSpec(): ast.TypeSpec {
    const { start } = this;
    const name = this.ident();
    const typeParams = this.token === '[' && this.hasTypeParams() ? this.typeParams() : [];
    const isAlias = this.skip('=');
    const type = this.type();
    return { start, end: this.lastEnd, name, typeParams, isAlias, type };
  }

  /** Whether the `[` behind the name of a type begins type parameters, and not an array. */
  private hasTypeParams(): boolean {
    const mark = this.mark();
    this.next();
    const isName = this.token === 'ident';
    if (isName) this.next();
    const { token } = this;
    // `[P *C]` may be either, and nobody writes it.
    if (isName && (token === '*' || token === '(')) this.giveUp();
    this.reset(mark);
    return isName && token !== ']' && token !== '.' && !isOperator(token);
  }

  /** A function up to its body. */
  funcHead(): Omit<ast.FuncDecl, 'bodySpan'> {
    const { start } = this;
    this.expect('func');
    const receiver = this.token === '(' ? this.params()[0] ?? this.giveUp() : undefined;
    const name = this.ident();
    const typeParams = this.token === '[' ? this.typeParams() : [];
    const type = this.funcType(start, typeParams);
    return { kind: 'func', start, end: this.lastEnd, name, receiver, type };
  }

  /** Nothing may follow. */
  finish(): void {
    this.skip(';');
    if (this.token !== 'eof') this.giveUp();
  }
}

function isOperator(token: string): boolean {
  return /^[-+/%^&|<>]/.test(token) && token !== '<-';
}

/** `x.(type)` and `v := x.(type)`. */
function guardOf(stmt: ast.Stmt | undefined): { bind: ast.Ident | undefined; x: ast.Expr } | undefined {
  if (stmt?.kind === 'expr') return isTypeGuard(stmt.x) ? { bind: undefined, x: stmt.x.x } : undefined;
  if (stmt?.kind !== 'assign' || stmt.op !== ':=' || stmt.lhs.length !== 1) return undefined;
  const [bind] = stmt.lhs;
  const [guard] = stmt.rhs;
  return bind?.kind === 'ident' && guard && isTypeGuard(guard) ? { bind, x: guard.x } : undefined;
}

function isTypeGuard(x: ast.Expr): x is ast.TypeAssert {
  return x.kind === 'assert' && x.type === undefined;
}
