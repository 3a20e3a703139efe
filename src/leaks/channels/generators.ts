/** Functions that return a channel which goroutines of theirs send on, and callers that stop receiving too early. */
import type { Op } from '../../flow/graph.ts';
import { type Arrival, operations, search } from '../../flow/search.ts';
import { calleeOf } from '../../program/callee.ts';
import { isError, typeOf } from '../../program/infer.ts';
import type { FuncOutline } from '../../program/package.ts';
import { functionOf } from '../../program/values.ts';
import { type Call, type Expr, type FuncNode, unparen, variableIn } from '../../syntax/ast.ts';
import { askedBodies, type Body } from '../bodies.ts';
import { isCommand } from '../calls/commands.ts';
import { bodyOfCallee, endsWithProcess } from '../goroutines/goroutines.ts';
import type { Pass } from '../pass.ts';
import { expectsError } from '../resources/expectederrors.ts';
import { isSendLeft, wayLeaving } from './abandoned.ts';
import { withNames } from './bindings.ts';
import { carries } from './callees.ts';
import { sendsOf } from './counts.ts';
import { type Silence, silenceBehind } from './forgotten.ts';
import { channelsMadeIn, type Made } from './makes.ts';
import { noResult } from './noresults.ts';
import { namesOf } from './places.ts';
import { type Count, Reading, START, type Waiting } from './traffic.ts';

/** What comes with the channel that a function returns. */
interface ResultChannel {
  readonly result: number;
  readonly made: Made;
  /** What its goroutines will still send. */
  readonly count: Count;
  readonly wait: Waiting;
  readonly maker: Body;
  /** A range over it ends, or goes on because something is sent for ever. */
  readonly isRangeable: boolean;
  readonly reading: Reading;
}

/** A call that gives such a channel, and what the caller does with that. */
interface Received {
  readonly body: Body;
  readonly op: CallOp;
  readonly after: Made['after'];
  readonly generator: ResultChannel;
  readonly target: ReceivedFrom | 'nowhere' | 'elsewhere';
}

export interface DiscardedResult {
  readonly body: Body;
  readonly call: Call;
  readonly wait: Waiting;
  /** Undefined where the result is thrown away. */
  readonly way: Arrival<unknown> | undefined;
}

/** A range over a channel that a function returned and nobody closes. */
export interface UnclosedResult {
  readonly body: Body;
  readonly call: Call;
  readonly wait: Waiting;
  readonly maker: Body;
  readonly made: Made;
}

/** A wait at what a function returned, whose only goroutine may end without sending or closing. */
export interface SilentResult extends UnclosedResult {
  readonly silence: Silence;
}

export function* discardedResults(pass: Pass): Generator<DiscardedResult> {
  for (const { body, op, after, generator, target } of receivedIn(pass)) {
    if (isCommand(body) || (body.node === body.info.decl && endsWithProcess(body.info))) continue;
    if (target === 'nowhere' && isSendLeft(generator.count, generator.made) && !isMeantToFail(op, after, body)) yield { body, call: op.call, wait: generator.wait, way: undefined };
    if (typeof target === 'object') yield* leftUnread(op, target, after, generator, body, pass);
  }
}

/** `_, err := entries(dir); require.Error(t, err)`: the call that fails has started nothing. */
function isMeantToFail({ call }: CallOp, { block, index }: Made['after'], { env }: Body): boolean {
  const at = block.ops.findIndex((op, i) => i >= index && op.kind === 'assign' && op.rhs.some(x => unparen(x) === call));
  const given = block.ops[at];
  if (given?.kind !== 'assign') return false;
  const type = typeOf(call, env);
  const errors = given.lhs.flatMap((x, i) => (type.kind === 'tuple' && type.types[i] && isError(type.types[i]) ? variableIn(unparen(x)) ?? [] : []));
  const isOne = (x: Expr) => errors.some(variable => variableIn(unparen(x)) === variable);
  const rest = block.ops.slice(at + 1);
  const next = rest.findIndex(op => op.kind === 'assign' && op.lhs.some(isOne));
  return rest.slice(0, next < 0 ? undefined : next).some(op => expectsError(op, isOne, env));
}

export function* unclosedResults(pass: Pass): Generator<UnclosedResult> {
  for (const { body, op, generator: { isRangeable, maker, made }, target } of receivedIn(pass)) {
    if (isRangeable || typeof target !== 'object') continue;
    const reading = readingOf(op.call, target, body, pass);
    if (reading.escapes || reading.isReturned || reading.does.has('close') || reading.endlessDoes.has('send')) continue;
    for (const wait of reading.waits) if (wait.verb === 'range') yield { body, call: op.call, wait, maker, made };
  }
}

export function* silentResults(verb: 'receive' | 'range', pass: Pass): Generator<SilentResult> {
  for (const { body, op, generator, target } of receivedIn(pass)) {
    const { maker, made, isRangeable } = generator;
    if (typeof target !== 'object' || (verb === 'range' && !isRangeable)) continue;
    const reading = readingOf(op.call, target, body, pass);
    const wait = reading.waits.find(w => w.verb === verb && !w.isExit && w.body.info === body.info);
    if (!wait || reading.escapes || reading.isReturned || reading.does.has('close') || reading.does.has('send')) continue;
    const silence = silenceBehind(verb, generator.reading, maker, pass);
    if (silence) yield { body, call: op.call, wait, maker, made, silence };
  }
}

const received = new WeakMap<Pass, readonly Received[]>();

