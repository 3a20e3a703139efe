/** Receives that one goroutine is to answer, which can end on a way on which it neither sends nor closes. */
import type { Op } from '../../flow/graph.ts';
import { type Arrival, operations, search, type Turn } from '../../flow/search.ts';
import { calleeOf } from '../../program/callee.ts';
import { typeOf } from '../../program/infer.ts';
import { underlying } from '../../program/resolve.ts';
import { unparen } from '../../syntax/ast.ts';
import { walkExpr } from '../../syntax/walk.ts';
import type { Body } from '../bodies.ts';
import type { Pass } from '../pass.ts';
import type { Run } from './callees.ts';
import { failsTest } from './failures.ts';
import { type Count, Reading, START, type Waiting, withNames } from './traffic.ts';

export interface Forgotten {
  readonly wait: Waiting & { readonly verb: 'receive' | 'range' };
  /** The start of the goroutine that should have answered. */
  readonly start: Op & { readonly kind: 'go' };
  readonly goroutine: Body;
  /** Its way to an end without an answer. */
  readonly way: Arrival<unknown>;
}

export function* forgottenIn(reading: Reading, body: Body, pass: Pass): Generator<Forgotten> {
  for (const verb of ['receive', 'range'] as const) {
    const wait = reading.waits.find(w => w.verb === verb && w.starts.length === 0 && w.body === body);
    if (!wait) continue;
    const answers = verb === 'receive' ? (['send', 'close'] as const) : (['close'] as const);
    const [start, ...more] = operations(body.graph).flatMap(({ op }) => (reading.doesAt(op, ...answers) ? [op] : []));
    const [run, ...others] = start ? reading.runsAt(start) : [];
    if (start?.kind !== 'go' || more.length || !run || others.length) continue;
    // Of many goroutines one is enough for a single receive.
    if (isInLoop(start.stmt, body) && !isInLoop(wait.node, body)) continue;
    const way = wayWithout(answers, run, pass);
    if (way) yield { wait: { ...wait, verb }, start, goroutine: run.body, way };
  }
}

/** The goroutine ends on this way for a reason of its own, so that nobody can know that there will be no answer. */
function wayWithout(answers: readonly ('send' | 'close')[], { body, names }: Run, pass: Pass): Arrival<unknown> | undefined {
  const reading = new Reading(body, withNames(names, body), pass);
  const walk = reading.walk();
  const told = new Set([...body.graph.blocks].flatMap(({ end }) => (end.kind === 'select' ? end.arms.map(arm => arm.to) : [])));
  const way = search<Count>({ block: body.graph.entry, index: 0 }, START, {
    ...walk,
    op: (op, count) => (reading.doesAt(op, ...answers) || isTold(op, body) ? undefined : walk.op(op, count)),
    between: (from, to, count) => (told.has(to) ? undefined : walk.between?.(from, to, count)),
    returns: (_, { supply }) => !supply.closes && !(supply.sends && answers.includes('send')),
  });
  return way && isOwnReason(way.turns.at(-1), body) ? way : undefined;
}

function isInLoop(node: { readonly start: number; readonly end: number }, { graph }: Body): boolean {
  return [...graph.loops.keys()].some(({ body: rounds }) => rounds.start <= node.start && node.end <= rounds.end);
}

/** Somebody says that it is over, the goroutine says so at another channel, or a failing test does. */
function isTold(op: Op, body: Body): boolean {
  if (op.kind === 'send' || closes(op, body)) return true;
  if (op.kind === 'range') return underlying(typeOf(op.stmt.x, body.env), body.env.program).kind === 'chan';
  return op.kind === 'receive' || failsTest(op, body);
}

function closes(op: Op, { env }: Body): boolean {
  const call = op.kind === 'call' ? op.call : op.kind === 'defer' ? unparen(op.stmt.call) : undefined;
  const callee = call?.kind === 'call' ? calleeOf(call, env) : undefined;
  return callee?.kind === 'builtin' && callee.name === 'close';
}

/** The last branch asks for something that the goroutine itself has come by: `if err := load(); err != nil { return }`. */
function isOwnReason(turn: Turn | undefined, { node }: Body): boolean {
  let found = false;
  if (turn) walkExpr(turn.condition, { expr: x => void (found ||= x.kind === 'ident' && x.entity?.kind === 'var' && x.entity.role !== 'param' && x.entity.owner === node) });
  return found;
}
