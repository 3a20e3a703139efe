/**
 * Owners that a function makes, fills and drops: `j := &journal{}; j.file, err = os.Create(p)`. Who has the owner has to
 * release what it keeps, so where nobody else can have it, the function itself does.
 */
import { bodyEffect, type Tracked } from '../../contracts/effects.ts';
import type { Resource } from '../../contracts/resource.ts';
import type { FlowGraph, Op } from '../../flow/graph.ts';
import type { Place, Walk } from '../../flow/search.ts';
import { type Call, unparen, type Variable } from '../../syntax/ast.ts';
import type { Body } from '../bodies.ts';
import type { Pass } from '../pass.ts';
import { spanOf } from '../paths/reach.ts';
import type { Acquisition } from './acquisition.ts';
import { isMadeHere } from './acquisitions.ts';
import { keptAmong } from './fates.ts';
import { ownerKeeping, parentOf } from './owners.ts';
import { type State, walkOf, whereOf } from './ways.ts';

export interface LocalOwner {
  /** The owner as a resource of its own. */
  readonly resource: Resource;
  readonly tracked: Tracked;
  /** Behind the assignment that gives it to the owner. */
  readonly from: Place;
  readonly walk: Walk<State>;
  /** The function releases it nowhere. */
  readonly never: boolean;
}

/** The local value that keeps what a call gave, where nobody but this function and what it starts can have that value. */
export function localOwnerOf(call: Call, acquisition: Acquisition, body: Body, pass: Pass): LocalOwner | undefined {
  const kept = ownerKeeping(call, acquisition, body, pass);
  if (!kept || kept.variable.owner !== body.node || !isMadeHere(kept.variable, body) || isTouchedBefore(kept.variable, call, kept.resource, body, pass)) return undefined;
  const { variable, resource, from, through } = kept;
  // A goroutine that was given the owner may be meant to go on until the parent ends.
  if (parentOf(call, acquisition.resource, body) !== 'none' && !isGivenBack(variable, body)) return undefined;
  const isHandedOut = keptAmong([variable], body, pass);
  if (!isHandedOut) return undefined;
  const tracked: Tracked = new Map([[variable, 'whole'], ...(through ? [[through, 'resource'] as const] : [])]);
  const walk = walkOf(resource, body, pass);
  const isOther = (op: Op) => op !== from.block.ops[from.index - 1];
  const never = bodyEffect(withOps(body, isOther), tracked, whereOf(resource, body, pass)) === 'none';
  return { resource, tracked, from, never, walk: { ...walk, returns: (end, state) => walk.returns(end, state) && !isHandedOut(end) } };
}

/** On its other ways the function gives the owner to its caller: what is dropped here was not meant to go on. */
function isGivenBack(variable: Variable, { graph }: Body): boolean {
  return graph.blocks.some(({ end }) => end.kind === 'return' && end.stmt?.results.some(x => {
    const value = unparen(x);
    const inner = value.kind === 'unary' || value.kind === 'star' ? unparen(value.x) : value;
    return inner.kind === 'ident' && inner.entity === variable;
  }));
}

/** `defer j.Close()` stands above, or somebody has got the owner before it is filled. */
function isTouchedBefore(variable: Variable, call: Call, resource: Resource, body: Body, pass: Pass): boolean {
  const isBefore = (op: Op) => (op.kind === 'assign' ? op.node.end <= call.start : spanOf(op).start < call.start);
  const { blocks } = withOps(body, isBefore);
  return bodyEffect({ ...body.graph, blocks: blocks.map(block => ({ ...block, end: { kind: 'stuck' } })) }, new Map([[variable, 'whole']]), whereOf(resource, body, pass)) !== 'none';
}

function withOps({ graph }: Body, isWanted: (op: Op) => boolean): FlowGraph {
  return { ...graph, blocks: graph.blocks.map(block => ({ ...block, ops: block.ops.filter(isWanted) })) };
}
