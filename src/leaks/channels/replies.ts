/**
 * Requests that carry the channel for their answer, `s.jobs <- job{id, done}`, or leave it where the answer finds it, `s.waiting[id] = done`, and then a select that gives up when a
 * context, a timer or a stop channel says so. Whoever answers after that, without room in the channel, waits for ever.
 */
import type { Block, Op } from '../../flow/graph.ts';
import { operations, reachableFrom } from '../../flow/search.ts';
import { typeOf } from '../../program/infer.ts';
import { type CommClause, type Expr, unparen } from '../../syntax/ast.ts';
import { walkStmts } from '../../syntax/walk.ts';
import { bodiesWith, type Body, isTest } from '../bodies.ts';
import { allGoroutinesOf, runBy } from '../goroutines/goroutines.ts';
import { contextOf } from '../groups/waitedfor.ts';
import { heldAt } from '../locks/held.ts';
import type { Pass } from '../pass.ts';
import { spanOf } from '../paths/reach.ts';
import { canonicalPlace } from '../places/canonical.ts';
import { fieldValuesOf } from '../places/ownvalues.ts';
import { keyOf } from '../places/places.ts';
import { tickChannelOf } from '../timers/tickchannels.ts';
import { channelOf } from './answers.ts';
import { withNames } from './bindings.ts';
import { callsOfCancel } from './cancelcalls.ts';
import { endsOf } from './contextends.ts';
import { familiesOf, type FamilyUse } from './families.ts';
import { channelNamesOf } from './familykeys.ts';
import { channelsMadeIn, type Made } from './makes.ts';
import { namesOf } from './places.ts';
import { collectionOf, putInto } from './sets.ts';
import { isStop, isToldBy } from './stranded.ts';
import { Reading } from './traffic.ts';
import { waitAt } from './waits.ts';

export interface LateReply {
  /** Who answers. */
  readonly send: FamilyUse;
  /** The function that has asked, and where it gives up. */
  readonly body: Body;
  readonly made: Made;
  readonly quits: { readonly start: number; readonly end: number };
}

