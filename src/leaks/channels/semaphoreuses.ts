/**
 * Semaphores: `golang.org/x/sync/semaphore`, and buffered channels of empty structs or flags whose tokens somebody takes
 * and gives back: `sem <- struct{}{}` … `<-sem`, or the other way round where the channel is filled beforehand.
 */
import { graphOf } from '../../flow/build.ts';
import type { FlowGraph, Op } from '../../flow/graph.ts';
import { operations } from '../../flow/search.ts';
import { calleeName, calleeOf } from '../../program/callee.ts';
import { typeOf } from '../../program/infer.ts';
import { Memo } from '../../program/memo.ts';
import { type Env, underlying } from '../../program/resolve.ts';
import { functionOf } from '../../program/values.ts';
import { type Call, type Expr, unparen, type Variable } from '../../syntax/ast.ts';
import { literalsIn } from '../../syntax/walk.ts';
import { bodiesOf, type Body, bodyOf } from '../bodies.ts';
import type { Pass } from '../pass.ts';
import type { Span } from '../paths/reach.ts';
import { canonicalPlace, familyOf } from '../places/canonical.ts';
import { keyOf } from '../places/places.ts';
import { familiesOf } from './families.ts';
import { capacityOf, isMake } from './makes.ts';

/** A semaphore as a package knows it. */
export interface Semaphore {
  /** Equal for one variable of a function, and for the same field of the same type. */
  readonly id: string;
  /** Of a function's own variable or parameter. */
  readonly variable: Variable | undefined;
}

export interface TokenUse {
  readonly does: 'send' | 'receive' | 'close' | 'acquire' | 'try' | 'release';
  readonly semaphore: Semaphore;
  /** As the code writes it. */
  readonly expr: Expr;
  readonly node: Span;
  /** Of the library's semaphore. */
  readonly call?: Call;
  /** A case of a `select` beside others, or a `range`. */
  readonly isWaiting?: boolean;
  readonly inSelect?: boolean;
}

const METHOD = /^\(\*golang\.org\/x\/sync\/semaphore\.Weighted\)\.(Acquire|TryAcquire|Release)$/;
const DOES: Readonly<Record<string, TokenUse['does']>> = { Acquire: 'acquire', TryAcquire: 'try', Release: 'release' };

const uses = new WeakMap<Op, { readonly found: TokenUse | undefined }>();

/** What an operation does to a semaphore, or to a channel that may be one. */
export function tokenUse(op: Op, env: Env): TokenUse | undefined {
  let known = uses.get(op);
  if (!known) uses.set(op, (known = { found: findUse(op, env) }));
  return known.found;
}

function findUse(op: Op, env: Env): TokenUse | undefined {
  if (op.kind === 'send') return ofChannel('send', op.stmt.channel, op.stmt, env);
  if (op.kind === 'receive') return ofChannel('receive', op.channel, op.node, env);
  if (op.kind === 'range') return ofChannel('receive', op.stmt.x, op.stmt.x, env);
  const call = op.kind === 'call' ? op.call : op.kind === 'defer' || op.kind === 'go' ? unparen(op.stmt.call) : undefined;
  if (call?.kind !== 'call') return undefined;
  const callee = calleeOf(call, env);
  const [arg] = call.args;
  if (callee.kind === 'builtin') return callee.name === 'close' && arg ? ofChannel('close', arg, call, env) : undefined;
  const does = DOES[METHOD.exec(calleeName(callee) ?? '')?.[1] ?? ''];
  const expr = 'receiver' in callee ? callee.receiver : undefined;
  const semaphore = does && expr && semaphoreAt(expr, env);
  return does && expr && semaphore && { does, semaphore, expr, node: call, call };
}

function ofChannel(does: TokenUse['does'], expr: Expr, node: Span, env: Env): TokenUse | undefined {
  const type = underlying(typeOf(expr, env), env.program);
  const elem = type.kind === 'chan' ? underlying(type.elem, env.program) : undefined;
  const isToken = (elem?.kind === 'struct' && elem.fields.length === 0) || (elem?.kind === 'basic' && elem.name === 'bool');
  const semaphore = isToken ? semaphoreAt(expr, env) : undefined;
  return semaphore && { does, semaphore, expr, node };
}

export function semaphoreAt(expr: Expr, env: Env): Semaphore | undefined {
  const place = canonicalPlace(expr, env);
  if (!place) return undefined;
  if (place.fields.length === 0 && typeof place.root === 'object') return { id: `${env.file.source.path}#${keyOf(place)}`, variable: place.root };
  const id = familyOf(expr, env);
  return id === undefined ? undefined : { id, variable: undefined };
}

