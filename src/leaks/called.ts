/** The bodies that a call runs before it returns: the callee's, and those of functions handed to it that it calls. */
import { type Callee, calleeName, calleeOf, resolveFunction } from '../program/callee.ts';
import { targetsOf } from '../program/implementations.ts';
import type { FuncInfo } from '../program/package.ts';
import { typeOf } from '../program/infer.ts';
import { isNamed, type Named } from '../program/types.ts';
import { functionOf } from '../program/values.ts';
import { operations } from '../flow/search.ts';
import { type Call, type Expr, unparen } from '../syntax/ast.ts';
import { type Body, bodyOf } from './bodies.ts';
import { givenTo } from './callbacks.ts';
import { literalBody } from './lockflow.ts';
import type { Pass } from './pass.ts';
import type { Place } from './places.ts';
import { printedMethods } from './printed.ts';

export interface CalledBody {
  readonly body: Body;
  /** A literal of the caller's own, which sees the caller's variables. */
  readonly isInner: boolean;
  readonly receiver: Expr | undefined;
  readonly args: readonly Expr[];
  readonly keptIn?: KeptIn | undefined;
}

/** A function that is called through a field into which somebody put it. */
export interface KeptIn {
  /** What has the field, as the function that put it there names it. */
  readonly owner: Place;
  /** What has the field, as the caller names it. */
  readonly calledOn: Expr;
}

/** Library functions that call what they are given before they return. */
const CALLS_ARGUMENT = /^(?:\(\*sync\.(?:Once\)\.Do|Map\)\.Range)|sort\.(?:Slice(?:Stable)?|Search)|slices\.\w+Func|strings\.(?:Map|\w+Func)|path\/filepath\.Walk(?:Dir)?|io\/fs\.WalkDir|maps\.DeleteFunc)$/;

const memo = new WeakMap<Call, readonly CalledBody[]>();

export function calledBodies(call: Call, from: Body, pass: Pass): readonly CalledBody[] {
  let found = memo.get(call);
  if (!found) memo.set(call, (found = [...findCalled(call, from, pass)]));
  return found;
}

function* findCalled(call: Call, from: Body, pass: Pass): Generator<CalledBody> {
  const callee = calleeOf(call, from.env);
  const kept = [...callbacks(callee, call, from, pass)];
  const direct = kept.length ? kept : bodiesOfFunction(functionOf(callee, from.env), call.args, from, pass);
  yield* direct;
  for (const { func, receiver } of printedMethods(call, from)) yield* declared(func, receiver, [], pass);
  for (const [i, arg] of call.args.entries()) {
    if (!mayBeFunction(arg)) continue;
    const isCalled = CALLS_ARGUMENT.test(calleeName(callee) ?? '') || direct.some(({ body }) => callsParam(body, i, pass));
    if (isCalled) yield* bodiesOfFunction(functionOf(resolveFunction(arg, from.env), from.env), [], from, pass);
  }
}

/** `s.notify(x)`: the functions that somebody put into the field. */
function* callbacks(callee: Callee, call: Call, from: Body, pass: Pass): Generator<CalledBody> {
  const fun = unparen(call.fun);
  if (callee.kind !== 'variable' || callee.holder.kind !== 'field' || fun.kind !== 'selector') return;
  for (const { owner, value, within } of givenTo(callee.holder, pass)) {
    const keptIn = owner && { owner, calledOn: fun.x };
    for (const called of bodiesOfFunction(value, call.args, { ...from, info: within, env: pass.contracts.envOf(within) }, pass)) yield { ...called, isInner: false, keptIn };
  }
}

function bodiesOfFunction(known: Callee, args: readonly Expr[], from: Body, pass: Pass): CalledBody[] {
  if (known.kind === 'literal') {
    const isInner = known.within === undefined || known.within === from.info;
    return [{ body: literalBody(known.literal, known.within, from, pass), isInner, receiver: undefined, args }];
  }
  const receiver = known.kind === 'method' && (known.func || isValueOf(known.receiver, known.owner, from)) ? known.receiver : undefined;
  return targetsOf(known, from.env).flatMap(func => declared(func, receiver, args, pass));
}

/** Behind an interface that is embedded, `s.Apply()`, stands another value than `s`. */
function isValueOf(receiver: Expr, owner: Named, { env }: Body): boolean {
  return receiver.kind === 'ident' && isNamed(typeOf(receiver, env), `${owner.pkg}.${owner.name}`);
}

function declared(func: FuncInfo, receiver: Expr | undefined, args: readonly Expr[], pass: Pass): CalledBody[] {
  const body = func.pkg.module ? bodyOf(func, pass) : undefined;
  return body ? [{ body, isInner: false, receiver, args }] : [];
}

function mayBeFunction(arg: Expr): boolean {
  const x = unparen(arg);
  return x.kind === 'funclit' || x.kind === 'selector' || (x.kind === 'ident' && x.name !== 'nil');
}

const calledParams = new WeakMap<Body['block'], ReadonlySet<number>>();

/** The body calls its parameter `index`, or hands it to a function that does. */
function callsParam(body: Body, index: number, pass: Pass): boolean {
  let found = calledParams.get(body.block);
  if (!found) {
    calledParams.set(body.block, new Set());
    calledParams.set(body.block, (found = findCalledParams(body, pass)));
  }
  return found.has(index);
}

function findCalledParams(body: Body, pass: Pass): Set<number> {
  const params = body.node.type.params.flatMap(({ names }) => names);
  const indexOf = (x: Expr) => (x.kind === 'ident' && x.entity?.kind === 'var' && x.entity.assigned.length === 0 ? params.indexOf(x.entity.ident) : -1);
  const found = new Set<number>();
  for (const { op } of operations(body.graph)) {
    const call = op.kind === 'call' ? op.call : op.kind === 'defer' ? unparen(op.stmt.call) : undefined;
    if (call?.kind !== 'call') continue;
    found.add(indexOf(unparen(call.fun)));
    call.args.forEach((arg, i) => {
      const index = indexOf(unparen(arg));
      if (index >= 0 && bodiesOfFunction(functionOf(calleeOf(call, body.env), body.env), call.args, body, pass).some(inner => callsParam(inner.body, i, pass))) found.add(index);
    });
  }
  return found;
}
