import type * as ast from '../ast.ts';
import { Lexer } from './lexer.ts';

/** Nesting beyond this is none that people write, and recursion over it might overflow. */
const DEEPEST = 200;

/** What may stand before the type in a list of parameters or fields: `name T`, or a type alone. */
interface Entry {
  readonly start: number;
  readonly end: number;
  readonly name: ast.Ident | undefined;
  readonly type: ast.Expr | undefined;
  readonly variadic: boolean;
}

/** Types, parameters and fields. */
export abstract class Types extends Lexer {
  private depth = 0;

  abstract expr(): ast.Expr;
  /** An expression in brackets, where a composite literal cannot be taken for a block. */
  abstract inner(): ast.Expr;

  ident(): ast.Ident {
    if (this.token !== 'ident') this.giveUp();
    const { start, end } = this;
    const name = this.name();
    this.next();
    // The place for what binding it finds is there from the start: added later it would cost as much as the rest.
    return { kind: 'ident', start, end, name, entity: undefined };
  }

  /** To be called before, and `leave` after, whatever may contain itself. */
  enter(): void {
    if (++this.depth > DEEPEST) this.giveUp();
  }

  leave(): void {
    this.depth--;
  }

  type(): ast.Expr {
    this.enter();
    const x = this.anyType();
    this.leave();
    return x;
  }

  private anyType(): ast.Expr {
    const { start } = this;
    switch (this.token) {
      case 'ident':
        return this.typeName(this.ident());
      case '*': {
        this.next();
        const x = this.type();
        return { kind: 'star', start, end: this.lastEnd, x };
      }
      case '(': {
        this.next();
        const x = this.type();
        this.expect(')');
        return { kind: 'paren', start, end: this.lastEnd, x };
      }
      case '<-':
      case 'chan':
        return this.chanType();
      default:
        return this.typeLiteral() ?? this.giveUp();
    }
  }

  /** A type that is no name, pointer or channel; undefined where none begins. */
  typeLiteral(): ast.Expr | undefined {
    const { start } = this;
    switch (this.token) {
      case '[':
        return this.arrayType(start);
      case 'map': {
        this.next();
        this.expect('[');
        const key = this.type();
        this.expect(']');
        const value = this.type();
        return { kind: 'map', start, end: this.lastEnd, key, value };
      }
      case 'struct':
        return this.structType(start);
      case 'interface':
        return this.interfaceType(start);
      case 'func':
        this.next();
        return this.funcType(start);
      default:
        return undefined;
    }
  }

  chanType(): ast.ChanType {
    const { start } = this;
    const receives = this.skip('<-');
    this.expect('chan');
    const sends = !receives && this.skip('<-');
    const elem = this.type();
    return { kind: 'chan', start, end: this.lastEnd, dir: receives ? 'receive' : sends ? 'send' : 'both', elem };
  }

  /** `T`, `pkg.T` and either with type arguments. */
  private typeName(first: ast.Ident): ast.Expr {
    let x: ast.Expr = first;
    if (this.skip('.')) {
      const sel = this.ident();
      x = { kind: 'selector', start: first.start, end: sel.end, x: first, sel };
    }
    return this.token === '[' ? this.instance(x) : x;
  }

  private instance(x: ast.Expr): ast.Index {
    this.expect('[');
    const indices: ast.Expr[] = [];
    do {
      if (this.token === ']') break;
      indices.push(this.type());
    } while (this.skip(','));
    this.expect(']');
    if (!indices.length) this.giveUp();
    return { kind: 'index', start: x.start, end: this.lastEnd, x, indices };
  }

  private arrayType(start: number): ast.ArrayType {
    this.expect('[');
    let length: ast.ArrayType['length'];
    if (this.skip('...')) length = '...';
    else if (this.token !== ']') length = this.inner();
    this.expect(']');
    const elem = this.type();
    return { kind: 'array', start, end: this.lastEnd, length, elem };
  }

  private structType(start: number): ast.StructType {
    this.next();
    this.expect('{');
    const fields: ast.Field[] = [];
    while (this.token !== '}') {
      fields.push(this.structField());
      if (this.token !== '}') this.expect(';');
    }
    this.next();
    return { kind: 'struct', start, end: this.lastEnd, fields };
  }

  private structField(): ast.Field {
    const { start } = this;
    const names: ast.Ident[] = [];
    let type: ast.Expr;
    if (this.token === 'ident') {
      const first = this.ident();
      const embedded = this.embedded(first);
      if (!embedded) {
        names.push(first);
        while (this.skip(',')) names.push(this.ident());
      }
      type = embedded ?? this.type();
    } else {
      if (this.token !== '*') this.giveUp();
      type = this.type();
    }
    this.skip('string');
    return { start, end: this.lastEnd, names, type, variadic: false };
  }

