/**
 * Goroutines that send in a select which watches a context or a stop channel, and send on the same channel elsewhere
 * without it: `case out <- x: case <-ctx.Done(): return` in the loop, and a bare `out <- last` behind it. Whoever receives may be gone
 * when the context is done, the code says so itself.
 */
import type { Op } from '../../flow/graph.ts';
import { operations, reachableFrom } from '../../flow/search.ts';
import { type Call, type Expr, unparen } from '../../syntax/ast.ts';
import { bodiesOf, type Body, isTest } from '../bodies.ts';
import { callsOf } from '../calls/onlyafter.ts';
import { type Goroutine, goroutinesStarted, leaves, livesAsLongAsProcess } from '../goroutines/goroutines.ts';
import { contextOf } from '../groups/waitedfor.ts';
import type { Pass } from '../pass.ts';
import { isDeclaredInLoop, isRepeated, placeAfter, reaches, type Span, spanOf } from '../paths/reach.ts';
import { canonicalPlace } from '../places/canonical.ts';
import { keyOf, type Place } from '../places/places.ts';
import { withNames } from './bindings.ts';
import { channelsMadeIn, type Made } from './makes.ts';
import { namesOf } from './places.ts';
import { isStop } from './stranded.ts';
import { Reading } from './traffic.ts';
import { waitAt } from './waits.ts';

export interface DeafSend {
  readonly goroutine: Goroutine;
  readonly body: Body;
  readonly send: Span;
  readonly channel: Expr;
  /** A send of the same goroutine that watches, and what it watches. */
  readonly watching: Span;
  readonly sign: Expr;
}

type SendOp = Op & { kind: 'send' };

interface Watched {
  readonly op: SendOp;
  readonly sign: Expr;
}

export function* deafSends(pass: Pass): Generator<DeafSend> {
  for (const goroutine of goroutinesStarted(pass)) {
    const { body } = goroutine;
    if (!body || isTest(body) || !/\bselect\b/.test(body.info.bodyText) || !/<-\s*\S/.test(body.info.bodyText)) continue;
    const watched = [...watchedSends(body, pass)];
    if (!watched.length || livesAsLongAsProcess(goroutine, pass)) continue;
    for (const { op } of operations(body.graph)) {
      if (op.kind !== 'send' || watched.some(other => other.op === op) || !waitAt(op, body, pass)) continue;
      const place = canonicalPlace(op.stmt.channel, body.env);
      const sibling = place && watched.find(other => isAt(other.op, place, body));
      if (!place || !sibling || !isOutOfSight(place, goroutine, pass) || !mayBeFull(op, place, watched, goroutine, pass)) continue;
      yield { goroutine, body, send: op.stmt, channel: op.stmt.channel, watching: spanOf(sibling.op), sign: sibling.sign };
    }
  }
}

function isAt(op: SendOp, place: Place, { env }: Body): boolean {
  const own = canonicalPlace(op.stmt.channel, env);
  return own !== undefined && keyOf(own) === keyOf(place);
}

/** Sends beside a case by which the goroutine ends without sending any more. Who reports the end on the channel itself counts on being heard. */
function* watchedSends(body: Body, pass: Pass): Generator<Watched> {
  for (const { end } of body.graph.blocks) {
    if (end.kind !== 'select') continue;
    const sends = end.arms.flatMap(({ to: { ops: [first] } }) => (first?.kind === 'send' ? [first] : []));
    for (const { to } of end.arms) {
      const [first] = to.ops;
      if (first?.kind !== 'receive' || !(contextOf(first.channel, body) || isStop(first.channel, body))) continue;
      const after = [to, ...reachableFrom(to, block => pass.contracts.next(block, body.env))];
      if (!after.some(block => leaves(block, body, pass))) continue;
      for (const op of sends) {
        const place = canonicalPlace(op.stmt.channel, body.env);
        const isSaid = (other: Op) => other.kind === 'send' && place !== undefined && isAt(other, place, body);
        if (!after.some(({ ops }) => ops.some(isSaid))) yield { op, sign: first.channel };
      }
    }
  }
}

/** Whoever receives is somebody else: the channel was given to the function that starts the goroutine, or goes out of it. */
function isOutOfSight(place: Place, { parent, body }: Goroutine, pass: Pass): boolean {
  const { root } = place;
  if (typeof root !== 'object' || !body) return false;
  if (place.fields.length || root.role !== 'local') return root.role === 'param' && !place.fields.length && root.assigned.length === 0;
  const found = madeAt(place, parent, pass);
  if (!found) return false;
  const reading = new Reading(found.body, withNames(namesOf([place]), found.body), pass);
  return reading.escapes || (reading.isReturned && !isFollowedByCallers(found.body, pass));
}

function madeAt(place: Place, parent: Body, pass: Pass): { readonly body: Body; readonly made: Made } | undefined {
  for (const body of bodiesOf(parent.info, pass)) {
    for (const made of channelsMadeIn(body)) if (keyOf(made.place) === keyOf(place)) return { body, made };
  }
  return undefined;
}

/** `for x := range generate(ctx)`, `c := generate(ctx)`: what they do with it is told of them. */
function isFollowedByCallers({ info, node }: Body, pass: Pass): boolean {
  const calls = node === info.decl ? callsOf(info, pass) : undefined;
  return calls !== undefined && calls.every(({ body, op }) => op.kind === 'call' && isFollowedIn(body, op.call, pass));
}

function isFollowedIn(body: Body, call: Call, pass: Pass): boolean {
  const isCall = (x: Expr) => unparen(x) === call;
  return operations(body.graph).some(({ op }) => {
    if (op.kind === 'range') return isCall(op.stmt.x);
    if (op.kind !== 'assign' || !op.rhs.some(isCall)) return false;
    return op.lhs.every(x => {
      const place = canonicalPlace(x, body.env);
      if (!place || typeof place.root !== 'object' || place.root.owner !== body.node || place.fields.length) return false;
      const reading = new Reading(body, withNames(namesOf([place]), body), pass);
      return !reading.escapes && !reading.isReturned;
    });
  });
}

function isInRounds({ made: { place: { root } }, body }: { readonly body: Body; readonly made: Made }): boolean {
  return typeof root === 'object' && isDeclaredInLoop(root, body);
}

/** There is no room, or what was sent before may have filled it. */
function mayBeFull(op: SendOp, place: Place, watched: readonly Watched[], { parent, body }: Goroutine, pass: Pass): boolean {
  const found = madeAt(place, parent, pass);
  if (found?.made.capacity === 0) return true;
  // One that is made anew in each round does not fill up.
  if (!body || (found && (found.made.capacity === undefined || isInRounds(found)))) return false;
  const isFilling = (other: Op) => isRepeated(other, body, pass);
  return isFilling(op) || watched.some(({ op: other }) => isAt(other, place, body) && isFilling(other) && reaches(placeAfter(other, body), next => next === op));
}
