/** Tickers that outlive their use: `time.Tick` in a function that ends, and loops over a ticker that never end. */
import type { Block } from '../../flow/graph.ts';
import { reachableFrom } from '../../flow/search.ts';
import { type Call, type Expr, type Range, unparen, type Variable } from '../../syntax/ast.ts';
import { walkExpr, walkStmts } from '../../syntax/walk.ts';
import { askedBodies, type Body } from '../bodies.ts';
import { leaves, runsOncePerProcess } from '../goroutines/goroutines.ts';
import type { Pass } from '../pass.ts';
import { callsOf, nextWithTicks, tickChannelOf, tickRangeAt } from './tickchannels.ts';

/** A `range` over the channel of a ticker or timer that nothing leads out of. */
export interface EndlessRange {
  readonly range: Range;
  readonly kind: 'timer' | 'ticker';
  /** `ticker` of `ticker.C`. */
  readonly owner: Expr;
}

export function endlessTickerRanges(body: Body, pass: Pass): EndlessRange[] {
  if (!body.info.bodyText.includes('range')) return [];
  const next = (b: Block) => nextWithTicks(b, body, pass);
  const live = new Set([body.graph.entry, ...reachableFrom(body.graph.entry, next)]);
  return [...live].flatMap(block => {
    const range = tickRangeAt(block, body);
    const channel = range && tickChannelOf(range.x, body);
    if (!range || !channel?.owner || (channel.kind !== 'timer' && channel.kind !== 'ticker')) return [];
    const after = reachableFrom(block, next);
    return [...after].some(b => leaves(b, body, pass)) ? [] : [{ range, kind: channel.kind, owner: channel.owner }];
  });
}

/** A call of `time.Tick` whose ticker goes on after its last use, because nobody can stop it. */
export interface LostTicker {
  readonly body: Body;
  readonly call: Call;
  /** `round`: the loop around the call makes one ticker after another. `return`: the function ends. */
  readonly per: 'round' | 'return';
}

export function* lostTickers(pass: Pass): Generator<LostTicker> {
  for (const body of askedBodies(pass, info => info.bodyText.includes('Tick('))) {
    for (const { call, block } of callsOf('time.Tick', body)) {
      if (movesOn(call, body)) continue;
      const after = reachableFrom(block, b => nextWithTicks(b, body, pass));
      if (after.has(block)) yield { body, call, per: 'round' };
      else if ([block, ...after].some(b => returns(b, body, pass)) && !livesOn(body)) yield { body, call, per: 'return' };
    }
  }
}

/** A way back to the caller; a panic or `os.Exit` leaves no ticker behind that matters. */
function returns(block: Block, body: Body, pass: Pass): boolean {
  return block.end.kind === 'return' && !block.ops.some(op => pass.contracts.endsHere(op, body.env));
}

/** Its end is the end of the process, or it is never run: nobody in a command mentions it. */
function livesOn({ info, node }: Body): boolean {
  if (node === info.decl && info.pkg.name === 'main' && !info.piece.receiver && info.pkg.mentioning(info.bareName).every(f => f === info)) return true;
  return node === info.decl && runsOncePerProcess(info);
}

/** The channel is handed on: returned, stored, sent, given to a call or to a literal. Who uses it how long is not known. */
function movesOn(call: Call, body: Body): boolean {
  const holder = holderOf(call, body);
  if (holder === 'elsewhere') return true;
  if (!holder) return false;
  const mentions = (x: Expr) => isMentioned(holder, x);
  let moves = false;
  const isHolder = (x: Expr) => { const inner = unparen(x); return inner.kind === 'ident' && inner.entity === holder; };
  walkStmts(body.block.stmts, {
    stmt: stmt => {
      if (stmt.kind === 'return') moves ||= stmt.results.some(isHolder);
      if (stmt.kind === 'send') moves ||= isHolder(stmt.value);
      if (stmt.kind === 'assign') moves ||= stmt.rhs.some(isHolder);
    },
    expr: x => {
      if (x.kind === 'call') moves ||= x.args.some(isHolder);
      if (x.kind === 'composite') moves ||= x.elements.some(e => isHolder(e.value));
      if (x.kind === 'funclit') moves ||= mentions(x);
    },
  });
  return moves;
}

/** The local variable that the call's channel is put into; undefined where it is received from at once. */
function holderOf(call: Call, body: Body): Variable | 'elsewhere' | undefined {
  let found: Variable | 'elsewhere' | undefined = 'elsewhere';
  const isCall = (x: Expr | undefined) => x !== undefined && unparen(x) === call;
  const put = (x: Expr | undefined) => {
    found = x?.kind === 'ident' && x.name === '_' ? undefined : x?.kind === 'ident' && x.entity?.kind === 'var' && x.entity.owner === body.node ? x.entity : 'elsewhere';
  };
  walkStmts(body.block.stmts, {
    stmt: stmt => {
      if (stmt.kind === 'expr' && isCall(stmt.x)) found = undefined;
      if (stmt.kind === 'range' && isCall(stmt.x)) found = undefined;
      if (stmt.kind === 'assign') stmt.rhs.forEach((x, i) => isCall(x) && put(stmt.lhs[i]));
      if (stmt.kind === 'decl' && stmt.decl.kind === 'var') for (const spec of stmt.decl.specs) spec.values.forEach((x, i) => isCall(x) && put(spec.names[i]));
    },
    expr: x => {
      if (x.kind === 'unary' && x.op === '<-' && isCall(x.x)) found = undefined;
    },
  });
  return found;
}

function isMentioned(variable: Variable, within: Expr): boolean {
  let found = false;
  walkExpr(within, { expr: x => void (found ||= x.kind === 'ident' && x.entity === variable) });
  return found;
}
