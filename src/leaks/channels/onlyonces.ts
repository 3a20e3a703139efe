/**
 * Sends that happen once, however often the code comes by and whoever does: `if failed.Add(1) == 1 { c <- err }`; or within
 * one body by a flag of its own: `if !told { told = true; c <- err }`.
 */
import { type Block, type FlowGraph, type Op, successors } from '../../flow/graph.ts';
import { calleeName, calleeOf } from '../../program/callee.ts';
import { type Call, type Expr, unparen, type Variable } from '../../syntax/ast.ts';
import { walkStmts } from '../../syntax/walk.ts';
import type { Body } from '../bodies.ts';
import { holdsSpan, isDeclaredInLoop } from '../paths/reach.ts';
import { canonicalPlace } from '../places/canonical.ts';
import type { Names } from './places.ts';

const COUNTS = /^(?:\(\*?(?:sync\/atomic|go\.uber\.org\/atomic)\.\w+\)\.(?:Add|Sub|Inc|Dec)|sync\/atomic\.Add\w+)$/;
const SWAPS_IF = /^(?:\(\*?(?:sync\/atomic|go\.uber\.org\/atomic)\.\w+\)\.(?:CompareAndSwap|CAS)|sync\/atomic\.CompareAndSwap\w+)$/;
const DOES = /^\(\*?sync\.Once\)\.Do$/;
const SWAPS = /^(?:\(\*?(?:sync\/atomic|go\.uber\.org\/atomic)\.Bool\)\.(?:Swap|Toggle))$/;

const memo = new WeakMap<FlowGraph, ReadonlySet<Block>>();

/** No way leads to the operation but through a branch that only one of all goes. */
export function isOnlyOnce(op: Op, body: Body): boolean {
  if (isFlagged(op, body)) return true;
  if (!/\.(?:Add|Sub|Inc|Dec|CompareAndSwap|CAS|Swap)\w*\(/.test(body.info.bodyText)) return false;
  let others = memo.get(body.graph);
  if (!others) memo.set(body.graph, (others = reachedByMany(body)));
  return ![...others].some(({ ops }) => ops.includes(op));
}

/** `once.Do(…)`, with something that is one for as many rounds of the loops around it as the channel is. */
export function isDoneOnce(call: Call, channel: Names, body: Body): boolean {
  if (!isShared(call, DOES, body)) return false;
  const callee = calleeOf(call, body.env);
  const once = callee.kind === 'method' ? canonicalPlace(callee.receiver, body.env)?.root : undefined;
  if (typeof once !== 'object') return true;
  const made = channel.places.flatMap(({ root }) => (typeof root === 'object' ? root.ident : []));
  let isMadeAnew = false;
  walkStmts(body.info.body()?.stmts ?? [], {
    stmt: loop => {
      if (loop.kind === 'for' || loop.kind === 'range') isMadeAnew ||= holdsSpan(loop, once.ident) && !made.some(ident => holdsSpan(loop, ident));
    },
  });
  return !isMadeAnew;
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

/** Every way to the operation goes by a flag that is set before the next round asks for it again. */
function isFlagged(op: Op, body: Body): boolean {
  if (!/ = true\b/.test(body.info.bodyText)) return false;
  return body.graph.blocks.some(block => {
    const { end } = block;
    const asked = end.kind === 'branch' && end.condition ? flagIn(end.condition, body) : undefined;
    if (end.kind !== 'branch' || !asked) return false;
    const [unset, set] = asked.negated ? [end.then, end.else] : [end.else, end.then];
    const isSet = (at: Op) => at.kind === 'assign' && at.lhs.some(x => x.kind === 'ident' && x.entity === asked.flag);
    return !comesTo(op, body.graph.entry, at => (at === block ? [set] : successors(at.end))) && !comesBack(op, unset, block, isSet);
  });
}

/** A variable of the body, outside of its loops, that begins as false and is only ever set. */
function flagIn(condition: Expr, body: Body): { readonly flag: Variable; readonly negated: boolean } | undefined {
  const x = unparen(condition);
  const negated = x.kind === 'unary' && x.op === '!';
  const asked = negated ? unparen(x.x) : x;
  const flag = asked.kind === 'ident' && asked.entity?.kind === 'var' ? asked.entity : undefined;
  if (!flag || flag.role !== 'local' || flag.owner !== body.node || flag.assigned.length === 0 || isDeclaredInLoop(flag, body)) return undefined;
  const isUnset = flag.origin.kind === 'declared' || (flag.origin.kind === 'value' && isNamed(flag.origin.expr, 'false'));
  return isUnset && flag.assigned.every(from => from !== 'unknown' && from.kind === 'value' && isNamed(from.expr, 'true')) ? { flag, negated } : undefined;
}

function isNamed(x: Expr, name: string): boolean {
  return x.kind === 'ident' && x.name === name && !x.entity;
}

function comesTo(op: Op, entry: Block, next: (block: Block) => readonly Block[]): boolean {
  const seen = new Set([entry]);
  for (const block of seen) for (const to of next(block)) seen.add(to);
  return [...seen].some(({ ops }) => ops.includes(op));
}

/** By way of the operation, with the flag still unset. */
function comesBack(op: Op, from: Block, to: Block, isSet: (at: Op) => boolean): boolean {
  const seen = new Map<Block, boolean>();
  const queue: { readonly block: Block; readonly passed: boolean }[] = [{ block: from, passed: false }];
  for (let at = queue.pop(); at; at = queue.pop()) {
    const { block } = at;
    if (seen.get(block) === true || seen.get(block) === at.passed) continue;
    seen.set(block, at.passed);
    if (block.ops.some(isSet)) continue;
    const passed = at.passed || block.ops.includes(op);
    if (block === to && passed) return true;
    queue.push(...successors(block.end).map(next => ({ block: next, passed })));
  }
  return false;
}
