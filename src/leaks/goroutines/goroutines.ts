/** Where goroutines start, what they run, and what in there can keep them for ever. */
import { mayFailHere } from '../../contracts/assertions.ts';
import { RUNS_ARGUMENT_IN_GOROUTINE, RUNS_ARGUMENT_ONCE } from '../../contracts/known.ts';
import { graphOf } from '../../flow/build.ts';
import type { Block, Op } from '../../flow/graph.ts';
import { operations, reachableFrom } from '../../flow/search.ts';
import { type Callee, calleeName, calleeOf, writtenName } from '../../program/callee.ts';
import { typeOf } from '../../program/infer.ts';
import { Memo } from '../../program/memo.ts';
import type { FuncInfo } from '../../program/package.ts';
import { underlying } from '../../program/resolve.ts';
import { functionOf } from '../../program/values.ts';
import type { Site } from '../../source/text.ts';
import { type Call, type Expr, type Go, type Select, type Stmt, unparen } from '../../syntax/ast.ts';
import { walkStmts } from '../../syntax/walk.ts';
import { bodiesOf, type Body, bodyOf, siteIn } from '../bodies.ts';
import { isCommand, isCommandByWords } from '../calls/commands.ts';
import { mayReachAsked } from '../calls/near.ts';
import { isExported } from '../exported.ts';
import type { Pass } from '../pass.ts';
import { placeOf } from '../places/places.ts';
import { isStopped } from './stopped.ts';

/** The start of a goroutine, with the body it runs as far as that is at hand. */
export interface Goroutine {
  /** The `go` statement, or the call of `WaitGroup.Go` or `errgroup.Group.Go`. */
  readonly stmt: Go | Call;
  /** What is called; for `g.Go(f)` the function handed over is called without arguments. */
  readonly call: Call;
  /** The body that the statement stands in. */
  readonly parent: Body;
  readonly callee: Callee;
  readonly body: Body | undefined;
}

const memo = new WeakMap<Pass, Map<FuncInfo, readonly Goroutine[]>>();

/** The starts of goroutines in files that were asked for. */
export function goroutinesStarted(pass: Pass): readonly Goroutine[] {
  return startedIn(pass, info => pass.isAsked(info.file));
}

/** These, and the starts of those that may run such a body in one of these files as `words` matches. */
export function goroutinesRunning(words: RegExp, pass: Pass): readonly Goroutine[] {
  return startedIn(pass, mayReachAsked(pass, words));
}

/** Every start of a goroutine in a package, for what is known of it. */
export function allGoroutinesOf(pass: Pass): readonly Goroutine[] {
  return pass.pkg.withWords(SPAWN).flatMap(info => goroutinesIn(info, pass));
}

function startedIn(pass: Pass, matters: (info: FuncInfo) => boolean): readonly Goroutine[] {
  return pass.pkg.funcs.flatMap(info => (matters(info) ? goroutinesIn(info, pass) : []));
}

const NONE: readonly Goroutine[] = [];

