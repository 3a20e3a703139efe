/**
 * Waits for what can only come after them: `<-ctx.Done()` of a context that only the code behind it cancels, and a
 * receive from a channel that only the code behind it closes.
 */
import { operations } from '../../flow/search.ts';
import type { Expr } from '../../syntax/ast.ts';
import { askedBodies } from '../bodies.ts';
import { comesOnlyAfter, type Spot } from '../calls/onlyafter.ts';
import { contextOf } from '../groups/waitedfor.ts';
import type { Pass } from '../pass.ts';
import { answersWithout } from './answers.ts';
import { callsOfCancel } from './cancelcalls.ts';
import { type ContextEnd, endsOf } from './contextends.ts';
import { namesOf } from './places.ts';
import { armsOf } from './traffic.ts';

export interface FutileWait {
  readonly wait: Spot;
  /** The context or the channel. */
  readonly subject: Expr;
  /** Where the context that can be cancelled is made. */
  readonly end: ContextEnd;
  /** The calls of its cancel function, all of which come too late. */
  readonly calls: readonly Spot[];
}

const NONE = namesOf([]);

export function* futileContextWaits(pass: Pass): Generator<FutileWait> {
  for (const body of askedBodies(pass, ({ bodyText }) => /<-\s*[\w.]+\.Done\(\)/.test(bodyText))) {
    const arms = armsOf(body.graph);
    for (const { op } of operations(body.graph)) {
      const subject = op.kind === 'receive' ? contextOf(op.channel, body) : undefined;
      const arm = arms.get(op);
      if (!subject || (arm && answersWithout(arm.select, arm.clause, NONE, body, pass))) continue;
      const found = futileAt({ body, op }, subject, pass);
      if (found) yield found;
    }
  }
}

function futileAt(wait: Spot, subject: Expr, pass: Pass): FutileWait | undefined {
  const ends = endsOf(subject, wait.body.info, pass) ?? [];
  const [end] = ends;
  const calls = ends.map(each => callsOfCancel(each, pass));
  // A cancel function that is thrown away is told where that happens.
  if (ends.some(({ cancel }, i) => cancel.kind === 'ident' && calls[i]?.length === 0)) return undefined;
  const isFutile = calls.every(spots => spots?.every(spot => comesOnlyAfter(spot, wait, pass)));
  return end && isFutile ? { wait, subject, end, calls: calls.flatMap(spots => spots ?? []) } : undefined;
}
