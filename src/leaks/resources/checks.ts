/** Where code may stand that is to run once a call has succeeded: behind the check of its error, on every such way. */
import { ASSERTS_NO_ERROR } from '../../contracts/known.ts';
import { calleeName, calleeOf } from '../../program/callee.ts';
import { isError, typeOf, typeOfVariable } from '../../program/infer.ts';
import { memberOf } from '../../program/members.ts';
import { isNamed } from '../../program/types.ts';
import { type Block, type Call, eachChild, type Expr, isNil, type Stmt, unparen, type Variable } from '../../syntax/ast.ts';
import { statementLists, walkStmts } from '../../syntax/walk.ts';
import type { Body } from '../bodies.ts';
import type { Pass } from '../pass.ts';
import type { Assigned } from './acquisitions.ts';
import { mentions } from './ways.ts';

export type Spot = { readonly after: Stmt } | { readonly into: Block };

/** What the check is about. */
interface Checked {
  readonly errors: ReadonlySet<Variable>;
  readonly flags: ReadonlySet<Variable>;
  readonly held: ReadonlySet<Variable>;
  readonly body: Body;
  readonly pass: Pass;
}

export function spotBehind(call: Call, target: Assigned, body: Body, pass: Pass): Spot | undefined {
  const { errors, flags } = target.companions;
  const checked: Checked = { errors, flags, held: new Set(target.kind === 'variable' ? target.tracked.keys() : []), body, pass };
  const isFree = !mayFail(call, body) && errors.size === 0;
  for (const stmts of statementLists(body.block)) {
    const index = stmts.findIndex(stmt => isMadeIn(stmt, call));
    const stmt = stmts[index];
    if (!stmt) continue;
    if (stmt.kind !== 'if') return isFree ? { after: stmt } : behindCheck(stmts.slice(index + 1), checked);
    return isFree ? undefined : behindIf(stmt, checked);
  }
  return undefined;
}

/** The statement assigns the call's results, or is an `if` that does so first. */
function isMadeIn(stmt: Stmt, call: Call): boolean {
  if (stmt.kind === 'if') return stmt.init?.kind === 'assign' && isMadeIn(stmt.init, call);
  if (stmt.kind === 'decl') return stmt.decl.kind === 'var' && stmt.decl.specs.some(spec => spec.values.some(x => unparen(x) === call));
  return stmt.kind === 'assign' && stmt.rhs.some(x => unparen(x) === call);
}

/** An error or a flag tells whether the call has succeeded. */
function mayFail(call: Call, { env }: Body): boolean {
  const type = typeOf(call, env);
  return type.kind === 'tuple' && type.types.some(t => isError(t) || (t.kind === 'basic' && t.name === 'bool'));
}

/**
 * The check may follow after statements that have nothing to do with it. An assertion that is not known counts once the
 * code behind it takes its word for it (`check(err); fmt.Println(resp.Status)`), or where releasing nothing does no harm.
 */
function behindCheck(stmts: readonly Stmt[], checked: Checked): Spot | undefined {
  let asserted: Stmt | undefined;
  for (const stmt of stmts) {
    if (asserted && mustBeThere(stmt, checked)) return { after: asserted };
    if (stmt.kind === 'if') return stmt.init ? undefined : behindIf(stmt, checked);
    const isAssertion = stmt.kind === 'expr' && looksAtError(stmt.x, checked);
    if (isAssertion && (assertsSuccess(stmt.x, checked) || isHarmlessOnNil(checked))) return { after: stmt };
    if (isAssertion) asserted ??= stmt;
    else if (!isUnrelated(stmt, checked)) return undefined;
  }
  return undefined;
}

function behindIf(stmt: Stmt & { kind: 'if' }, checked: Checked): Spot | undefined {
  const meaning = meaningOf(stmt.cond, checked);
  if (meaning === 'succeeded') return { into: stmt.then };
  if (meaning !== 'failed' || !leaves(stmt.then, checked)) return undefined;
  if (stmt.else) return stmt.else.kind === 'block' ? { into: stmt.else } : undefined;
  // What `if` declares is gone behind it.
  const isDeclaredHere = [...checked.held].some(v => stmt.start <= v.ident.start && v.ident.end <= stmt.end);
  return isDeclaredHere ? undefined : { after: stmt };
}

