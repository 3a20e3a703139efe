/** Receives from the channel of a timer that calls a function instead: `time.AfterFunc` makes no channel, so `<-t.C` waits for ever. */
import { operations } from '../../flow/search.ts';
import { calleeName, calleeOf } from '../../program/callee.ts';
import { typeOf } from '../../program/infer.ts';
import { memberOf } from '../../program/members.ts';
import type { Env } from '../../program/resolve.ts';
import { type Expr, isNil, unparen } from '../../syntax/ast.ts';
import { askedBodies, type Body } from '../bodies.ts';
import { isExported } from '../exported.ts';
import type { Pass } from '../pass.ts';
import { putsInto } from '../places/fieldputs.ts';
import { tickChannelOf } from './tickchannels.ts';

export interface FuncTimerReceive {
  readonly body: Body;
  /** `<-t.C`. */
  readonly receive: Expr;
  readonly timer: Expr;
}

export function* funcTimerReceives(pass: Pass): Generator<FuncTimerReceive> {
  for (const body of askedBodies(pass, ({ bodyText }) => /<-\s*[\w.]+\.C\b/.test(bodyText))) {
    for (const { op } of operations(body.graph)) {
      const timer = op.kind === 'receive' && !op.inSelect ? tickChannelOf(op.channel, body)?.owner : undefined;
      if (op.kind === 'receive' && timer && callsFunction(timer, body, pass)) yield { body, receive: op.node, timer };
    }
  }
}

/** Whatever the variable or the field is given, it is a timer of `AfterFunc`, or nil. */
function callsFunction(timer: Expr, { env }: Body, pass: Pass): boolean {
  const values = valuesOf(unparen(timer), env, pass)?.filter(({ value }) => !isNil(unparen(value)));
  return values !== undefined && values.length > 0 && values.every(({ value, env: within }) => {
    const x = unparen(value);
    return x.kind === 'call' && calleeName(calleeOf(x, within)) === 'time.AfterFunc';
  });
}

interface Value {
  readonly value: Expr;
  readonly env: Env;
}

/** Everything that is put there; undefined where others may. */
function valuesOf(x: Expr, env: Env, pass: Pass): readonly Value[] | undefined {
  if (x.kind === 'ident') {
    if (x.entity?.kind !== 'var' || x.entity.role !== 'local') return undefined;
    const { origin, assigned } = x.entity;
    const given = [...(origin.kind === 'declared' ? [] : [origin]), ...assigned].map(from => (from !== 'unknown' && from.kind === 'value' ? { value: from.expr, env } : undefined));
    return given.every(value => value !== undefined) ? given : undefined;
  }
  if (x.kind !== 'selector' || (isExported(x.sel.name) && pass.pkg.name !== 'main')) return undefined;
  const member = memberOf(typeOf(x.x, env), x.sel.name, env.program);
  const owner = member?.kind === 'field' ? member.owner : undefined;
  if (owner?.pkg !== pass.pkg.path) return undefined;
  return [...putsInto({ owner, name: x.sel.name }, env.program)].map(({ value, within }) => ({ value, env: { program: env.program, file: within.file } }));
}
