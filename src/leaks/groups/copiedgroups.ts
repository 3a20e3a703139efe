/** WaitGroups that are copied: what is counted down is not what somebody waits for. */
import { operations } from '../../flow/search.ts';
import { calleeOf } from '../../program/callee.ts';
import { typeOf, typeOfVariable } from '../../program/infer.ts';
import { memberOf } from '../../program/members.ts';
import type { FuncInfo } from '../../program/package.ts';
import { isNamed, type Type } from '../../program/types.ts';
import { functionOf } from '../../program/values.ts';
import { type Call, type Expr, type FuncNode, type Ident, unparen, type Variable } from '../../syntax/ast.ts';
import { askedBodies, bodiesOf, bodiesWith, type Body } from '../bodies.ts';
import type { Pass } from '../pass.ts';
import { type GroupAction, type GroupCall, groupCallOf } from './groups.ts';

export interface CopiedGroup {
  /** `parameter`: of a function or the receiver of a method. `variable`: of an assignment or a loop. */
  readonly why: 'parameter' | 'variable';
  readonly body: Body;
  /** The name of the copy, where it is declared, and the function that declares it. */
  readonly copy: Ident;
  readonly owner: FuncNode;
  /** Something that the function does to the copy. */
  readonly use: GroupCall;
}

/** The copies on which somebody calls `Add`, `Done` or `Wait`, each once. */
export function* copiedGroups(pass: Pass): Generator<CopiedGroup> {
  const seen = new Set<Variable>();
  for (const body of askedBodies(pass, mayUse)) {
    for (const use of groupCallsIn(body)) {
      const root = copiedRoot(use.group, body);
      const why = root && !seen.has(root) ? reasonFor(root, body) : undefined;
      if (!root || !why || isSelfContained(root, body, pass)) continue;
      seen.add(root);
      yield { why, body, copy: root.ident, owner: root.owner, use };
    }
  }
}

/** What only adds is mostly a counter, and is looked at where the type is written. */
function mayUse({ bodyText, signatureText }: FuncInfo): boolean {
  return /\.(?:Done|Wait|Go)\(/.test(bodyText) || (bodyText.includes('.Add(') && /WaitGroup/.test(signatureText + bodyText));
}

/** Deferred ones come as they are written; those in literals belong to the literal. */
function* groupCallsIn(body: Body): Generator<GroupCall> {
  for (const { op } of operations(body.graph)) {
    const call = op.kind === 'call' ? op.call : op.kind === 'defer' || op.kind === 'go' ? unparen(op.stmt.call) : undefined;
    const own = call?.kind === 'call' ? groupCallOf(call, body.env) : undefined;
    if (own) yield own;
  }
}

/** The variable that holds the group itself, in whatever fields, and not a pointer to it. */
function copiedRoot(expr: Expr, body: Body): Variable | undefined {
  const x = unparen(expr);
  const type = typeOf(x, body.env);
  if (type.kind === 'pointer' || embedsPointer(type, body)) return undefined;
  if (x.kind === 'selector') return memberOf(typeOf(x.x, body.env), x.sel.name, body.env.program)?.kind === 'field' ? copiedRoot(x.x, body) : undefined;
  return x.kind === 'ident' && x.entity?.kind === 'var' && typeOfVariable(x.entity, body.env).kind === 'named' ? x.entity : undefined;
}

/** `struct { *sync.WaitGroup }`, whose copies share the group. */
function embedsPointer(type: Type, { env }: Body): boolean {
  const embedded = isNamed(type, 'sync.WaitGroup') ? undefined : memberOf(type, 'WaitGroup', env.program);
  return embedded?.kind === 'field' && embedded.type.kind === 'pointer';
}

/** A function that counts up and waits as well has a group of its own, whatever it was copied from. */
function isSelfContained(root: Variable, body: Body, pass: Pass): boolean {
  const does = new Set<GroupAction>();
  for (const inner of bodiesOf(body.info, pass)) {
    for (const use of groupCallsIn(inner)) if (copiedRoot(use.group, inner) === root) does.add(use.does);
  }
  return does.has('wait') && (does.has('add') || does.has('go'));
}

function reasonFor({ role, origin }: Variable, body: Body): CopiedGroup['why'] | undefined {
  if (role === 'param' || role === 'receiver') return 'parameter';
  if (origin.kind === 'range' && origin.position === 1) return 'variable';
  if (origin.kind !== 'value' || origin.count !== 1) return undefined;
  // `wg := *given`, `mine := s.wg`; calls and literals make new ones.
  const x = unparen(origin.expr);
  const isPlace = x.kind === 'ident' || x.kind === 'selector' || x.kind === 'index' || x.kind === 'star';
  return isPlace && typeOf(x, body.env).kind === 'named' ? 'variable' : undefined;
}

/** The call of the function that has the parameter, or of the literal. */
function calls(call: Call, { owner, body: { info } }: CopiedGroup, { env }: Body): boolean {
  const callee = functionOf(calleeOf(call, env), env);
  if (callee.kind === 'literal') return callee.literal === owner;
  return (callee.kind === 'func' || callee.kind === 'method') && callee.func === info && owner === info.decl;
}

/** Calls in the package that give a parameter its copy. */
export function callsGiving(copy: CopiedGroup, pass: Pass): { readonly body: Body; readonly arg: Expr; readonly isStart: boolean }[] {
  const { owner, body: { info }, copy: name } = copy;
  const found: { body: Body; arg: Expr; isStart: boolean }[] = [];
  const index = owner.type.params.flatMap(field => field.names).findIndex(ident => ident === name);
  if (index < 0) return found;
  const mentions = owner.kind === 'func' ? info.pkg.mentioning(info.bareName) : [info];
  for (const body of bodiesWith(pass, other => mentions.includes(other))) {
    for (const { op } of operations(body.graph)) {
      const call = op.kind === 'call' ? op.call : op.kind === 'go' || op.kind === 'defer' ? unparen(op.stmt.call) : undefined;
      const arg = call?.kind === 'call' && calls(call, copy, body) ? call.args[index] : undefined;
      if (arg) found.push({ body, arg, isStart: op.kind === 'go' });
    }
  }
  return found;
}
