/**
 * What a way has learned from the conditions it took, so that `if c { lock } … if c { unlock }` is one way and not four.
 * A condition is known by its text; only those are remembered that are asked for again and that stand before something
 * that sounds like a lock, which keeps the ways few.
 */
import { type Block, type FlowGraph, type Op, successors } from '../../flow/graph.ts';
import { operations } from '../../flow/search.ts';
import { type Expr, unparen } from '../../syntax/ast.ts';
import { isTypeCase } from '../paths/facts.ts';

export type Facts = ReadonlyMap<string, boolean>;
export const NO_FACTS: Facts = new Map();

/** More conditions than these are not remembered at once, the latest are: the ways double with each. */
const MOST_FACTS = 3;

const keys = new WeakMap<Facts, string>();
const memo = new WeakMap<FlowGraph, ReadonlySet<string>>();

/** The facts after a branch; undefined when they contradict it. */
export function learn(condition: Expr, taken: boolean, facts: Facts, graph: FlowGraph, text: string): Facts | undefined {
  if (!taken && condition.kind === 'binary' && isTypeCase(condition)) return facts;
  const { key, positive } = normalOf(condition, text);
  if (!worthwhile(graph, text).has(key)) return facts;
  const value = positive === taken;
  const known = facts.get(key);
  if (known !== undefined) return known === value ? facts : undefined;
  const kept = facts.size < MOST_FACTS ? [...facts] : [...facts].slice(1 - MOST_FACTS);
  return new Map([...kept, [key, value]]);
}

/** The facts after an operation: what mentions an assigned name is forgotten, `locked = true` is known. */
export function update(op: Op, facts: Facts, graph: FlowGraph, text: string): Facts {
  if (op.kind !== 'assign' && (facts.size === 0 || (op.kind !== 'range' && op.kind !== 'eval'))) return facts;
  const { mention, constants } = changeOf(op, graph, text);
  if (!mention || (facts.size === 0 && constants.length === 0)) return facts;
  const next = new Map([...facts].filter(([key]) => !mention.test(key)));
  for (const [name, value] of constants) next.set(name, value);
  return next;
}

interface FactChange {
  /** Finds the conditions that an operation may change. */
  readonly mention: RegExp | undefined;
  readonly constants: readonly (readonly [string, boolean])[];
}

const changes = new WeakMap<Op, FactChange>();

function changeOf(op: Op, graph: FlowGraph, text: string): FactChange {
  let change = changes.get(op);
  if (!change) {
    const names = assignedNames(op, text);
    const mention = names.length ? new RegExp(`(?<![\\w])(?:${names.join('|')})(?![\\w])`) : undefined;
    changes.set(op, (change = { mention, constants: constantsGiven(op).filter(([name]) => worthwhile(graph, text).has(name)) }));
  }
  return change;
}

export function keyOfFacts(facts: Facts): string {
  if (facts.size === 0) return '';
  let key = keys.get(facts);
  if (key === undefined) keys.set(facts, (key = [...facts].map(([name, value]) => `${name}:${value}`).sort().join(' ')));
  return key;
}

function normalOf(condition: Expr, text: string): { key: string; positive: boolean } {
  const x = unparen(condition);
  const plain = (e: Expr) => text.slice(e.start, e.end).replace(/\s+/g, ' ');
  // The conditions of a `switch` are made up of its tag and the case, so their own span says too little.
  if (x.kind !== 'binary') return { key: plain(x), positive: true };
  return { key: `${plain(x.x)}${x.op === '!=' ? '==' : x.op}${plain(x.y)}`, positive: x.op !== '!=' };
}

function worthwhile(graph: FlowGraph, text: string): ReadonlySet<string> {
  const known = memo.get(graph);
  if (known) return known;
  const counts = new Map<string, number>();
  const guards = new Set<string>();
  for (const { end } of graph.blocks) {
    if (end.kind !== 'branch' || !end.condition) continue;
    const { key } = normalOf(end.condition, text);
    counts.set(key, (counts.get(key) ?? 0) + 1);
    if (soundsLikeLock(end.then, text, NEAR) || soundsLikeLock(end.else, text, NEAR)) guards.add(key);
  }
  const found = new Set([...counts].flatMap(([key, count]) => (count > 1 && guards.has(key) ? [key] : [])));
  for (const { op } of operations(graph)) for (const [name] of constantsGiven(op)) if (guards.has(name)) found.add(name);
  memo.set(graph, found);
  return found;
}

/** How many blocks behind a branch are looked at. */
const NEAR = 3;

function soundsLikeLock(block: Block, text: string, depth: number): boolean {
  const isLock = (op: Op) => {
    const call = op.kind === 'call' ? op.call : op.kind === 'defer' ? op.stmt.call : undefined;
    return call !== undefined && /ock/.test(text.slice(call.start, call.end));
  };
  return block.ops.some(isLock) || (depth > 0 && block.end.kind !== 'select' && successors(block.end).some(next => soundsLikeLock(next, text, depth - 1)));
}

function assignedNames(op: Op, text: string): string[] {
  const targets = op.kind === 'assign' ? op.lhs : op.kind === 'range' ? op.stmt.lhs : op.kind === 'eval' && isCounted(op.expr, text) ? [op.expr] : [];
  return targets.flatMap(x => (x.kind === 'ident' ? [x.name] : x.kind === 'selector' ? [x.sel.name] : [])).filter(name => name !== '_');
}

/** `n++`; a tag of a `switch` is evaluated, too, and stays what it is. */
function isCounted(x: Expr, text: string): boolean {
  return /^\s*(?:\+\+|--)/.test(text.slice(x.end, x.end + 4));
}

/** `locked := false`, `locked = true`, `var locked bool`. */
function constantsGiven(op: Op): [string, boolean][] {
  if (op.kind !== 'assign') return [];
  return op.lhs.flatMap((x, i): [string, boolean][] => {
    if (x.kind !== 'ident') return [];
    const value = op.rhs[i];
    if (!value) return isBoolean(op) ? [[x.name, false]] : [];
    return value.kind === 'ident' && (value.name === 'true' || value.name === 'false') ? [[x.name, value.name === 'true']] : [];
  });
}

function isBoolean({ node, rhs }: Op & { kind: 'assign' }): boolean {
  return rhs.length === 0 && 'type' in node && node.type?.kind === 'ident' && node.type.name === 'bool';
}
