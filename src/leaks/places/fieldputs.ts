/** What the code of a package puts into a field, and whose field it is. */
import { typeOf } from '../../program/infer.ts';
import { memberOf } from '../../program/members.ts';
import type { FuncInfo } from '../../program/package.ts';
import type { Program } from '../../program/program.ts';
import { type Env, resolveType } from '../../program/resolve.ts';
import { isNamed, type Named } from '../../program/types.ts';
import { type CompositeLit, type Expr, unparen } from '../../syntax/ast.ts';
import { walkStmts } from '../../syntax/walk.ts';

export interface Put {
  readonly value: Expr;
  readonly within: FuncInfo;
  /** What has the field, as `within` writes it; undefined for a literal without a name. */
  readonly owner: Expr | undefined;
}

/** `owner.name = value`, `T{name: value}`. */
export function* putsInto({ owner, name }: { readonly owner: Named; readonly name: string }, program: Program): Generator<Put> {
  const pkg = owner.def?.file.pkg;
  if (!pkg?.module || owner.def?.isLocal) return;
  const mention = new RegExp(`\\b${name}\\s*:(?!=)|\\.${name}\\s*(?:,[^=\\n]*)?=[^=]`);
  for (const within of pkg.withWords(mention)) {
    if (within.file.kind.test) continue;
    const env: Env = { program, file: within.file };
    const found: Put[] = [];
    const variables = new Map<Expr, Expr>();
    walkStmts(within.body()?.stmts ?? [], {
      stmt: stmt => {
        if (stmt.kind !== 'assign' || stmt.lhs.length !== stmt.rhs.length) return;
        stmt.lhs.forEach((x, i) => {
          const value = stmt.rhs[i];
          if (!value) return;
          variables.set(withoutAddress(value), x);
          if (x.kind === 'selector' && x.sel.name === name && isMemberOf(x.x, owner, name, env)) found.push({ value, within, owner: x.x });
        });
      },
      expr: x => {
        if (x.kind === 'composite' && isOwner(x, owner, env)) found.push(...namedElement(x, name).map(value => ({ value, within, owner: variables.get(x) })));
      },
    });
    yield* found;
  }
}

/** What it puts into a slice or map in a field: `owner.name = append(owner.name, value)`, `owner.name[key] = value`, `T{name: []E{value}}`. */
export function* elementsPutInto(field: { readonly owner: Named; readonly name: string }, program: Program): Generator<Put> {
  for (const put of putsInto(field, program)) for (const value of elementsOf(put.value)) yield { ...put, value };
  const { owner, name } = field;
  for (const within of owner.def?.file.pkg.withWords(new RegExp(`\\.${name}\\[[^\\n]*\\]\\s*=[^=]`)) ?? []) {
    if (within.file.kind.test) continue;
    const env: Env = { program, file: within.file };
    const found: Put[] = [];
    walkStmts(within.body()?.stmts ?? [], {
      stmt: stmt => {
        const [element, value] = stmt.kind === 'assign' && stmt.lhs.length === 1 ? [stmt.lhs[0], stmt.rhs[0]] : [];
        const x = element?.kind === 'index' ? unparen(element.x) : undefined;
        if (value && x?.kind === 'selector' && x.sel.name === name && isMemberOf(x.x, owner, name, env)) found.push({ value, within, owner: x.x });
      },
    });
    yield* found;
  }
}

function elementsOf(value: Expr): readonly Expr[] {
  const x = unparen(value);
  if (x.kind === 'composite') return x.elements.map(element => element.value);
  return x.kind === 'call' && x.fun.kind === 'ident' && x.fun.name === 'append' && !x.fun.entity && !x.spread ? x.args.slice(1) : [];
}

function namedElement({ elements }: CompositeLit, name: string): Expr[] {
  return elements.flatMap(({ key, value }) => (key?.kind === 'ident' && key.name === name ? [value] : []));
}

function withoutAddress(x: Expr): Expr {
  return x.kind === 'unary' && x.op === '&' ? unparen(x.x) : x;
}

function isMemberOf(x: Expr, owner: Named, name: string, env: Env): boolean {
  const member = memberOf(typeOf(x, env), name, env.program);
  return member?.kind === 'field' && member.owner?.pkg === owner.pkg && member.owner.name === owner.name;
}

function isOwner({ type }: CompositeLit, owner: Named, env: Env): boolean {
  const resolved = type && resolveType(type, env);
  return resolved !== undefined && isNamed(resolved, `${owner.pkg}.${owner.name}`);
}
