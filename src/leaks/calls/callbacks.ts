/** The functions that a package puts into a field, into the slice or map in a field, or sends on a channel, directly or through a parameter. */
import { type Callee, calleeOf, type Holder, resolveFunction } from '../../program/callee.ts';
import { Memo } from '../../program/memo.ts';
import type { FuncInfo, Package } from '../../program/package.ts';
import type { Env } from '../../program/resolve.ts';
import { functionOf } from '../../program/values.ts';
import { type Expr, unparen, type Variable } from '../../syntax/ast.ts';
import { walkStmts } from '../../syntax/walk.ts';
import type { Body } from '../bodies.ts';
import type { Pass } from '../pass.ts';
import { familyOf } from '../places/canonical.ts';
import { elementsPutInto, type Put, putsInto } from '../places/fieldputs.ts';
import { placeIn } from '../places/identities.ts';
import type { Place } from '../places/places.ts';

/** A function that somebody puts into the field. */
export interface Given {
  readonly value: Callee;
  readonly within: FuncInfo;
  /** What has the field, as `within` names it. */
  readonly owner: Place | undefined;
}

const memo = new Memo<Package, Map<string, readonly Given[]>>();

type Field = Holder & { kind: 'field' };

export function givenTo(field: Field, pass: Pass): readonly Given[] {
  return given(field, '', putsInto, pass);
}

/** Of a field that holds many. */
export function elementsGivenTo(field: Field, pass: Pass): readonly Given[] {
  return given(field, '[]', elementsPutInto, pass);
}

function given({ owner, name }: Field, suffix: string, puts: typeof putsInto, pass: Pass): readonly Given[] {
  const pkg = owner.def?.file.pkg;
  if (!pkg?.module || owner.def?.isLocal) return [];
  const known = memo.get(pkg) ?? new Map<string, readonly Given[]>();
  memo.set(pkg, known);
  const key = `${owner.name}.${name}${suffix}`;
  let found = known.get(key);
  if (!found) {
    known.set(key, []);
    known.set(key, (found = [...puts({ owner, name }, pass.contracts.program)].flatMap(put => functionsIn(put, pass))));
  }
  return found;
}

/** Of those that are sent on a channel: in a field, by the whole package; in a variable, by the function that has it. */
export function sentOn(channel: Expr, { info, env }: Body, pass: Pass): readonly Given[] {
  const x = unparen(channel);
  if (x.kind === 'ident') return x.entity?.kind === 'var' ? sentBy(info, y => y.kind === 'ident' && y.entity === x.entity, pass) : [];
  const family = x.kind === 'selector' ? familyOf(x, env) : undefined;
  if (x.kind !== 'selector' || family === undefined) return [];
  const { pkg } = info;
  const known = memo.get(pkg) ?? new Map<string, readonly Given[]>();
  memo.set(pkg, known);
  const key = `${family}<-`;
  let found = known.get(key);
  if (!found) {
    known.set(key, []);
    const senders = pkg.withWords(new RegExp(`\\.${x.sel.name}\\s*<-`)).filter(({ file }) => !file.kind.test);
    known.set(key, (found = senders.flatMap(within => sentBy(within, (y, from) => y.kind === 'selector' && familyOf(y, from) === family, pass))));
  }
  return found;
}

function sentBy(within: FuncInfo, isIt: (channel: Expr, env: Env) => boolean, pass: Pass): Given[] {
  const env = pass.contracts.envOf(within);
  const puts: Put[] = [];
  walkStmts(within.body()?.stmts ?? [], {
    stmt: stmt => {
      const channel = stmt.kind === 'send' ? unparen(stmt.channel) : undefined;
      if (stmt.kind === 'send' && channel && isIt(channel, env)) puts.push({ value: stmt.value, within, owner: channel.kind === 'selector' ? channel.x : undefined });
    },
  });
  return puts.flatMap(put => functionsIn(put, pass));
}

function functionsIn(put: Put, pass: Pass): Given[] {
  const env = pass.contracts.envOf(put.within);
  const param = paramOf(put.value);
  if (param) return [...argumentsFor(param, put, pass)];
  const value = functionOf(resolveFunction(put.value, env), env);
  return [{ value, within: put.within, owner: put.owner && placeIn(put.owner, env) }];
}

function paramOf(value: Expr): Variable | undefined {
  const x = unparen(value);
  return x.kind === 'ident' && x.entity?.kind === 'var' && x.entity.role === 'param' && x.entity.assigned.length === 0 ? x.entity : undefined;
}

/** `s.SetNotify(f)`: what callers in the package hand to a function that puts its parameter into the field. */
function* argumentsFor(param: Variable, { within, owner }: Put, pass: Pass): Generator<Given> {
  const index = within.decl.type.params.flatMap(({ names }) => names).indexOf(param.ident);
  const root = owner && unparen(owner);
  const isReceiver = root?.kind === 'ident' && root.entity?.kind === 'var' && root.entity.role === 'receiver';
  for (const caller of within.pkg.mentioning(within.bareName)) {
    if (caller.file.kind.test) continue;
    const env = pass.contracts.envOf(caller);
    const found: Given[] = [];
    walkStmts(caller.body()?.stmts ?? [], {
      expr: x => {
        const callee = x.kind === 'call' ? calleeOf(x, env) : undefined;
        const value = x.kind === 'call' ? x.args[index] : undefined;
        if (!value || !callee || (callee.kind !== 'func' && callee.kind !== 'method') || callee.func !== within) return;
        const place = isReceiver && callee.kind === 'method' ? placeIn(callee.receiver, env) : undefined;
        found.push({ value: functionOf(resolveFunction(value, env), env), within: caller, owner: place });
      },
    });
    yield* found;
  }
}