  /** The embedded type that begins with a name; undefined where the name is a field's. */
  private embedded(first: ast.Ident): ast.Expr | undefined {
    if (this.token === '.') return this.typeName(first);
    if (this.token === '[') return this.instanceBefore(first);
    return this.endsField() ? first : undefined;
  }

  private endsField(): boolean {
    return this.token === ';' || this.token === '}' || this.token === 'string';
  }

  /** `T[A]` that is a type on its own, and not a name before `[n]T` or `[]T`. */
  private instanceBefore(x: ast.Ident): ast.Expr | undefined {
    const mark = this.mark();
    const indices: ast.Expr[] = [];
    this.next();
    while (this.token !== ']' && this.token !== '...') {
      indices.push(this.inner());
      if (!this.skip(',')) break;
    }
    if (indices.length && this.skip(']') && (this.endsField() || this.token === ',' || this.token === ')')) {
      return { kind: 'index', start: x.start, end: this.lastEnd, x, indices };
    }
    this.reset(mark);
    return undefined;
  }

  private interfaceType(start: number): ast.InterfaceType {
    this.next();
    this.expect('{');
    const methods: ast.InterfaceMethod[] = [];
    const embeds: ast.Expr[] = [];
    while (this.token !== '}') {
      const name = this.token === 'ident' ? this.ident() : undefined;
      if (name && this.token === '(') {
        const type = this.funcType(name.start);
        methods.push({ start: name.start, end: this.lastEnd, name, type });
      } else {
        embeds.push(this.union(name && this.typeName(name)));
      }
      if (this.token !== '}') this.expect(';');
    }
    this.next();
    return { kind: 'interface', start, end: this.lastEnd, methods, embeds };
  }

  /** `A | ~B`, whose first term may have been read. */
  private union(first: ast.Expr = this.term()): ast.Expr {
    let x = first;
    while (this.skip('|')) {
      const y = this.term();
      x = { kind: 'binary', start: x.start, end: y.end, op: '|', x, y };
    }
    return x;
  }

  private term(): ast.Expr {
    const { start } = this;
    if (!this.skip('~')) return this.type();
    const x = this.type();
    return { kind: 'unary', start, end: this.lastEnd, op: '~', x };
  }

  /** What stands behind `func`, or behind the name of a function or method. */
  funcType(start: number, typeParams: readonly ast.Field[] = []): ast.FuncType {
    const params = this.params();
    const results = this.results();
    return { kind: 'functype', start, end: this.lastEnd, typeParams, params, results };
  }

  private results(): readonly ast.Field[] {
    switch (this.token) {
      case '(':
        return this.params();
      case 'ident': case '*': case '[': case 'map': case 'chan': case 'func': case 'struct': case 'interface': case '<-': {
        const { start } = this;
        const type = this.type();
        return [{ start, end: this.lastEnd, names: [], type, variadic: false }];
      }
      default:
        return [];
    }
  }

  params(): readonly ast.Field[] {
    this.expect('(');
    const entries: Entry[] = [];
    do {
      if (this.token === ')') break;
      entries.push(this.entry());
    } while (this.skip(','));
    this.expect(')');
    return entries.some(entry => entry.name && entry.type) ? this.named(entries)
      : entries.map(({ start, end, name, type, variadic }) => ({ start, end, names: [], type: type ?? name ?? this.giveUp(), variadic }));
  }

  /** One of a list of parameters; a name alone may be a type. */
  private entry(): Entry {
    const { start } = this;
    let name: ast.Ident | undefined;
    let type: ast.Expr | undefined;
    let variadic = false;
    if (this.token === 'ident') {
      name = this.ident();
      if (this.at('.')) type = this.typeName(name);
      else if (this.at('[')) type = this.instanceBefore(name);
      if (type) name = undefined;
    }
    if (!type && this.token !== ',' && this.token !== ')') {
      variadic = this.skip('...');
      type = this.type();
    }
    return { start, end: this.lastEnd, name, type, variadic };
  }

  /** Names before the next type share it. */
  private named(entries: readonly Entry[]): ast.Field[] {
    const fields: ast.Field[] = [];
    let names: ast.Ident[] = [];
    for (const { end, name, type, variadic } of entries) {
      names.push(name ?? this.giveUp());
      if (!type) continue;
      fields.push({ start: names[0]?.start ?? end, end, names, type, variadic });
      names = [];
    }
    if (names.length) this.giveUp();
    return fields;
  }

  typeParams(): ast.Field[] {
    this.expect('[');
    const fields: ast.Field[] = [];
    do {
      if (this.token === ']') break;
      const { start } = this;
      const names = [this.ident()];
      while (this.skip(',')) names.push(this.ident());
      const type = this.union();
      fields.push({ start, end: this.lastEnd, names, type, variadic: false });
    } while (this.skip(','));
    this.expect(']');
    return fields;
  }
}
