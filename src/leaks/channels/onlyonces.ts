/** Sends that happen once, however often the code comes by and whoever does: `if failed.Add(1) == 1 { c <- err }`. */
import { type Block, type FlowGraph, type Op, successors } from '../../flow/graph.ts';
import { calleeName, calleeOf } from '../../program/callee.ts';
import { type Call, type Expr, unparen } from '../../syntax/ast.ts';
import type { Body } from '../bodies.ts';
import { isDeclaredInLoop } from '../paths/reach.ts';
import { canonicalPlace } from '../places/canonical.ts';

const COUNTS = /^(?:\(\*?(?:sync\/atomic|go\.uber\.org\/atomic)\.\w+\)\.(?:Add|Sub|Inc|Dec)|sync\/atomic\.Add\w+)$/;
const SWAPS_IF = /^(?:\(\*?(?:sync\/atomic|go\.uber\.org\/atomic)\.\w+\)\.(?:CompareAndSwap|CAS)|sync\/atomic\.CompareAndSwap\w+)$/;
const SWAPS = /^(?:\(\*?(?:sync\/atomic|go\.uber\.org\/atomic)\.Bool\)\.(?:Swap|Toggle))$/;

const memo = new WeakMap<FlowGraph, ReadonlySet<Block>>();

/** No way leads to the operation but through a branch that only one of all goes. */
export function isOnlyOnce(op: Op, body: Body): boolean {
  if (!/\.(?:Add|Sub|Inc|Dec|CompareAndSwap|CAS|Swap)\w*\(/.test(body.info.bodyText)) return false;
  let others = memo.get(body.graph);
  if (!others) memo.set(body.graph, (others = reachedByMany(body)));
  return ![...others].some(({ ops }) => ops.includes(op));
}

function reachedByMany(body: Body): ReadonlySet<Block> {
  const seen = new Set<Block>();
  const queue = [body.graph.entry];
  for (let block = queue.pop(); block; block = queue.pop()) {
    if (seen.has(block)) continue;
    seen.add(block);
    const { end } = block;
    const one = end.kind === 'branch' && end.condition ? sideOfOne(end.condition, body) : undefined;
    queue.push(...(end.kind === 'branch' && one ? [one === 'then' ? end.else : end.then] : successors(end)));
  }
  return seen;
}

/** The side of a branch that is gone once. */
function sideOfOne(condition: Expr, body: Body): 'then' | 'else' | undefined {
  const x = unparen(condition);
  if (x.kind === 'unary' && x.op === '!') {
    const side = sideOfOne(x.x, body);
    return side && (side === 'then' ? 'else' : 'then');
  }
  if (x.kind === 'call') return isShared(x, SWAPS_IF, body) ? 'then' : isShared(x, SWAPS, body) ? 'else' : undefined;
  if (x.kind !== 'binary' || (x.op !== '==' && x.op !== '!=')) return undefined;
  const isCount = [x.x, x.y].map(unparen).some(side => side.kind === 'call' && isShared(side, COUNTS, body));
  return isCount ? (x.op === '==' ? 'then' : 'else') : undefined;
}

/** The call counts in something that is one for all rounds of the loops around it. */
function isShared(call: Call, names: RegExp, body: Body): boolean {
  const callee = calleeOf(call, body.env);
  if (!names.test(calleeName(callee) ?? '')) return false;
  const counter = callee.kind === 'method' || callee.kind === 'presumed' ? callee.receiver : call.args[0];
  const root = counter && canonicalPlace(counter, body.env)?.root;
  if (root === undefined) return false;
  return typeof root !== 'object' || !isDeclaredInLoop(root, body);
}
