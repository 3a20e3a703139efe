/**
 * A last message for somebody who has left: `case <-ctx.Done(): c <- failure` of a select that otherwise sends on `c` only
 * as long as the context lasts. Whoever asks for one message at a time asks no more.
 */
import type { Block } from '../../flow/graph.ts';
import { reachableFrom } from '../../flow/search.ts';
import type { Body } from '../bodies.ts';
import type { Pass } from '../pass.ts';
import { blockOf, isRepeated, type Span, spanOf } from '../paths/reach.ts';
import { askedFamiliesOf, type FamilyUse } from './families.ts';
import { spotOf } from './lonely.ts';
import { isStop } from './stranded.ts';

export interface LastWords {
  readonly send: FamilyUse;
  /** What says that it is over. */
  readonly sign: Span;
}

export function* lastWords(pass: Pass): Generator<LastWords> {
  for (const { given, outsideReceives, makes, uses } of askedFamiliesOf(pass).values()) {
    if (given || outsideReceives || !makes.length || makes.some(capacity => capacity !== 0)) continue;
    const guarded = uses.filter(use => use.verb === 'send' && use.guarded);
    const receives = uses.filter(({ verb, body }) => (verb === 'receive' || verb === 'range') && !body.info.file.kind.test);
    if (!guarded.length || !receives.length || receives.some(use => mayGoOn(use, pass))) continue;
    for (const send of uses) {
      if (send.verb !== 'send' || send.guarded || !pass.isAsked(send.body.info.file)) continue;
      const sign = guarded.map(other => (other.body.node === send.body.node ? signBefore(send, other, pass) : undefined)).find(found => found !== undefined);
      if (sign) yield { send, sign };
    }
  }
}

/** Who receives in a loop goes on until the end. */
function mayGoOn(use: FamilyUse, pass: Pass): boolean {
  const spot = spotOf(use);
  return use.verb === 'range' || !spot || isRepeated(spot.op, use.body, pass);
}

/** The case of the select around the other send that leads here. */
function signBefore(send: FamilyUse, other: FamilyUse, pass: Pass): Span | undefined {
  const { body } = send;
  const at = blockAt(send);
  const select = selectAround(other, body);
  if (!at || select?.end.kind !== 'select') return undefined;
  for (const { to } of select.end.arms) {
    const [first] = to.ops;
    if (first?.kind !== 'receive' || !isStop(first.channel, body)) continue;
    const after = reachableFrom(to, block => (block === select ? [] : pass.contracts.next(block, body.env)));
    if (to === at || after.has(at)) return spanOf(first);
  }
  return undefined;
}

function selectAround(use: FamilyUse, { graph }: Body): Block | undefined {
  const at = blockAt(use);
  return graph.blocks.find(({ end }) => end.kind === 'select' && end.arms.some(({ to }) => to === at));
}

function blockAt(use: FamilyUse): Block | undefined {
  const spot = spotOf(use);
  return spot && blockOf(spot.op, use.body);
}
