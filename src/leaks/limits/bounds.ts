/**
 * Whether anything bounds or awaits a goroutine that is started again and again: per request, per message, per
 * connection. The question is asked only where the goroutine can block, because one that plainly ends needs no bound.
 */
import { operations, reachableFrom } from '../../flow/search.ts';
import { calleeName, calleeOf } from '../../program/callee.ts';
import { isError, typeOf, typeOfVariable } from '../../program/infer.ts';
import { typeAt, underlying } from '../../program/resolve.ts';
import { isNamed, type Type } from '../../program/types.ts';
import { type Call, type Expr, type FuncNode, type Stmt, unparen, type Variable } from '../../syntax/ast.ts';
import { walkStmts } from '../../syntax/walk.ts';
import type { Body } from '../bodies.ts';
import { isWithinLength } from '../channels/lengths.ts';
import { type Goroutine, hasEndlessLoop, onceAround, runBy } from '../goroutines/goroutines.ts';
import type { Pass } from '../pass.ts';
import { callIn } from '../paths/reach.ts';
import { keyOf, placeOf } from '../places/places.ts';

export interface UnboundedStart {
  /** What starts it again and again. */
  readonly per: 'request' | 'iteration';
  /** What it can block on, in words, and where. */
  readonly blocks: { readonly what: string; readonly node: { readonly start: number; readonly end: number }; readonly body: Body };
}

export function unboundedStart(goroutine: Goroutine, pass: Pass): UnboundedStart | undefined {
  const { body } = goroutine;
  if (!body || goroutine.stmt.kind !== 'go') return undefined;
  const per = repeats(goroutine, pass);
  if (!per || servesConnection(goroutine, body) || onceAround(goroutine, pass) || isBounded(goroutine, body, pass) || endsProcess(body, pass) || receivesContext(goroutine, body)) return undefined;
  const blocks = blocksOn(goroutine, body, pass);
  return blocks && { per, blocks };
}

const HANDLER_PARAMS = ['net/http.ResponseWriter', 'github.com/gin-gonic/gin.Context', 'github.com/labstack/echo/v4.Context', 'github.com/labstack/echo.Context',
  'github.com/gofiber/fiber/v2.Ctx', 'github.com/valyala/fasthttp.RequestCtx'];

function repeats({ parent, stmt }: Goroutine, pass: Pass): UnboundedStart['per'] | undefined {
  if (isHandler(parent.node, parent) || isHandler(parent.info.decl, parent) || isGrpcMethod(parent)) return 'request';
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

/** A method of a type that embeds what protoc-gen-go-grpc makes for servers, with what such a method is given and gives. */
function isGrpcMethod({ info, env }: Body): boolean {
  const { receiver } = info.piece;
  if (!hasGrpcShape(info, env)) return false;
  const entity = receiver && info.pkg.lookup(receiver.type);
  if (entity?.kind !== 'type' || entity.spec.type.kind !== 'struct' || !/^[A-Z]/.test(info.bareName)) return false;
  const { text } = entity.file.source;
  return entity.spec.type.fields.some(f => f.names.length === 0 && /\bUnimplemented\w+Server$/.test(text.slice(f.type.start, f.type.end)));
}

/** `Get(ctx, request) (*Response, error)`, or a stream behind the request if any, and an error. */
function hasGrpcShape({ decl }: Body['info'], env: Body['env']): boolean {
  const { params, results } = decl.type;
  const [first] = params;
  const last = results.at(-1);
  if (!first || !last || !isError(typeAt(last.type, env))) return false;
  return isNamed(typeAt(first.type, env), 'context.Context') ? results.length === 2 && params.length === 2 : results.length === 1 && params.length <= 2;
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

const BOUNDS = /^\(\*(?:sync\.WaitGroup\)\.(?:Add|Done|Go)|golang\.org\/x\/sync\/semaphore\.Weighted\)\.(?:Acquire|TryAcquire|Release)|golang\.org\/x\/sync\/errgroup\.Group\)\.Go|sync\.(?:RW)?Mutex\)\.TryLock|sync\/atomic\.\w+\)\.CompareAndSwap)$/;

/** `c, err := l.Accept(); go serve(c)`: it ends with its connection. */
function servesConnection({ parent, call }: Goroutine, body: Body): boolean {
  if (call.args.some(arg => isNamed(typeOf(arg, parent.env), 'net.Conn'))) return true;
  let found = false;
  walkStmts(body.block.stmts, { expr: x => void (found ||= x.kind === 'ident' && x.entity?.kind === 'var' && isNamed(typeOf(x, body.env), 'net.Conn')) });
  return found;
}

function endsProcess(body: Body, pass: Pass): boolean {
  return operations(body.graph).some(({ op }) => pass.contracts.endsHere(op, body.env));
}

