/**
 * Functions that are handed to one that calls them with a mutex locked, `s.withLock(func() { … })`, `s.each(s.visit)`,
 * and that lock the same mutex again.
 */
import { operations } from '../../flow/search.ts';
import { calleeOf } from '../../program/callee.ts';
import { targetsOf } from '../../program/implementations.ts';
import type { FuncInfo } from '../../program/package.ts';
import { type Call, unparen } from '../../syntax/ast.ts';
import { bodiesOf, type Body, bodyOf } from '../bodies.ts';
import { type CalledBody, functionsAt } from '../calls/called.ts';
import { asCallerNames } from '../calls/callernames.ts';
import type { Pass } from '../pass.ts';
import { callIn } from '../paths/reach.ts';
import { type Identity, isSameMutex } from '../places/identities.ts';
import { contradicts } from './constantargs.ts';
import { type Holding, holdingsIn, locksTaken } from './held.ts';
import { mentionsLocking } from './lockwords.ts';
import type { Mode } from './mutexes.ts';
import { type TakenStep } from './taken.ts';
import { isWriteLocked } from './writers.ts';

/** A call that hands over a function, and where it leads. */
export interface RunLocked {
  readonly body: Body;
  readonly call: Call;
  /** The function that locks and calls what it was handed. */
  readonly runner: Runner;
  readonly again: Mode;
  /** From the function that is handed over down to the one that locks again. */
  readonly steps: readonly TakenStep[];
  /** Both only read: it takes a writer that comes in between. */
  readonly needsWriter: boolean;
}

/** A function that has a mutex locked where it calls one of its parameters. */
export interface Runner {
  readonly body: Body;
  readonly param: number;
  readonly holding: Holding;
  /** Where it calls it. */
  readonly call: Call;
}

export function* runLocked(pass: Pass): Generator<RunLocked> {
  for (const info of pass.pkg.funcs) {
    if (!mentionsLocking(info) || !mayCallParam(info)) continue;
    const runners = [...runnersIn(info, pass)];
    if (runners.length === 0) continue;
    for (const caller of info.pkg.mentioning(info.bareName)) {
      if (!pass.isAsked(caller.file)) continue;
      for (const body of bodiesOf(caller, pass)) yield* handedIn(body, info, runners, pass);
    }
  }
}

/** `f(x)` stands somewhere in the text for a parameter `f`. */
function mayCallParam({ decl, bodyText }: FuncInfo): boolean {
  return decl.type.params.some(({ names }) => names.some(({ name }) => bodyText.includes(`${name}(`)));
}

function* runnersIn(info: FuncInfo, pass: Pass): Generator<Runner> {
  const body = bodyOf(info, pass);
  if (!body) return;
  const params = info.decl.type.params.flatMap(({ names }) => names);
  for (const holding of holdingsIn(body, pass)) {
    for (const [op, state] of holding.ops) {
      const call = callIn(op);
      const fun = call && unparen(call.fun);
      if (!call || fun?.kind !== 'ident' || fun.entity?.kind !== 'var' || fun.entity.assigned.length > 0 || (op.kind === 'defer' && state.deferred >= 0)) continue;
      const param = params.indexOf(fun.entity.ident);
      if (param >= 0) yield { body, param, holding, call };
    }
  }
}

/** The calls of the runner in a body, each of which is reported once. */
function* handedIn(body: Body, info: FuncInfo, runners: readonly Runner[], pass: Pass): Generator<RunLocked> {
  for (const { op } of operations(body.graph)) {
    const call = callIn(op);
    const callee = call && calleeOf(call, body.env);
    if (!call || !callee || !targetsOf(callee, body.env).includes(info)) continue;
    const called = { isInner: false, receiver: callee.kind === 'method' ? callee.receiver : undefined, args: call.args };
    for (const runner of runners) {
      const found = againIn(runner, { ...called, body: runner.body }, body, call, pass);
      if (!found) continue;
      yield found;
      break;
    }
  }
}

function againIn(runner: Runner, called: CalledBody, body: Body, call: Call, pass: Pass): RunLocked | undefined {
  const held = asCallerNames(runner.holding.identity, called, body);
  const arg = call.args[runner.param];
  const mode = held && modeOf(runner.holding, held);
  if (!held || !arg || !mode) return undefined;
  const hurts = (again: Mode) => again === 'write' || mode === 'write' || isWriteLocked(held.family, pass);
  for (const handed of functionsAt(arg, body, pass)) {
    for (const { isFirst, identity, mode: again, steps } of locksTaken(handed.body, pass)) {
      const own = isFirst && identity && hurts(again) ? asCallerNames(identity, handed, body) : undefined;
      if (!own || !isSameMutex(own, held) || contradicts(steps, { body, call, turns: [], called: handed })) continue;
      return { body, call, runner, again, steps, needsWriter: mode === 'read' && again === 'read' };
    }
  }
  return undefined;
}

/** What is locked through an interface may be locked for reading, unless the mutex itself was handed over for it. */
function modeOf({ mode, identity }: Holding, held: Identity): Mode | undefined {
  return mode ?? (identity.family.includes('@') && !held.family.includes('@') ? 'write' : undefined);
}
