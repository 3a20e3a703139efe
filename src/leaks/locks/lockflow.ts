/**
 * What operations and whole functions do to one mutex: -1 they unlock what somebody else locked, +1 they lock and leave
 * it locked. Callees are read to a small depth and know the mutex by its family only, which is the careful side: what
 * they unlock may be another value of the same type.
 */
import type { End, Op } from '../../flow/graph.ts';
import { operations, type Place, search, type Walk } from '../../flow/search.ts';
import { type Callee, calleeOf, resolveFunction } from '../../program/callee.ts';
import { targetsOf } from '../../program/implementations.ts';
import { typeOf } from '../../program/infer.ts';
import { Memo } from '../../program/memo.ts';
import type { FuncInfo } from '../../program/package.ts';
import { underlying } from '../../program/resolve.ts';
import { functionOf } from '../../program/values.ts';
import { type Block, type Call, eachChild, type Expr, unparen, type Variable } from '../../syntax/ast.ts';
import { walkStmts } from '../../syntax/walk.ts';
import { type Body, bodyOf, literalBody } from '../bodies.ts';
import type { Pass } from '../pass.ts';
import { canonicalPlace, familyOfVariable, holds } from '../places/canonical.ts';
import { type Facts, keyOfFacts, learn, NO_FACTS, update } from './lockfacts.ts';
import { type LockCall, lockCallee, lockCallOf, type Mutex } from './mutexes.ts';

/** A change of how often the mutex is locked. */
export type Change = -1 | 0 | 1;

/** Which mutex is meant: `place` is undefined where it is known by its family only. */
export interface Target {
  readonly family: string;
  readonly key: string | undefined;
  readonly mutex: Mutex | undefined;
}

export function targetFor(mutex: Mutex): Target {
  return { family: mutex.family, key: mutex.key, mutex };
}

const NO_FAMILIES: ReadonlySet<string> = new Set();
const CALL_DEPTH = 2;
const NOTHING: ReadonlyMap<string, ReadonlySet<Change>> = new Map();

/** How often the mutex is locked here compared with the start of the function, and what deferred calls will add. */
export interface Balance {
  readonly depth: Change;
  readonly deferred: Change;
  readonly facts: Facts;
}

export const UNTOUCHED: Balance = { depth: 0, deferred: 0, facts: NO_FACTS };

export class LockFlow {
  private readonly changes = new WeakMap<Op, Map<string, Change>>();
  private readonly exits = new WeakMap<Block, Map<string, ReadonlySet<Change>>>();
  private readonly given = new Map<FuncInfo, ReadonlySet<string>>();
  private readonly effects = Array.from({ length: CALL_DEPTH + 1 }, () => new Map<FuncInfo, ReadonlyMap<string, ReadonlySet<Change>>>());

  constructor(private readonly pass: Pass) {}

  /** What a call in `body` does to the mutex. */
  callChange(call: Call, target: Target, body: Body, depth = CALL_DEPTH): Change {
    const own = lockCallOf(call, body.env);
    if (own && isTarget(own, target)) return own.does === 'unlock' ? -1 : 1;
    const callee = functionOf(calleeOf(call, body.env), body.env);
    const change = this.calleeChange(callee, target, body, depth);
    if (change !== 0) return change;
    // `defer s.lock()()`, and `unlock.Early()` of a function that has methods.
    if (this.isGivenUnlock(callee.kind === 'method' ? callee.receiver : call.fun, target, body)) return -1;
    if (call.args.some((arg, i) => this.givesAway(arg, i, call, target, body, depth))) return -1;
    return call.args.some(arg => this.mentionsUnlock(arg, target, body, depth)) ? -1 : 0;
  }

  private calleeChange(callee: Callee, target: Target, body: Body, depth: number): Change {
    const value = lockCallee(callee, body.env);
    if (value) return isTarget(value, target) ? (value.does === 'unlock' ? -1 : 1) : 0;
    if (callee.kind === 'literal') return summary(this.exitsOf(literalBody(callee.literal, callee.within, body, this.pass), target, depth));
    if (callee.kind === 'variable' && callee.holder.kind === 'local') return this.isGivenBy(callee.holder.variable, target, body) ? -1 : 0;
    if (depth === 0) return 0;
    const changes = targetsOf(callee, body.env).map(func => summary(this.effectsOf(func, depth - 1).get(target.family)));
    if (changes.includes(-1)) return -1;
    return changes.length > 0 && changes.every(change => change === 1) ? 1 : 0;
  }