/** A WaitGroup, a semaphore, a channel that parent and goroutine share: somebody counts it or waits for it. */
function isBounded(goroutine: Goroutine, body: Body, pass: Pass): boolean {
  const { parent } = goroutine;
  const counted = (at: Body) => operations(at.graph).some(({ op }) => {
    const call = op.kind === 'call' ? op.call : op.kind === 'defer' && op.stmt.call.kind === 'call' ? op.stmt.call : undefined;
    return call !== undefined && BOUNDS.test(calleeName(calleeOf(call, at.env)) ?? '');
  });
  if (counted(body) || counted(parent) || closesWhatItUses(parent, body)) return true;
  const own = new Set([...runBy(body, pass, 1)].flatMap(({ body: at }) => [...channelsOf(at, undefined)]));
  const others = channelsOf(parent, goroutine.stmt);
  return [...own].some(key => others.has(key)) || sharesChannelArgument(goroutine, others);
}

/** `go read(buf); …; buf.Close()`: what the goroutine waits for ends when the parent closes it. */
function closesWhatItUses(parent: Body, body: Body): boolean {
  const closed = new Set(operations(parent.graph).flatMap(({ op }) => {
    const call = callIn(op);
    const callee = call && calleeOf(call, parent.env);
    const receiver = callee?.kind === 'method' && CLOSES.test(callee.name) ? unparen(callee.receiver) : undefined;
    return receiver?.kind === 'ident' && receiver.entity?.kind === 'var' ? [receiver.entity] : [];
  }));
  let found = false;
  if (closed.size) walkStmts(body.block.stmts, { expr: x => void (found ||= x.kind === 'ident' && x.entity?.kind === 'var' && closed.has(x.entity)) });
  return found;
}

const CLOSES = /\)\.(?:Close|Stop|Shutdown)$/;

/** Channels that a body and its literals send on, receive from, close or hand over; fields go by their names. */
function channelsOf(body: Body, without: { readonly start: number } | undefined): Set<string> {
  const found = new Set<string>();
  const add = (x: Expr) => {
    const place = placeOf(x);
    if (place) found.add(place.fields.length ? `.${place.fields.at(-1)}` : keyOf(place));
  };
  const isChannel = (x: Expr) => typeOf(x, body.env).kind === 'chan';
  walkStmts(body.block.stmts, {
    stmt: stmt => {
      if (stmt.kind === 'send') add(stmt.channel);
      if (stmt.kind === 'range' && isChannel(stmt.x)) add(stmt.x);
      // `stopLast = stop`: under the other name it is closed in the next round.
      if (stmt.kind === 'assign' && stmt.op === '=') for (const value of stmt.rhs) if (isChannel(value)) add(value);
      return stmt.start !== without?.start;
    },
    expr: x => {
      if (x.kind === 'unary' && x.op === '<-') add(x.x);
      if (x.kind === 'call') for (const arg of x.args) if (isChannel(arg)) add(arg);
    },
  });
  return found;
}

function sharesChannelArgument({ call, parent }: Goroutine, others: ReadonlySet<string>): boolean {
  return call.args.some(arg => {
    const place = placeOf(arg);
    return typeOf(arg, parent.env).kind === 'chan' || (place !== undefined && others.has(keyOf(place)));
  });
}

/** A context that somebody can cancel is handed to what the goroutine calls, or the goroutine waits for its end. */
function receivesContext({ call, parent }: Goroutine, body: Body): boolean {
  if (call.args.some(arg => isCancellable(arg, parent.env))) return true;
  let found = false;
  walkStmts(body.block.stmts, {
    expr: x => {
      if (x.kind !== 'call') return;
      const fun = unparen(x.fun);
      found ||= x.args.some(arg => isCancellable(arg, body.env));
      found ||= fun.kind === 'selector' && fun.sel.name === 'Done' && isCancellable(fun.x, body.env);
    },
  });
  return found;
}

function isCancellable(x: Expr, env: Body['env']): boolean {
  if (!isContext(typeOf(x, env), env)) return false;
  const inner = unparen(x);
  const made = inner.kind === 'ident' && inner.entity?.kind === 'var' && inner.entity.origin.kind === 'value' ? unparen(inner.entity.origin.expr) : inner;
  return made.kind !== 'call' || !/^context\.(?:Background|TODO|WithoutCancel)$/.test(calleeName(calleeOf(made, env)) ?? '');
}

/** `context.Context` or what extends it, such as the `ssh.Context` of a session. */
function isContext(type: Type, { program }: Body['env']): boolean {
  if (isNamed(type, 'context.Context')) return true;
  if (type.kind !== 'named' || type.name !== 'Context' || HANDLER_PARAMS.some(handler => isNamed(type, handler))) return false;
  return !type.def || underlying(type, program).kind === 'interface';
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
      if (isWithinLength(op, at)) continue;
      if (op.kind === 'receive' && !op.inSelect && !isTimed(op.channel, at) && !isAnswered(op.channel, 'receive', pass)) return { what: 'waits for a channel', node: op.node, body: at };
      if (op.kind === 'send' && !op.inSelect && !isAnswered(op.stmt.channel, 'send', pass)) return { what: 'sends on a channel', node: op.stmt, body: at };
      if (op.kind !== 'call') continue;
      const what = isLongSleep(op.call, at) ? 'sleeps' : isClientWithoutTimeout(op.call, at) ? 'makes a request without a deadline' : BLOCKING.get(calleeName(calleeOf(op.call, at.env)) ?? '');
      if (what) return { what, node: op.call, body: at };
    }
    const select = at.graph.blocks.find(b => b.end.kind === 'select' && b.end.arms.every(arm => isUnanswered(arm.clause.comm, at, pass)));
    if (select?.end.kind === 'select') return { what: 'waits for channels', node: { start: select.end.stmt.start, end: select.end.stmt.start + 6 }, body: at };
    if (loop) return { what: 'runs a loop without an exit', node: parent.info === at.info ? { start: at.block.start, end: at.block.start + 1 } : at.info.decl.name, body: at };
  }
  return undefined;
}

