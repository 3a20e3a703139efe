/** Waiting for a group of goroutines, a `sync.WaitGroup` or an errgroup: which group, and who counts himself out of it. */
import type { Op } from '../../flow/graph.ts';
import { calleeName, calleeOf } from '../../program/callee.ts';
import { type Call, unparen } from '../../syntax/ast.ts';
import type { Body } from '../bodies.ts';
import { canonicalPlace } from '../places/canonical.ts';
import type { Place } from '../places/places.ts';

const WAITS = /^\(\*(?:sync\.WaitGroup|golang\.org\/x\/sync\/errgroup\.Group)\)\.Wait$/;
const COUNTS = /^\(\*(?:sync\.WaitGroup|golang\.org\/x\/sync\/errgroup\.Group)\)\.(?:Done|(?:Try)?Go)$/;

/** The group that an operation waits for. */
export function awaitedBy(op: Op, body: Body): Place | undefined {
  return groupOf(op, WAITS, body);
}

/** The group in which an operation counts: `wg.Done()`, `g.Go(f)`. */
export function countedBy(op: Op, body: Body): Place | undefined {
  return groupOf(op, COUNTS, body);
}

function groupOf(op: Op, methods: RegExp, { env }: Body): Place | undefined {
  const call = callOf(op);
  const callee = call && calleeOf(call, env);
  if (callee?.kind !== 'method' && callee?.kind !== 'presumed') return undefined;
  return callee.receiver && methods.test(calleeName(callee) ?? '') ? canonicalPlace(callee.receiver, env) : undefined;
}

/** The call that runs, is deferred or started. */
export function callOf(op: Op): Call | undefined {
  if (op.kind === 'call') return op.call;
  const call = op.kind === 'go' || op.kind === 'defer' ? unparen(op.stmt.call) : undefined;
  return call?.kind === 'call' ? call : undefined;
}