/** `err != nil`, `!ok`, also with `|| resp == nil`: true says that the call has failed, or the other way round. */
function meaningOf(cond: Expr, checked: Checked): 'failed' | 'succeeded' | undefined {
  const x = unparen(cond);
  if (x.kind === 'ident') return mentions(x, checked.flags) ? 'succeeded' : undefined;
  if (x.kind === 'unary' && x.op === '!') return meaningOf(x.x, checked) === 'succeeded' ? 'failed' : undefined;
  if (x.kind !== 'binary') return undefined;
  if (x.op === '||') {
    const isCheck = (side: Expr) => meaningOf(side, checked) === 'failed' || comparedWithNil(side, '==', checked.held);
    return [x.x, x.y].every(isCheck) && [x.x, x.y].some(side => meaningOf(side, checked) === 'failed') ? 'failed' : undefined;
  }
  if (comparedWithNil(x, '!=', checked.errors)) return 'failed';
  return comparedWithNil(x, '==', checked.errors) ? 'succeeded' : undefined;
}

function comparedWithNil(cond: Expr, op: string, variables: ReadonlySet<Variable>): boolean {
  const x = unparen(cond);
  if (x.kind !== 'binary' || x.op !== op) return false;
  const isIt = (side: Expr) => side.kind === 'ident' && side.entity?.kind === 'var' && variables.has(side.entity);
  return (isIt(unparen(x.x)) && isNil(unparen(x.y))) || (isNil(unparen(x.x)) && isIt(unparen(x.y)));
}

/** `check(t, err)`. */
function looksAtError(x: Expr, { errors, held }: Checked): boolean {
  return x.kind === 'call' && x.args.some(arg => arg.kind === 'ident' && mentions(arg, errors)) && !mentions(x, held);
}

/** `require.NoError(t, err)`: the test goes on only when there was none. */
function assertsSuccess(x: Expr, { body }: Checked): boolean {
  return x.kind === 'call' && ASSERTS_NO_ERROR.exec(calleeName(calleeOf(x, body.env)) ?? '')?.[1] === 'require';
}

/** `(*os.File)(nil).Close()` only gives an error. */
function isHarmlessOnNil({ held, body }: Checked): boolean {
  return [...held].every(v => isNamed(typeOfVariable(v, body.env), 'os.File'));
}

/** The statement begins by reading a field of what a pointer holds, so it would panic without it. */
function mustBeThere(stmt: Stmt, checked: Checked): boolean {
  return evaluatedFirst(stmt).some(x => readsField(x, checked));
}

/** What a statement evaluates before it does or decides anything. */
function evaluatedFirst(stmt: Stmt): readonly Expr[] {
  switch (stmt.kind) {
    case 'expr':
      return [stmt.x];
    case 'assign':
      return stmt.rhs;
    case 'return':
      return stmt.results;
    case 'if':
      return stmt.init ? evaluatedFirst(stmt.init) : [stmt.cond];
    case 'switch':
      return stmt.init ? evaluatedFirst(stmt.init) : stmt.tag ? [stmt.tag] : [];
    default:
      return [];
  }
}

function readsField(expr: Expr, checked: Checked): boolean {
  const x = unparen(expr);
  if (x.kind === 'funclit') return false;
  if (x.kind === 'binary' && (x.op === '&&' || x.op === '||')) return readsField(x.x, checked);
  if (x.kind === 'selector' && mentionsItself(x.x, checked.held)) return memberOf(typeOf(x.x, checked.body.env), x.sel.name, checked.body.env.program)?.kind === 'field';
  let found = false;
  eachChild(x, child => {
    found ||= readsField(child, checked);
  });
  return found;
}

function mentionsItself(x: Expr, held: ReadonlySet<Variable>): boolean {
  return x.kind === 'ident' && mentions(x, held);
}

/** Nothing behind the block runs after it. */
function leaves({ stmts }: Block, checked: Checked): boolean {
  const last = stmts.at(-1);
  switch (last?.kind) {
    case 'return':
    case 'branch':
      return true;
    case 'block':
      return leaves(last, checked);
    case 'if':
      return last.else !== undefined && leaves(last.then, checked) && leaves({ ...last.then, stmts: [last.else] }, checked);
    case 'expr':
      return last.x.kind === 'call' && checked.pass.contracts.neverReturns(calleeOf(last.x, checked.body.env), checked.body.env);
    default:
      return false;
  }
}

function isUnrelated(stmt: Stmt, { errors, flags, held }: Checked): boolean {
  if (stmt.kind !== 'assign' && stmt.kind !== 'expr' && stmt.kind !== 'incdec' && stmt.kind !== 'decl') return false;
  let related = false;
  walkStmts([stmt], { expr: x => void (related ||= x.kind === 'ident' && x.entity?.kind === 'var' && (errors.has(x.entity) || flags.has(x.entity) || held.has(x.entity))) });
  return !related;
}
