/**
 * A WaitGroup in a field that is waited for before its goroutines are told to end, or before anybody takes what they send:
 * `s.wg.Wait(); close(s.quit)`, where nobody else closes `s.quit`.
 */
import type { Op } from '../../flow/graph.ts';
import { operations } from '../../flow/search.ts';
import { typeOf } from '../../program/infer.ts';
import { isNamed } from '../../program/types.ts';
import { type Call, type Expr, unparen } from '../../syntax/ast.ts';
import { askedBodies, askedMention, type Body } from '../bodies.ts';
import { comesOnlyAfter, type Spot } from '../calls/onlyafter.ts';
import { allGoroutinesOf, type Goroutine, runBy } from '../goroutines/goroutines.ts';
import { doneBy } from '../groups/countdown.ts';
import { groupCallOf } from '../groups/groups.ts';
import { contextOf, type Signal, variableSignal, type WaitedFor, waitedForIn } from '../groups/waitedfor.ts';
import type { Pass } from '../pass.ts';
import { callIn, reaches } from '../paths/reach.ts';
import { familyOf } from '../places/canonical.ts';
import { callsOfCancel } from './cancelcalls.ts';
import { endsOf } from './contextends.ts';
import { familiesOf } from './families.ts';
import { channelNamesOf, familyKey } from './familykeys.ts';
import { isWithinLength } from './lengths.ts';
import { spotOf } from './lonely.ts';

export interface WaitBeforeEnd {
  readonly body: Body;
  readonly wait: Call;
  readonly group: Expr;
  readonly goroutine: Goroutine;
  /** Where the goroutine waits to be told. */
  readonly blocked: WaitedFor;
  /** The channel or the context, as the goroutine names it. */
  readonly subject: Expr;
  readonly kind: 'send' | 'receive' | 'range' | 'done';
  /** What tells it, all of it behind the wait. */
  readonly answers: readonly Spot[];
}

export function* waitsBeforeEnds(pass: Pass): Generator<WaitBeforeEnd> {
  const counted = askedMention(/\.Wait\(\)/, pass) ? countedByField(pass) : new Map<string, Goroutine[]>();
  if (counted.size === 0) return;
  for (const body of askedBodies(pass, ({ bodyText }) => /\.Wait\(\)/.test(bodyText))) {
    for (const { op } of operations(body.graph)) {
      const call = callIn(op);
      const own = call && groupCallOf(call, body.env);
      if (!call || own?.does !== 'wait') continue;
      for (const goroutine of counted.get(own.family) ?? []) {
        const found = endOf(goroutine, { body, op }, pass);
        if (found) yield { ...found, body, wait: call, group: own.group, goroutine };
      }
    }
  }
}

/** The goroutines that count themselves out of a group in a field, by the family of the group. */
function countedByField(pass: Pass): Map<string, Goroutine[]> {
  const found = new Map<string, Goroutine[]>();
  for (const goroutine of allGoroutinesOf(pass)) {
    const { body, stmt, parent } = goroutine;
    if (!body) continue;
    const started = stmt.kind === 'call' ? groupCallOf(stmt, parent.env) : undefined;
    const dones = [...(started ? [started] : []), ...operations(body.graph).flatMap(({ op }) => doneBy(op, body) ?? [])];
    for (const family of new Set(dones.filter(({ group }) => unparen(group).kind === 'selector').map(done => done.family))) found.set(family, [...found.get(family) ?? [], goroutine]);
  }
  return found;
}

function endOf({ body }: Goroutine, wait: Spot, pass: Pass): Pick<WaitBeforeEnd, 'blocked' | 'subject' | 'kind' | 'answers'> | undefined {
  for (const end of body ? endsIn(body, pass) : []) {
    if (!body || !end.answers.length || !end.answers.every(answer => comesOnlyAfter(answer, wait, pass))) continue;
    const blocked = waitedForIn(body, end.signal, pass);
    if (blocked) return { ...end, blocked };
  }
  for (const sent of body ? sendsIn(body, pass) : []) {
    if (sent.answers.length > 0 && sent.answers.every(answer => comesOnlyAfter(answer, wait, pass))) return sent;
  }
  return undefined;
}

