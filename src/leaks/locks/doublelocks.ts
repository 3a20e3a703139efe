/** The same mutex locked again by a goroutine that has it locked: at once, or through what it calls. */
import type { Op } from '../../flow/graph.ts';
import type { Turn } from '../../flow/search.ts';
import type { Call } from '../../syntax/ast.ts';
import { askedBodies, type Body } from '../bodies.ts';
import { calledBodies } from '../calls/called.ts';
import { asCallerNames } from '../calls/callernames.ts';
import type { Pass } from '../pass.ts';
import { callIn } from '../paths/reach.ts';
import { type Identity, identityOf, isSameMutex } from '../places/identities.ts';
import { contradicts } from './constantargs.ts';
import { type Holding, holdingsIn, locksTaken } from './held.ts';
import { mentionsLocking } from './lockwords.ts';
import { lockCallOf, type Mode } from './mutexes.ts';
import { type TakenStep } from './taken.ts';
import { isWriteLocked } from './writers.ts';

export interface DoubleLock {
  readonly body: Body;
  readonly holding: Holding;
  /** The call that locks again or leads to it. */
  readonly call: Call;
  readonly turns: readonly Turn[];
  readonly again: Mode;
  /** From the called function down to the one that locks; empty where the call itself locks. */
  readonly steps: readonly TakenStep[];
  /** Both only read: it takes a writer that comes in between. */
  readonly needsWriter: boolean;
}

interface Again {
  readonly mode: Mode;
  readonly steps: readonly TakenStep[];
}

export function* doubleLocks(pass: Pass): Generator<DoubleLock> {
  for (const body of askedBodies(pass, mentionsLocking)) {
    const reported = new Set<Call>();
    for (const holding of holdingsIn(body, pass)) {
      if (!holding.mode || !isSteady(holding.identity, body)) continue;
      for (const [op, state] of holding.ops) {
        const call = callIn(op);
        // What was deferred before the Unlock was runs after it.
        if (!call || reported.has(call) || (op.kind === 'defer' && state.deferred >= 0)) continue;
        const again = againIn(op, call, holding, body, pass);
        if (!again) continue;
        reported.add(call);
        const needsWriter = holding.mode === 'read' && again.mode === 'read';
        yield { body, holding, call, turns: holding.turnsTo(op), again: again.mode, steps: again.steps, needsWriter };
      }
    }
  }
}

/** `s.conn.mu` is not the same mutex any more when something is assigned to `s.conn`. */
function isSteady({ root, fields, family }: Identity, { info }: Body): boolean {
  if (typeof root === 'string' && !family.endsWith('.')) return true;
  return !fields.some(field => new RegExp(`\\.${field}\\s*(?:,[^=\\n]*)?=[^=]`).test(info.bodyText));
}

function againIn(op: Op, call: Call, holding: Holding, body: Body, pass: Pass): Again | undefined {
  const hurts = (mode: Mode) => mode === 'write' || holding.mode === 'write' || isWriteLocked(holding.identity.family, pass);
  const own = lockCallOf(call, body.env);
  if (own) {
    const identity = own.does === 'lock' && !own.isLocker && op.kind === 'call' ? identityOf(own.mutex, body.env) : undefined;
    return identity && isSameMutex(identity, holding.identity) && hurts(own.mode) ? { mode: own.mode, steps: [] } : undefined;
  }
  for (const called of calledBodies(call, body, pass)) {
    for (const taken of locksTaken(called.body, pass)) {
      if (!taken.isFirst || !taken.identity || !hurts(taken.mode)) continue;
      // A mutex in a variable of its own is named by what was handed over for it.
      if (taken.family !== holding.identity.family && !taken.family.includes('@')) continue;
      const identity = asCallerNames(taken.identity, called, body);
      if (identity && isSameMutex(identity, holding.identity) && !contradicts(taken.steps, { body, call, turns: [], called })) return { mode: taken.mode, steps: taken.steps };
    }
  }
  return undefined;
}
