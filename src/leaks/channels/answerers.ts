/** Who can answer somebody who waits: those at the other end of a channel, goroutines of a group, those who signal a cond. */
import type { Op } from '../../flow/graph.ts';
import { operations } from '../../flow/search.ts';
import { calleeOf } from '../../program/callee.ts';
import type { FuncInfo } from '../../program/package.ts';
import { type Call, type Expr, unparen, type Variable } from '../../syntax/ast.ts';
import { walkStmts } from '../../syntax/walk.ts';
import { bodiesOf, bodiesWith, type Body, isTest } from '../bodies.ts';
import { type CalledBody, handingsTo } from '../calls/called.ts';
import { isExported } from '../exported.ts';
import { allGoroutinesOf, type Goroutine } from '../goroutines/goroutines.ts';
import { doneBy } from '../groups/countdown.ts';
import type { Pass } from '../pass.ts';
import { callIn } from '../paths/reach.ts';
import { familyOf } from '../places/canonical.ts';
import { placeIn } from '../places/identities.ts';
import { keyOf, type Place } from '../places/places.ts';
import { familiesOf } from './families.ts';
import { channelNamesOf, familyKey } from './familykeys.ts';
import type { Wait } from './waits.ts';

/** An operation at the other end. */
export interface Answer {
  readonly body: Body;
  /** Undefined where it comes when the body has ended. */
  readonly op: Op | undefined;
  /** The channel, group or cond, as `frame` names it. */
  readonly subject: Expr;
  readonly frame: Body;
  /** How `frame` starts the body, where it is another function. */
  readonly startedAs?: CalledBody;
  /** The channel holds some values that nobody has taken yet. */
  readonly isBuffered?: boolean;
}

/** What can answer a wait; undefined where others may. */
export function answersTo({ verb, subject, body }: Wait, pass: Pass): readonly Answer[] | undefined {
  if (verb === 'wait') return countedBy(subject, body, pass);
  if (verb === 'cond') return signalsOf(subject, body, pass);
  const names = channelNamesOf(pass.pkg);
  const key = names && familyKey(subject, body.env, names, pass);
  return key === undefined ? localAnswers(verb, subject, body, pass) : fieldAnswers(verb, key, pass);
}

function fieldAnswers(verb: 'send' | 'receive' | 'range', key: string, pass: Pass): readonly Answer[] | undefined {
  const family = familiesOf(pass).get(key);
  const outside = verb === 'send' ? family?.outsideReceives : family?.outsideSends;
  if (!family || family.given || outside) return undefined;
  // Something may lie in a buffer: whoever takes it waits for those who fill it, whoever fills it for those who empty it.
  const isBuffered = verb === 'send' && family.makes.some(capacity => capacity !== 0);
  const wanted = verb === 'send' ? ['receive', 'range'] : verb === 'receive' ? ['send', 'close'] : ['close'];
  return family.uses.filter(use => wanted.includes(use.verb)).flatMap(use => opAt(use.node, use.body).map(op => ({ body: use.body, op, frame: use.body, subject: use.channel, isBuffered })));
}

function opAt(node: { readonly start: number }, body: Body): Op[] {
  return operations(body.graph).flatMap(({ op }) => (nodeOf(op)?.start === node.start ? [op] : [])).slice(0, 1);
}

function nodeOf(op: Op): { readonly start: number } | undefined {
  if (op.kind === 'send') return op.stmt;
  if (op.kind === 'receive') return op.node;
  if (op.kind === 'range') return op.stmt.x;
  return op.kind === 'call' ? op.call : op.kind === 'defer' ? unparen(op.stmt.call) : undefined;
}

/** A variable of this function: its own body and the literals in it are all that can know the channel, unless its value goes elsewhere. */
function localAnswers(verb: 'send' | 'receive' | 'range', subject: Expr, body: Body, pass: Pass): readonly Answer[] | undefined {
  const place = placeIn(subject, body.env);
  if (!place || typeof place.root === 'string' || place.root.role !== 'local' || place.fields.length) return undefined;
  const { root } = place;
  const answers: Answer[] = [];
  let mentions = 0;
  for (const inner of bodiesOf(body.info, pass)) {
    for (const { op } of operations(inner.graph)) {
      const channel = channelAt(op);
      const variable = channel && unparen(channel);
      if (variable?.kind !== 'ident' || variable.entity !== root) continue;
      mentions++;
      const does = op.kind === 'send' ? 'send' : op.kind === 'receive' || op.kind === 'range' ? 'receive' : 'close';
      const isAnswer = verb === 'send' ? does === 'receive' : verb === 'receive' ? does !== 'receive' : does === 'close';
      // What it does itself, it may have done before.
      if (isAnswer && inner.block === body.block) return undefined;
      if (isAnswer) answers.push({ body: inner, op, frame: inner, subject: variable });
    }
  }
  return mentions === mentionsOf(root, body.info) && (verb === 'send' ? isUnbuffered(root) : isMade(root)) ? answers : undefined;
}

/** The channel that an operation sends on, receives from or closes. */
export function channelAt(op: Op): Expr | undefined {
  if (op.kind === 'send') return op.stmt.channel;
  if (op.kind === 'receive') return op.channel;
  if (op.kind === 'range') return op.stmt.x;
  const call = callIn(op);
  return call?.fun.kind === 'ident' && call.fun.name === 'close' && !call.fun.entity ? call.args[0] : undefined;
}

/** How often the body of the declared function names the variable, its declaration left out. */
export function mentionsOf(variable: Variable, info: FuncInfo): number {
  let mentions = 0;
  walkStmts(info.body()?.stmts ?? [], { expr: x => void (x.kind === 'ident' && x.entity === variable && x !== variable.ident && mentions++) });
  return mentions;
}

