/** A function that a `sync.Once` runs and that comes back to the same `Once`: the inner `Do` waits for the outer one. */
import type { Op } from '../../flow/graph.ts';
import { operations, search } from '../../flow/search.ts';
import { calleeOf } from '../../program/callee.ts';
import { isError, typeOf } from '../../program/infer.ts';
import { type Call, type Expr, unparen } from '../../syntax/ast.ts';
import { askedBodies, type Body } from '../bodies.ts';
import { calledBodies } from '../calls/called.ts';
import { asCallerNames } from '../calls/callernames.ts';
import type { Pass } from '../pass.ts';
import { callIn } from '../paths/reach.ts';
import { type Identity, identityOf, isSameMutex } from '../places/identities.ts';
import { mutexAt } from './mutexes.ts';

/** A call on the way from the outer `Do` to the inner one. */
export interface OnceStep {
  readonly body: Body;
  readonly call: Call;
}

export interface OnceAgain extends OnceStep {
  /** From what the `Once` runs down to the inner `Do`. */
  readonly steps: readonly OnceStep[];
}

export function* oncesAgain(pass: Pass): Generator<OnceAgain> {
  for (const body of askedBodies(pass, ({ bodyText }) => bodyText.includes('.Do('))) {
    for (const { op } of operations(body.graph)) {
      const call = callIn(op);
      const once = call && onceOf(call, body);
      const again = call && once && doneAgain(call, body, pass).find(({ identity }) => isSameMutex(identity, once));
      if (call && again) yield { body, call, steps: again.steps };
    }
  }
}

function onceOf(call: Call, { env }: Body): Identity | undefined {
  const callee = calleeOf(call, env);
  const once = callee.kind === 'method' && callee.name === '(*sync.Once).Do' ? mutexAt(callee.receiver, env) : undefined;
  return once && identityOf(once, env);
}

interface Done {
  readonly identity: Identity;
  readonly steps: readonly OnceStep[];
}

const memo = new WeakMap<Body['block'], readonly Done[]>();

/** Longer chains of calls are not followed. */
const MOST_CALLS = 6;
/** More of one function are not remembered. */
const MOST_DONE = 20;

/** Each `Once` that a body calls `Do` of, itself or through what it calls. Recursion does nothing. */
function donesIn(body: Body, pass: Pass, depth: number): readonly Done[] {
  const known = memo.get(body.block);
  if (known || depth === 0) return known ?? [];
  memo.set(body.block, []);
  const found = operations(body.graph).flatMap(({ op }): Done[] => {
    const call = callIn(op);
    if (!call || isConditional(op, body)) return [];
    const own = onceOf(call, body);
    return [...(own ? [{ identity: own, steps: [{ body, call }] }] : []), ...doneAgain(call, body, pass, depth - 1)];
  }).slice(0, MOST_DONE);
  memo.set(body.block, found);
  return found;
}

/** What a call does in the functions that it runs, as the caller names it. */
function doneAgain(call: Call, body: Body, pass: Pass, depth = MOST_CALLS): Done[] {
  return calledBodies(call, body, pass).flatMap(called => donesIn(called.body, pass, depth).flatMap(({ identity, steps }): Done[] => {
    const own = asCallerNames(identity, called, body);
    return own ? [{ identity: own, steps: [{ body, call }, ...steps] }] : [];
  }));
}

/** `if system { … }`, `if l == &local { localOnce.Do(load) }`: of what it is asked, the outer call may know. */
function isConditional(goal: Op, body: Body): boolean {
  const way = search({ block: body.graph.entry, index: 0 }, '', { key: () => '', op: op => (op === goal ? 'arrive' : ''), edge: () => '', returns: () => false });
  return way === undefined || !way.turns.every(({ condition }) => asksForError(condition, body));
}

/** `err != nil`. */
function asksForError(condition: Expr, { env }: Body): boolean {
  const x = unparen(condition);
  return x.kind === 'binary' && x.y.kind === 'ident' && x.y.name === 'nil' && isError(typeOf(x.x, env));
}
