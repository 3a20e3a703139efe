/**
 * What can end a context: the cancel functions of its own `WithCancel` and of those above it, followed through
 * variables, unexported fields and the parameters of functions that only the package calls.
 */
import { operations } from '../../flow/search.ts';
import { calleeName, calleeOf } from '../../program/callee.ts';
import { typeOf } from '../../program/infer.ts';
import { memberOf } from '../../program/members.ts';
import type { FuncInfo, Package } from '../../program/package.ts';
import { type Call, type Expr, type Selector, unparen, type Variable } from '../../syntax/ast.ts';
import { walkStmts } from '../../syntax/walk.ts';
import { bodiesOf, bodyOf } from '../bodies.ts';
import { callsOf } from '../calls/onlyafter.ts';
import { isExported } from '../exported.ts';
import type { Pass } from '../pass.ts';

/** A call of `WithCancel`, and what its cancel function is given to. */
export interface ContextEnd {
  readonly call: Call;
  readonly within: FuncInfo;
  readonly cancel: Expr;
}

/** Undefined where the context may have a deadline, or comes from somewhere out of sight. */
export function endsOf(context: Expr, within: FuncInfo, pass: Pass): readonly ContextEnd[] | undefined {
  return new Origins(pass).ofExpr(context, within);
}

class Origins {
  private readonly seen = new Set<Variable | string>();

  constructor(private readonly pass: Pass) {}

  ofExpr(context: Expr, within: FuncInfo): readonly ContextEnd[] | undefined {
    const x = unparen(context);
    if (x.kind === 'call') return this.ofCall(x, within);
    if (x.kind === 'selector') return this.ofField(x, within);
    return x.kind === 'ident' && x.entity?.kind === 'var' ? this.ofVariable(x.entity, within) : undefined;
  }

  private ofCall(call: Call, within: FuncInfo): readonly ContextEnd[] | undefined {
    const name = calleeName(calleeOf(call, this.pass.contracts.envOf(within))) ?? '';
    const [parent] = call.args;
    if (/^context\.(?:Background|TODO|WithoutCancel)$/.test(name)) return [];
    if (name === 'context.WithValue' && parent) return this.ofExpr(parent, within);
    const above = /^context\.WithCancel(?:Cause)?$/.test(name) && parent ? this.ofExpr(parent, within) : undefined;
    const cancel = above && cancelOf(call, within, this.pass);
    return cancel && [{ call, within, cancel }, ...above];
  }

  private ofVariable(variable: Variable, within: FuncInfo): readonly ContextEnd[] | undefined {
    if (this.seen.has(variable)) return [];
    this.seen.add(variable);
    const { origin, assigned, role } = variable;
    const given = [...(origin.kind === 'declared' ? [] : [origin]), ...assigned];
    const ends = given.map(from => (from !== 'unknown' && from.kind === 'value' && from.index === 0 ? this.ofExpr(from.expr, within) : undefined));
    return joined(role === 'local' ? ends : role === 'param' ? [this.ofParam(variable, within), ...ends] : [undefined]);
  }

  private ofParam(param: Variable, within: FuncInfo): readonly ContextEnd[] | undefined {
    const index = param.owner.type.params.flatMap(({ names }) => names).indexOf(param.ident);
    const given = param.owner === within.decl ? argumentsOf(within, index, this.pass) : argumentsOfLiteral(param, index, within, this.pass);
    return given && joined(given.map(({ arg, from }) => this.ofExpr(arg, from)));
  }

  private ofField(x: Selector, within: FuncInfo): readonly ContextEnd[] | undefined {
    const field = fieldOf(x, within, this.pass);
    if (!field || this.seen.has(field.key)) return field && [];
    this.seen.add(field.key);
    const given = functionsWith(field).flatMap(info => valuesOf(field, info, this.pass));
    return given.includes(undefined) || !given.length ? undefined : joined(given.map(put => put && this.ofExpr(put.value, put.within)));
  }
}

function joined(ends: readonly (readonly ContextEnd[] | undefined)[]): readonly ContextEnd[] | undefined {
  return ends.every(end => end !== undefined) ? ends.flat() : undefined;
}

interface Argument {
  readonly arg: Expr;
  readonly from: FuncInfo;
}

