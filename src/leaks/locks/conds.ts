/** What a `sync.Cond` unlocks while it waits: the mutex that it was made with. */
import { calleeName, calleeOf } from '../../program/callee.ts';
import { typeOf } from '../../program/infer.ts';
import { memberOf } from '../../program/members.ts';
import { Memo } from '../../program/memo.ts';
import type { Package } from '../../program/package.ts';
import type { Env } from '../../program/resolve.ts';
import { isNamed } from '../../program/types.ts';
import { type Expr, unparen } from '../../syntax/ast.ts';
import { type Put, putsInto } from '../places/fieldputs.ts';

/** The mutex behind `cond.L`. */
export interface CondLocker {
  readonly mutex: Expr;
  readonly mode: 'read' | 'write';
  /** Where the cond is made. */
  readonly env: Env;
  /** What has the cond and mostly the mutex as well, as it is written there; undefined for a variable. */
  readonly owner: Expr | undefined;
  /** What has the cond where it is asked for. */
  readonly here: Expr | undefined;
}

const memo = new Memo<Package, Map<string, { put: Put; arg: Expr } | undefined>>();

/** `cond.L`, where the only place that makes the cond says with which mutex. */
export function condLockerOf(expr: Expr, env: Env): CondLocker | undefined {
  const x = unparen(expr);
  if (x.kind !== 'selector' || x.sel.name !== 'L' || !isNamed(typeOf(x.x, env), 'sync.Cond')) return undefined;
  const cond = unparen(x.x);
  if (cond.kind === 'ident') {
    const value = cond.entity?.kind === 'var' && cond.entity.assigned.length === 0 && cond.entity.origin.kind === 'value' ? cond.entity.origin.expr : undefined;
    const arg = value && lockerGiven(value, env);
    return arg && { ...behind(arg, env), env, owner: undefined, here: undefined };
  }
  if (cond.kind !== 'selector') return undefined;
  const member = memberOf(typeOf(cond.x, env), cond.sel.name, env.program);
  const owner = member?.kind === 'field' ? member.owner : undefined;
  const pkg = owner?.def?.file.pkg;
  if (!owner || !pkg) return undefined;
  const known = memo.get(pkg) ?? new Map<string, { put: Put; arg: Expr } | undefined>();
  memo.set(pkg, known);
  const key = `${owner.name}.${cond.sel.name}`;
  if (!known.has(key)) {
    known.set(key, undefined);
    known.set(key, onlyPut([...putsInto({ owner, name: cond.sel.name }, env.program)], env));
  }
  const made = known.get(key);
  const there = made && { program: env.program, file: made.put.within.file };
  return made && there && { ...behind(made.arg, there), env: there, owner: made.put.owner, here: cond.x };
}

function onlyPut(puts: readonly Put[], { program }: Env): { put: Put; arg: Expr } | undefined {
  const [put] = puts;
  const arg = put && puts.length === 1 ? lockerGiven(put.value, { program, file: put.within.file }) : undefined;
  return put && arg && { put, arg };
}

/** `sync.NewCond(l)`, `sync.Cond{L: l}`. */
function lockerGiven(value: Expr, env: Env): Expr | undefined {
  const x = unparen(value);
  if (x.kind === 'call') return calleeName(calleeOf(x, env)) === 'sync.NewCond' ? x.args[0] : undefined;
  if (x.kind === 'unary') return lockerGiven(x.x, env);
  return x.kind === 'composite' ? x.elements.find(({ key }) => key?.kind === 'ident' && key.name === 'L')?.value : undefined;
}

/** `&sync.Mutex{}`, `new(sync.RWMutex)`: a mutex that nobody else has a name for. */
export function isNewMutex(expr: Expr, env: Env): boolean {
  const x = unparen(expr);
  if (x.kind === 'unary' && x.op === '&') return unparen(x.x).kind === 'composite';
  const callee = x.kind === 'call' ? calleeOf(x, env) : undefined;
  return callee?.kind === 'builtin' && callee.name === 'new';
}

/** `&mu`, `mu.RLocker()`. */
function behind(arg: Expr, env: Env): Pick<CondLocker, 'mutex' | 'mode'> {
  const x = unparen(arg);
  const callee = x.kind === 'call' ? calleeOf(x, env) : undefined;
  if (callee?.kind === 'method' && callee.name === '(*sync.RWMutex).RLocker') return { mutex: callee.receiver, mode: 'read' };
  return { mutex: x, mode: 'write' };
}