const deep = new WeakMap<FlowGraph, readonly TokenUse[]>();

/** What a body and the literals inside it do. */
export function tokenUsesIn({ graph, block, env }: Pick<Body, 'graph' | 'block' | 'env'>): readonly TokenUse[] {
  let found = deep.get(graph);
  if (!found) {
    const graphs = [graph, ...literalsIn(block).map(literal => graphOf(literal, literal.body))];
    deep.set(graph, (found = graphs.flatMap(inner => [...operations(inner)].flatMap(({ op }) => tokenUse(op, env) ?? []))));
  }
  return found;
}

// --------------------------------------------------------------------------------------------- which are semaphores

export interface Kind {
  /** What takes a token: a channel that is filled beforehand is received from. */
  readonly takes: 'send' | 'receive' | 'call';
  /** Some function gives back what another one has taken: `enter` and `leave`. */
  readonly hasHalves: boolean;
  /** Functions that take and give back say that one which only takes has forgotten something. */
  readonly isPaired: boolean;
  /** No function of the package gives a token back. */
  readonly isNeverReleased: boolean;
}

/** What the functions of a package do to one semaphore, each list one declared function with its literals. */
type Uses = readonly { readonly body: Body; readonly use: TokenUse }[];

const kinds = new Memo<Pass['pkg'], ReadonlyMap<string, Kind>>();

export function semaphoresOf(pass: Pass): ReadonlyMap<string, Kind> {
  let found = kinds.get(pass.pkg);
  if (!found) kinds.set(pass.pkg, (found = findSemaphores(pass)));
  return found;
}