function argumentsOf(func: FuncInfo, index: number, pass: Pass): readonly Argument[] | undefined {
  const calls = callsOf(func, pass);
  const given = calls?.map(({ body, op }) => {
    const call = op.kind === 'call' ? op.call : op.kind === 'go' || op.kind === 'defer' ? unparen(op.stmt.call) : undefined;
    const arg = call?.kind === 'call' && !call.spread ? call.args[index] : undefined;
    return arg && { arg, from: body.info };
  });
  return given?.length && given.every(arg => arg !== undefined) ? given : undefined;
}

/** `go func(ctx context.Context) { … }(ctx)`. */
function argumentsOfLiteral({ owner }: Variable, index: number, within: FuncInfo, pass: Pass): readonly Argument[] | undefined {
  for (const { graph } of bodiesOf(within, pass)) {
    for (const { op } of operations(graph)) {
      const call = op.kind === 'call' ? op.call : op.kind === 'go' || op.kind === 'defer' ? unparen(op.stmt.call) : undefined;
      if (call?.kind !== 'call' || unparen(call.fun) !== owner) continue;
      const arg = call.args[index];
      return arg && [{ arg, from: within }];
    }
  }
  return undefined;
}

function cancelOf(call: Call, within: FuncInfo, pass: Pass): Expr | undefined {
  for (const { graph } of bodiesOf(within, pass)) {
    for (const { op } of operations(graph)) if (op.kind === 'assign' && op.rhs.some(x => unparen(x) === call)) return op.lhs[1];
  }
  return undefined;
}

// ------------------------------------------------------------------------------------------------------- fields

/** An unexported field of a type of the package. */
export interface Field {
  readonly key: string;
  readonly name: string;
  readonly pkg: Package;
}

export function fieldOf(x: Selector, within: FuncInfo, pass: Pass): Field | undefined {
  const env = pass.contracts.envOf(within);
  const member = memberOf(typeOf(x.x, env), x.sel.name, env.program);
  const pkg = member?.kind === 'field' ? member.owner?.def?.file.pkg : undefined;
  const { name } = x.sel;
  if (member?.kind !== 'field' || !member.owner || pkg !== within.pkg || (isExported(name) && pkg.name !== 'main')) return undefined;
  return { key: `${member.owner.name}.${name}`, name, pkg };
}

export function isOfField(x: Expr, field: Field, within: FuncInfo, pass: Pass): boolean {
  return x.kind === 'selector' && x.sel.name === field.name && fieldOf(x, within, pass)?.key === field.key;
}

/** The functions whose text has the name of the field. */
export function functionsWith({ name, pkg }: Field): readonly FuncInfo[] {
  const mention = new RegExp(`\\b${name}\\b`);
  return pkg.funcs.filter(func => mention.test(func.bodyText));
}

/** What a function puts into the field; undefined where that cannot be told. */
function valuesOf(field: Field, within: FuncInfo, pass: Pass): ({ readonly value: Expr; readonly within: FuncInfo } | undefined)[] {
  const found: ({ value: Expr; within: FuncInfo } | undefined)[] = [];
  const env = pass.contracts.envOf(within);
  walkStmts(bodyOf(within, pass)?.block.stmts ?? [], {
    stmt: stmt => {
      if (stmt.kind !== 'assign') return;
      stmt.lhs.forEach((x, i) => {
        const value = stmt.lhs.length === stmt.rhs.length ? stmt.rhs[i] : i === 0 ? stmt.rhs[0] : undefined;
        if (isOfField(x, field, within, pass)) found.push(value && { value, within });
      });
    },
    expr: x => {
      if (x.kind === 'unary' && x.op === '&' && isOfField(unparen(x.x), field, within, pass)) found.push(undefined);
      if (x.kind !== 'composite') return;
      const type = typeOf(x, env);
      const base = type.kind === 'pointer' ? type.elem : type;
      if (base.kind !== 'named' || base.def?.file.pkg !== within.pkg || !field.key.startsWith(`${base.name}.`)) return;
      for (const { key, value } of x.elements) {
        if (!key) found.push(undefined);
        else if (key.kind === 'ident' && key.name === field.name) found.push({ value, within });
      }
    },
  });
  return found;
}
