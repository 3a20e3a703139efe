/** `Wait` inside the loop that starts the goroutines: it waits for those of later rounds, or makes them run one by one. */
import { type Call, type Expr, type For, type Range, type Stmt, unparen } from '../../syntax/ast.ts';
import { walkStmts } from '../../syntax/walk.ts';
import { askedBodies, type Body } from '../bodies.ts';
import type { Pass } from '../pass.ts';
import { constantOf } from '../paths/rounds.ts';
import { canonicalPlace } from '../places/canonical.ts';
import { mayCountDownBy } from './countdown.ts';
import { groupCallOf } from './groups.ts';

export interface WaitInLoop {
  /** `deadlock`: goroutines of later rounds were counted before the loop. `serial`: one goroutine a round, at once waited for. */
  readonly why: 'deadlock' | 'serial';
  readonly body: Body;
  readonly loop: For | Range;
  readonly wait: Call;
  readonly group: Expr;
  readonly add: Call;
  readonly start: Stmt;
}

export function* waitsInLoops(pass: Pass): Generator<WaitInLoop> {
  for (const body of askedBodies(pass, info => /\.Wait\(\)/.test(info.bodyText) && /\bfor\b/.test(info.bodyText))) {
    for (const loop of loopsIn(body)) {
      for (const [index, stmt] of loop.body.stmts.entries()) {
        const own = callIn(stmt, body);
        const found = own?.does === 'wait' ? inLoop(own.call, own.group, own.family, loop, index, body, pass) : undefined;
        if (found) yield found;
      }
    }
  }
}

/** The loops of the body itself. */
function loopsIn(body: Body): (For | Range)[] {
  return [...body.graph.loops.keys()];
}

function callIn(stmt: Stmt, { env }: Body) {
  const x = stmt.kind === 'expr' ? unparen(stmt.x) : undefined;
  return x?.kind === 'call' ? groupCallOf(x, env) : undefined;
}

function inLoop(wait: Call, group: Expr, family: string, loop: For | Range, index: number, body: Body, pass: Pass): WaitInLoop | undefined {
  const starts = startsIn(loop.body.stmts.slice(0, index), family, body, pass);
  const [start] = starts;
  const adds = addsIn(body, family);
  const inside = adds.filter(add => loop.start <= add.start && add.end <= loop.end);
  if (!start) return undefined;
  if (inside.length) {
    const [add] = inside;
    // Tests do it to see one call after the other.
    if (body.info.file.kind.test) return undefined;
    const isSerial = starts.length === 1 && inside.length === 1 && add && isOne(add, body) && loop.body.stmts[index - 1] === start && !isEndless(loop) && isDeclaredBefore(group, loop, body);
    return isSerial ? { why: 'serial', body, loop, wait, group, add, start } : undefined;
  }
  const [add, ...more] = adds.filter(({ end }) => end <= loop.start);
  const counted = add?.args[0] && constantOf(add.args[0], body.env);
  if (!add || more.length || (counted !== undefined && counted <= starts.length)) return undefined;
  return { why: 'deadlock', body, loop, wait, group, add, start };
}

/** The `go` statements that take the group along, and what `Go` starts; those of inner loops count as many. */
function startsIn(stmts: readonly Stmt[], family: string, body: Body, pass: Pass): Stmt[] {
  const found: Stmt[] = [];
  walkStmts(stmts, {
    stmt: stmt => {
      const call = stmt.kind === 'go' ? unparen(stmt.call) : undefined;
      if (call?.kind === 'call' && mayCountDownBy(call, family, body, pass)) found.push(stmt);
    },
    expr: x => x.kind !== 'funclit',
  });
  return found;
}

function addsIn(body: Body, family: string): Call[] {
  const found: Call[] = [];
  walkStmts(body.block.stmts, {
    expr: x => {
      const own = x.kind === 'call' ? groupCallOf(x, body.env) : undefined;
      if (x.kind === 'call' && own?.does === 'add' && own.family === family) found.push(x);
      return x.kind !== 'funclit';
    },
  });
  return found;
}

function isOne({ args: [delta] }: Call, { env }: Body): boolean {
  return delta !== undefined && constantOf(delta, env) === 1;
}

/** `for { … }` runs for the goroutine's own sake: to start it anew when it has ended. */
function isEndless(loop: For | Range): boolean {
  return loop.kind === 'for' && !loop.cond;
}

/** A group of each round's own is made to be waited for in it. */
function isDeclaredBefore(group: Expr, loop: For | Range, { env }: Body): boolean {
  const root = canonicalPlace(group, env)?.root;
  return typeof root === 'object' && root.ident.start < loop.start;
}
