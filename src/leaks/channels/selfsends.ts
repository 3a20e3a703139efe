/**
 * Sends on a channel field that the only receiver itself comes to: `for e := range s.events { s.handle(e) }`, where
 * `handle` may send on `s.events`. Without a buffer there is nobody else to take it.
 */
import { operations } from '../../flow/search.ts';
import type { Body } from '../bodies.ts';
import { calledBodies } from '../calls/called.ts';
import { withCallers } from '../calls/near.ts';
import { allGoroutinesOf } from '../goroutines/goroutines.ts';
import type { Pass } from '../pass.ts';
import { placeIn } from '../places/identities.ts';
import { keyOf } from '../places/places.ts';
import { startsOnce } from './failedreceivers.ts';
import { askedFamiliesOf, type Family, type FamilyUse } from './families.ts';
import { asHolderNames, type WaitStep } from './waits.ts';

export interface SelfSend {
  readonly send: FamilyUse;
  readonly receive: FamilyUse;
  /** The calls from the receiver down to the send. */
  readonly steps: readonly WaitStep[];
}

/** Longer chains of calls are not followed. */
const MOST_CALLS = 4;

export function* selfSends(pass: Pass): Generator<SelfSend> {
  for (const family of askedFamiliesOf(pass).values()) {
    const receive = receiverOf(family);
    const sends = receive ? family.uses.filter(({ verb, guarded, body }) => verb === 'send' && !guarded && pass.isAsked(body.info.file)) : [];
    if (receive && sends.length && runsAlone(receive.body, pass)) yield* sendsBelow(receive, sends, pass);
  }
}

/** In the only body that receives from an unbuffered channel which nobody else has. */
function receiverOf({ given, outsideReceives, makes, uses }: Family): FamilyUse | undefined {
  if (given || outsideReceives || !makes.length || makes.some(capacity => capacity !== 0)) return undefined;
  const [receive, ...more] = uses.filter(({ verb }) => verb === 'receive' || verb === 'range');
  return more.every(({ body }) => body.block === receive?.body.block) ? receive : undefined;
}

/** One goroutine a value runs the body, and nobody calls it besides. */
function runsAlone(body: Body, pass: Pass): boolean {
  const [start, ...more] = allGoroutinesOf(pass).filter(goroutine => goroutine.body?.block === body.block);
  return start !== undefined && more.length === 0 && startsOnce(start.stmt, start.parent, pass);
}

function* sendsBelow(receive: FamilyUse, sends: readonly FamilyUse[], pass: Pass): Generator<SelfSend> {
  const own = placeIn(receive.channel, receive.body.env);
  if (!own) return;
  const near = withCallers(sends.map(({ body }) => body.info), receive.body.info.pkg, MOST_CALLS);
  const seen = new Set<unknown>();
  function* visit(body: Body, steps: readonly WaitStep[]): Generator<SelfSend> {
    // What it is sent and runs, it does not name.
    if (seen.has(body.block) || (steps.length > 0 && !near.has(body.info))) return;
    seen.add(body.block);
    for (const send of sends) if (send.body.block === body.block && isSame(send, steps)) yield { send, receive, steps };
    if (steps.length === MOST_CALLS) return;
    for (const { op } of operations(body.graph)) {
      const call = op.kind === 'call' ? op.call : undefined;
      if (call) for (const called of calledBodies(call, body, pass)) yield* visit(called.body, [...steps, { called, from: body, call }]);
    }
  }
  const isSame = ({ channel, body }: FamilyUse, steps: readonly WaitStep[]) => {
    const place = placeIn(channel, body.env);
    const named = place && asHolderNames({ ...place, family: '' }, steps);
    return named !== undefined && keyOf(named) === keyOf(own);
  };
  yield* visit(receive.body, []);
}
