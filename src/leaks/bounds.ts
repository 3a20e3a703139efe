/**
 * Whether anything bounds or awaits a goroutine that is started again and again: per request, per message, per
 * connection. The question is asked only where the goroutine can block, because one that plainly ends needs no bound.
 */
import { operations, reachableFrom } from '../flow/search.ts';
import { calleeName, calleeOf } from '../program/callee.ts';
import { typeOf, typeOfVariable } from '../program/infer.ts';
import { isNamed, type Type } from '../program/types.ts';
import { type Call, eachChild, type Expr, unparen, type FuncNode } from '../syntax/ast.ts';
import { walkStmts } from '../syntax/walk.ts';
import type { Body } from './bodies.ts';
import { type Goroutine, hasEndlessLoop, runBy } from './goroutines.ts';
import type { Pass } from './pass.ts';
import { keyOf, placeOf } from './places.ts';

export interface UnboundedStart {
  /** What starts it again and again. */
  readonly per: 'request' | 'iteration';
  /** What it can block on, in words, and where. */
  readonly blocks: { readonly what: string; readonly node: { readonly start: number; readonly end: number }; readonly body: Body };
}

export function unboundedStart(goroutine: Goroutine, pass: Pass): UnboundedStart | undefined {
  const { body } = goroutine;
  const per = repeats(goroutine, pass);
  if (!body || !per || servesConnection(goroutine) || isBounded(goroutine, body) || receivesContext(goroutine, body)) return undefined;
  const blocks = blocksOn(goroutine, body, pass);
  return blocks && { per, blocks };
}

const HANDLER_PARAMS = ['net/http.ResponseWriter', 'github.com/gin-gonic/gin.Context', 'github.com/labstack/echo/v4.Context', 'github.com/labstack/echo.Context',
  'github.com/gofiber/fiber/v2.Ctx', 'github.com/valyala/fasthttp.RequestCtx'];

function repeats({ parent, stmt }: Goroutine, pass: Pass): UnboundedStart['per'] | undefined {
  if (isHandler(parent.node, parent) || isHandler(parent.info.decl, parent)) return 'request';
  const next = (b: Body['graph']['entry']) => pass.contracts.next(b, parent.env);
  const block = parent.graph.blocks.find(b => b.ops.some(op => op.kind === 'go' && op.stmt === stmt));
  if (!block) return undefined;
  const around = reachableFrom(block, next);
  return around.has(block) && isUnboundedLoop(parent, stmt) ? 'iteration' : undefined;
}

function isHandler(node: FuncNode, body: Body): boolean {
  return node.type.params.some(field => field.names.some(name => {
    if (name.entity?.kind !== 'var') return false;
    const type = typeOfVariable(name.entity, body.env);
    return HANDLER_PARAMS.some(handler => isNamed(type, handler));
  }));
}

/** `for { … }`, `for running { … }` and `for range ch`: nobody promises a number of rounds. A comparison counts towards one. */
function isUnboundedLoop(parent: Body, inner: { readonly start: number; readonly end: number }): boolean {
  let unbounded = false;
  walkStmts(parent.block.stmts, {
    stmt: stmt => {
      const around = stmt.start <= inner.start && inner.end <= stmt.end;
      if (around && stmt.kind === 'for' && !stmt.init && !stmt.post && !isComparison(stmt.cond)) unbounded = true;
      if (around && stmt.kind === 'range' && typeOf(stmt.x, parent.env).kind === 'chan') unbounded = true;
      return around;
    },
    expr: x => x.start <= inner.start && inner.end <= x.end,
  });
  return unbounded;
}

function isComparison(cond: Expr | undefined): boolean {
  return cond !== undefined && unparen(cond).kind === 'binary';
}

const BOUNDS = /^\(\*(?:sync\.WaitGroup\)\.(?:Add|Done|Go)|golang\.org\/x\/sync\/semaphore\.Weighted\)\.(?:Acquire|TryAcquire|Release)|golang\.org\/x\/sync\/errgroup\.Group\)\.Go)$/;

/** `c, err := l.Accept(); go serve(c)`: it ends with its connection. */
function servesConnection({ parent, call }: Goroutine): boolean {
  if (call.args.some(arg => isNamed(typeOf(arg, parent.env), 'net.Conn'))) return true;
  return [...operations(parent.graph)].some(({ op }) => op.kind === 'call' && /\.Accept\w*$/.test(calleeName(calleeOf(op.call, parent.env)) ?? ''));
}

/** A WaitGroup, a semaphore, a channel that parent and goroutine share: somebody counts it or waits for it. */
function isBounded(goroutine: Goroutine, body: Body): boolean {
  const { parent } = goroutine;
  const counted = (at: Body) => [...operations(at.graph)].some(({ op }) => {
    const call = op.kind === 'call' ? op.call : op.kind === 'defer' && op.stmt.call.kind === 'call' ? op.stmt.call : undefined;
    return call !== undefined && BOUNDS.test(calleeName(calleeOf(call, at.env)) ?? '');
  });
  if (counted(body) || counted(parent)) return true;
  const own = channelsOf(body);
  const others = channelsOf(parent);
  return [...own].some(key => others.has(key)) || sharesChannelArgument(goroutine, others);
}

