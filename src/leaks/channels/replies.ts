/**
 * Requests that carry the channel for their answer, `s.jobs <- job{id, done}`, or leave it where the answer finds it, `s.waiting[id] = done`, and then a select that gives up when a
 * context or a timer says so. Whoever answers after that, without room in the channel, waits for ever.
 */
import type { Block, Op } from '../../flow/graph.ts';
import { operations, reachableFrom } from '../../flow/search.ts';
import { calleeName, calleeOf } from '../../program/callee.ts';
import { typeOf } from '../../program/infer.ts';
import { type CommClause, type Expr, unparen } from '../../syntax/ast.ts';
import { walkStmts } from '../../syntax/walk.ts';
import { bodiesWith, type Body, isTest } from '../bodies.ts';
import { heldAt } from '../locks/held.ts';
import type { Pass } from '../pass.ts';
import { spanOf } from '../paths/reach.ts';
import { canonicalPlace } from '../places/canonical.ts';
import { fieldValuesOf } from '../places/ownvalues.ts';
import { keyOf } from '../places/places.ts';
import { tickChannelOf } from '../timers/tickchannels.ts';
import { channelOf } from './answers.ts';
import { withNames } from './bindings.ts';
import { familiesOf, type FamilyUse } from './families.ts';
import { channelNamesOf } from './familykeys.ts';
import { channelsMadeIn, type Made } from './makes.ts';
import { namesOf } from './places.ts';
import { collectionOf, putInto } from './sets.ts';
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
      const quits = sends.length ? givesUp(made, body, pass) : undefined;
      for (const send of quits ? sends : []) {
        told.add(send.node);
        if (quits) yield { send, body, made, quits };
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
function givesUp({ place }: Made, body: Body, pass: Pass): LateReply['quits'] | undefined {
  const reading = new Reading(body, withNames(namesOf([place]), body), pass);
  // Of a channel that stays in sight it is known who sends.
  if (!reading.escapes) return undefined;
  const receives = (op: Op | undefined) => op !== undefined && reading.doesAt(op, 'receive', 'range');
  const next = (block: Block) => pass.contracts.next(block, body.env);
  for (const { end } of body.graph.blocks) {
    if (end.kind !== 'select' || !end.arms.some(({ to }) => to.ops[0]?.kind === 'receive' && receives(to.ops[0]))) continue;
    for (const { clause, to } of end.arms) {
      const first = to.ops[0];
      if (!first || receives(first) || !isImpatience(clause, body)) continue;
      const after = [to, ...reachableFrom(to, next)];
      if (after.some(block => block.end.kind === 'return') && !after.some(({ ops }) => ops.some(receives))) return spanOf(first);
    }
  }
  return undefined;
}

/** A timer, or a context of the caller's: one in a field may end the other side as well. */
function isImpatience({ comm }: CommClause, body: Body): boolean {
  const channel = comm && comm.kind !== 'send' ? channelOf(comm) : undefined;
  if (!channel) return false;
  if (tickChannelOf(channel, body)) return true;
  const x = unparen(channel);
  if (x.kind !== 'call' || calleeName(calleeOf(x, body.env)) !== '(context.Context).Done') return false;
  const context = x.fun.kind === 'selector' ? unparen(x.fun.x) : undefined;
  if (context?.kind === 'call') return true;
  const place = context && canonicalPlace(context, body.env);
  return typeof place?.root === 'object' && place.fields.length === 0;
}
