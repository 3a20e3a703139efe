/**
 * A channel for each item, kept in a slice or map: `for i, x := range xs { errs[i] = make(chan error); go … }`, and a loop
 * behind it that receives from one after the other. Where the function leaves that loop early, or before it, the
 * goroutines of the channels that are left wait for ever.
 */
import type { Block, Op } from '../../flow/graph.ts';
import { endedLoops, type Loop, loopsOf } from '../../flow/loops.ts';
import { type Arrival, operations, search } from '../../flow/search.ts';
import { calleeOf } from '../../program/callee.ts';
import { functionOf } from '../../program/values.ts';
import { type Call, type Expr, type Go, unparen, type Variable } from '../../syntax/ast.ts';
import { askedBodies, type Body, isTest, paramsOf } from '../bodies.ts';
import { bodyOfCallee } from '../goroutines/goroutines.ts';
import type { Pass } from '../pass.ts';
import { holdsSpan, placeAfter, type Span } from '../paths/reach.ts';
import { answersWithout } from './answers.ts';
import { receiverOf, receiverVariableOf } from './bindings.ts';
import { type Collection, collectionsIn, type Element, elementOf, sameElement } from './collections.ts';
import { failsTest } from './failures.ts';
import { namesOf } from './places.ts';
import { armsOf } from './traffic.ts';

export interface LeftOver {
  readonly body: Body;
  readonly start: Go;
  readonly goroutine: Body;
  readonly send: { readonly node: Span; readonly channel: Expr };
  readonly way: Arrival<unknown>;
}

const MAKES = /\bmake\(\s*(?:\[\]|map\b|chan\b)/;

export function* leftOver(pass: Pass): Generator<LeftOver> {
  const matters = ({ bodyText, file }: Body['info']) => !file.kind.test && /\bgo\b/.test(bodyText) && MAKES.test(bodyText) && /\bchan\b|\bappend\(/.test(bodyText) && /\brange\b|\bfor\b/.test(bodyText);
  for (const body of askedBodies(pass, matters)) if (!isTest(body)) yield* leftIn(body, pass);
}

function* leftIn(body: Body, pass: Pass): Generator<LeftOver> {
  const starts = operations(body.graph).flatMap(({ op }) => (op.kind === 'go' && loopsOf(body.graph).some(({ stmt }) => holdsSpan(stmt.body, op.stmt)) ? [op] : []));
  if (!starts.length) return;
  const collections = collectionsIn(body);
  if (!collections.size) return;
  for (const start of starts) {
    const left = leftOf(start, collections, body, pass);
    if (left) yield left;
  }
}

type Collections = ReadonlyMap<Variable, Collection>;

function leftOf(start: Op & { kind: 'go' }, collections: Collections, body: Body, pass: Pass): LeftOver | undefined {
  const call = unparen(start.stmt.call);
  const callee = call.kind === 'call' ? functionOf(calleeOf(call, body.env), body.env) : undefined;
  const goroutine = callee && bodyOfCallee(callee, body, pass);
  if (call.kind !== 'call' || !goroutine) return undefined;
  const given = argumentsOf(call, receiverOf(callee), goroutine);
  for (const { op } of operations(goroutine.graph)) {
    if (op.kind !== 'send' || isGuarded(op, goroutine, pass)) continue;
    const element = elementOf(op.stmt.channel, collections, given);
    const collection = element && collections.get(element.of);
    if (!collection || !isUnbuffered(element, collection)) continue;
    const way = wayLeaving(start, element, collections, body, pass);
    if (way) return { body, start: start.stmt, goroutine, send: { node: op.stmt, channel: op.stmt.channel }, way };
  }
  return undefined;
}

/** By parameter, the receiver included. */
function argumentsOf({ args }: Call, receiver: Expr | undefined, body: Body): ReadonlyMap<Variable, Expr> {
  const given = new Map(paramsOf(body.node).flatMap(({ name }, i): [Variable, Expr][] => {
    const arg = args[i];
    return name?.entity?.kind === 'var' && arg ? [[name.entity, arg]] : [];
  }));
  const own = receiverVariableOf(body);
  return own && receiver ? given.set(own, receiver) : given;
}

function isGuarded(op: Op, body: Body, pass: Pass): boolean {
  const arm = armsOf(body.graph).get(op);
  return arm !== undefined && answersWithout(arm.select, arm.clause, namesOf([]), body, pass);
}

function isUnbuffered(element: Element, { makes }: Collection): boolean {
  const own = makes.filter(made => sameElement(made.element, element));
  return own.length > 0 && own.every(({ capacity }) => capacity === 0);
}

/** From where one is started to where the function leaves before the loop that receives from each is over. */
function wayLeaving(start: Op, element: Element, collections: Collections, body: Body, pass: Pass): Arrival<unknown> | undefined {
  const isReceive = (op: Op) => {
    const channel = op.kind === 'receive' ? op.channel : op.kind === 'range' ? op.stmt.x : undefined;
    const received = channel && elementOf(channel, collections, NO_ARGUMENTS);
    return received !== undefined && sameElement(received, element);
  };
  const collecting = loopsOf(body.graph).filter(loop => loopHas(loop, isReceive));
  // Received outside of loops, or nowhere: how many there are, or who else does it, the code knows.
  if (!collecting.length) return undefined;
  const isOver = (from: Block, to: Block) => endedLoops(from, to, body.graph).some(loop => collecting.includes(loop));
  return search(placeAfter(start, body), GO_ON, {
    key: () => '',
    op: op => (pass.contracts.endsHere(op, body.env) || failsTest(op, body) ? undefined : GO_ON),
    edge: () => GO_ON,
    between: (from, to) => (isOver(from, to) ? undefined : GO_ON),
    returns: () => true,
  });
}

const GO_ON = { goes: 'on' };
const NO_ARGUMENTS: ReadonlyMap<Variable, Expr> = new Map();

function loopHas({ blocks, stmt }: Loop, isIt: (op: Op) => boolean): boolean {
  return [...blocks].some(({ ops }) => ops.some(op => isIt(op) && (op.kind !== 'range' || op.stmt !== stmt)));
}
