/** Where a body waits for somebody else, itself or in what it calls, and how those who call it name what it waits for. */
import type { Op } from '../../flow/graph.ts';
import { operations, type Turn } from '../../flow/search.ts';
import { calleeName, calleeOf } from '../../program/callee.ts';
import { Memo } from '../../program/memo.ts';
import type { FuncInfo, Package } from '../../program/package.ts';
import type { Call, Expr } from '../../syntax/ast.ts';
import type { Body } from '../bodies.ts';
import { calledBodies, type CalledBody } from '../calls/called.ts';
import { asCallerNames } from '../calls/callernames.ts';
import { withCallers } from '../calls/near.ts';
import { mayComeTo } from '../locks/constantargs.ts';
import type { Holding } from '../locks/held.ts';
import { mentionsLocking } from '../locks/lockwords.ts';
import { turnsWithout } from '../locks/taken.ts';
import type { Pass } from '../pass.ts';
import { callIn } from '../paths/reach.ts';
import { type Identity, placeIn } from '../places/identities.ts';
import type { Place } from '../places/places.ts';
import { answersWithout } from './answers.ts';
import { isWithinLength } from './lengths.ts';
import { namesOf } from './places.ts';
import { armsOf } from './traffic.ts';

/** An operation that waits. */
export interface Wait {
  /** `wait` for a group of goroutines, `cond` for a signal. */
  readonly verb: 'send' | 'receive' | 'range' | 'wait' | 'cond';
  readonly op: Op;
  readonly node: { readonly start: number; readonly end: number };
  /** The channel, the group or the cond. */
  readonly subject: Expr;
  readonly body: Body;
}

/** A call on the way from the body that holds a mutex to the one that waits. */
export interface WaitStep {
  readonly called: CalledBody;
  readonly from: Body;
  readonly call: Call;
}

/** A wait as somebody above it sees it. */
export interface WaitBelow {
  readonly wait: Wait;
  /** From the one above down to the one that waits; none where they are the same. */
  readonly steps: readonly WaitStep[];
}

const NONE = namesOf([]);
const WAITS_FOR_GROUP = /^\(\*(?:sync\.WaitGroup|golang\.org\/x\/sync\/errgroup\.Group|gopkg\.in\/tomb\.v[12]\.Tomb|github\.com\/sourcegraph\/conc(?:\/pool)?\.\w+)\)\.Wait$/;

/** Of an operation itself. */
export function waitAt(op: Op, body: Body, pass: Pass): Wait | undefined {
  const arm = armsOf(body.graph).get(op);
  if ((arm && answersWithout(arm.select, arm.clause, NONE, body, pass)) || isWithinLength(op, body)) return undefined;
  switch (op.kind) {
    case 'send':
      return { verb: 'send', op, node: op.stmt, subject: op.stmt.channel, body };
    case 'receive':
      return { verb: 'receive', op, node: op.node, subject: op.channel, body };
    case 'range':
      return { verb: 'range', op, node: op.stmt.x, subject: op.stmt.x, body };
    case 'call': {
      const callee = calleeOf(op.call, body.env);
      const name = calleeName(callee) ?? '';
      const receiver = callee.kind === 'method' || callee.kind === 'presumed' ? callee.receiver : undefined;
      if (!receiver) return undefined;
      if (WAITS_FOR_GROUP.test(name)) return { verb: 'wait', op, node: op.call, subject: receiver, body };
      return name === '(*sync.Cond).Wait' ? { verb: 'cond', op, node: op.call, subject: receiver, body } : undefined;
    }
    default:
      return undefined;
  }
}

/** Longer chains of calls are not followed. */
const MOST_CALLS = 3;

/** What the operation waits for, itself or in the functions that it runs, as long as they leave the mutex locked. */
export function* waitsBelow(op: Op, { identity: { family } }: Holding, body: Body, pass: Pass, depth = MOST_CALLS): Generator<WaitBelow> {
  const own = waitAt(op, body, pass);
  if (own) yield { wait: own, steps: [] };
  else if (depth > 0) yield* waitsInCallees(op, family, body, pass, depth);
}

function* waitsInCallees(op: Op, family: string, body: Body, pass: Pass, depth: number): Generator<WaitBelow> {
  const call = callIn(op);
  if (!call || !mayRunWaiter(call, body)) return;
  for (const called of calledBodies(call, body, pass)) {
    if (!mayWait(called.body.info)) continue;
    for (const { op: inner } of operations(called.body.graph)) {
      const wait = waitAt(inner, called.body, pass);
      const below: Iterable<WaitBelow> = wait ? [{ wait, steps: [] }] : depth > 1 ? waitsInCallees(inner, family, called.body, pass, depth - 1) : [];
      for (const { wait, steps } of below) {
        const turns = turnsOf(inner, family, called.body, pass);
        if (turns && mayComeTo(turns, { body, call, called })) yield { wait, steps: [{ called, from: body, call }, ...steps] };
      }
    }
  }
}

function mayRunWaiter(call: Call, { env }: Body): boolean {
  const callee = calleeOf(call, env);
  const func = callee.kind === 'func' || callee.kind === 'method' ? callee.func : undefined;
  return !func || mayWait(func) || call.args.length > 0;
}

const turnsMemo = new WeakMap<Op, Map<string, readonly Turn[] | undefined>>();

/** The branches on a way to the operation on which the mutexes of this family stay as the body found them. */
function turnsOf(op: Op, family: string, body: Body, pass: Pass): readonly Turn[] | undefined {
  const known = turnsMemo.get(op) ?? new Map<string, readonly Turn[] | undefined>();
  turnsMemo.set(op, known);
  if (!known.has(family)) known.set(family, turnsWithout(op, family, body, pass));
  return known.get(family);
}

const waiters = new Memo<Package, ReadonlySet<FuncInfo>>();
const WAIT_WORD = /<-|\.Wait\(\)/;

/** By the words of its text, or of a function that it mentions, and so on. */
export function mayWait(func: FuncInfo): boolean {
  if (!func.pkg.isRead) return WAIT_WORD.test(func.bodyText);
  let found = waiters.get(func.pkg);
  if (!found) waiters.set(func.pkg, (found = waitersIn(func.pkg)));
  return found.has(func);
}

function waitersIn(pkg: Package): Set<FuncInfo> {
  return withCallers([...pkg.withWords(WAIT_WORD), ...pkg.withWords(/\brange\b/).filter(mentionsLocking)], pkg, MOST_CALLS);
}

/** What the body that waits names, as the one at the top of the steps names it. */
export function asHolderNames(identity: Identity | undefined, steps: readonly WaitStep[]): Identity | undefined {
  return steps.reduceRight((found, { called, from }) => found && asCallerNames(found, called, from), identity);
}

/** The place of what is waited for, likewise. */
export function subjectAbove({ wait, steps }: WaitBelow): Place | undefined {
  const place = placeIn(wait.subject, wait.body.env);
  return place && asHolderNames({ ...place, family: '' }, steps);
}
