/** What runs when a function that knows a channel calls, defers or starts something: in place or as a goroutine, under which names. */
import { graphOf } from '../../flow/build.ts';
import { type Callee, calleeName, calleeOf, resolveFunction } from '../../program/callee.ts';
import { targetsOf } from '../../program/implementations.ts';
import { functionOf } from '../../program/values.ts';
import { type Call, type Expr, unparen, type Variable } from '../../syntax/ast.ts';
import { type Body, bodyOf } from '../bodies.ts';
import { bodyOfCallee } from '../goroutines/goroutines.ts';
import type { Pass } from '../pass.ts';
import { literalOf } from '../places/ownvalues.ts';
import { namesIn, placesBehind, receiverOf, resultsOf } from './bindings.ts';
import { callsOfParameter, parameterOf, runnerOf } from './paramcalls.ts';
import { isMentioned, isMethodOfHolder, type Names, namesOf, relationOf } from './places.ts';

/** A body that runs with the channel in reach. */
export interface Run {
  readonly body: Body;
  readonly names: Names;
  /** In a goroutine of its own. */
  readonly started: boolean;
  /** Any number of times: a callback that is called in a loop. */
  readonly repeated?: true;
}

/** `unseen`: something that is not at hand gets the channel and may do anything with it. */
export type Runs = readonly Run[] | 'unseen';

/** Library functions that look at a channel and leave it alone. */
const LOOKS_ONLY = /^(?:(?:fmt|log)\.\w+|\(\*testing\.common\)\.\w+|\(\*log\.Logger\)\.\w+|log\/slog\.\w+)$/;
const HARMLESS_BUILTINS = new Set(['close', 'len', 'cap', 'delete', 'print', 'println', 'panic', 'clear', 'make', 'new', 'min', 'max']);

/** What a call runs that knows the channel; empty where it knows nothing of it. */
export function runsOf(call: Call, names: Names, started: boolean, from: Body, pass: Pass): Runs {
  const { origin } = names;
  if (origin && origin.call === call) return [{ body: origin.body, names: origin.names, started }];
  const callee = functionOf(calleeOf(call, from.env), from.env);
  if (callee.kind === 'builtin') return HARMLESS_BUILTINS.has(callee.name) || !call.args.some(arg => carries(arg, names, from)) ? [] : 'unseen';
  // Where the converted channel goes, the expression around it says.
  if (callee.kind === 'conversion') return [];
  const given = call.args.some(arg => carries(arg, names, from));
  const receiver = receiverOf(callee);
  const isHeld = receiver !== undefined && relationOf(receiver, names, from.env) !== undefined;
  const knows = callee.kind === 'literal' && isMentioned(callee.literal, names, from.env);
  const name = calleeName(callee) ?? '';
  const how = runnerOf(name);
  if (!given && !isHeld && !knows && !(how && call.args.some(arg => isFunctionKnowing(arg, names, from)))) return [];
  if (how) return runsOfArguments(call, how, names, started, from, pass);
  if (LOOKS_ONLY.test(name)) return [];
  const body = bodyOfCallee(callee, from, pass) ?? onlyTarget(callee, call, from, pass);
  if (!body || call.args.some((arg, i) => isLost(arg, parameterOf(body, i), names, from))) return 'unseen';
  const callbacks = runsOfCallbacks(call, names, started, from, body, pass);
  const inside = namesIn(body, callee, receiver, call.args, names, from);
  const isFollowed = resultsOf(call, names, from).size > 0;
  return callbacks === 'unseen' ? 'unseen' : [{ body, names: isFollowed ? namesOf(inside.places, inside.endings, { isFollowed }) : inside, started }, ...callbacks];
}

/** The one method behind an interface that only its package can implement. */
function onlyTarget(callee: Callee, call: Call, from: Body, pass: Pass): Body | undefined {
  const [target, ...others] = callee.kind === 'method' && !callee.func ? targetsOf(callee, from.env) : [];
  const body = target && !others.length ? bodyOf(target, pass) : undefined;
  // Methods of one name may have other parameters.
  const params = body?.node.type.params.reduce((n, { names }) => n + Math.max(1, names.length), 0);
  return params === call.args.length ? body : undefined;
}

