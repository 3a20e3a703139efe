/** Expressions of one function put into the words of its caller, arguments in the place of parameters. */
import type { FuncInfo } from '../program/package.ts';
import { type Call, type Expr, type FuncDecl, type Ident, unparen, type Variable } from '../syntax/ast.ts';

export type Bindings = ReadonlyMap<Variable, Expr>;

export interface Given {
  readonly bindings: Bindings;
  /** Whether names of the package mean the same to the caller. */
  readonly isSamePackage: boolean;
}

/** The arguments by the variables of the parameters, the receiver among them. */
export function argumentsOf({ fun, args }: Call, { decl }: FuncInfo): Bindings {
  const inner = unparen(fun);
  const pairs = parametersOf(decl).map((name, i) => [name, args[i]] as const);
  if (inner.kind === 'selector') pairs.push([decl.receiver?.names[0], inner.x]);
  return new Map(pairs.flatMap(([name, value]) => (name?.entity?.kind === 'var' && value ? [[name.entity, value] as const] : [])));
}

/** The names of the parameters that one argument each goes to, in their order; undefined for others. */
export function parametersOf({ type }: FuncDecl): readonly (Ident | undefined)[] {
  return type.params.flatMap((field): readonly (Ident | undefined)[] => (field.variadic || field.names.length === 0 ? [undefined] : field.names));
}

/** Undefined where a part has no words there. Nodes that are made have the place of what they are made of. */
export function substituted(expr: Expr, given: Given): Expr | undefined {
  const x = unparen(expr);
  switch (x.kind) {
    case 'literal':
      return x;
    case 'ident':
      if (x.entity?.kind === 'var') return given.bindings.get(x.entity);
      return !x.entity && (given.isSamePackage || /^(?:nil|true|false)$/.test(x.name)) ? x : undefined;
    case 'selector': {
      const isQualified = x.x.kind === 'ident' && !x.x.entity;
      const inner = isQualified ? x.x : substituted(x.x, given);
      return inner && { ...x, x: inner };
    }
    case 'unary': {
      const inner = substituted(x.x, given);
      return inner && { ...x, x: inner };
    }
    case 'binary': {
      const [left, right] = [substituted(x.x, given), substituted(x.y, given)];
      return left && right && { ...x, x: left, y: right };
    }
    case 'call': {
      const fun = substituted(x.fun, given);
      const args = x.args.map(arg => substituted(arg, given)).filter(arg => arg !== undefined);
      return fun && args.length === x.args.length && given.isSamePackage ? { ...x, fun, args } : undefined;
    }
    default:
      return undefined;
  }
}
