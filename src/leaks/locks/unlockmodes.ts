/** Read-write mutexes that are locked for one thing and unlocked for the other: `RLock` with `Unlock`. */
import type { Op } from '../../flow/graph.ts';
import { search, type Turn } from '../../flow/search.ts';
import { type Call, unparen } from '../../syntax/ast.ts';
import { walkStmts } from '../../syntax/walk.ts';
import { askedBodies, type Body } from '../bodies.ts';
import type { Pass } from '../pass.ts';
import { type Balance, type DirectLock, isTarget, lockCallsIn, lockFlowOf, type Target, targetFor } from './lockflow.ts';
import { mentionsLock, statesAt } from './locks.ts';
import { type LockCall, lockCallOf } from './mutexes.ts';

export interface Mismatch {
  readonly body: Body;
  readonly locked: Call;
  readonly lock: LockCall;
  readonly unlocked: Call;
  readonly turns: readonly Turn[];
}

/** A Lock and the first Unlock on some way behind it. */
interface Pair {
  readonly locked: DirectLock;
  readonly unlocked: Call;
  readonly unlock: LockCall;
  readonly turns: readonly Turn[];
}

export function* mismatches(pass: Pass): Generator<Mismatch> {
  for (const body of askedBodies(pass, info => mentionsLock(info) && mixes(info.bodyText))) {
    const pairs = [...lockCallsIn(body)].filter(({ lock }) => lock.does === 'lock' && lock.isReadWrite).flatMap(locked => pairsOf(locked, body, pass));
    const isWrong = ({ locked, unlock }: Pair) => locked.lock.mode !== unlock.mode;
    const reported = new Set<Call>();
    for (const pair of pairs.filter(isWrong)) {
      // Where both ends have fitting partners as well, conditions decide which meet, and those need not be understood here.
      const isSure = pairs.filter(other => other.unlocked === pair.unlocked).every(isWrong) || pairs.filter(other => other.locked === pair.locked).every(isWrong);
      if (!isSure || reported.has(pair.unlocked)) continue;
      reported.add(pair.unlocked);
      yield { body, locked: pair.locked.call, lock: pair.locked.lock, unlocked: pair.unlocked, turns: pair.turns };
    }
  }
}

/** Read and write methods both occur. */
function mixes(text: string): boolean {
  return /\bR(?:Lock|Unlock)\b/.test(text) && /(?<!R)(?:Lock|Unlock)\b/.test(text);
}

function pairsOf(locked: DirectLock, body: Body, pass: Pass): Pair[] {
  const flow = lockFlowOf(pass);
  const target = targetFor(locked.lock.mutex);
  const walk = flow.walk(target, body);
  const pairs: Pair[] = [];
  const seen = new Set<Call>();
  for (const state of statesAt(locked.op, target, body, flow)) {
    for (;;) {
      let unlocked: { call: Call; lock: LockCall } | undefined;
      const way = search<Balance>(locked.after, state, {
        ...walk,
        op: (op, at) => {
          const found = unlockIn(op, target, body);
          if (found && !seen.has(found.call)) {
            unlocked = found;
            return 'arrive';
          }
          return found || flow.opChange(op, target, body) !== 0 ? undefined : walk.op(op, at);
        },
      });
      if (!way || !unlocked) break;
      seen.add(unlocked.call);
      pairs.push({ locked, unlocked: unlocked.call, unlock: unlocked.lock, turns: way.turns });
    }
  }
  return pairs;
}

/** The Unlock that an operation makes or defers, in a deferred literal the only lock call. */
function unlockIn(op: Op, target: Target, body: Body): { call: Call; lock: LockCall } | undefined {
  const call = op.kind === 'call' ? op.call : op.kind === 'defer' ? unparen(op.stmt.call) : undefined;
  if (call?.kind !== 'call') return undefined;
  const lock = lockCallOf(call, body.env);
  if (lock) return lock.does === 'unlock' && isTarget(lock, target) ? { call, lock } : undefined;
  const fun = unparen(call.fun);
  if (op.kind !== 'defer' || fun.kind !== 'funclit') return undefined;
  const inside: { call: Call; lock: LockCall }[] = [];
  walkStmts(fun.body.stmts, {
    expr: x => {
      const own = x.kind === 'call' ? lockCallOf(x, body.env) : undefined;
      if (own && x.kind === 'call' && isTarget(own, target)) inside.push({ call: x, lock: own });
    },
  });
  const [only] = inside;
  return inside.length === 1 && only?.lock.does === 'unlock' ? only : undefined;
}
