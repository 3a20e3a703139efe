/**
 * Methods that end a value's goroutines and wait for them, `w.source.Stop(); w.wg.Wait()`, while one of the goroutines may
 * wait to send what only the clients of the value receive. Whoever calls the method receives no more by then.
 */
import type { Op } from '../../flow/graph.ts';
import { operations } from '../../flow/search.ts';
import { unparen } from '../../syntax/ast.ts';
import { askedBodies, type Body } from '../bodies.ts';
import { allGoroutinesOf, runBy } from '../goroutines/goroutines.ts';
import type { Pass } from '../pass.ts';
import { callIn, placeAfter, reaches } from '../paths/reach.ts';
import { type Answer, answersTo } from './answerers.ts';
import { familiesOf, type Family, type FamilyUse } from './families.ts';
import { spotOf } from './lonely.ts';
import { isTight } from './unwatched.ts';
import { type Wait, waitAt } from './waits.ts';

export interface StopWait {
  readonly wait: Wait;
  /** What the goroutine may be waiting for meanwhile. */
  readonly send: FamilyUse;
}

export function* stopsThatWait(pass: Pass): Generator<StopWait> {
  for (const body of askedBodies(pass, ({ bodyText, file }) => !file.kind.test && /\.Wait\(\)/.test(bodyText))) {
    for (const { op } of operations(body.graph)) {
      const wait = op.kind === 'call' ? waitAt(op, body, pass) : undefined;
      if (wait?.verb !== 'wait' || unparen(wait.subject).kind !== 'selector' || !tellsBefore(op, body)) continue;
      const send = (answersTo(wait, pass) ?? []).map(answer => sendOf(answer, body, pass)).find(found => found !== undefined);
      if (send) yield { wait, send };
    }
  }
}

const TELLS = /^(?:close|cancel|stop|shutdown|kill|unsubscribe)/i;

/** `close(w.quit)`, `w.cancel()`, `w.source.Stop()`: the goroutines are to end now. */
function tellsBefore(wait: Op, body: Body): boolean {
  return operations(body.graph).some(({ op }) => {
    const call = op === wait || op.kind === 'defer' ? undefined : callIn(op);
    const fun = call && unparen(call.fun);
    const name = fun?.kind === 'selector' ? fun.sel.name : fun?.kind === 'ident' ? fun.name : '';
    return TELLS.test(name) && reaches(placeAfter(op, body), other => other === wait);
  });
}

/** What the goroutine sends, and may wait for when nobody receives any more. */
function sendOf(answer: Answer, stopper: Body, pass: Pass): FamilyUse | undefined {
  const bodies = new Set([...runBy(answer.body, pass)].map(({ body }) => body.block));
  for (const family of familiesOf(pass).values()) {
    if (!isTight(family) || !isForClients(family, stopper, pass)) continue;
    const send = family.uses.find(use => use.verb === 'send' && !use.guarded && bodies.has(use.body.block));
    if (send) return send;
  }
  return undefined;
}

/** Who receives are functions that clients call, and clients who have been given the channel; none of them is this one. */
function isForClients({ uses, outsideReceives }: Family, stopper: Body, pass: Pass): boolean {
  const receives = uses.filter(({ verb, body }) => (verb === 'receive' || verb === 'range') && !body.info.file.kind.test);
  if (!receives.length && !outsideReceives) return false;
  const started = new Set(allGoroutinesOf(pass).flatMap(({ body }) => (body ? [...runBy(body, pass)].map(run => run.body.block) : [])));
  return receives.every(use => use.body.info !== stopper.info && !started.has(use.body.block) && !isCommitted(use, pass));
}

/** `c.requests <- p; n := <-c.answers`: whoever has begun receives, and the goroutine answers nobody else. */
function isCommitted(use: FamilyUse, pass: Pass): boolean {
  const receive = spotOf(use)?.op;
  const isOther = (op: Op) => op !== receive && (op.kind === 'send' || op.kind === 'receive' || op.kind === 'range' || pass.contracts.endsHere(op, use.body.env));
  return !reaches({ block: use.body.graph.entry, index: 0 }, op => op === receive, isOther);
}