/** Channels that a body sends on, receives from or closes. */
function channelsOf(body: Body): Set<string> {
  const found = new Set<string>();
  const add = (x: Expr) => {
    const place = placeOf(x);
    if (place) found.add(keyOf(place));
  };
  const isChannel = (x: Expr) => typeOf(x, body.env).kind === 'chan';
  for (const { op } of operations(body.graph)) {
    if (op.kind === 'send') add(op.stmt.channel);
    if (op.kind === 'receive') add(op.channel);
    if (op.kind === 'range' && isChannel(op.stmt.x)) add(op.stmt.x);
    const call = op.kind === 'call' ? op.call : (op.kind === 'defer' || op.kind === 'go') && op.stmt.call.kind === 'call' ? op.stmt.call : undefined;
    for (const arg of call?.args ?? []) if (isChannel(arg)) add(arg);
  }
  return found;
}

function sharesChannelArgument({ call, parent }: Goroutine, others: ReadonlySet<string>): boolean {
  return call.args.some(arg => {
    const place = placeOf(arg);
    return typeOf(arg, parent.env).kind === 'chan' || (place !== undefined && others.has(keyOf(place)));
  });
}

/** A context that is not `context.Background()` reaches the goroutine, so whoever cancels it ends it. */
function receivesContext({ call, parent }: Goroutine, body: Body): boolean {
  if (call.args.some(arg => isContext(typeOf(arg, parent.env)))) return true;
  let found = false;
  const look = (x: Expr, env: Body['env']): void => {
    if (found || x.kind === 'literal') return;
    if ((x.kind === 'ident' || x.kind === 'selector') && isContext(typeOf(x, env))) found = true;
    else eachChild(x, child => look(child, env));
  };
  walkStmts(body.block.stmts, { expr: x => look(x, body.env) });
  return found;
}

function isContext(type: Type): boolean {
  return isNamed(type, 'context.Context');
}

const BLOCKING: ReadonlyMap<string, string> = new Map([
  ['net/http.Get', 'makes a request without a deadline'], ['net/http.Post', 'makes a request without a deadline'],
  ['net/http.PostForm', 'makes a request without a deadline'], ['net/http.Head', 'makes a request without a deadline'],
  ['(*sync.Cond).Wait', 'waits for a condition'], ['(*sync.WaitGroup).Wait', 'waits for a WaitGroup'],
]);

function blocksOn({ parent }: Goroutine, body: Body, pass: Pass): UnboundedStart['blocks'] | undefined {
  for (const { body: at } of runBy(body, pass)) {
    const loop = hasEndlessLoop(at, pass);
    for (const { op } of operations(at.graph)) {
      if (op.kind === 'receive' && !op.inSelect && !isTimed(op.channel, at) && !isAnswered(op.channel, 'receive', pass)) return { what: 'waits for a channel', node: op.node, body: at };
      if (op.kind === 'send' && !op.inSelect && !isAnswered(op.stmt.channel, 'send', pass)) return { what: 'sends on a channel', node: op.stmt, body: at };
      if (op.kind !== 'call') continue;
      const what = isLongSleep(op.call, at) ? 'sleeps' : BLOCKING.get(calleeName(calleeOf(op.call, at.env)) ?? '');
      if (what) return { what, node: op.call, body: at };
    }
    if (loop) return { what: 'runs a loop without an exit', node: parent.info === at.info ? { start: at.block.start, end: at.block.start + 1 } : at.info.decl.name, body: at };
  }
  return undefined;
}

/** Somewhere in the package somebody uses the other end of this channel field; whether in time is not for this rule to say. */
function isAnswered(channel: Expr, direction: 'send' | 'receive', pass: Pass): boolean {
  const x = unparen(channel);
  if (x.kind !== 'selector') return x.kind !== 'ident';
  const name = `[\\w.]*\\b${x.sel.name}\\b`;
  const other = direction === 'receive' ? new RegExp(`close\\(${name}\\)|${name} <- `) : new RegExp(`<-\\s*${name}|range ${name}`);
  return pass.pkg.files.some(f => other.test(f.source.text));
}

/** A channel of `time.After` or a timer answers by itself. */
function isTimed(channel: Expr, body: Body): boolean {
  const type = typeOf(channel, body.env);
  return type.kind === 'chan' && isNamed(type.elem, 'time.Time');
}

/** A sleep of a second or more, or of a length that is not written there. */
function isLongSleep(call: Call, body: Body): boolean {
  if (calleeName(calleeOf(call, body.env)) !== 'time.Sleep') return false;
  const text = call.args[0] ? unitsOf(call.args[0]) : undefined;
  return text === undefined ? false : /Second|Minute|Hour/.test(text) && !/Millisecond|Microsecond|Nanosecond/.test(text);
}

function unitsOf(x: Expr): string | undefined {
  const inner = unparen(x);
  if (inner.kind === 'selector') return inner.sel.name;
  if (inner.kind === 'binary') return [inner.x, inner.y].map(unitsOf).find(unit => unit !== undefined);
  return undefined;
}

