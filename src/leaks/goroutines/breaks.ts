/**
 * A `break` that ends a case of a `select` or `switch` in a loop: it leaves the case, which would end all the same, and
 * not the loop.
 */
import { reachableFrom } from '../../flow/search.ts';
import { typeOf } from '../../program/infer.ts';
import { type Env, underlying } from '../../program/resolve.ts';
import { type Block as BlockStmt, type Branch, type Clause, type CommClause, type Expr, type For, type Range, type Stmt, unparen, type Variable } from '../../syntax/ast.ts';
import { walkExpr, walkStmts } from '../../syntax/walk.ts';
import { askedBodies, type Body } from '../bodies.ts';
import type { Pass } from '../pass.ts';
import { keyOf, placeOf } from '../places/places.ts';
import { contextAsked } from './givencontexts.ts';
import { leaves } from './goroutines.ts';

export interface StayingBreak {
  readonly body: Body;
  readonly node: Branch;
  readonly inside: 'select' | 'switch';
  readonly loop: For | Range;
  /** The loop ends with its list, and the `switch` waits for nothing. */
  readonly isFinite: boolean;
  /** Nothing else leads out of the loop. */
  readonly isEndless: boolean;
  /** All that the case does, where there may be nothing to do: of a `switch`, or of a `select` that more follows. */
  readonly isAll: boolean;
}

export function* stayingBreaks(pass: Pass): Generator<StayingBreak> {
  for (const body of askedBodies(pass, ({ bodyText }) => mayStay(bodyText))) {
    const loops: (For | Range)[] = [];
    walkStmts(body.block.stmts, {
      stmt: stmt => void ((stmt.kind === 'for' || stmt.kind === 'range') && loops.push(stmt)),
      expr: x => x.kind !== 'funclit',
    });
    for (const loop of loops) {
      for (const found of breaksIn(loop.body.stmts, loop, body.env)) {
        const isFinite = found.inside === 'switch' && isOverList(loop, body);
        if (found.inside === 'select' || !breaksByLabel(loop)) yield { ...found, body, loop, isFinite, isEndless: isEndless(loop, body, pass) };
      }
    }
  }
}

function isOverList(loop: For | Range, { env }: Body): boolean {
  return loop.kind === 'range' && underlying(typeOf(loop.x, env), env.program).kind !== 'chan';
}

/** `break loop` stands elsewhere in the loop: who writes that means the switch where there is no label. */
function breaksByLabel(loop: For | Range): boolean {
  let found = false;
  walkStmts(loop.body.stmts, { stmt: stmt => void (found ||= stmt.kind === 'branch' && stmt.token === 'break' && stmt.label !== undefined) });
  return found;
}

/**
 * Whether the text may have a `break` in a case in a loop. Where gofmt has indented it, the lines tell: `case` stands in
 * the column of its `select`, so it is the first thing above a `break` that is further left, `if` and `else` left out.
 */
function mayStay(text: string): boolean {
  if (!/\bbreak\b/.test(text) || !/\bfor\b/.test(text)) return false;
  /** By depth, the last line there. */
  const above: string[] = [];
  for (const line of text.split('\n')) {
    const depth = line.length - line.replace(/^\t+/, '').length;
    const words = line.slice(depth);
    if (/\bbreak\b/.test(words) && (depth === 0 || !/^break\b/.test(words) || standsInCase(above.slice(0, depth)))) return true;
    if (words !== '') above.splice(depth, above.length, words);
  }
  return false;
}

function standsInCase(above: readonly string[]): boolean {
  const inner = above.findLast(words => !/^(?:if\b|\} else|\{)/.test(words)) ?? '';
  return !/^for\b/.test(inner);
}

type Found = Pick<StayingBreak, 'node' | 'inside' | 'isAll'>;

/** The last statements of the cases directly in a loop, not of those in an inner loop. */
function breaksIn(stmts: readonly Stmt[], loop: For | Range, env: Env): Found[] {
  return stmts.flatMap((stmt, i): Found[] => {
    switch (stmt.kind) {
      case 'select':
      case 'switch':
      case 'typeswitch': {
        const inside = stmt.kind === 'select' ? 'select' : 'switch';
        const after = stmts.slice(i + 1);
        return stmt.clauses.flatMap(clause => [
          ...(isFollowedUp(clause, after, loop, env) ? [] : stayingIn(clause)).map(node => ({ node, inside, isAll: clause.body.length === 1 && clause.body[0] === node && (inside === 'switch' || after.length > 0) } as const)),
          ...breaksIn(clause.body, loop, env)]);
      }
      case 'if':
        return [...breaksIn(stmt.then.stmts, loop, env), ...(stmt.else ? breaksIn([stmt.else], loop, env) : [])];
      case 'block':
        return breaksIn(stmt.stmts, loop, env);
      case 'labeled':
        return stmt.stmt.kind === 'for' || stmt.stmt.kind === 'range' ? [] : breaksIn([stmt.stmt], loop, env);
      default:
        return [];
    }
  });
}

