/**
 * Go's block scoping inside one function: every identifier that means something declared in the function gets its
 * `entity`. What stays without one is a package-level name, an import, a predeclared name, a field or a method.
 */
import { type Block, type Clause, eachChild, type Entity, type Expr, type Field, type FuncDecl, type FuncNode, type FuncType, type Ident, type LocalConst, type Origin, type Stmt, type ValueSpec, type Variable } from './ast.ts';

class Scope {
  private readonly names = new Map<string, Entity>();
  constructor(private readonly outer: Scope | undefined) {}
  declare(entity: Entity): void {
    if (entity.name !== '_') this.names.set(entity.name, entity);
  }
  own(name: string): Entity | undefined {
    return this.names.get(name);
  }
  lookup(name: string): Entity | undefined {
    return this.names.get(name) ?? this.outer?.lookup(name);
  }
}

/** Binds the names in a function's signature and body. */
export function bindFunction(decl: FuncDecl, body: Block): void {
  const scope = new Scope(undefined);
  const binder = new Binder(decl);
  receiverTypeParams(decl.receiver).forEach(({ name, type }, index) => scope.declare({ kind: 'type', name, spec: undefined, constraint: { type, index } }));
  for (const field of decl.type.typeParams) {
    for (const name of field.names) scope.declare({ kind: 'type', name: name.name, spec: undefined, constraint: field.type });
    binder.expr(field.type, scope);
  }
  binder.stmts(body.stmts, binder.signature(decl.type, scope, decl.receiver ? [decl.receiver] : []));
}

/** Binds the names in a line of `var` at package level: only its function literals declare any. */
export function bindInitializer(decl: FuncDecl, spec: ValueSpec): void {
  const binder = new Binder(decl);
  const scope = new Scope(undefined);
  if (spec.type) binder.expr(spec.type, scope);
  for (const value of spec.values) binder.expr(value, scope);
}

/** The type parameters that a method's receiver names: `func (l *List[T]) …`. */
function receiverTypeParams(receiver: Field | undefined): { name: string; type: string }[] {
  let type = receiver?.type;
  if (type?.kind === 'paren') type = type.x;
  if (type?.kind === 'star') type = type.x;
  if (type?.kind !== 'index' || type.x.kind !== 'ident') return [];
  const { name } = type.x;
  return type.indices.flatMap(x => (x.kind === 'ident' ? [{ name: x.name, type: name }] : []));
}

class Binder {
  constructor(private readonly owner: FuncNode) {}

  /**
   * Names of a signature mean nothing in it: in `func f(url string, v url.Values)` the second `url` is a package. Returns
   * the scope of the body, to which the results belong: with `f, err := …` a result `f` is given its value, not hidden. A
   * parameter is taken for hidden then, as nothing after that can mean what the function was given.
   */
  signature({ params, results }: FuncType, scope: Scope, receivers: readonly Field[] = []): Scope {
    for (const field of [...receivers, ...params, ...results]) this.expr(field.type, scope);
    this.fields(receivers, 'receiver', scope);
    this.fields(params, 'param', scope);
    const inner = new Scope(scope);
    this.fields(results, 'result', inner);
    return inner;
  }

  private fields(fields: readonly Field[], role: Variable['role'], scope: Scope): void {
    for (const field of fields) {
      for (const ident of field.names) this.declareVar(ident, role, { kind: 'declared', type: field.type, variadic: field.variadic }, scope);
    }
  }

  private declareVar(ident: Ident, role: Variable['role'], origin: Origin, scope: Scope): void {
    const variable: Variable = { kind: 'var', name: ident.name, role, ident, origin, owner: this.owner, assigned: [] };
    ident.entity = variable;
    scope.declare(variable);
  }

  stmts(stmts: readonly Stmt[], scope: Scope): void {
    for (const stmt of stmts) this.stmt(stmt, scope);
  }

  private optional(stmt: Stmt | undefined, scope: Scope): void {
    if (stmt) this.stmt(stmt, scope);
  }

  private stmt(stmt: Stmt, scope: Scope): void {
    switch (stmt.kind) {
      case 'block':
        return this.stmts(stmt.stmts, new Scope(scope));
      case 'expr':
      case 'incdec':
        return this.expr(stmt.x, scope);
      case 'send':
        this.expr(stmt.channel, scope);
        return this.expr(stmt.value, scope);
      case 'assign':
        return this.assign(stmt.lhs, stmt.op === ':=', stmt.rhs, scope);
      case 'go':
      case 'defer':
        return this.expr(stmt.call, scope);
      case 'return':
        return this.exprs(stmt.results, scope);
      case 'if': {
        const inner = new Scope(scope);
        this.optional(stmt.init, inner);
        this.expr(stmt.cond, inner);
        this.stmt(stmt.then, inner);
        return this.optional(stmt.else, inner);
      }
      case 'switch': {
        const inner = new Scope(scope);
        this.optional(stmt.init, inner);
        if (stmt.tag) this.expr(stmt.tag, inner);
        for (const clause of stmt.clauses) this.clause(clause, new Scope(inner));
        return;
      }
      case 'typeswitch': {
        const inner = new Scope(scope);
        this.optional(stmt.init, inner);
        this.expr(stmt.x, inner);
        for (const clause of stmt.clauses) {
          const own = new Scope(inner);
          // Each clause has a variable of its own type; the identifier can hold only one, so the last clause's stays on it.
          if (stmt.bind) this.declareVar(stmt.bind, 'local', { kind: 'typeswitch', x: stmt.x, types: clause.exprs }, own);
          this.clause(clause, own);
        }
        return;
      }
      case 'select':
        for (const clause of stmt.clauses) {
          const inner = new Scope(scope);
          this.optional(clause.comm, inner);
          this.stmts(clause.body, inner);
        }
        return;
      case 'for': {
        const inner = new Scope(scope);
        this.optional(stmt.init, inner);
        if (stmt.cond) this.expr(stmt.cond, inner);
        this.optional(stmt.post, inner);
        return this.stmt(stmt.body, inner);
      }
      case 'range': {
        this.expr(stmt.x, scope);
        const inner = new Scope(scope);
        stmt.lhs.forEach((x, position) => {
          if (stmt.define && x.kind === 'ident') this.declareVar(x, 'local', { kind: 'range', x: stmt.x, position }, inner);
          else this.expr(x, scope);
          if (!stmt.define && x.kind === 'ident' && x.entity?.kind === 'var') x.entity.assigned.push({ kind: 'range', x: stmt.x, position });
        });
        return this.stmt(stmt.body, inner);
      }
      case 'labeled':
        return this.stmt(stmt.stmt, scope);
      case 'decl':
        return this.decl(stmt, scope);
      case 'branch':
      case 'empty':
      case 'bad':
        return;
    }
  }