/** `c := make(chan T)`, and never another channel. */
export function isUnbuffered(variable: Variable): boolean {
  return isMade(variable) && variable.origin.kind === 'value' && callOf(variable.origin.expr)?.args.length === 1;
}

function isMade({ origin, assigned }: Variable): boolean {
  const made = origin.kind === 'value' && assigned.length === 0 ? callOf(origin.expr) : undefined;
  return made?.fun.kind === 'ident' && made.fun.name === 'make' && made.args[0]?.kind === 'chan';
}

function callOf(expr: Expr): Call | undefined {
  const x = unparen(expr);
  return x.kind === 'call' ? x : undefined;
}

/** The goroutines that count themselves out of the group: of this function, or of all functions for one in a field. */
function countedBy(group: Expr, body: Body, pass: Pass): readonly Answer[] | undefined {
  const place = placeIn(group, body.env);
  if (!place) return undefined;
  const family = unparen(group).kind === 'selector' ? familyOf(group, body.env) : undefined;
  const answers = allGoroutinesOf(pass).flatMap((goroutine): Answer[] => {
    const { body: started, parent } = goroutine;
    if (!started || (isTest(started) && !isTest(body))) return [];
    const own = groupOfGo(goroutine);
    if (own) {
      const isSame = (parent.info === body.info && isAt(own, place, parent)) || (family !== undefined && familyOf(own, parent.env) === family);
      return isSame ? [{ body: started, op: undefined, frame: parent, startedAs: calledAs(goroutine, started), subject: own }] : [];
    }
    const done = operations(started.graph).find(({ op }) => (parent.info === body.info && isDone(op, place, started)) || (family !== undefined && doneBy(op, started)?.family === family));
    const subject = done && (doneBy(done.op, started)?.group ?? group);
    return subject ? [{ body: started, op: done.op, frame: started, subject }, ...workersIn(started, subject, goroutine, pass)] : [];
  });
  return answers.length ? answers : undefined;
}

/** `func (s *server) run(f func()) { s.wg.Add(1); go func() { defer s.wg.Done(); f() }() }`: what others hand over for `f`. */
function workersIn(started: Body, group: Expr, { parent, callee }: Goroutine, pass: Pass): Answer[] {
  const { info } = parent;
  if (callee.kind !== 'literal' || parent.node !== info.decl) return [];
  return operations(started.graph).flatMap(({ op }): Answer[] => {
    const fun = op.kind === 'call' ? unparen(op.call.fun) : undefined;
    if (fun?.kind !== 'ident' || fun.entity?.kind !== 'var' || fun.entity.role !== 'param') return [];
    return [...handingsTo(fun.entity, info, pass)].flatMap(({ body: frame, call, called }): Answer[] => {
      const handed = calleeOf(call, frame.env);
      const subject = onReceiver(group, handed.kind === 'method' ? handed.receiver : undefined);
      return subject && (!isTest(frame) || isTest(started)) ? [{ body: called.body, op: undefined, frame, startedAs: called, subject }] : [];
    });
  });
}

/** `s.wg` of a method, as somebody names it who calls the method on `receiver`. */
function onReceiver(x: Expr, receiver: Expr | undefined): Expr | undefined {
  if (x.kind === 'ident') return x.entity?.kind !== 'var' ? x : x.entity.role === 'receiver' ? receiver : undefined;
  const base = x.kind === 'selector' ? onReceiver(x.x, receiver) : undefined;
  return base && x.kind === 'selector' ? { ...x, x: base } : undefined;
}

/** Everybody who signals a cond in a field that only the package knows. */
function signalsOf(cond: Expr, body: Body, pass: Pass): readonly Answer[] | undefined {
  const x = unparen(cond);
  const family = familyOf(x, body.env);
  if (x.kind !== 'selector' || !family?.startsWith(`${pass.pkg.path}.`) || (isExported(x.sel.name) && pass.pkg.name !== 'main')) return undefined;
  const answers = [...bodiesWith(pass, ({ bodyText }) => /\.(?:Signal|Broadcast)\b/.test(bodyText))].flatMap(other => operations(other.graph).flatMap(({ op }): Answer[] => {
    const call = callIn(op);
    const callee = call && calleeOf(call, other.env);
    const signals = callee?.kind === 'method' && /^\(\*sync\.Cond\)\.(?:Signal|Broadcast)$/.test(callee.name) && familyOf(callee.receiver, other.env) === family;
    return signals ? [{ body: other, op, frame: other, subject: callee.receiver }] : [];
  }));
  return answers.length ? answers : undefined;
}

/** `wg` of `wg.Go(f)`, which counts the goroutine out when `f` has returned. */
function groupOfGo({ stmt, parent }: Goroutine): Expr | undefined {
  const callee = stmt.kind === 'call' ? calleeOf(stmt, parent.env) : undefined;
  return callee?.kind === 'method' || callee?.kind === 'presumed' ? callee.receiver : undefined;
}

/** `f` as the function that starts it calls it. */
function calledAs({ callee, call }: Goroutine, body: Body): CalledBody {
  return { body, isInner: callee.kind === 'literal', receiver: callee.kind === 'method' ? callee.receiver : undefined, args: call.args };
}

function isAt(x: Expr, place: Place, { env }: Body): boolean {
  const own = placeIn(x, env);
  return own !== undefined && keyOf(own) === keyOf(place);
}

function isDone(op: Op, group: Place, { env }: Body): boolean {
  const call = callIn(op);
  const callee = call && calleeOf(call, env);
  const place = callee?.kind === 'method' && callee.name === '(*sync.WaitGroup).Done' ? placeIn(callee.receiver, env) : undefined;
  return place !== undefined && keyOf(place) === keyOf(group);
}

