/**
 * A resource that is left to a goroutine: `go func() { …; conn.Close() }()`, `go serve(conn)`. Where nobody else releases
 * it, the goroutine has to on every way through it.
 */
import { allReturnedAt, applyOp, type Held, heldBy, type Tracked, type Where } from '../../contracts/effects.ts';
import type { Resource } from '../../contracts/resource.ts';
import { graphOf } from '../../flow/build.ts';
import type { Block, Op } from '../../flow/graph.ts';
import { type Arrival, operations, reachableFrom, search } from '../../flow/search.ts';
import { calleeOf } from '../../program/callee.ts';
import { targetsOf } from '../../program/implementations.ts';
import { type Call, type FuncType, type Go, unparen, type Variable } from '../../syntax/ast.ts';
import { type Body, bodyOf, isTest } from '../bodies.ts';
import type { Pass } from '../pass.ts';
import { companionsless, type State, stateOf, walkOf, whereOf } from './ways.ts';

export interface LeftOpen {
  /** The statement that starts the goroutine. */
  readonly start: Go;
  readonly body: Body;
  /** Leads from its beginning to where it leaves. */
  readonly way: Arrival<State>;
}

/**
 * A way through the goroutine that takes it over on which it is forgotten. A cancel function that it calls on some way
 * only joins contexts: on the others the parent has ended. In a test it is the test that ends.
 */
export function leftOpenBy(tracked: Tracked, resource: Resource, body: Body, pass: Pass): LeftOpen | undefined {
  if (!resource.releases.length || isTest(body)) return undefined;
  const where = whereOf(resource, body, pass);
  const acting = operations(body.graph).flatMap(({ op, after: { block } }) => {
    const { effect } = applyOp(op, tracked, where);
    return effect === 'released' || effect === 'moved' ? [{ op, block, effect }] : [];
  });
  const [start, ...more] = acting.filter(({ op, effect }) => op.kind === 'go' && effect === 'released');
  if (start?.op.kind !== 'go' || more.length || acting.some(other => other !== start && mayBeOnOneWay(start, other, body, pass)) || isReturned(tracked, where, body)) return undefined;
  const { stmt } = start.op;
  const call = unparen(stmt.call);
  const begun = call.kind === 'call' ? goroutineOf(call, tracked, resource, body, pass) : undefined;
  const way = begun && search({ block: begun.body.graph.entry, index: 0 }, stateOf(begun.tracked, companionsless), walkOf(resource, begun.body, pass));
  return begun && way?.at.kind === 'return' ? { start: stmt, body: begun.body, way } : undefined;
}

function isReturned(tracked: Tracked, where: Where, { graph }: Body): boolean {
  return graph.blocks.some(({ end }) => end.kind === 'return' && allReturnedAt(end, tracked, where).length > 0);
}

interface Placed {
  readonly op: Op;
  readonly block: Block;
}

function mayBeOnOneWay(a: Placed, b: Placed, { env }: Body, pass: Pass): boolean {
  const leads = (from: Block, to: Block) => reachableFrom(from, block => pass.contracts.next(block, env)).has(to);
  return a.block === b.block || leads(a.block, b.block) || leads(b.block, a.block);
}

/** The body that the goroutine runs, and what it has of the resource. */
function goroutineOf(call: Call, tracked: Tracked, resource: Resource, body: Body, pass: Pass): { readonly body: Body; readonly tracked: Tracked } | undefined {
  const held = call.args.map(arg => heldBy(arg, tracked, whereOf(resource, body, pass)));
  const fun = unparen(call.fun);
  if (fun.kind === 'funclit') {
    return { body: { ...body, node: fun, block: fun.body, graph: graphOf(fun, fun.body) }, tracked: new Map([...tracked, ...given(fun.type, held)]) };
  }
  const [func, ...more] = targetsOf(calleeOf(call, body.env), body.env);
  const run = func && !more.length && func.pkg === body.info.pkg ? bodyOf(func, pass) : undefined;
  const params = run ? given(run.node.type, held) : [];
  return run && params.length ? { body: run, tracked: new Map(params) } : undefined;
}

function given({ params }: FuncType, held: readonly (Held | undefined)[]): readonly (readonly [Variable, Held])[] {
  return params.flatMap(({ names }) => names).flatMap(({ entity }, i) => {
    const as = held[i];
    return as && entity?.kind === 'var' ? [[entity, as] as const] : [];
  });
}