  private clause(clause: Clause, scope: Scope): void {
    this.exprs(clause.exprs, scope);
    this.stmts(clause.body, scope);
  }

  private assign(lhs: readonly Expr[], define: boolean, rhs: readonly Expr[], scope: Scope): void {
    this.exprs(rhs, scope);
    lhs.forEach((x, index) => {
      // `:=` declares only names that are new in this very scope.
      const isNew = define && x.kind === 'ident' && !scope.own(x.name);
      if (!isNew) {
        this.expr(x, scope);
        if (x.kind === 'ident' && x.entity?.kind === 'var') x.entity.assigned.push(valueOrigin(rhs, index, lhs.length));
        return;
      }
      this.declareVar(x, 'local', valueOrigin(rhs, index, lhs.length), scope);
    });
  }

  private decl(stmt: Stmt & { kind: 'decl' }, scope: Scope): void {
    const { decl } = stmt;
    if (decl.kind === 'var') {
      for (const spec of decl.specs) {
        this.exprs(spec.values, scope);
        if (spec.type) this.expr(spec.type, scope);
        spec.names.forEach((ident, index) => {
          const value = valueOrigin(spec.values, index, spec.names.length);
          this.declareVar(ident, 'local', spec.type ? { kind: 'declared', type: spec.type, variadic: false } : value, scope);
          if (spec.type && spec.values.length && ident.entity?.kind === 'var') ident.entity.assigned.push(value);
        });
      }
    } else if (decl.kind === 'const') {
      for (const spec of decl.specs) {
        this.exprs(spec.values, scope);
        spec.names.forEach((ident, index) => {
          const entity: LocalConst = { kind: 'const', name: ident.name, type: spec.type, value: spec.values[index] };
          ident.entity = entity;
          scope.declare(entity);
        });
      }
    } else if (decl.kind === 'type') {
      for (const spec of decl.specs) {
        scope.declare({ kind: 'type', name: spec.name.name, spec });
        this.expr(spec.type, scope);
      }
    }
  }

  private exprs(list: readonly Expr[], scope: Scope): void {
    for (const x of list) this.expr(x, scope);
  }

  expr(x: Expr, scope: Scope): void {
    switch (x.kind) {
      case 'ident':
        x.entity = scope.lookup(x.name);
        return;
      case 'funclit': {
        const inner = new Scope(scope);
        const binder = new Binder(x);
        return binder.stmts(x.body.stmts, binder.signature(x.type, inner));
      }
      case 'unary':
        this.expr(x.x, scope);
        if (x.op === '&' && x.x.kind === 'ident' && x.x.entity?.kind === 'var') x.x.entity.assigned.push('unknown');
        return;
      case 'composite':
        if (x.type) this.expr(x.type, scope);
        for (const element of x.elements) {
          // A bare name as a key may be a struct field; it is bound all the same, readers look at the literal's type.
          if (element.key) this.expr(element.key, scope);
          this.expr(element.value, scope);
        }
        return;
      case 'assert':
        this.expr(x.x, scope);
        if (x.type) this.expr(x.type, scope);
        return;
      case 'array':
        if (x.length && x.length !== '...') this.expr(x.length, scope);
        return this.expr(x.elem, scope);
      case 'map':
        this.expr(x.key, scope);
        return this.expr(x.value, scope);
      case 'chan':
        return this.expr(x.elem, scope);
      case 'interface':
        for (const method of x.methods) this.expr(method.type, scope);
        return this.exprs(x.embeds, scope);
      case 'functype':
        for (const field of [...x.params, ...x.results]) this.expr(field.type, scope);
        return;
      case 'struct':
        for (const field of x.fields) this.expr(field.type, scope);
        return;
      default:
        return eachChild(x, child => this.expr(child, scope));
    }
  }
}

function valueOrigin(rhs: readonly Expr[], index: number, count: number): Origin {
  const own = rhs.length === count ? rhs[index] : undefined;
  if (own) return { kind: 'value', expr: own, index: 0, count: 1 };
  const call = rhs[0];
  return call ? { kind: 'value', expr: call, index, count } : { kind: 'declared', type: { kind: 'bad', start: 0, end: 0 }, variadic: false };
}