/** The words of a function that starts a goroutine. */
export const SPAWN = /\bgo\s|\.(?:(?:Try)?Go|DoChan)\(/;
const STARTS = /^(?:(?:Try)?Go|DoChan)$/;

/** The starts of goroutines in a function. */
export function goroutinesIn(info: FuncInfo, pass: Pass): readonly Goroutine[] {
  let known = memo.get(pass);
  if (!known) memo.set(pass, (known = new Map()));
  let own = known.get(info);
  if (!own) known.set(info, (own = SPAWN.test(info.bodyText) ? [...findGoroutines(info, pass)] : NONE));
  return own;
}

function* findGoroutines(info: FuncInfo, pass: Pass): Generator<Goroutine> {
  for (const parent of bodiesOf(info, pass)) {
    for (const { op } of operations(parent.graph)) {
      const stmt = op.kind === 'go' ? op.stmt : op.kind === 'call' && STARTS.test(writtenName(op.call) ?? '') && RUNS_ARGUMENT_IN_GOROUTINE.test(nameOf(op.call, parent)) ? op.call : undefined;
      const call = stmt && calledIn(stmt, parent);
      if (!stmt || !call) continue;
      const callee = functionOf(calleeOf(call, parent.env), parent.env);
      yield { stmt, call, parent, callee, body: bodyOfCallee(callee, parent, pass) };
    }
  }
}

/** What the goroutine calls: `f` of `g.Go(f)` and of `go pprof.Do(ctx, labels, f)`. */
function calledIn(stmt: Go | Call, parent: Body): Call | undefined {
  const call = stmt.kind === 'go' ? unparen(stmt.call) : stmt;
  if (call.kind !== 'call') return undefined;
  return stmt.kind === 'call' || RUNS_ARGUMENT_ONCE.test(nameOf(call, parent)) ? handedOver(call) : call;
}

function nameOf(call: Call, { env }: Body): string {
  return calleeName(calleeOf(call, env)) ?? '';
}

function handedOver(call: Call): Call | undefined {
  const fun = call.args.at(-1);
  return fun && { kind: 'call', fun, args: [], spread: false, start: fun.start, end: fun.end };
}

export function bodyOfCallee(callee: Callee, from: Body, pass: Pass): Body | undefined {
  if (callee.kind === 'literal') {
    const { literal, within } = callee;
    const info = within ?? from.info;
    return { info, node: literal, block: literal.body, graph: graphOf(literal, literal.body), env: pass.contracts.envOf(info) };
  }
  if (callee.kind !== 'func' && callee.kind !== 'method') return undefined;
  return callee.func?.pkg.module ? bodyOf(callee.func, pass) : undefined;
}

/** `body` and the bodies it calls in place, to a small depth: what one goroutine runs. */
export function* runBy(body: Body, pass: Pass, depth = 2): Generator<{ body: Body; via: readonly Call[] }> {
  const seen = new Set<unknown>();
  function* visit(at: Body, via: readonly Call[]): Generator<{ body: Body; via: readonly Call[] }> {
    if (seen.has(at.block)) return;
    seen.add(at.block);
    yield { body: at, via };
    if (via.length >= depth) return;
    for (const { op } of operations(at.graph)) {
      const call = op.kind === 'call' ? op.call : op.kind === 'defer' ? unparen(op.stmt.call) : undefined;
      const run = call?.kind === 'call' && RUNS_ARGUMENT_ONCE.test(nameOf(call, at)) ? handedOver(call) : call;
      const inner = run?.kind === 'call' ? bodyOfCallee(functionOf(calleeOf(run, at.env), at.env), at, pass) : undefined;
      if (inner && call?.kind === 'call') yield* visit(inner, [...via, call]);
    }
  }
  yield* visit(body, []);
}

/** A `select` in a loop that nothing leads out of. */
export interface EndlessSelect {
  readonly select: Select;
}

export function endlessSelects(body: Body, pass: Pass): EndlessSelect[] {
  const found: Select[] = [];
  for (const block of body.graph.blocks) {
    if (block.end.kind !== 'select' || !isLive(block, body, pass)) continue;
    const after = reachableFrom(block, b => pass.contracts.next(b, body.env));
    if (after.has(block) && ![...after].some(b => leaves(b, body, pass))) found.push(block.end.stmt);
  }
  // A select inside a case of another shares its loop; the outer one stands for both.
  return found.filter(s => !found.some(outer => outer !== s && outer.start <= s.start && s.end <= outer.end)).map(select => ({ select }));
}

/** `go hub.run()` on a package-level variable: there is one of it, and it lives as long as the process. */
function servesPackageVariable({ callee, parent }: Goroutine): boolean {
  if (callee.kind !== 'method') return false;
  const root = placeOf(callee.receiver)?.root;
  return typeof root === 'string' && parent.info.pkg.lookup(root)?.kind === 'var';
}

/** Control reaches the block from the entry. */
function isLive(block: Block, body: Body, pass: Pass): boolean {
  return block === body.graph.entry || reachableFrom(body.graph.entry, b => pass.contracts.next(b, body.env)).has(block);
}

/** The function, the goroutine or the process ends in this block, or the assertion of a test ends the goroutine. */
export function leaves(block: Block, body: Body, pass: Pass): boolean {
  if (block.ops.some(op => pass.contracts.endsHere(op, body.env) || mayFailHere(op, body.env, pass.contracts))) return true;
  if (block.end.kind === 'return') return true;
  return block.end.kind === 'stuck' && block.ops.some(op => isPanic(op, body));
}

function isPanic(op: Op, body: Body): boolean {
  if (op.kind !== 'call') return false;
  const callee = calleeOf(op.call, body.env);
  return callee.kind === 'builtin' && callee.name === 'panic';
}

/** Whether some loop of the body has no way out, `select` or not. */
export function hasEndlessLoop(body: Body, pass: Pass): boolean {
  const next = (b: Block) => pass.contracts.next(b, body.env);
  const live = [body.graph.entry, ...reachableFrom(body.graph.entry, next)];
  return live.some(block => {
    const after = reachableFrom(block, next);
    return after.has(block) && ![...after].some(b => leaves(b, body, pass));
  });
}

// ------------------------------------------------------------------------------------------------- process life

/**
 * Whether the function runs once a process, at its start: `main` and `init` of a program, a command of a library for
 * command lines, and what only they and `var clock = newClock()` call outside of loops. What it starts lives as long as the process and does not leak.
 */
export function runsOncePerProcess(info: FuncInfo): boolean {
  return runsOnce(info, ['for', 'range'], 4);
}

/** Whether the process ends soon after the function has: it runs once, and not in a goroutine of its own. */
export function endsWithProcess(info: FuncInfo): boolean {
  return runsOnce(info, ['for', 'range', 'go'], 4);
}

function runsOnce(info: FuncInfo, without: readonly Stmt['kind'][], depth: number): boolean {
  const name = info.bareName;
  if (name === 'init' && !info.piece.receiver) return true;
  if (name === 'TestMain') return true;
  if (name === 'main' && !info.piece.receiver) return info.pkg.name === 'main';
  if (isCommandByWords(info)) return true;
  // Tests that call it as well say nothing of the process that it is for.
  const callers = info.pkg.mentioning(name).filter(f => f !== info && (info.file.kind.test || !f.file.kind.test));
  if (callers.length === 0) return false;
  const isStartOnly = callers.every(caller => caller.name === 'init');
  // `&cobra.Command{Run: serve}`: of the commands that a process knows it runs one.
  if (isStartOnly && (info.pkg.name === 'main' || callers.every(caller => /\b\w*(?:Command|Cmd)\b/.test(caller.bodyText)))) return true;
  // What others can call they may call often.
  if ((info.pkg.name !== 'main' && isExported(name) && !isStartOnly) || depth === 0) return false;
  // A mention that is no call hands the function to somebody, who may call it often.
  const isValue = new RegExp(`\\b${name}\\b(?!\\()`);
  return callers.every(caller => !isValue.test(caller.bodyText) && !isMentionedInside(name, caller, without) && runsOnce(caller, without, depth - 1));
}

/** A statement of one of the kinds, in the function or its literals, mentions the name. */
export function isMentionedInside(name: string, info: FuncInfo, kinds: readonly Stmt['kind'][]): boolean {
  let found = false;
  const isMention = (x: Expr) => (x.kind === 'ident' && x.name === name && !x.entity) || (x.kind === 'selector' && x.sel.name === name);
  walkStmts(info.body()?.stmts ?? [], {
    stmt: stmt => {
      if (kinds.includes(stmt.kind)) walkStmts([stmt], { expr: x => void (found ||= isMention(x)) });
    },
  });
  return found;
}

/** The start stands inside `once.Do(func() { … })`; `which` is the `sync.Once`. */
export function onceAround({ parent, stmt }: Goroutine, pass: Pass): Expr | undefined {
  const outer = bodyOf(parent.info, pass);
  let found: Expr | undefined;
  if (outer) {
    walkStmts(outer.block.stmts, {
      expr: x => {
        if (x.kind !== 'call' || x.start > stmt.start || x.end < stmt.end) return;
        const callee = calleeOf(x, outer.env);
        if (callee.kind === 'method' && callee.name === '(*sync.Once).Do') found = callee.receiver;
      },
    });
  }
  return found;
}

/** One goroutine a process: `main` starts it, a package-level `sync.Once` guards it, or it serves a package-level variable. */
export function livesAsLongAsProcess(goroutine: Goroutine, pass: Pass): boolean {
  let known = lasting.get(goroutine.stmt);
  if (known === undefined) lasting.set(goroutine.stmt, (known = findWhetherLasting(goroutine, pass)));
  return known;
}

const lasting = new Memo<Goroutine['stmt'], boolean>();

function findWhetherLasting(goroutine: Goroutine, pass: Pass): boolean {
  if (servesPackageVariable(goroutine)) return true;
  if (isStartedAgainAndAgain(goroutine)) return false;
  const { parent } = goroutine;
  if (isCommand(parent) || (runsOncePerProcess(parent.info) && !isStopped(parent.info, pass)) || isOnlyDoneOnce(parent.info, pass)) return true;
  const once = onceAround(goroutine, pass);
  return once !== undefined && isPackageLevel(once);
}

/** `for { conn, err := l.Accept(); …; go serve(conn) }`: a goroutine for each connection or value that comes in. */
function isStartedAgainAndAgain({ parent, stmt }: Goroutine): boolean {
  return [...parent.graph.loops.keys()].some(loop => loop.start < stmt.start && stmt.end <= loop.end
    && (loop.kind === 'for' ? !loop.cond : underlying(typeOf(loop.x, parent.env), parent.env.program).kind === 'chan'));
}

function isPackageLevel(once: Expr): boolean {
  return typeof placeOf(once)?.root === 'string';
}

/** `once.Do(start)` of a package-level `sync.Once` is all that mentions the function. */
function isOnlyDoneOnce(info: FuncInfo, pass: Pass): boolean {
  const callers = info.pkg.mentioning(info.bareName);
  if (info.piece.receiver || !callers.some(caller => caller.bodyText.includes(`.Do(${info.bareName})`))) return false;
  let mentions = 0;
  let done = 0;
  for (const caller of callers) {
    const env = pass.contracts.envOf(caller);
    walkStmts(caller.body()?.stmts ?? [], {
      expr: x => {
        if (x.kind === 'ident' && x.name === info.bareName && !x.entity) mentions++;
        const [start] = x.kind === 'call' ? x.args : [];
        if (x.kind !== 'call' || start?.kind !== 'ident' || start.name !== info.bareName || start.entity) return;
        const callee = calleeOf(x, env);
        if (callee.kind === 'method' && callee.name === '(*sync.Once).Do' && isPackageLevel(callee.receiver)) done++;
      },
    });
  }
  return done > 0 && done === mentions;
}

/** The `go` of a goroutine, or the call that starts it. */
export function startSite({ parent, stmt }: Goroutine): Site {
  return siteIn(parent.info, { start: stmt.start, end: stmt.start + 2 });
}
