/**
 * Bare sends on a channel field whose only receivers say by closing another channel field that they are gone: after
 * that the send waits for ever, while a `select` that watches the other channel would not.
 */
import { reachableFrom } from '../../flow/search.ts';
import type { Body } from '../bodies.ts';
import { goroutinesOf, leaves, runBy } from '../goroutines.ts';
import { canonicalPlace } from '../mutexes.ts';
import type { Pass } from '../pass.ts';
import { type Family, familiesOf, type FamilyUse } from './families.ts';

export interface GoneReceiver {
  readonly send: FamilyUse;
  /** The receive in the body that ends. */
  readonly receive: FamilyUse;
  /** Where that body closes the other channel when it ends. */
  readonly close: FamilyUse;
}

export function* goneReceivers(pass: Pass): Generator<GoneReceiver> {
  const families = familiesOf(pass);
  const started = startedBodies(pass);
  for (const family of families.values()) {
    if (family.given || family.outsideReceives || !family.makes.length || family.makes.some(capacity => capacity !== 0)) continue;
    // A receiver that ends when its channel is closed leaves nobody behind.
    if (family.uses.some(({ verb }) => verb === 'close')) continue;
    const receives = family.uses.filter(({ verb }) => verb === 'receive' || verb === 'range');
    const [receive] = receives;
    if (!receive || receives.some(({ body }) => body.block !== receive.body.block) || !started.has(receive.body.block) || !mayLeave(receive.body, pass)) continue;
    const close = farewellOf(receive.body, family, families);
    if (!close) continue;
    for (const send of family.uses) if (send.verb === 'send' && !send.guarded && send.body.info !== receive.body.info) yield { send, receive, close };
  }
}

function startedBodies(pass: Pass): Set<unknown> {
  return new Set(goroutinesOf(pass).flatMap(({ body }) => (body ? [...runBy(body, pass, 1)].map(run => run.body.block) : [])));
}

function mayLeave(body: Body, pass: Pass): boolean {
  const next = (block: Body['graph']['entry']) => pass.contracts.next(block, body.env);
  return [body.graph.entry, ...reachableFrom(body.graph.entry, next)].some(block => leaves(block, body, pass));
}

/** The close of another field of the same value that others receive from. */
function farewellOf(body: Body, received: Family, families: ReadonlyMap<string, Family>): FamilyUse | undefined {
  for (const family of families.values()) {
    if (family === received) continue;
    const close = family.uses.find(use => use.verb === 'close' && use.body.block === body.block && sameOwner(use, received.uses[0]));
    const closesOnce = close && family.uses.filter(use => use.verb === 'close').length === 1;
    if (close && closesOnce && family.uses.some(use => use.verb === 'receive' && use.body.info !== body.info)) return close;
  }
  return undefined;
}

function sameOwner(a: FamilyUse, b: FamilyUse | undefined): boolean {
  const owner = (use: FamilyUse) => canonicalPlace(use.channel, use.body.env)?.fields.length;
  return b !== undefined && owner(a) === owner(b);
}
