/** Where a call's result is put into a field, and what the package does with that field afterwards. */
import { memberOf } from '../../program/members.ts';
import type { FuncInfo } from '../../program/package.ts';
import type { Env } from '../../program/resolve.ts';
import type { Named } from '../../program/types.ts';
import { typeOf } from '../../program/infer.ts';
import { type Expr, unparen, type Variable } from '../../syntax/ast.ts';
import { walkStmts } from '../../syntax/walk.ts';
import type { Body } from '../bodies.ts';
import { isExported } from '../exported.ts';
import type { Pass } from '../pass.ts';

export interface Kept {
  readonly owner: Named;
  readonly field: string;
  readonly at: Expr;
}

/** The fields that what is assigned to `target` is put into; none where it goes anywhere else as well. */
export function keptBy(target: Expr, body: Body): readonly Kept[] {
  const x = unparen(target);
  if (x.kind === 'selector') return fieldAt(x, body.env) ?? [];
  const variable = x.kind === 'ident' && x.entity?.kind === 'var' && x.entity.owner === body.node && x.entity.role === 'local' ? x.entity : undefined;
  return variable && variable.assigned.length === 0 ? keptThrough(variable, body) : [];
}

/** `cancel` of `q.cancel = cancel` and `&queue{cancel: cancel}`, as long as that is all that is done with it. */
function keptThrough(variable: Variable, { block, env }: Body): readonly Kept[] {
  const isIt = (x: Expr) => {
    const inner = unparen(x);
    return inner.kind === 'ident' && inner.entity === variable && inner !== variable.ident;
  };
  const found: Kept[] = [];
  let mentions = 0;
  walkStmts(block.stmts, {
    stmt: stmt => {
      if (stmt.kind !== 'assign' || stmt.lhs.length !== stmt.rhs.length) return;
      stmt.lhs.forEach((target, i) => {
        const [value, place] = [stmt.rhs[i], unparen(target)];
        if (value && isIt(value) && place.kind === 'selector') found.push(...fieldAt(place, env) ?? []);
      });
    },
    expr: x => {
      if (isIt(x) && x.kind === 'ident') mentions++;
      if (x.kind !== 'composite') return;
      const type = typeOf(x, env);
      // The key has the name of the field, whatever variable is called so.
      mentions -= x.elements.filter(({ key }) => key && isIt(key)).length;
      for (const { key, value } of x.elements) if (key?.kind === 'ident' && isIt(value) && type.kind === 'named') found.push({ owner: type, field: key.name, at: value });
    },
  });
  return found.length === mentions ? found : [];
}

function fieldAt(x: Expr & { kind: 'selector' }, env: Env): readonly Kept[] | undefined {
  const member = memberOf(typeOf(x.x, env), x.sel.name, env.program);
  return member?.kind === 'field' && member.owner ? [{ owner: member.owner, field: x.sel.name, at: x }] : undefined;
}

/**
 * A field that only the package knows, and that no function of it mentions but to put something in, or as `isHarmless`
 * finds: that one adds to `harmless` the mentions inside of what it is shown.
 */
export function isLeftAlone({ owner, field }: Kept, pass: Pass, harmless: (x: Expr, isField: (x: Expr) => boolean, env: Env) => readonly Expr[]): boolean {
  if (owner.pkg !== pass.pkg.path || owner.def?.isLocal || (isExported(field) && pass.pkg.name !== 'main')) return false;
  const mention = new RegExp(`\\.${field}\\b`);
  return pass.pkg.funcs.every(func => !mention.test(func.bodyText) || !uses(func, owner, field, pass, harmless));
}

function uses(func: FuncInfo, owner: Named, field: string, pass: Pass, harmless: (x: Expr, isField: (x: Expr) => boolean, env: Env) => readonly Expr[]): boolean {
  const env = pass.contracts.envOf(func);
  const passed = new Set<Expr>();
  let found = false;
  const isField = (x: Expr) => {
    if (x.kind !== 'selector' || x.sel.name !== field) return false;
    const member = memberOf(typeOf(x.x, env), field, env.program);
    // Of what has an unknown type nobody knows that it is another field.
    return member === undefined || (member.kind === 'field' && member.owner?.name === owner.name);
  };
  walkStmts(func.body()?.stmts ?? [], {
    stmt: stmt => {
      if (stmt.kind === 'assign') for (const x of stmt.lhs) passed.add(unparen(x));
    },
    expr: x => {
      for (const inner of harmless(x, isField, env)) passed.add(inner);
      if (!passed.has(x)) found ||= isField(x);
    },
  });
  return found;
}
