import type * as ast from '../ast.ts';
import { Types } from './types.ts';

/** Operands or steps in a row. The tree of a longer row would be too deep for recursion over it; what comes first is cut off. */
const LONGEST = 300;

/** Expressions, of which types are some: `T(x)` cannot be told from `f(x)`. */
export abstract class Expressions extends Types {
  /**
   * Negative in the header of `if`, `for` and `switch`, outside of brackets: there a `{` behind a name begins the block. As
   * go/parser has it.
   */
  protected level = 0;

  abstract block(): ast.Block;

  exprs(): ast.Expr[] {
    const list = [this.expr()];
    while (this.skip(',')) list.push(this.expr());
    return list;
  }

  inner(): ast.Expr {
    this.level++;
    const x = this.expr();
    this.level--;
    return x;
  }

  expr(): ast.Expr {
    this.enter();
    const x = this.binaryExpr(1);
    this.leave();
    return x;
  }

  private binaryExpr(least: number): ast.Expr {
    let x = this.unaryExpr();
    for (let count = 1; this.precedence >= least; count++) {
      if (count % LONGEST === 0) x = cutOff(x);
      const { token, precedence } = this;
      this.next();
      const y = this.binaryExpr(precedence + 1);
      x = { kind: 'binary', start: x.start, end: this.lastEnd, op: token, x, y };
    }
    return x;
  }

  private unaryExpr(): ast.Expr {
    const { token, start } = this;
    switch (token) {
      case '+': case '-': case '!': case '^': case '&': case '*': case '<-': {
        if (token === '<-' && this.isChannelType()) return this.chanType();
        this.next();
        this.enter();
        const x = this.unaryExpr();
        this.leave();
        return token === '*' ? { kind: 'star', start, end: this.lastEnd, x } : { kind: 'unary', start, end: this.lastEnd, op: token, x };
      }
      default:
        return this.primary();
    }
  }

  private isChannelType(): boolean {
    const mark = this.mark();
    this.next();
    const found = this.token === 'chan';
    this.reset(mark);
    return found;
  }

  private primary(): ast.Expr {
    let x = this.operand();
    for (let count = 1; ; count++) {
      if (count % LONGEST === 0) x = cutOff(x);
      switch (this.token) {
        case '.':
          x = this.selected(x);
          break;
        case '[':
          x = this.indexed(x);
          break;
        case '(':
          x = this.called(x);
          break;
        case '{':
          if (!this.mayBeLiteral(x)) return x;
          x = this.composite(x.start, x);
          break;
        default:
          return x;
      }
    }
  }

  private operand(): ast.Expr {
    const { token, start, end } = this;
    switch (token) {
      case 'ident':
        return this.ident();
      case 'int': case 'float': case 'imaginary': case 'rune': case 'string': {
        const text = this.literal();
        this.next();
        return { kind: 'literal', start, end, token, text };
      }
      case '(': {
        this.next();
        const x = this.inner();
        this.expect(')');
        return { kind: 'paren', start, end: this.lastEnd, x };
      }
      case 'chan':
        return this.chanType();
      case 'func': {
        const type = this.typeLiteral();
        return this.token === '{' && type?.kind === 'functype' ? this.funcLit(type) : type ?? this.giveUp();
      }
      default:
        return this.typeLiteral() ?? this.giveUp();
    }
  }

  private funcLit(type: ast.FuncType): ast.FuncLit {
    const { level } = this;
    this.level = 0;
    const body = this.block();
    this.level = level;
    return { kind: 'funclit', start: type.start, end: this.lastEnd, type, body };
  }

  private selected(x: ast.Expr): ast.Expr {
    this.next();
    if (this.token === '(') {
      this.next();
      const type = this.skip('type') ? undefined : this.type();
      this.expect(')');
      return { kind: 'assert', start: x.start, end: this.lastEnd, x, type };
    }
    const sel = this.ident();
    return { kind: 'selector', start: x.start, end: sel.end, x, sel };
  }

  /** `x[i]`, `x[i:j]` and `f[A, B]`. */
  private indexed(x: ast.Expr): ast.Expr {
    this.next();
    const parts: ast.Expr[] = [];
    let colons = 0;
    let hasComma = false;
    while (this.token !== ']') {
      if (this.skip(':')) colons++;
      else {
        parts.push(this.inner());
        if (this.skip(',')) hasComma = true;
        else if (this.token !== ':' && this.token !== ']') this.giveUp();
      }
    }
    this.next();
    if (colons > 2 || (colons ? hasComma || parts.length > colons + 1 : !parts.length)) this.giveUp();
    return colons ? { kind: 'slice', start: x.start, end: this.lastEnd, x, bounds: parts }
      : { kind: 'index', start: x.start, end: this.lastEnd, x, indices: parts };
  }

  private called(fun: ast.Expr): ast.Call {
    this.next();
    const args: ast.Expr[] = [];
    let spread = false;
    this.level++;
    while (this.token !== ')') {
      args.push(this.expr());
      if (this.skip('...')) spread = true;
      if (!this.skip(',') && this.token !== ')') this.giveUp();
    }
    this.level--;
    this.next();
    return { kind: 'call', start: fun.start, end: this.lastEnd, fun, args, spread };
  }

  /** Whether a `{` behind it begins a composite literal. */
  private mayBeLiteral(x: ast.Expr): boolean {
    switch (x.kind) {
      case 'ident': return this.level >= 0;
      case 'selector': return this.level >= 0 && x.x.kind === 'ident';
      case 'index': return this.level >= 0 && (x.x.kind === 'ident' || (x.x.kind === 'selector' && x.x.x.kind === 'ident'));
      case 'array': case 'map': case 'struct': return true;
      default: return false;
    }
  }

  /** From the `{` on. */
  private composite(start: number, type: ast.Expr | undefined): ast.CompositeLit {
    this.enter();
    this.expect('{');
    this.level++;
    const elements: ast.Element[] = [];
    while (this.token !== '}') {
      elements.push(this.element());
      if (!this.skip(',') && this.token !== '}') this.giveUp();
    }
    this.level--;
    this.next();
    this.leave();
    return { kind: 'composite', start, end: this.lastEnd, type, elements };
  }

  private element(): ast.Element {
    const { start } = this;
    const first = this.elementValue();
    if (!this.skip(':')) return { start, end: this.lastEnd, key: undefined, value: first };
    const value = this.elementValue();
    return { start, end: this.lastEnd, key: first, value };
  }

  private elementValue(): ast.Expr {
    return this.token === '{' ? this.composite(this.start, undefined) : this.expr();
  }
}

function cutOff({ start, end }: ast.Expr): ast.Bad {
  return { kind: 'bad', start, end };
}
