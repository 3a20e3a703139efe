/**
 * Go syntax as discriminated unions. Types are expressions, as in go/ast, because Go's own grammar cannot tell
 * `T(x)` from `f(x)` without declarations. Offsets are UTF-16 units from the start of the file.
 */
interface Node {
  readonly start: number;
  readonly end: number;
}

export interface Ident extends Node {
  readonly kind: 'ident';
  readonly name: string;
  /** What the name means when it is declared inside the function; set by `bindFunction`. */
  entity?: Entity | undefined;
}
export interface Literal extends Node { readonly kind: 'literal'; readonly token: 'int' | 'float' | 'imaginary' | 'rune' | 'string'; readonly text: string }
export interface CompositeLit extends Node { readonly kind: 'composite'; readonly type: Expr | undefined; readonly elements: readonly Element[] }
export interface Element extends Node { readonly key: Expr | undefined; readonly value: Expr }
export interface FuncLit extends Node { readonly kind: 'funclit'; readonly type: FuncType; readonly body: Block }
export interface Paren extends Node { readonly kind: 'paren'; readonly x: Expr }
export interface Selector extends Node { readonly kind: 'selector'; readonly x: Expr; readonly sel: Ident }
export interface Index extends Node { readonly kind: 'index'; readonly x: Expr; readonly indices: readonly Expr[] }
export interface Slice extends Node { readonly kind: 'slice'; readonly x: Expr; readonly bounds: readonly Expr[] }
/** `x.(T)`; `type` is undefined in `x.(type)`. */
export interface TypeAssert extends Node { readonly kind: 'assert'; readonly x: Expr; readonly type: Expr | undefined }
export interface Call extends Node { readonly kind: 'call'; readonly fun: Expr; readonly args: readonly Expr[]; readonly spread: boolean }
export interface Star extends Node { readonly kind: 'star'; readonly x: Expr }
export interface Unary extends Node { readonly kind: 'unary'; readonly op: string; readonly x: Expr }
export interface Binary extends Node { readonly kind: 'binary'; readonly op: string; readonly x: Expr; readonly y: Expr }
/** `[]T`, `[4]T`, `[...]T`: `length` is undefined for a slice. */
export interface ArrayType extends Node { readonly kind: 'array'; readonly length: Expr | '...' | undefined; readonly elem: Expr }
export interface MapType extends Node { readonly kind: 'map'; readonly key: Expr; readonly value: Expr }
export interface ChanType extends Node { readonly kind: 'chan'; readonly dir: 'both' | 'send' | 'receive'; readonly elem: Expr }
export interface FuncType extends Node { readonly kind: 'functype'; readonly typeParams: readonly Field[]; readonly params: readonly Field[]; readonly results: readonly Field[] }
export interface StructType extends Node { readonly kind: 'struct'; readonly fields: readonly Field[] }
export interface InterfaceType extends Node { readonly kind: 'interface'; readonly methods: readonly InterfaceMethod[]; readonly embeds: readonly Expr[] }
export interface InterfaceMethod extends Node { readonly name: Ident; readonly type: FuncType }
/** What could not be read. */
export interface Bad extends Node { readonly kind: 'bad' }

/** Names that share a type: a parameter group, a struct field group (no names: embedded or unnamed). */
export interface Field extends Node { readonly names: readonly Ident[]; readonly type: Expr; readonly variadic: boolean }

export type Expr =
  | Ident | Literal | CompositeLit | FuncLit | Paren | Selector | Index | Slice | TypeAssert | Call | Star | Unary | Binary
  | ArrayType | MapType | ChanType | FuncType | StructType | InterfaceType | Bad;

export interface Block extends Node { readonly kind: 'block'; readonly stmts: readonly Stmt[] }
export interface ExprStmt extends Node { readonly kind: 'expr'; readonly x: Expr }
export interface Send extends Node { readonly kind: 'send'; readonly channel: Expr; readonly value: Expr }
export interface IncDec extends Node { readonly kind: 'incdec'; readonly x: Expr }
/** `=`, `:=` and `op=`; `op` is the token as written. */
export interface Assign extends Node { readonly kind: 'assign'; readonly lhs: readonly Expr[]; readonly op: string; readonly rhs: readonly Expr[] }
export interface Go extends Node { readonly kind: 'go'; readonly call: Expr }
export interface Defer extends Node { readonly kind: 'defer'; readonly call: Expr }
export interface Return extends Node { readonly kind: 'return'; readonly results: readonly Expr[] }
export interface Branch extends Node { readonly kind: 'branch'; readonly token: 'break' | 'continue' | 'goto' | 'fallthrough'; readonly label: string | undefined }
export interface If extends Node { readonly kind: 'if'; readonly init: Stmt | undefined; readonly cond: Expr; readonly then: Block; readonly else: Stmt | undefined }
/** A clause of `switch`; no expressions and `isDefault` for `default`. */
export interface Clause extends Node { readonly exprs: readonly Expr[]; readonly isDefault: boolean; readonly body: readonly Stmt[] }
export interface Switch extends Node { readonly kind: 'switch'; readonly init: Stmt | undefined; readonly tag: Expr | undefined; readonly clauses: readonly Clause[] }
export interface TypeSwitch extends Node { readonly kind: 'typeswitch'; readonly init: Stmt | undefined; readonly bind: Ident | undefined; readonly x: Expr; readonly clauses: readonly Clause[] }
/** `comm` is a send, a receive expression or an assignment from one; undefined for `default`. */
export interface CommClause extends Node { readonly comm: Stmt | undefined; readonly body: readonly Stmt[] }
export interface Select extends Node { readonly kind: 'select'; readonly clauses: readonly CommClause[] }
export interface For extends Node { readonly kind: 'for'; readonly init: Stmt | undefined; readonly cond: Expr | undefined; readonly post: Stmt | undefined; readonly body: Block }
export interface Range extends Node { readonly kind: 'range'; readonly lhs: readonly Expr[]; readonly define: boolean; readonly x: Expr; readonly body: Block }
export interface Labeled extends Node { readonly kind: 'labeled'; readonly label: string; readonly stmt: Stmt }
export interface DeclStmt extends Node { readonly kind: 'decl'; readonly decl: Decl }
export interface Empty extends Node { readonly kind: 'empty' }

