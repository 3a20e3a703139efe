/** What a variable or a field of function type stands for, where only one function is ever put there. */
import { type Expr, unparen } from '../syntax/ast.ts';
import { walkStmts } from '../syntax/walk.ts';
import { type Callee, type Holder, resolveFunction } from './callee.ts';
import { typeOf } from './infer.ts';
import { memberOf } from './members.ts';
import { Memo } from './memo.ts';
import type { FuncInfo, Package } from './package.ts';
import { type Env, resolveType } from './resolve.ts';
import { isNamed, type Named } from './types.ts';

const UNKNOWN: Callee = { kind: 'unknown' };
const memo = new Memo<Package, Map<string, Callee>>();

/** The function behind a function value; the callee itself where it is none, or nobody can tell. */
export function functionOf(callee: Callee, env: Env): Callee {
  if (callee.kind !== 'variable') return callee;
  const found = valueOf(callee.holder, env);
  // One variable handed to another is not followed further: what is wanted is a function.
  return found.kind === 'unknown' || found.kind === 'variable' ? callee : found;
}

function valueOf(holder: Holder, env: Env): Callee {
  if (holder.kind === 'local') return onlyLocal(holder.variable, env);
  const [pkg, key] = holder.kind === 'package' ? [holder.entity.file.pkg, holder.entity.ident.name] : [holder.owner.def?.file.pkg, `${holder.owner.name}.${holder.name}`];
  // What is exported, others may set; of the standard library only signatures are known.
  const name = holder.kind === 'package' ? key : holder.name;
  if (!pkg?.module || (isExported(name) && pkg.name !== 'main')) return UNKNOWN;
  const known = memo.get(pkg) ?? new Map<string, Callee>();
  memo.set(pkg, known);
  let found = known.get(key);
  if (!found) {
    known.set(key, UNKNOWN);
    found = holder.kind === 'package' ? onlyInitial(holder.entity, env) : onlyInField(holder.owner, name, pkg, env);
    known.set(key, found);
  }
  return found;
}

function onlyLocal({ origin, assigned, role }: (Holder & { kind: 'local' })['variable'], env: Env): Callee {
  if (role !== 'local') return UNKNOWN;
  const given = [...(origin.kind === 'declared' ? [] : [origin]), ...assigned];
  const [only] = given;
  return given.length === 1 && only !== 'unknown' && only?.kind === 'value' && only.count === 1 ? resolveFunction(only.expr, env) : UNKNOWN;
}

/** A package-level variable that keeps the value it is declared with. Tests may replace it; they do not count. */
function onlyInitial({ spec, index, ident, file }: (Holder & { kind: 'package' })['entity'], { program }: Env): Callee {
  const value = spec.values.length === spec.names.length ? spec.values[index] : undefined;
  const isSet = new RegExp(`&${ident.name}\\b|(?<![.\\w])${ident.name}\\s*(?:,[^=\\n]*)?=[^=]`);
  if (!value || file.pkg.withWords(isSet).some(f => f.name !== 'init' && !f.file.kind.test)) return UNKNOWN;
  const within = file.pkg.initializerAt(file, value);
  // The names in a literal mean something once its line is bound.
  within?.body();
  return placed(resolveFunction(value, { program, file }), within);
}

/** An unexported field to which all of its package's code gives one value. */
function onlyInField(owner: Named, name: string, pkg: Package, { program }: Env): Callee {
  // Of a dependency that would mean reading all of it.
  if (!pkg.isRead) return UNKNOWN;
  const mention = new RegExp(`\\b${name}\\s*:(?!=)|\\.${name}\\s*(?:,[^=\\n]*)?=[^=]|&[\\w.]*\\.${name}\\b|\\b${owner.name}(?:\\[[^\\]\\n]*\\])?\\{`);
  const given: { value: Expr; within: FuncInfo }[] = [];
  let unclear = false;
  for (const within of pkg.withWords(mention)) {
    if (within.file.kind.test) continue;
    const env: Env = { program, file: within.file };
    const isField = (x: Expr) => x.kind === 'selector' && x.sel.name === name && isMemberOf(x.x, owner, name, env);
    walkStmts(within.body()?.stmts ?? [], {
      stmt: stmt => {
        if (stmt.kind !== 'assign') return;
        stmt.lhs.forEach((x, i) => {
          const value = stmt.rhs.length === stmt.lhs.length ? stmt.rhs[i] : undefined;
          if (!isField(x)) return;
          if (value) given.push({ value, within });
          else unclear = true;
        });
      },
      expr: x => {
        if (x.kind === 'unary' && x.op === '&' && isField(unparen(x.x))) unclear = true;
        if (x.kind !== 'composite' || !x.type || !isOwner(x.type, owner, env)) return;
        for (const { key, value } of x.elements) {
          if (!key) unclear = true;
          else if (key.kind === 'ident' && key.name === name) given.push({ value, within });
        }
      },
    });
  }
  const values = given.filter(({ value }) => !(value.kind === 'ident' && value.name === 'nil'));
  const [only] = values;
  if (unclear || values.length !== 1 || !only) return UNKNOWN;
  const env: Env = { program, file: only.within.file };
  return placed(functionOf(resolveFunction(only.value, env), env), only.within);
}

function isMemberOf(x: Expr, owner: Named, name: string, env: Env): boolean {
  const member = memberOf(typeOf(x, env), name, env.program);
  return member?.kind === 'field' && member.owner !== undefined && isSameType(member.owner, owner);
}

function isOwner(type: Expr, owner: Named, env: Env): boolean {
  const resolved = resolveType(type, env);
  return resolved !== undefined && isNamed(resolved, `${owner.pkg}.${owner.name}`);
}

function isSameType(a: Named, b: Named): boolean {
  return a.pkg === b.pkg && a.name === b.name;
}

function placed(callee: Callee, within: FuncInfo | undefined): Callee {
  return callee.kind === 'literal' && within && !callee.within ? { ...callee, within } : callee;
}

function isExported(name: string): boolean {
  return /^\p{Lu}/u.test(name);
}