/** A case of a `select` that waits for a channel which only the goroutine itself knows. */
function isUnanswered(comm: Stmt | undefined, body: Body, pass: Pass): boolean {
  if (comm?.kind === 'send') return !isAnswered(comm.channel, 'send', pass);
  const x = comm?.kind === 'expr' ? unparen(comm.x) : comm?.kind === 'assign' && comm.rhs[0] ? unparen(comm.rhs[0]) : undefined;
  return x?.kind === 'unary' && !isTimed(x.x, body) && unparen(x.x).kind !== 'call' && !isAnswered(x.x, 'receive', pass);
}

/** `http.DefaultClient`, and a client made here without a `Timeout`. */
export function isClientWithoutTimeout(call: Call, body: Body): boolean {
  const callee = calleeOf(call, body.env);
  if (callee.kind !== 'method' || !/^\(\*net\/http\.Client\)\.(?:Do|Get|Post|PostForm|Head)$/.test(callee.name)) return false;
  const x = unparen(callee.receiver);
  if (x.kind === 'selector') return isNetHttp(x.x, body) && x.sel.name === 'DefaultClient';
  const made = x.kind === 'ident' && x.entity?.kind === 'var' && x.entity.origin.kind === 'value' ? unparen(x.entity.origin.expr) : undefined;
  const literal = made?.kind === 'unary' ? unparen(made.x) : made;
  return literal?.kind === 'composite' && literal.elements.length === 0;
}

function isNetHttp(x: Expr, { env }: Body): boolean {
  return x.kind === 'ident' && !x.entity && env.program.importPathOf(env.file, x.name) === 'net/http';
}

/** Somewhere in the package somebody uses the other end of this channel field; whether in time is not for this rule to say. */
function isAnswered(channel: Expr, direction: 'send' | 'receive', pass: Pass): boolean {
  const x = unparen(channel);
  // Who answers a channel that somebody else made is not known; one made here without a buffer is in full view.
  if (x.kind === 'ident') return x.entity?.kind === 'var' && x.entity.role === 'local' && !isUnbuffered(x.entity);
  if (x.kind !== 'selector') return true;
  const name = `[\\w.]*\\b${x.sel.name}\\b`;
  const other = direction === 'receive' ? new RegExp(`close\\(${name}\\)|${name} <- `) : new RegExp(`<-\\s*${name}|range ${name}`);
  return pass.pkg.files.some(f => other.test(f.source.text));
}

function isUnbuffered({ origin }: Variable): boolean {
  const made = origin.kind === 'value' ? unparen(origin.expr) : undefined;
  return made?.kind === 'call' && made.fun.kind === 'ident' && made.fun.name === 'make' && !made.fun.entity && made.args.length === 1;
}

/** A channel of `time.After` or a timer answers by itself. */
function isTimed(channel: Expr, body: Body): boolean {
  const type = typeOf(channel, body.env);
  return type.kind === 'chan' && isNamed(type.elem, 'time.Time');
}

/** A sleep of a second or more, or of a length that is not written there. */
function isLongSleep(call: Call, body: Body): boolean {
  if (!/^time\.(?:Sleep|After)$/.test(calleeName(calleeOf(call, body.env)) ?? '') || isSelected(call, body)) return false;
  const text = call.args[0] ? unitsOf(call.args[0], body) : undefined;
  return text === undefined ? false : /Second|Minute|Hour/.test(text) && !/Millisecond|Microsecond|Nanosecond/.test(text);
}

/** `case <-time.After(d)` is a way out of a select, not a sleep. */
function isSelected(call: Call, body: Body): boolean {
  return body.graph.blocks.some(b => b.end.kind === 'select' && b.end.stmt.start < call.start && call.end < b.end.stmt.end);
}

/** The unit in a duration: `Minute` of `2 * time.Minute`, also through a constant. */
function unitsOf(x: Expr, body: Body): string | undefined {
  const inner = unparen(x);
  if (inner.kind === 'ident') {
    const declared = inner.entity ? undefined : body.info.pkg.lookup(inner.name);
    const value = inner.entity?.kind === 'const' ? inner.entity.value : declared?.kind === 'const' ? declared.spec.values[declared.index] : undefined;
    return value && unitsOf(value, body);
  }
  if (inner.kind === 'selector') return inner.sel.name;
  if (inner.kind === 'binary') return [inner.x, inner.y].map(part => unitsOf(part, body)).find(unit => unit !== undefined);
  return undefined;
}

