/** Everything that a function does with one WaitGroup, its literals and the functions it hands the group to included. */
import { graphOf } from '../../flow/build.ts';
import { calleeOf } from '../../program/callee.ts';
import { targetsOf } from '../../program/implementations.ts';
import type { FuncInfo } from '../../program/package.ts';
import type { Env } from '../../program/resolve.ts';
import { functionOf } from '../../program/values.ts';
import { type Block, type Call, type Expr, type FuncLit, isNil, type Stmt, unparen } from '../../syntax/ast.ts';
import { type Visitor, walkExpr, walkStmts } from '../../syntax/walk.ts';
import { type Body, bodyOf, paramsOf } from '../bodies.ts';
import type { Pass } from '../pass.ts';
import { familyOfVariable } from '../places/canonical.ts';
import { type GroupAction, groupCallOf, groupFamily, groupValueOf } from './groups.ts';

export type GroupUse =
  | { readonly kind: 'call'; readonly node: Call; readonly does: GroupAction; readonly call: Call; readonly group: Expr }
  /** `wg.Done` as a value. */
  | { readonly kind: 'value'; readonly node: Expr; readonly does: GroupAction }
  /** A pointer to it is argument `index` of a call. */
  | { readonly kind: 'passed'; readonly node: Expr; readonly call: Call; readonly index: number }
  /** Stored, returned, sent, reassigned: somebody else may use it. */
  | { readonly kind: 'escapes'; readonly node: Expr };

const memo = new WeakMap<Block, Map<string, readonly GroupUse[]>>();

/** The uses of the family in a body, those in its literals included; what other functions do is not. */
export function usesIn({ block, env }: Pick<Body, 'block' | 'env'>, family: string): readonly GroupUse[] {
  const cache = memo.get(block) ?? new Map<string, readonly GroupUse[]>();
  memo.set(block, cache);
  const known = cache.get(family);
  if (known) return known;
  const found = collect(block, family, env);
  cache.set(family, found);
  return found;
}

function collect(block: Block, family: string, env: Env): GroupUse[] {
  const found: GroupUse[] = [];
  const isGroup = (x: Expr) => groupFamily(x, env) === family;
  const visitor: Visitor = {
    stmt: stmt => !isAlias(stmt, isGroup),
    expr: x => {
      if (x.kind === 'call') return visitCall(x);
      if (x.kind === 'composite') {
        // A key is the name of a field, whatever else is called so.
        for (const { value } of x.elements) walkExpr(value, visitor);
        return false;
      }
      if (x.kind === 'binary' && isNil(x.y) && isGroup(x.x)) return false;
      const value = groupValueOf(x, env);
      if (value?.family === family) found.push({ kind: 'value', does: value.does, node: x });
      else if (isGroup(x) && !isDeclaration(x)) found.push({ kind: 'escapes', node: x });
      else return true;
      return false;
    },
  };
  function visitCall(call: Call): false {
    const own = groupCallOf(call, env);
    if (own?.family === family) found.push({ kind: 'call', does: own.does, call, group: own.group, node: call });
    else walkExpr(call.fun, visitor);
    call.args.forEach((arg, index) => {
      if (isGroup(arg)) found.push({ kind: 'passed', call, index, node: arg });
      else walkExpr(arg, visitor);
    });
    return false;
  }
  walkStmts(block.stmts, visitor);
  return found;
}

/** `w := &wg`: another name, which is known as the same group. */
function isAlias(stmt: Stmt, isGroup: (x: Expr) => boolean): boolean {
  const [names, values] = stmt.kind === 'assign' && stmt.op === ':=' ? [stmt.lhs, stmt.rhs] : [[], []];
  const [name, value] = [names[0], values[0]];
  return names.length === 1 && name !== undefined && value !== undefined && isGroup(value) && isGroup(name);
}

/** The name where it is declared. */
function isDeclaration(x: Expr): boolean {
  return x.kind === 'ident' && x.entity?.kind === 'var' && x.entity.ident === x;
}

// ------------------------------------------------------------------------------------------------- handed over

/** A function that a group is handed to, with the family that the group has in there. */
export interface Receiver {
  readonly body: Body;
  readonly family: string;
}

/** Who gets the group: `nobody` where a library is given a copy to print. */
export function receiverOf({ call, index }: GroupUse & { kind: 'passed' }, from: Pick<Body, 'env' | 'info'>, pass: Pass): Receiver | 'nobody' | 'unknown' {
  const callee = functionOf(calleeOf(call, from.env), from.env);
  if (callee.kind === 'literal') {
    const info = callee.within ?? from.info;
    return receiverIn(bodyOfLiteral(callee.literal, info, pass), index);
  }
  const [func, ...more] = targetsOf(callee, from.env);
  if (!func || more.length) return 'unknown';
  if (!func.pkg.module) return 'nobody';
  const body = bodyOf(func, pass);
  return body ? receiverIn(body, index) : 'unknown';
}

export function bodyOfLiteral(literal: FuncLit, info: FuncInfo, pass: Pass): Body {
  return { info, node: literal, block: literal.body, graph: graphOf(literal, literal.body), env: pass.contracts.envOf(info) };
}

function receiverIn(body: Body, index: number): Receiver | 'unknown' {
  const param = paramsOf(body.node)[index];
  if (!param?.name || param.variadic || unparen(param.type).kind !== 'star') return 'unknown';
  return { body, family: familyOfVariable(param.name.start, body.env) };
}
