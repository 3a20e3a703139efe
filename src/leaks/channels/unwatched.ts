/**
 * Sends of a goroutine that do not watch what others watch who send on the same channel: `select { case c.in <- x: case <-c.closed: }`
 * there, and a bare `c.in <- first` here. Who receives may be gone by then, the others say so.
 */
import { unparen } from '../../syntax/ast.ts';
import { allGoroutinesOf, type Goroutine, livesAsLongAsProcess, runBy } from '../goroutines/goroutines.ts';
import { contextOf } from '../groups/waitedfor.ts';
import type { Pass } from '../pass.ts';
import { spanOf } from '../paths/reach.ts';
import { askedFamiliesOf, type Family, type FamilyUse } from './families.ts';
import { isStop, isToldBy } from './stranded.ts';

export interface Unwatched {
  readonly send: FamilyUse;
  readonly goroutine: Goroutine;
  /** A send that watches, and what. */
  readonly sibling: FamilyUse;
}

export function* unwatchedSends(pass: Pass): Generator<Unwatched> {
  for (const family of askedFamiliesOf(pass).values()) {
    const sends = family.uses.filter(({ verb, body }) => verb === 'send' && !body.info.file.kind.test);
    const siblings = sends.filter(({ guarded }) => guarded);
    if (!isTight(family) || !siblings.length || siblings.length === sends.length || hasDrain(family)) continue;
    for (const send of sends) {
      if (send.guarded || !pass.isAsked(send.body.info.file)) continue;
      const goroutine = allGoroutinesOf(pass).find(({ body }) => body && [...runBy(body, pass)].some(run => run.body.block === send.body.block));
      if (!goroutine?.body || livesAsLongAsProcess(goroutine, pass)) continue;
      const bodies = [...runBy(goroutine.body, pass)].map(({ body }) => body);
      if (siblings.every(sibling => sibling.body.block !== send.body.block && watches(sibling, bodies, pass)) && siblings[0]) yield { send, goroutine, sibling: siblings[0] };
    }
  }
}

/** Every value of it is made here, without a buffer: how much room there is for whom, others know. */
export function isTight({ given, makes }: Family): boolean {
  return !given && makes.length > 0 && makes.every(capacity => capacity === 0);
}

/** Who ranges goes on until the channel is closed. */
function hasDrain({ uses }: Family): boolean {
  return uses.some(({ verb }) => verb === 'range');
}

/** Another case of the select around it is the end of a context that the value keeps, or a channel of it that says so. */
function watches({ body, node }: FamilyUse, senders: Parameters<typeof isToldBy>[0], pass: Pass): boolean {
  return body.graph.blocks.some(({ end }) => end.kind === 'select' && end.arms.some(({ to }) => to.ops[0]?.kind === 'send' && spanOf(to.ops[0]).start === node.start) && end.arms.some(({ to: { ops: [first] } }) => {
    if (first?.kind !== 'receive') return false;
    const context = contextOf(first.channel, body);
    return context ? unparen(context).kind === 'selector' : isStop(first.channel, body) && !isToldBy(senders, first.channel, body, pass);
  }));
}
