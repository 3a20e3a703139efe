/**
 * Atomic flags that end a wait: `for !q.stopped.Load() { q.cond.Wait() }`. Who sets one has to wake those who wait, and with the
 * mutex locked: between the look at the flag and the wait nobody hears a signal.
 */
import type { Op } from '../../flow/graph.ts';
import { operations } from '../../flow/search.ts';
import { calleeName, calleeOf } from '../../program/callee.ts';
import { type Call, type Expr, operandsOf, unparen } from '../../syntax/ast.ts';
import { askedBodies, bodiesOf, bodiesWith, type Body } from '../bodies.ts';
import type { Pass } from '../pass.ts';
import { callIn, placeAfter, reaches, type Span } from '../paths/reach.ts';
import { familyOf } from '../places/canonical.ts';
import { isNeverSignalled } from './condsignals.ts';
import { heldAt } from './held.ts';
import { loopAround, wakes, wakesOften } from './silentflags.ts';

export interface AtomicFlag {
  readonly body: Body;
  readonly wait: Call;
  readonly cond: Expr;
  readonly flag: Expr;
  readonly setter: Body;
  readonly set: Span;
  /** `silent`: it wakes nobody. `early`: it does so without the mutex. */
  readonly why: 'silent' | 'early';
}

const ATOMIC = /\.(?:Load|LoadU?[iI]nt(?:32|64))\(/;
const STORES = /\.(?:Store|Swap|CompareAndSwap)(?:U?[iI]nt(?:32|64))?\(/;

export function* atomicFlags(pass: Pass): Generator<AtomicFlag> {
  for (const body of askedBodies(pass, ({ bodyText, file }) => !file.kind.test && /\.Wait\(\)/.test(bodyText) && ATOMIC.test(bodyText) && /\bfor\b/.test(bodyText))) {
    for (const { op } of operations(body.graph)) {
      const callee = op.kind === 'call' ? calleeOf(op.call, body.env) : undefined;
      if (op.kind !== 'call' || callee?.kind !== 'method' || calleeName(callee) !== '(*sync.Cond).Wait' || isNeverSignalled(callee.receiver, body, pass)) continue;
      const cond = callee.receiver;
      const loop = loopAround(op.call, body);
      for (const asked of loop?.cond ? operandsOf(loop.cond, '&&').flatMap(x => askedBy(x, false, body) ?? []) : []) {
        const set = setBy(asked, cond, body, pass);
        if (set) yield { body, wait: op.call, cond, flag: asked.flag, ...set };
      }
    }
  }
}

/** A flag, and which values end the loop that asks for it. */
interface Asked {
  readonly flag: Expr;
  readonly ends: (value: string) => boolean;
}

/** What the condition asks for, where the loop ends when it `holds`. */
function askedBy(condition: Expr, holds: boolean, body: Body): Asked | undefined {
  const x = unparen(condition);
  if (x.kind === 'unary' && x.op === '!') return askedBy(x.x, !holds, body);
  const flag = x.kind === 'call' ? atomicOf(x, /Load$|^sync\/atomic\.Load\w+$/, body) : undefined;
  if (flag) return { flag, ends: value => value === `${holds}` };
  const [call, limit] = x.kind === 'binary' && (x.op === '==' || x.op === '!=') ? [unparen(x.x), textOf(x.y, body)] : [];
  const compared = call?.kind === 'call' ? atomicOf(call, /Load$|^sync\/atomic\.Load\w+$/, body) : undefined;
  const isEqual = x.kind === 'binary' && (x.op === '==') === holds;
  return compared && limit !== undefined ? { flag: compared, ends: value => (value === limit) === isEqual } : undefined;
}

/** `q.stopped` of `q.stopped.Load()` and of `atomic.LoadInt32(&q.stopped)`. */
function atomicOf(call: Call, method: RegExp, { env }: Body): Expr | undefined {
  const callee = calleeOf(call, env);
  const name = calleeName(callee) ?? '';
  if (!name.includes('sync/atomic.') || !method.test(name.replace(/^.*\)\./, ''))) return undefined;
  if (callee.kind === 'method') return callee.receiver;
  const [target] = call.args.map(unparen);
  return target?.kind === 'unary' && target.op === '&' ? target.x : undefined;
}

function textOf({ start, end }: Span, { info }: Body): string {
  return info.file.source.text.slice(start, end);
}

/** Where somebody ends the wait so, and those who wait do not hear of it. */
function setBy({ flag, ends }: Asked, cond: Expr, body: Body, pass: Pass): Pick<AtomicFlag, 'setter' | 'set' | 'why'> | undefined {
  const [family, condFamily] = [familyOf(flag, body.env), familyOf(cond, body.env)];
  if (family === undefined || condFamily === undefined || wakesOften(cond, condFamily, pass)) return undefined;
  for (const setter of bodiesWith(pass, ({ bodyText, file }) => !file.kind.test && STORES.test(bodyText))) {
    if (setter.node === body.node) continue;
    for (const { op } of operations(setter.graph)) {
      const call = op.kind === 'call' ? op.call : undefined;
      const stored = call && atomicOf(call, /(?:Store|Swap)$|^sync\/atomic\.(?:Store|Swap|CompareAndSwap)\w+$/, setter);
      const value = call?.args.at(-1);
      if (!call || !stored || !value || familyOf(stored, setter.env) !== family || !isConstant(value) || !ends(textOf(value, setter))) continue;
      if (!wakes(setter, pass)) return { setter, set: call, why: 'silent' };
      if (isEarly(op, condFamily, setter, pass)) return { setter, set: call, why: 'early' };
    }
  }
  return undefined;
}

function isConstant(value: Expr): boolean {
  const x = unparen(value);
  return x.kind === 'literal' || (x.kind === 'ident' && (x.name === 'true' || x.name === 'false'));
}

/** Both the change and the signal behind it come without any mutex, whoever calls. */
function isEarly(set: Op, condFamily: string, setter: Body, pass: Pass): boolean {
  const signals = operations(setter.graph).flatMap(({ op }) => (isSignal(op, condFamily, setter) ? [op] : []));
  const after = signals.filter(op => op.kind === 'call' && reaches(placeAfter(set, setter), other => other === op));
  return after.length > 0 && after.length === signals.length && [set, ...after].every(op => heldAt(op, setter, pass).length === 0) && !isCalledLocked(setter, pass);
}

function isSignal(op: Op, family: string, { env }: Body): boolean {
  const call = callIn(op);
  const callee = call && calleeOf(call, env);
  return callee?.kind === 'method' && /^\(\*sync\.Cond\)\.(?:Signal|Broadcast)$/.test(callee.name) && familyOf(callee.receiver, env) === family;
}

function isCalledLocked({ node, info }: Body, pass: Pass): boolean {
  if (node !== info.decl || /[lL]ock/.test(info.bareName)) return true;
  return info.pkg.mentioning(info.bareName).some(caller => [...bodiesOf(caller, pass)].some(body => operations(body.graph).some(({ op }) => {
    const call = callIn(op);
    const callee = call && calleeOf(call, body.env);
    return callee !== undefined && 'func' in callee && callee.func === info && heldAt(op, body, pass).length > 0;
  })));
}