  /** `unlock` of `unlock := s.lock()`, or the call of `s.lock()` itself: what unlocks the mutex again. */
  private isGivenUnlock(expr: Expr, target: Target, body: Body): boolean {
    const x = unparen(expr);
    if (x.kind === 'ident') return x.entity?.kind === 'var' && this.isGivenBy(x.entity, target, body);
    return x.kind === 'call' && saysLock(x, body) && targetsOf(calleeOf(x, body.env), body.env).some(func => this.unlocksGivenBy(func).has(target.family));
  }

  private isGivenBy({ role, origin, assigned }: Variable, target: Target, body: Body): boolean {
    return role === 'local' && [origin, ...assigned].some(from => from !== 'unknown' && from.kind === 'value' && from.expr.kind === 'call' && this.isGivenUnlock(from.expr, target, body));
  }

  /** The mutexes that a function leaves locked on every way, and for which it returns what unlocks them. */
  unlocksGivenBy(func: FuncInfo): ReadonlySet<string> {
    let found = this.given.get(func);
    if (!found) {
      this.given.set(func, NO_FAMILIES);
      this.given.set(func, (found = this.findGiven(func)));
    }
    return found;
  }

  private findGiven(func: FuncInfo): ReadonlySet<string> {
    const body = func.pkg.module && func.decl.type.results.length > 0 && /Unlock/.test(func.bodyText) ? bodyOf(func, this.pass) : undefined;
    if (!body) return NO_FAMILIES;
    return new Set([...this.familiesIn(body, 0)].filter(family => this.givesAlways(body, { family, key: undefined, mutex: undefined })));
  }

  private givesAlways(body: Body, target: Target): boolean {
    let always = true;
    let returns = 0;
    const walk = this.walk(target, body);
    const results = body.graph.blocks.flatMap(({ end }) => (end.kind === 'return' ? end.stmt?.results ?? [] : []));
    // `return sync.OnceFunc(s.mu.Unlock)` makes the function and does not run it.
    const isMade = (op: Op) => op.kind === 'call' && results.some(x => x.start <= op.call.start && op.call.end <= x.end);
    search({ block: body.graph.entry, index: 0 }, UNTOUCHED, {
      ...walk,
      op: (op, state) => (isMade(op) ? state : walk.op(op, state)),
      returns: ({ stmt }, { depth, deferred }) => {
        returns++;
        always &&= depth + deferred === 1 && stmt?.results.some(x => this.mentionsUnlock(x, target, body)) === true;
        return !always;
      },
    });
    return always && returns > 0;
  }

  /** The mutex itself is an argument: what the callee does to its parameter, or nobody knows what. */
  private givesAway(arg: Expr, index: number, call: Call, target: Target, body: Body, depth: number): boolean {
    if (!target.mutex) return false;
    const place = canonicalPlace(arg, body.env);
    if (!place || place.fields.length !== target.mutex.place.fields.length || !holds(place, target.mutex.place)) return false;
    const callee = calleeOf(call, body.env);
    if (callee.kind === 'func' && !callee.func.pkg.module) return false;
    const funcs = targetsOf(callee, body.env);
    if (!funcs.length || depth === 0) return callee.kind !== 'conversion';
    return funcs.some(func => {
      const param = func.decl.type.params.flatMap(field => field.names)[index];
      const family = param && familyOfVariable(param.start, this.pass.contracts.envOf(func));
      return family !== undefined && this.effectsOf(func, depth - 1).get(family)?.has(-1) === true;
    });
  }

  /** Somewhere in an expression stands a function that unlocks: a literal, a method value, a variable that holds one. */
  mentionsUnlock(expr: Expr, target: Target, body: Body, depth = CALL_DEPTH): boolean {
    const x = unparen(expr);
    if (x.kind === 'funclit') return this.exitsOf(literalBody(x, undefined, body, this.pass), target, depth).has(-1);
    if (x.kind === 'call') {
      if (this.isGivenUnlock(x, target, body)) return true;
      const fun = unparen(x.fun);
      const isNamed = fun.kind === 'ident' || fun.kind === 'selector';
      return (!isNamed && fun.kind !== 'funclit' && this.mentionsUnlock(fun, target, body, depth)) || x.args.some(arg => this.mentionsUnlock(arg, target, body, depth));
    }
    if ((x.kind === 'ident' && x.name !== 'nil' && x.name !== '_') || x.kind === 'selector') {
      // Most names are no functions, and what a field stands for is dear to find out.
      return isFunction(x, body) && this.calleeChange(functionOf(resolveFunction(x, body.env), body.env), target, body, depth) === -1;
    }
    let found = false;
    eachChild(x, child => {
      found ||= this.mentionsUnlock(child, target, body, depth);
    });
    return found;
  }