function receivedIn(pass: Pass): readonly Received[] {
  let found = received.get(pass);
  if (!found) received.set(pass, (found = [...findReceived(pass)]));
  return found;
}

function* findReceived(pass: Pass): Generator<Received> {
  const names = generatorNames(pass);
  const calls = names.size ? new RegExp(`\\b(?:${[...names].join('|')})\\(`) : undefined;
  for (const body of askedBodies(pass, ({ bodyText }) => calls?.test(bodyText) || hasGeneratorInside(bodyText))) {
    for (const { op, after } of operations(body.graph)) {
      const generator = op.kind === 'call' ? generatorOf(op.call, body, pass) : undefined;
      if (op.kind === 'call' && generator) yield { body, op, after, generator, target: targetOf(op, generator.result, body) };
    }
  }
}

/** What the functions are called that may be some, of the package and of those packages of its module that it imports. */
function generatorNames({ pkg, contracts: { program } }: Pass): Set<string> {
  return new Set(program.neighbours(pkg, 'chan ').flatMap(other => {
    const { outlines } = other;
    other.lookAtCalled(outlines);
    return outlines.filter(mayGenerate).map(func => func.bareName);
  }));
}

function mayGenerate(func: FuncOutline): boolean {
  return /\bchan\b/.test(func.resultText) && mayStart(func.info()?.bodyText ?? '');
}

/** `words := func() <-chan string { … go …`. */
function hasGeneratorInside(bodyText: string): boolean {
  return /\bfunc\([^{}\n]*\)[^{}\n]*\bchan\b[^{}\n]*\{/.test(bodyText) && mayStart(bodyText);
}

function mayStart(bodyText: string): boolean {
  return /\bgo\b|\.Go\(/.test(bodyText);
}

function* leftUnread(op: CallOp, target: ReceivedFrom, after: Made['after'], { made, count, wait }: ResultChannel, body: Body, pass: Pass): Generator<DiscardedResult> {
  const { call } = op;
  const reading = readingOf(call, target, body, pass);
  if (reading.escapes || reading.isReturned) return;
  const way = wayLeaving(reading, 'send', { ...made, call, op, after }, count, body, pass, noResult(call, body));
  if (way) yield { body, call, wait, way };
}

function readingOf(call: Call, { variable }: ReceivedFrom, body: Body, pass: Pass): Reading {
  const names = variable ? withNames(namesOf([variable]), body) : namesOf([], [], { call });
  return new Reading(body, names, pass);
}

type CallOp = Op & { kind: 'call' };

/** The local variable that gets the channel; undefined where the call itself is received from. */
interface ReceivedFrom {
  readonly variable: Made['place'] | undefined;
}

function targetOf({ call, discarded }: CallOp, result: number, body: Body): ReceivedFrom | 'nowhere' | 'elsewhere' {
  if (discarded) return 'nowhere';
  for (const { op } of operations(body.graph)) {
    if (op.kind === 'receive' && unparen(op.channel) === call) return { variable: undefined };
    if (op.kind === 'range' && unparen(op.stmt.x) === call) return { variable: undefined };
    if (op.kind !== 'assign') continue;
    const at = op.rhs.findIndex(x => unparen(x) === call);
    const x = at < 0 ? undefined : op.lhs[op.rhs.length === 1 ? result : at];
    if (x?.kind !== 'ident') continue;
    if (x.name === '_') return 'nowhere';
    if (x.entity?.kind === 'var' && x.entity.owner === body.node && x.entity.role === 'local') return { variable: { root: x.entity, fields: [] } };
  }
  return 'elsewhere';
}

// --------------------------------------------------------------------------------------------------- generators

const memo = new WeakMap<FuncNode, { readonly found: ResultChannel | undefined }>();

function generatorOf(call: Call, body: Body, pass: Pass): ResultChannel | undefined {
  const callee = functionOf(calleeOf(call, body.env), body.env);
  if ((callee.kind === 'func' || callee.kind === 'method') && !(callee.func && mayGenerate(callee.func))) return undefined;
  const inner = unparen(call.fun).kind === 'funclit' ? undefined : bodyOfCallee(callee, body, pass);
  if (!inner) return undefined;
  const known = memo.get(inner.node);
  if (known) return known.found;
  memo.set(inner.node, { found: undefined });
  const found = findGenerator(inner, pass);
  memo.set(inner.node, { found });
  return found;
}

function findGenerator(body: Body, pass: Pass): ResultChannel | undefined {
  for (const made of channelsMadeIn(body)) {
    const found = generates(made, body, pass);
    if (found) return found;
  }
  return undefined;
}

function generates(made: Made, body: Body, pass: Pass): ResultChannel | undefined {
  const names = withNames(namesOf([made.place]), body);
  const reading = new Reading(body, names, pass);
  const wait = reading.waits.find(({ verb, starts }) => verb === 'send' && starts.length > 0);
  if (reading.escapes || !wait) return undefined;
  const walk = reading.walk();
  let found: { result: number; count: Count } | undefined;
  search(made.after, START, {
    ...walk,
    returns: (end, count) => {
      const result = end.stmt?.results.findIndex(x => carries(x, names, body)) ?? -1;
      if (result >= 0 && sendsOf(count.started) > 0) found = { result, count };
      return found !== undefined;
    },
  });
  return found && { ...found, made, wait, maker: body, reading, isRangeable: reading.does.has('close') || reading.endlessDoes.has('send') };
}