export type Stmt =
  | Block | ExprStmt | Send | IncDec | Assign | Go | Defer | Return | Branch | If | Switch | TypeSwitch | Select | For | Range
  | Labeled | DeclStmt | Empty | Bad;

export interface ImportSpec extends Node { readonly name: string | undefined; readonly path: string }
/** One line of `var` or `const`; `values` may be empty (`var x T`, an implicit repetition in a const group). */
export interface ValueSpec extends Node { readonly names: readonly Ident[]; readonly type: Expr | undefined; readonly values: readonly Expr[] }
export interface TypeSpec extends Node { readonly name: Ident; readonly typeParams: readonly Field[]; readonly isAlias: boolean; readonly type: Expr }

/** A function or method. The body is read when it is asked for; see `readBody` in declarations.ts. */
export interface FuncDecl extends Node {
  readonly kind: 'func';
  readonly name: Ident;
  readonly receiver: Field | undefined;
  readonly type: FuncType;
  /** The span of `{ … }`; undefined for a declaration without a body. */
  readonly bodySpan: { readonly start: number; readonly end: number } | undefined;
}
export interface ConstDecl { readonly kind: 'const'; readonly specs: readonly ValueSpec[] }
export type Decl =
  | FuncDecl
  | { readonly kind: 'var'; readonly specs: readonly ValueSpec[] }
  | ConstDecl
  | { readonly kind: 'type'; readonly specs: readonly TypeSpec[] }
  | { readonly kind: 'import'; readonly specs: readonly ImportSpec[] };

/** Where a variable's type comes from. */
export type Origin =
  | { readonly kind: 'declared'; readonly type: Expr; readonly variadic: boolean }
  /** `a, b := f()`: value `index` of `count` names on the left. */
  | { readonly kind: 'value'; readonly expr: Expr; readonly index: number; readonly count: number }
  | { readonly kind: 'range'; readonly x: Expr; readonly position: number }
  | { readonly kind: 'typeswitch'; readonly x: Expr; readonly types: readonly Expr[] };

export interface Variable {
  readonly kind: 'var';
  readonly name: string;
  readonly role: 'receiver' | 'param' | 'result' | 'local';
  /** The declaring identifier. */
  readonly ident: Ident;
  readonly origin: Origin;
  /** The innermost function that declares it. */
  readonly owner: FuncNode;
  /** What is assigned to it after its declaration, or in one that has a type as well (`var n T = f()`); `unknown` where its address is taken. */
  readonly assigned: (Origin | 'unknown')[];
}
export interface LocalConst { readonly kind: 'const'; readonly name: string; readonly type: Expr | undefined; readonly value: Expr | undefined }
/** A type declared in a function, or a type parameter. */
export type LocalType =
  | { readonly kind: 'type'; readonly name: string; readonly spec: TypeSpec }
  | TypeParamName;
export interface TypeParamName {
  readonly kind: 'type';
  readonly name: string;
  readonly spec: undefined;
  /** What stands behind it in the list of type parameters; for one that a receiver names, which one of its type's it is. */
  readonly constraint: Expr | { readonly type: string; readonly index: number };
}
export type Entity = Variable | LocalConst | LocalType;

/** A function with statements of its own. */
export type FuncNode = FuncDecl | FuncLit;

/** Calls `visit` with each direct child of an expression. */
export function eachChild(x: Expr, visit: (child: Expr) => void): void {
  switch (x.kind) {
    case 'composite':
      if (x.type) visit(x.type);
      for (const element of x.elements) {
        if (element.key) visit(element.key);
        visit(element.value);
      }
      return;
    case 'paren':
    case 'star':
    case 'unary':
    case 'selector':
      return visit(x.x);
    case 'index':
      visit(x.x);
      return x.indices.forEach(visit);
    case 'slice':
      visit(x.x);
      return x.bounds.forEach(visit);
    case 'assert':
      return visit(x.x);
    case 'call':
      visit(x.fun);
      return x.args.forEach(visit);
    case 'binary':
      visit(x.x);
      return visit(x.y);
    case 'array':
      if (x.length && x.length !== '...') visit(x.length);
      return;
    case 'ident':
    case 'literal':
    case 'funclit':
    case 'map':
    case 'chan':
    case 'functype':
    case 'struct':
    case 'interface':
    case 'bad':
      return;
  }
}

/** `x` without the parentheses around it. */
export function unparen(x: Expr): Expr {
  return x.kind === 'paren' ? unparen(x.x) : x;
}

/** `a`, `b` and `c` of `a && b && c`; the expression itself where it is no such row. */
export function operandsOf(expr: Expr, op: '&&' | '||'): readonly Expr[] {
  const x = unparen(expr);
  return x.kind === 'binary' && x.op === op ? [...operandsOf(x.x, op), ...operandsOf(x.y, op)] : [x];
}

/** The predeclared `nil`. */
export function isNil(x: Expr | undefined): boolean {
  return x?.kind === 'ident' && x.name === 'nil' && !x.entity;
}

/** The variable that an expression is. */
export function variableIn(x: Expr | undefined): Variable | undefined {
  return x?.kind === 'ident' && x.entity?.kind === 'var' ? x.entity : undefined;
}