/** A buffered channel is made somewhere, or the library's semaphore. */
const MAY_HAVE = /make\(chan [\w.{}]+\s*,|sync\/semaphore"/;

function findSemaphores(pass: Pass): ReadonlyMap<string, Kind> {
  const found = new Map<string, Kind>();
  if (!pass.pkg.files.some(({ source: { text } }) => MAY_HAVE.test(text))) return found;
  const byId = new Map<string, Uses[]>();
  for (const info of pass.pkg.funcs) {
    if (!/<-|\.(?:Try)?Acquire\(|\.Release\(|\bclose\(/.test(info.bodyText)) continue;
    const here = new Map<string, Uses[number][]>();
    for (const body of bodiesOf(info, pass)) {
      for (const { op } of operations(body.graph)) {
        const found = tokenUse(op, body.env) ?? deferredHelper(op, body, pass);
        const use = found && { ...found, isWaiting: op.kind === 'range' || isBesideOthers(op, body), inSelect: op.kind === 'send' && op.inSelect };
        if (use) here.set(use.semaphore.id, [...here.get(use.semaphore.id) ?? [], { body, use }]);
      }
    }
    for (const [id, uses] of here) byId.set(id, [...byId.get(id) ?? [], uses]);
  }
  for (const [id, functions] of byId) {
    const kind = kindOf(id, functions, pass);
    if (kind) found.set(id, kind);
  }
  return found;
}

function isBesideOthers(op: Op, { graph }: Body): boolean {
  if ((op.kind !== 'send' && op.kind !== 'receive') || !op.inSelect) return false;
  return graph.blocks.some(({ end }) => end.kind === 'select' && end.arms.filter(({ clause }) => clause.comm).length > 1 && end.arms.some(({ to }) => to.ops.includes(op)));
}

/** `defer p.leave()`: what a helper gives back stands for what the function itself does. */
function deferredHelper(op: Op, body: Body, pass: Pass): TokenUse | undefined {
  const call = op.kind === 'defer' ? unparen(op.stmt.call) : undefined;
  const callee = call?.kind === 'call' ? functionOf(calleeOf(call, body.env), body.env) : undefined;
  const func = callee?.kind === 'func' || callee?.kind === 'method' ? callee.func : undefined;
  if (!call || func?.pkg !== pass.pkg || func.bodyText.length > LONGEST_HELPER || !func.bodyText.includes('<-')) return undefined;
  const helper = bodyOf(func, pass);
  const [only, ...more] = helper ? tokenUsesIn(helper) : [];
  return only && more.length === 0 && !only.semaphore.variable ? { ...only, node: call } : undefined;
}

const LONGEST_HELPER = 200;

function kindOf(id: string, functions: readonly Uses[], pass: Pass): Kind | undefined {
  const all = functions.flat();
  const does = (uses: Uses, ...what: readonly TokenUse['does'][]) => uses.some(({ use }) => what.includes(use.does));
  if (does(all, 'acquire', 'try', 'release')) {
    const hasHalves = functions.some(uses => does(uses, 'release') && !does(uses, 'acquire', 'try'));
    const isInView = all.every(({ use: { semaphore: { variable } } }) => variable?.role !== 'param');
    return { takes: 'call', hasHalves, isPaired: !hasHalves && isInView, isNeverReleased: isInView && !does(all, 'release') };
  }
  if (does(all, 'close') || !hasBuffer(id, all, pass)) return undefined;
  const sends = functions.some(uses => isTakenAndGiven(uses, 'send', 'receive', false));
  const isFilled = all.some(({ body, use }) => isFilling(use, body, all)) || functions.some(uses => !does(uses, 'receive') && uses.some(({ use, body }) => use.does === 'send' && !use.inSelect && isMadeIn(body)));
  const receives = isFilled && functions.some(uses => isTakenAndGiven(uses, 'receive', 'send', all.some(({ body, use }) => isFilling(use, body, all))));
  if (sends === receives) return undefined;
  const [takes, gives] = sends ? ['send', 'receive'] as const : ['receive', 'send'] as const;
  // Whoever waits for other things as well does not give a token back, but waits for a message.
  if (all.some(({ use }) => use.does === gives && use.isWaiting)) return undefined;
  const hasHalves = functions.some(uses => does(uses, gives) && !does(uses, takes));
  const pairs = functions.filter(uses => does(uses, gives) && does(uses, takes));
  const isPaired = sends && !hasHalves && pairs.length > 1 && all.every(({ use }) => !use.semaphore.variable);
  return { takes, hasHalves, isPaired, isNeverReleased: false };
}

/** The function makes channels, as a constructor does. */
function isMadeIn({ info: { bodyText } }: Body): boolean {
  return /\bmake\(chan /.test(bodyText);
}

/** `for range n { tokens <- struct{}{} }`. */
function isFilling({ does, node, inSelect, semaphore: { variable } }: TokenUse, body: Body, all: Uses): boolean {
  // A literal that is run later sends when others receive already.
  const isBefore = variable === undefined || variable.owner === body.node;
  const loop = does === 'send' && !inSelect && isBefore && isMadeIn(body) ? loopAround(node, body) : undefined;
  return loop !== undefined && !all.some(({ use }) => use.does === 'receive' && isWithin(use.node, loop));
}

function loopAround(node: Span, { graph }: Body): Span | undefined {
  return [...graph.loops.keys()].filter(loop => isWithin(node, loop)).sort((a, b) => b.start - a.start)[0];
}

function isWithin(inner: Span, outer: Span): boolean {
  return outer.start <= inner.start && inner.end <= outer.end;
}

/** Made here or in a field with room for tokens; what is handed in, nobody knows. */
function hasBuffer(id: string, all: Uses, pass: Pass): boolean {
  const variable = all[0]?.use.semaphore.variable;
  if (variable) {
    if (variable.role === 'param') return variable.assigned.length === 0;
    const made = variable.origin.kind === 'value' ? unparen(variable.origin.expr) : undefined;
    const env = all[0]?.body.env;
    return env !== undefined && made?.kind === 'call' && variable.assigned.length === 0 && isMake(made, env) && capacityOf(made, env) !== 0;
  }
  const family = familiesOf(pass).get(id);
  if (!family || family.given || family.outsideSends || family.outsideReceives) return false;
  return family.makes.length > 0 && family.makes.every(capacity => capacity !== 0);
}

/**
 * The shape of a semaphore: a token is given back below where it was taken, in the same round of a loop; in the same
 * body, or in a function literal that begins later (a goroutine). A token that is received goes back only in the same body or
 * in what it defers unless the channel `isFilled` by a loop: one that tells the end of goroutines looks like the rest.
 */
function isTakenAndGiven(uses: Uses, takes: TokenUse['does'], gives: TokenUse['does'], isFilled: boolean): boolean {
  const isLater = (taken: Uses[number], given: Uses[number]) => {
    const loop = loopAround(taken.use.node, taken.body);
    if (given.use.node.start <= taken.use.node.start || (loop && !isWithin(given.use.node, loop))) return false;
    if (given.body.node === taken.body.node) return true;
    const isBelow = isWithin(given.body.node, taken.body.node) && given.body.node.start > taken.use.node.start;
    return isBelow && (takes === 'send' || isFilled || isDeferredIn(given.body, taken.body));
  };
  return uses.some(taken => taken.use.does === takes && uses.some(given => given.use.does === gives && isLater(taken, given)));
}

function isDeferredIn({ node }: Body, { graph }: Body): boolean {
  return [...operations(graph)].some(({ op }) => op.kind === 'defer' && op.stmt.start <= node.start && node.end <= op.stmt.end);
}