function stayingIn(clause: Clause | CommClause): Branch[] {
  return [...lastOf(clause.body), ...('comm' in clause ? onClosed(clause.comm, clause.body) : [])];
}

/** What comes after the `select` leaves the loop, or asks for a flag that the case has set or for the context that it is about. */
function isFollowedUp(clause: Clause | CommClause, after: readonly Stmt[], loop: For | Range, env: Env): boolean {
  const last = after.at(-1);
  if (last?.kind === 'return' || (last?.kind === 'branch' && last.token !== 'continue')) return true;
  const flags = new Set<Variable>();
  walkStmts(clause.body, { stmt: stmt => void (stmt.kind === 'assign' && stmt.op === '=' && stmt.lhs.flatMap(variableOf).forEach(flag => flags.add(flag))) });
  const conditions = [...(loop.kind === 'for' && loop.cond ? [loop.cond] : []), ...after.flatMap(stmt => (stmt.kind === 'if' ? [stmt.cond] : []))];
  const context = 'comm' in clause ? contextIn(clause.comm, env) : undefined;
  return conditions.some(condition => mentions(condition, flags) || (context !== undefined && asksWhetherEnded(condition, context, env)));
}

/** `ctx` of `case <-ctx.Done():`, as the name of its place. */
function contextIn(comm: Stmt | undefined, env: Env): string | undefined {
  const receive = comm?.kind === 'expr' ? unparen(comm.x) : undefined;
  return receive?.kind === 'unary' && receive.op === '<-' ? placeAsked(receive.x, 'Done', env) : undefined;
}

/** `ctx.Err() == nil`. */
function asksWhetherEnded(condition: Expr, context: string, env: Env): boolean {
  let asks = false;
  walkExpr(condition, { expr: x => void (asks ||= placeAsked(x, 'Err', env) === context) });
  return asks;
}

function placeAsked(expr: Expr, method: 'Done' | 'Err', env: Env): string | undefined {
  const context = contextAsked(expr, method, env);
  const place = context && placeOf(context);
  return place && keyOf(place);
}

function variableOf(x: Expr): Variable[] {
  const inner = unparen(x);
  return inner.kind === 'ident' && inner.entity?.kind === 'var' ? [inner.entity] : [];
}

function mentions(condition: Expr, variables: ReadonlySet<Variable>): boolean {
  let found = false;
  walkExpr(condition, { expr: x => void (found ||= x.kind === 'ident' && x.entity?.kind === 'var' && variables.has(x.entity)) });
  return found;
}

/** The `break` without a label that a list of statements ends with, also at the ends of an `if`. */
function lastOf(stmts: readonly Stmt[]): Branch[] {
  const last = stmts.at(-1);
  if (last?.kind === 'branch') return last.token === 'break' && last.label === undefined ? [last] : [];
  if (last?.kind === 'block') return lastOf(last.stmts);
  if (last?.kind !== 'if') return [];
  return [...lastOf(last.then.stmts), ...lastOf(elseOf(last.else))];
}

function elseOf(stmt: BlockStmt | Stmt | undefined): readonly Stmt[] {
  return stmt ? [stmt] : [];
}

/** `case v, ok := <-in: if !ok { break }; …`: the channel stays closed, so that each round comes back here. */
function onClosed(comm: Stmt | undefined, body: readonly Stmt[]): Branch[] {
  const [, ok] = comm?.kind === 'assign' ? comm.lhs.map(variableOf) : [];
  const [first, second] = body;
  if (!ok?.[0] || first?.kind !== 'if' || !second || first.else) return [];
  const condition = unparen(first.cond);
  const isNotOk = condition.kind === 'unary' && condition.op === '!' && variableOf(condition.x)[0] === ok[0];
  const isChannelGivenUp = first.then.stmts.some(stmt => stmt.kind === 'assign');
  return isNotOk && !isChannelGivenUp ? lastOf(first.then.stmts) : [];
}

function isEndless(loop: For | Range, body: Body, pass: Pass): boolean {
  const head = body.graph.loops.get(loop)?.head;
  if (!head) return false;
  const round = reachableFrom(head, block => pass.contracts.next(block, body.env));
  return round.has(head) && ![...round].some(block => leaves(block, body, pass));
}
