/** Whether anybody can signal a cond: what is unexported or local is seen whole. */
import { typeOf } from '../../program/infer.ts';
import { memberOf } from '../../program/members.ts';
import type { FuncInfo } from '../../program/package.ts';
import { isNamed } from '../../program/types.ts';
import { type Expr, unparen, type Variable } from '../../syntax/ast.ts';
import { walkStmts } from '../../syntax/walk.ts';
import { type Body, bodyOf } from '../bodies.ts';
import type { Pass } from '../pass.ts';

/** Nothing signals the cond, and nobody has it who might. */
export function isNeverSignalled(cond: Expr, body: Body, pass: Pass): boolean {
  const x = unparen(cond);
  if (!isNamed(typeOf(x, body.env), 'sync.Cond')) return false;
  if (x.kind === 'ident') return x.entity?.kind === 'var' ? isSilentVariable(x.entity, body, pass) : isSilentName(x.name, 'package', body, pass);
  if (x.kind !== 'selector') return false;
  const member = memberOf(typeOf(x.x, body.env), x.sel.name, body.env.program);
  const owner = member?.kind === 'field' ? member.owner : undefined;
  return owner?.pkg === pass.pkg.path && !owner.def?.isLocal && isSilentName(x.sel.name, 'field', body, pass);
}

/** A local variable that is only waited for: each mention is `cond.L` or `cond.Wait`. */
function isSilentVariable(variable: Variable, { info }: Body, pass: Pass): boolean {
  if (variable.role !== 'local' || variable.origin.kind !== 'value' || !isMade(variable.origin.expr)) return false;
  let mentions = 0;
  let waits = 0;
  walkStmts(bodyOf(info, pass)?.block.stmts ?? [], {
    expr: x => {
      if (x.kind === 'ident' && x.entity === variable && x !== variable.ident) mentions++;
      if (x.kind === 'selector' && x.x.kind === 'ident' && x.x.entity === variable && WAITS.has(x.sel.name)) waits++;
    },
  });
  return mentions === waits;
}

const WAITS: ReadonlySet<string> = new Set(['L', 'Wait']);

/** `sync.NewCond(&mu)`, `sync.Cond{L: &mu}`; not another name for a cond that others have. */
function isMade(value: Expr): boolean {
  const x = unparen(value);
  return x.kind === 'call' || x.kind === 'composite' || (x.kind === 'unary' && isMade(x.x));
}

/** A field or a package-level variable by its name, whosever it is: none of that name is signalled, given away or exported. */
function isSilentName(name: string, kind: 'field' | 'package', { info }: Body, pass: Pass): boolean {
  if (/^\p{Lu}/u.test(name) && info.pkg.name !== 'main') return false;
  return pass.pkg.funcs.every(func => !func.bodyText.includes(name) || onlyWaits(func, name, kind));
}

function onlyWaits(func: FuncInfo, name: string, kind: 'field' | 'package'): boolean {
  const isMention = (x: Expr) => (kind === 'field' ? x.kind === 'selector' && x.sel.name === name : x.kind === 'ident' && x.name === name && !x.entity);
  const harmless = new Set<Expr>();
  let found = false;
  walkStmts(func.body()?.stmts ?? [], {
    stmt: stmt => {
      if (stmt.kind === 'assign') for (const x of stmt.lhs) harmless.add(unparen(x));
    },
    expr: x => {
      if (x.kind === 'selector' && WAITS.has(x.sel.name)) harmless.add(unparen(x.x));
      // The name before the colon in a literal is no use of a variable.
      if (x.kind === 'composite') for (const { key } of x.elements) if (key) harmless.add(key);
      found ||= isMention(x) && !harmless.has(x);
    },
  });
  return !found;
}