  /** What an operation does when it runs; a deferred call when the function ends. */
  opChange(op: Op, target: Target, body: Body, depth = CALL_DEPTH): Change {
    const cache = this.changes.get(op) ?? new Map<string, Change>();
    this.changes.set(op, cache);
    const name = nameOf(target, depth);
    let change = cache.get(name);
    if (change === undefined) cache.set(name, (change = this.findChange(op, target, body, depth)));
    return change;
  }

  private findChange(op: Op, target: Target, body: Body, depth: number): Change {
    switch (op.kind) {
      case 'call':
        return this.callChange(op.call, target, body, depth);
      case 'go':
      case 'defer': {
        const call = unparen(op.stmt.call);
        if (call.kind !== 'call') return 0;
        const change = this.callChange(call, target, body, depth);
        if (op.kind === 'defer') return change;
        return change === -1 || this.dips(call, target, body, depth) ? -1 : 0;
      }
      case 'send':
        return this.mentionsUnlock(op.stmt.value, target, body, depth) ? -1 : 0;
      case 'assign':
        return op.rhs.some((value, i) => !isNamedFunction(op, i) && this.mentionsUnlock(value, target, body, depth)) ? -1 : 0;
      case 'receive':
      case 'range':
      case 'eval':
        return 0;
    }
  }

  /** The balances at which the body may be left. */
  exitsOf(body: Body, target: Target, depth = CALL_DEPTH): ReadonlySet<Change> {
    const cache = this.exits.get(body.block) ?? new Map<string, ReadonlySet<Change>>();
    this.exits.set(body.block, cache);
    const name = nameOf(target, depth);
    const known = cache.get(name);
    if (known) return known;
    cache.set(name, new Set([0]));
    const found = new Set<Change>();
    const leave = (end: End & { kind: 'return' }, { depth: held, deferred }: Balance) => {
      const gives = end.stmt?.results.some(x => this.mentionsUnlock(x, target, body, depth)) === true;
      found.add(clamp(held + deferred - (gives ? 1 : 0)));
    };
    search({ block: body.graph.entry, index: 0 }, UNTOUCHED, {
      ...this.walk(target, body, depth),
      returns: (end, state) => {
        leave(end, state);
        return false;
      },
    });
    cache.set(name, found);
    return found;
  }

  /** A goroutine that unlocks first, whatever it does afterwards: the mutex goes back and forth between the two. */
  private dips(call: Call, target: Target, body: Body, depth: number): boolean {
    const callee = functionOf(calleeOf(call, body.env), body.env);
    if (callee.kind !== 'literal') return false;
    const inner = literalBody(callee.literal, callee.within, body, this.pass);
    const walk = this.walk(target, inner, depth);
    return search({ block: inner.graph.entry, index: 0 }, UNTOUCHED, {
      ...walk,
      op: (op, state) => (op.kind === 'call' && state.depth === 0 && this.opChange(op, target, inner, depth) === -1 ? 'arrive' : walk.op(op, state)),
    }) !== undefined;
  }

  /** Walks that keep the balance. */
  walk(target: Target, body: Body, depth = CALL_DEPTH): Walk<Balance> {
    const { text } = body.info.file.source;
    // Of a callee it is enough to know what it may do.
    const remembers = target.key !== undefined;
    return {
      key: state => `${state.depth} ${state.deferred} ${keyOfFacts(state.facts)}`,
      op: (op, state) => {
        if (this.pass.contracts.endsHere(op, body.env)) return undefined;
        const change = this.opChange(op, target, body, depth);
        const facts = remembers ? update(op, state.facts, body.graph, text) : state.facts;
        if (op.kind === 'defer') return { ...state, deferred: clamp(state.deferred + change), facts };
        return { ...state, depth: clamp(state.depth + change), facts };
      },
      edge: (condition, taken, state) => {
        if (!remembers) return state;
        const facts = learn(condition, taken, state.facts, body.graph, text);
        return facts && { ...state, facts };
      },
      returns: () => false,
    };
  }

