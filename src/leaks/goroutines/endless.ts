/** Goroutines that can never end, whatever anybody does: a loop without a way out, `select {}`. */
import type { Block } from '../../flow/graph.ts';
import { operations, reachableFrom } from '../../flow/search.ts';
import { calleeOf } from '../../program/callee.ts';
import type { Call } from '../../syntax/ast.ts';
import { walkStmts } from '../../syntax/walk.ts';
import { type Body } from '../bodies.ts';
import type { Pass } from '../pass.ts';
import { type Goroutine, goroutinesRunning, leaves, livesAsLongAsProcess, runBy } from './goroutines.ts';

export interface Endless {
  readonly goroutine: Goroutine;
  /** Where the loop or the `select {}` stands. */
  readonly body: Body;
  readonly node: { readonly start: number; readonly end: number };
  /** How many calls lead from the goroutine to it. */
  readonly calls: number;
}

/** `for {`, `for on {`, `for i := 0; ; i++ {`, `goto again`: no condition that may change, or none at all. */
const ENDLESS = /\bgoto\b|\bfor\s*(?:\{|!?[\w.]+\s*\{|[^;{}]*;\s*(?:true\s*)?;)/;

/** Loops that no `return`, `break`, `goto`, panic or end of the process leads out of; those around a `select` are a rule of their own. */
export function* endlessGoroutines(pass: Pass): Generator<Endless> {
  yield* inGoroutines(pass, ENDLESS, body => endlessLoopsIn(body, pass));
}

export function* emptySelects(pass: Pass): Generator<Endless> {
  yield* inGoroutines(pass, /\bselect\s*\{\s*\}/, body => emptySelectsIn(body, pass));
}

function* inGoroutines(pass: Pass, words: RegExp, find: (body: Body) => readonly Endless['node'][]): Generator<Endless> {
  const seen = new Set<unknown>();
  for (const goroutine of goroutinesRunning(words, pass)) {
    for (const { body, via } of goroutine.body ? runBy(goroutine.body, pass) : []) {
      if (seen.has(body.block) || !words.test(body.info.bodyText)) continue;
      const nodes = find(body);
      if (nodes.length > 0 && livesAsLongAsProcess(goroutine, pass)) break;
      seen.add(body.block);
      for (const node of nodes) yield { goroutine, body, node, calls: via.length };
    }
  }
}

/** `for` and the word's place of each loop that never ends and has no select in it; outer loops stand for inner ones. */
function endlessLoopsIn(body: Body, pass: Pass): Endless['node'][] {
  const next = (b: Block) => pass.contracts.next(b, body.env);
  const live = new Set([body.graph.entry, ...reachableFrom(body.graph.entry, next)]);
  const found: Endless['node'][] = [];
  for (const [stmt, { head }] of body.graph.loops) {
    if (!live.has(head) || found.some(outer => outer.start <= stmt.start && stmt.end <= outer.end)) continue;
    const round = reachableFrom(head, next);
    if (!round.has(head) || [...round, head].some(b => leaves(b, body, pass)) || [...round].some(waitsByDesign)) continue;
    found.push(stmt);
  }
  return found.length ? found : jumpsBackIn(body, pass);
}

/** `again: …; goto again` where nothing leads out. */
function jumpsBackIn(body: Body, pass: Pass): Endless['node'][] {
  if (body.graph.loops.size > 0 || !/\bgoto\b/.test(body.info.bodyText)) return [];
  const next = (b: Block) => pass.contracts.next(b, body.env);
  const live = [body.graph.entry, ...reachableFrom(body.graph.entry, next)];
  if (live.some(b => leaves(b, body, pass) || waitsByDesign(b))) return [];
  const jumps: Endless['node'][] = [];
  walkStmts(body.block.stmts, {
    stmt: stmt => void (stmt.kind === 'branch' && stmt.token === 'goto' && jumps.push(stmt)),
    expr: x => x.kind !== 'funclit',
  });
  return jumps.slice(-1);
}

/** A `select` has a rule of its own, and so has what stands still on purpose. */
function waitsByDesign({ end }: Block): boolean {
  return end.kind === 'select' || end.kind === 'stuck';
}

function emptySelectsIn(body: Body, pass: Pass): Endless['node'][] {
  const { block, graph } = body;
  const live = [graph.entry, ...reachableFrom(graph.entry, b => pass.contracts.next(b, body.env))];
  if (!live.some(b => b.end.kind === 'stuck' && !leaves(b, body, pass))) return [];
  // `go panic(v); select {}`: the process ends here, with all its goroutines to be seen.
  if (operations(graph).some(({ op }) => op.kind === 'go' && op.stmt.call.kind === 'call' && isPanic(op.stmt.call, body))) return [];
  const found: Endless['node'][] = [];
  walkStmts(block.stmts, {
    stmt: stmt => void (stmt.kind === 'select' && stmt.clauses.length === 0 && found.push(stmt)),
    expr: x => x.kind !== 'funclit',
  });
  return found;
}

function isPanic(call: Call, { env }: Body): boolean {
  const callee = calleeOf(call, env);
  return callee.kind === 'builtin' && callee.name === 'panic';
}