/** `each(items, func(x T) { c <- x })`: the literal runs where the callee calls its parameter, if that is all it does with it. */
function runsOfCallbacks(call: Call, names: Names, started: boolean, from: Body, callee: Body, pass: Pass): Runs {
  const runs: Run[] = [];
  for (const [i, arg] of call.args.entries()) {
    const literal = unparen(arg);
    if (literalOf(arg) && capturesInside(arg, names, from)) return 'unseen';
    if (literal.kind !== 'funclit' || !isMentioned(literal, names, from.env)) continue;
    const calls = callsOfParameter(parameterOf(callee, i), callee, pass);
    if (!calls) return 'unseen';
    const body: Body = { ...from, node: literal, block: literal.body, graph: graphOf(literal, literal.body) };
    if (!calls.length) continue;
    const run: Run = { body, names, started: started || calls.some(call => call.started) };
    runs.push(calls.some(call => call.inLoop) ? { ...run, repeated: true } : run);
  }
  return runs;
}

/** `job{done: func() { close(c) }}`: who calls it is not followed. */
function capturesInside(expr: Expr, names: Names, from: Body): boolean {
  const x = unparen(expr);
  if (x.kind === 'funclit') return isMentioned(x, names, from.env);
  return (literalOf(x)?.elements ?? []).some(({ value }) => capturesInside(value, names, from));
}

/** `once.Do(f)`, `wg.Go(w.run)`: the functions handed over, where they can be told. */
function runsOfArguments(call: Call, how: 'once' | 'often' | 'started', names: Names, started: boolean, from: Body, pass: Pass): Runs {
  const runs: Run[] = [];
  for (const arg of call.args) {
    if (!carries(arg, names, from) && !isFunctionKnowing(arg, names, from)) continue;
    const callee = functionOf(resolveFunction(arg, from.env), from.env);
    const body = callee.kind === 'literal' || callee.kind === 'method' ? bodyOfCallee(callee, from, pass) : undefined;
    if (!body) return 'unseen';
    const run: Run = { body, names: namesIn(body, callee, receiverOf(callee), [], names, from), started: started || how === 'started' };
    runs.push(how === 'often' ? { ...run, repeated: true } : run);
  }
  return runs;
}

/** `worker := func() error { … }` that names the channel, of `wg.Go(worker)`. */
function isFunctionKnowing(arg: Expr, names: Names, from: Body): boolean {
  const x = unparen(arg);
  const callee = x.kind === 'ident' && x.entity?.kind === 'var' ? functionOf(resolveFunction(x, from.env), from.env) : undefined;
  return callee?.kind === 'literal' && !callee.within && isMentioned(callee.literal, names, from.env);
}

/** An argument has the channel inside, and no name in the callee leads to it: `stopAll(a, b)`, `[]*worker{w}`, `w.stop`. */
function isLost(arg: Expr, param: Variable | undefined, names: Names, from: Body): boolean {
  if (unparen(arg).kind === 'funclit' || !carries(arg, names, from)) return false;
  if (param?.origin.kind === 'declared' && !param.origin.variadic) return placesBehind(arg, param, names, from).length === 0;
  // `_ chan int` is given the channel and cannot use it.
  return param !== undefined;
}

/** The value of an expression is the channel, has it inside or captures it. */
export function carries(expr: Expr, names: Names, from: Body): boolean {
  const x = unparen(expr);
  switch (x.kind) {
    case 'ident':
    case 'selector':
      return relationOf(x, names, from.env) !== undefined || isMethodOfHolder(x, names, from.env);
    case 'composite':
      return x.elements.some(({ value }) => carries(value, names, from));
    case 'star':
    case 'assert':
      return carries(x.x, names, from);
    case 'unary':
      return x.op === '&' && carries(x.x, names, from);
    case 'call':
      // A conversion: `(<-chan int)(c)`.
      if (x.args.length === 1 && calleeOf(x, from.env).kind === 'conversion') return x.args.some(arg => carries(arg, names, from));
      return resultsOf(x, names, from).size > 0;
    case 'funclit':
      return isMentioned(x, names, from.env);
    default:
      return false;
  }
}