  /** What calling a declared function does, by family; families that it leaves as they were are left out. */
  effectsOf(func: FuncInfo, depth = CALL_DEPTH): ReadonlyMap<string, ReadonlySet<Change>> {
    const cache = this.effects[depth];
    const known = cache?.get(func);
    if (known) return known;
    cache?.set(func, NOTHING);
    const body = func.pkg.module ? bodyOf(func, this.pass) : undefined;
    if (!body) return NOTHING;
    const found = new Map<string, ReadonlySet<Change>>();
    for (const family of this.familiesIn(body, depth)) {
      const exits = this.exitsOf(body, { family, key: undefined, mutex: undefined }, depth);
      if (exits.has(-1) || exits.has(1)) found.set(family, exits);
    }
    cache?.set(func, found);
    return found;
  }

  private familiesIn(body: Body, depth: number): Set<string> {
    const families = new Set<string>();
    const mentionsLock = /ock\b/.test(body.info.bodyText);
    if (!mentionsLock && depth === 0) return families;
    walkStmts(body.block.stmts, {
      expr: x => {
        if (mentionsLock && x.kind === 'selector') {
          const value = lockCallee(resolveFunction(x, body.env), body.env);
          if (value) families.add(value.mutex.family);
        }
        if (x.kind !== 'call') return;
        // One whose methods nobody knows is locked by what has it embedded.
        const own = mentionsLock ? lockCallOf(x, body.env) : undefined;
        if (own) families.add(own.mutex.family);
        if (own || depth === 0) return;
        for (const func of targetsOf(calleeOf(x, body.env), body.env)) for (const family of this.effectsOf(func, depth - 1).keys()) families.add(family);
      },
    });
    return families;
  }
}

const flows = new Memo<Pass['contracts'], LockFlow>();

export function lockFlowOf(pass: Pass): LockFlow {
  let flow = flows.get(pass.contracts);
  if (!flow) flows.set(pass.contracts, (flow = new LockFlow(pass)));
  return flow;
}

export function isTarget({ mutex }: LockCall, { key, family }: Target): boolean {
  return key === undefined ? mutex.family === family : mutex.key === key;
}

export interface DirectLock {
  readonly op: Op;
  readonly call: Call;
  readonly lock: LockCall;
  readonly after: Place;
}

/** The direct lock calls of a body, its literals not counted. */
export function* lockCallsIn(body: Body): Generator<DirectLock> {
  for (const { op, after } of operations(body.graph)) {
    const lock = op.kind === 'call' ? lockCallOf(op.call, body.env) : undefined;
    if (lock && op.kind === 'call') yield { op, call: op.call, lock, after };
  }
}

/** `lockAll`, `RLock`, `acquireLocked`; `block` and `clock` are other words, and `unlock` leaves nothing locked. */
const SAYS_LOCK = /(?<![bcBC]|[uU]n)[lL]ock\w*$/;

/** The name of the called function speaks of locking. */
export function saysLock({ fun }: Call, { info }: Body): boolean {
  return SAYS_LOCK.test(info.file.source.text.slice(fun.start, fun.end));
}

function isFunction(x: Expr, { env }: Body): boolean {
  return underlying(typeOf(x, env), env.program).kind === 'func';
}

/** `unlock := func() { … }`: what the name does is seen where it is called or handed on; not so of `&server{done: mu.Unlock}`. */
function isNamedFunction({ lhs, rhs }: Op & { kind: 'assign' }, index: number): boolean {
  const value = rhs[index] && withoutAddress(rhs[index]);
  if (value?.kind === 'composite') return false;
  const name = lhs.length === rhs.length ? lhs[index] : undefined;
  return name?.kind === 'ident' && name.entity?.kind === 'var' && name.entity.role === 'local' && name.entity.assigned.length === 0;
}

function withoutAddress(expr: Expr): Expr {
  const x = unparen(expr);
  return x.kind === 'unary' && x.op === '&' ? unparen(x.x) : x;
}

/** One that may unlock counts as one that does; one that locks must always do so. */
function summary(exits: ReadonlySet<Change> | undefined): Change {
  if (!exits) return 0;
  if (exits.has(-1)) return -1;
  return exits.size === 1 && exits.has(1) ? 1 : 0;
}

function nameOf({ key, family }: Target, depth: number): string {
  return `${depth} ${key ?? `~${family}`}`;
}

function clamp(n: number): Change {
  return n < 0 ? -1 : n > 0 ? 1 : 0;
}