export function* lateReplies(pass: Pass): Generator<LateReply> {
  const told = new Set<unknown>();
  for (const body of bodiesWith(pass, ({ bodyText }) => /\bmake\(\s*chan\b/.test(bodyText) && /\bselect\b/.test(bodyText))) {
    for (const made of channelsMadeIn(body)) {
      if (made.capacity !== 0) continue;
      const key = messageField(made, body, pass);
      // A test that gives up has failed, which says nothing of the code under test.
      const isLate = ({ verb, guarded, body: other, node }: FamilyUse) => verb === 'send' && !guarded && other.info !== body.info && !told.has(node) && (isTest(other) || !isTest(body));
      const sends = [...(key === undefined ? [] : familiesOf(pass).get(key)?.uses ?? []), ...sendsInto(made, body, pass)].filter(isLate);
      for (const send of sends) {
        const quits = givesUp(made, body, send, pass);
        if (!quits) continue;
        told.add(send.node);
        yield { send, body, made, quits };
      }
    }
  }
}

/** The family of the field in which the channel goes on its way: of the literal that it is made in, or that its variable is put into. */
function messageField({ place, call }: Made, body: Body, pass: Pass): string | undefined {
  const names = channelNamesOf(pass.pkg);
  if (!names) return undefined;
  const keys = new Set<string>();
  const isIt = (x: Expr) => {
    const at = canonicalPlace(x, body.env);
    return unparen(x) === call || (at !== undefined && keyOf(at) === keyOf(place));
  };
  walkStmts(body.block.stmts, {
    expr: x => {
      if (x.kind !== 'composite') return;
      const type = typeOf(x, body.env);
      const base = type.kind === 'pointer' ? type.elem : type;
      for (const { fields: [field], value } of fieldValuesOf(x, body.env)) {
        if (field !== undefined && names.fields.has(field) && base.kind === 'named' && base.pkg === pass.pkg.path && isIt(value)) keys.add(`${base.pkg}.${base.name}.${field}`);
      }
    },
  });
  const [only] = keys;
  return keys.size === 1 ? only : undefined;
}

/** Those who send on what they find in the set where the function has put the channel. Who has something locked there may keep it in. */
function sendsInto({ place, call }: Made, body: Body, pass: Pass): readonly FamilyUse[] {
  const isIt = (x: Expr) => {
    const at = canonicalPlace(x, body.env);
    return unparen(x) === call || (at !== undefined && keyOf(at) === keyOf(place));
  };
  const [set] = operations(body.graph).flatMap(({ op }) => putInto(op, isIt, body.env) ?? []);
  if (set === undefined) return [];
  const field = `.${set.slice(set.lastIndexOf('.') + 1)}`;
  return [...bodiesWith(pass, ({ bodyText }) => bodyText.includes('<-') && bodyText.includes(field))].flatMap(other => operations(other.graph).flatMap(({ op }): FamilyUse[] => {
    if (op.kind !== 'send' || collectionOf(op.stmt.channel, other) !== set || !waitAt(op, other, pass) || heldAt(op, other, pass).length) return [];
    return [{ verb: 'send', body: other, node: op.stmt, channel: op.stmt.channel, guarded: false }];
  }));
}

/** The case of a select by which the function leaves without the answer, and without anybody who waits for it in its place. */
function givesUp({ place }: Made, body: Body, send: FamilyUse, pass: Pass): LateReply['quits'] | undefined {
  const reading = new Reading(body, withNames(namesOf([place]), body), pass);
  // Of a channel that stays in sight it is known who sends.
  if (!reading.escapes) return undefined;
  const receives = (op: Op | undefined) => op !== undefined && reading.doesAt(op, 'receive', 'range');
  const next = (block: Block) => pass.contracts.next(block, body.env);
  for (const { end } of body.graph.blocks) {
    if (end.kind !== 'select' || !end.arms.some(({ to }) => to.ops[0]?.kind === 'receive' && receives(to.ops[0]))) continue;
    for (const { clause, to } of end.arms) {
      const first = to.ops[0];
      if (!first || receives(first) || !isImpatience(clause, body, send, pass)) continue;
      const after = [to, ...reachableFrom(to, next)];
      if (after.some(block => block.end.kind === 'return') && !after.some(({ ops }) => ops.some(receives))) return spanOf(first);
    }
  }
  return undefined;
}

/** A timer, a context, or a stop channel, unless whoever answers ends it when he has come to his own end. */
function isImpatience({ comm }: CommClause, body: Body, send: FamilyUse, pass: Pass): boolean {
  const channel = comm && comm.kind !== 'send' ? channelOf(comm) : undefined;
  if (!channel) return false;
  if (tickChannelOf(channel, body)) return true;
  const context = contextOf(channel, body);
  if (!context) return isStop(channel, body) && !isToldBy(answerersOf(send, pass), channel, body, pass);
  const x = unparen(context);
  if (x.kind === 'call') return true;
  const place = canonicalPlace(x, body.env);
  return typeof place?.root === 'object' && (place.fields.length === 0 || !isEndedBy(answerersOf(send, pass), x, body, pass));
}

/** What the goroutines run that come to the answer. */
function answerersOf({ body }: FamilyUse, pass: Pass): readonly Body[] {
  return [body, ...allGoroutinesOf(pass).flatMap(goroutine => {
    const bodies = goroutine.body ? [...runBy(goroutine.body, pass)].map(run => run.body) : [];
    return bodies.some(({ block }) => block === body.block) ? bodies : [];
  })];
}

function isEndedBy(answerers: readonly Body[], context: Expr, { info }: Body, pass: Pass): boolean {
  const ends = endsOf(context, info, pass)?.flatMap(end => callsOfCancel(end, pass) ?? []) ?? [];
  return ends.some(end => answerers.some(answerer => answerer.info === end.body.info));
}