/** What a goroutine may send before its `Done` on a channel in a field, without a buffer, where everybody is known who receives. */
function* sendsIn(body: Body, pass: Pass): Generator<Pick<WaitBeforeEnd, 'blocked' | 'subject' | 'kind' | 'answers'>> {
  const names = channelNamesOf(pass.pkg);
  if (!names) return;
  const isDone = (op: Op) => op.kind === 'call' && doneBy(op, body) !== undefined;
  for (const { body: run, via } of runBy(body, pass, 2)) {
    for (const { op } of operations(run.graph)) {
      if (op.kind !== 'send' || isWithinLength(op, run)) continue;
      const [step] = via;
      const comesBefore = reaches({ block: body.graph.entry, index: 0 }, other => (step ? callIn(other) === step : other === op), isDone);
      const key = comesBefore ? familyKey(op.stmt.channel, run.env, names, pass) : undefined;
      const family = key === undefined ? undefined : familiesOf(pass).get(key);
      if (!family || family.given || family.outsideReceives || !family.makes.length || family.makes.some(capacity => capacity !== 0)) continue;
      if (family.uses.some(use => use.node.start === op.stmt.start && use.body.block === run.block && use.guarded)) continue;
      const answers = family.uses.filter(use => use.verb === 'receive' || use.verb === 'range').map(spotOf);
      if (answers.every(answer => answer !== undefined)) yield { kind: 'send', subject: op.stmt.channel, blocked: { node: op.stmt, body: run }, answers };
    }
  }
}

interface KnownEnd {
  readonly signal: Signal;
  readonly subject: Expr;
  readonly kind: 'receive' | 'range' | 'done';
  readonly answers: readonly Spot[];
}

/** What a goroutine may wait for, where everybody is known who can end that. */
function* endsIn(body: Body, pass: Pass): Generator<KnownEnd> {
  for (const { body: run } of runBy(body, pass, 2)) {
    for (const { op } of operations(run.graph)) {
      const channel = op.kind === 'range' ? op.stmt.x : op.kind === 'receive' ? op.channel : undefined;
      const end = channel && channelEnd(channel, op.kind === 'range' ? 'range' : 'receive', run, pass);
      if (end) yield end;
    }
  }
  for (const context of contextsIn(body)) {
    const end = contextEnd(context, body, pass);
    if (end) yield end;
  }
}

/** The contexts that a body waits for, or hands to somebody who may. */
function contextsIn({ graph, env }: Body): Expr[] {
  const isContext = (x: Expr) => (x.kind === 'ident' || x.kind === 'selector') && isNamed(typeOf(x, env), 'context.Context');
  return operations(graph).flatMap(({ op }) => (op.kind === 'receive' ? contextOf(op.channel, { env }) ?? [] : op.kind === 'call' ? op.call.args.filter(isContext) : []));
}

function channelEnd(channel: Expr, kind: 'receive' | 'range', body: Body, pass: Pass): KnownEnd | undefined {
  const names = channelNamesOf(pass.pkg);
  const key = names && familyKey(channel, body.env, names, pass);
  const family = key === undefined ? undefined : familiesOf(pass).get(key);
  if (!names || !family || family.given || family.outsideSends || !family.makes.length) return undefined;
  const wanted = kind === 'range' ? ['close'] : ['close', 'send'];
  const answers = family.uses.filter(use => wanted.includes(use.verb)).map(spotOf);
  return key !== undefined && answers.every(answer => answer !== undefined) ? { signal: channelSignal((x, { env: at }) => familyKey(x, at, names, pass) === key), subject: channel, kind, answers } : undefined;
}

/** A receive from a channel that is known by its field, whoever names it. */
export function channelSignal(isIt: (channel: Expr, body: Body) => boolean): Signal {
  const signal: Signal = {
    isAt: (op, at) => {
      const channel = op.kind === 'receive' ? op.channel : op.kind === 'range' ? op.stmt.x : undefined;
      return channel !== undefined && isIt(channel, at);
    },
    inside: () => signal,
  };
  return signal;
}

function contextEnd(context: Expr, body: Body, pass: Pass): KnownEnd | undefined {
  const ends = endsOf(context, body.info, pass);
  const calls = ends?.map(end => callsOfCancel(end, pass)) ?? [];
  if (!calls.length || !calls.every(call => call !== undefined)) return undefined;
  const signal = signalOf(context, body);
  return signal && { signal, subject: context, kind: 'done', answers: calls.flat() };
}

/** A context in a variable, or in a field, which every function of the type knows by the same name. */
function signalOf(context: Expr, { env }: Body): Signal | undefined {
  const x = unparen(context);
  if (x.kind === 'ident') return x.entity?.kind === 'var' ? variableSignal(x.entity, 'done') : undefined;
  const family = x.kind === 'selector' ? familyOf(x, env) : undefined;
  const signal: Signal = {
    isAt: (op, at) => {
      const other = op.kind === 'receive' ? contextOf(op.channel, at) : undefined;
      return other !== undefined && unparen(other).kind === 'selector' && familyOf(other, at.env) === family;
    },
    inside: () => signal,
  };
  return family === undefined ? undefined : signal;
}
