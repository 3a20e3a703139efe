/**
 * What running a body does with one channel: what can keep it waiting, and what it does for whoever waits on the other
 * side.
 */
import type { Block, FlowGraph, Op } from '../../flow/graph.ts';
import { endedLoops } from '../../flow/loops.ts';
import { operations, reachableFrom, search, type Walk } from '../../flow/search.ts';
import { calleeName, calleeOf } from '../../program/callee.ts';
import { type Call, type CommClause, type Expr, type Range, type Select, unparen, type Variable, variableIn } from '../../syntax/ast.ts';
import { walkStmts } from '../../syntax/walk.ts';
import { type Body } from '../bodies.ts';
import type { Pass } from '../pass.ts';
import { isPastTicks } from '../timers/tickchannels.ts';
import { answersWithout } from './answers.ts';
import { awaitedBy } from './awaiting.ts';
import { resultsOf, withNames } from './bindings.ts';
import { carries, type Run, runsOf } from './callees.ts';
import { countersOf, isCountedOut } from './counters.ts';
import { ALL_SUPPLY, beyond, both, type Demand, growing, keyOfDemand, least, MANY, manyOf, most, NO_DEMAND, NO_SUPPLY, often, plus, sendsOf, type Supply } from './counts.ts';
import { failsTest } from './failures.ts';
import { CountedLoops, type Laps, NO_LAPS } from './laps.ts';
import { isWithinLength } from './lengths.ts';
import { isOnlyExit } from './onlyexits.ts';
import { isDoneOnce, isOnlyOnce } from './onlyonces.ts';
import { hasOwnEnd } from './ownends.ts';
import { runnerOf } from './paramcalls.ts';
import { isEnding, isEndingAt, isMethodOfHolder, type Names, relationOf } from './places.ts';
import { sendsOnlyInPanic } from './rescues.ts';
import { endsOtherwise } from './toldloops.ts';

export type Verb = 'send' | 'receive' | 'range';

/** An operation that waits until somebody answers. */
export interface Waiting {
  readonly verb: Verb;
  readonly node: { readonly start: number; readonly end: number };
  readonly body: Body;
  /** It alone ends a loop that goes round by other cases meanwhile. */
  readonly isExit: boolean;
  /** The `go` statements on the way to it, the outermost first; none in the body that was asked about. */
  readonly starts: readonly { readonly node: { readonly start: number; readonly end: number }; readonly body: Body }[];
}

export interface Traffic {
  /** The channel gets out of sight: nothing is known of it any more. */
  readonly escapes: boolean;
  /** Everything that is done with it anywhere, guarded or not. */
  readonly does: ReadonlySet<Verb | 'close'>;
  /** What goroutines do with it that the body starts. */
  readonly startedDoes: ReadonlySet<Verb | 'close'>;
  /** What bodies do with it that never end. */
  readonly endlessDoes: ReadonlySet<Verb | 'close'>;
  /** It starts a goroutine that receives in a loop. */
  readonly drains: boolean;
  /** It sends without waiting for somebody who receives: what it sends is not counted. */
  readonly offers: boolean;
  readonly waits: readonly Waiting[];
  /** What the body itself may wait for at most, and what the goroutines do that it starts. */
  readonly own: Demand;
  readonly started: Demand;
  /** What it does for others at least, on every way to its end. */
  readonly supply: Supply;
}

const NOTHING_NEW: Traffic = { escapes: false, does: new Set(), startedDoes: new Set(), endlessDoes: new Set(), drains: false, offers: false, waits: [], own: NO_DEMAND, started: NO_DEMAND, supply: ALL_SUPPLY };
const UNSEEN: Traffic = { ...NOTHING_NEW, escapes: true };

/** What is known of one body and channel; open as long as it is being read. */
interface Entry {
  traffic: Traffic;
  isOpen: boolean;
  /** It was asked for while it was being read. */
  isRecursive: boolean;
}

const memo = new WeakMap<FlowGraph, Map<string, Entry>>();

/** Calls are followed to this depth. */
const DEEPEST = 6;

export function trafficOf(body: Body, named: Names, pass: Pass, depth = DEEPEST): Traffic {
  const known = memo.get(body.graph) ?? new Map<string, Entry>();
  memo.set(body.graph, known);
  const names = withNames(named, body);
  const before = known.get(names.key);
  if (before) {
    before.isRecursive ||= before.isOpen;
    return before.traffic;
  }
  if (depth === 0) return UNSEEN;
  // A function that calls itself adds nothing new on the way down, and does all that is wanted if the other ways do.
  const entry: Entry = { traffic: NOTHING_NEW, isOpen: true, isRecursive: false };
  known.set(names.key, entry);
  const read = () => new Reading(body, names, pass, depth).traffic();
  const once = read();
  entry.traffic = { ...NOTHING_NEW, own: once.own, started: once.started };
  if (entry.isRecursive) entry.traffic = hasBothEnds(once) ? UNSEEN : grown(once, read());
  else entry.traffic = once;
  entry.isOpen = false;
  return entry.traffic;
}

/** How much of either end one call leaves to the next cannot be told. */
function hasBothEnds({ does }: Traffic): boolean {
  return does.has('send') && (does.has('receive') || does.has('range'));
}

function grown(once: Traffic, twice: Traffic): Traffic {
  return { ...once, own: growing(once.own, twice.own), started: growing(once.started, twice.started) };
}

/** What has been counted on a way so far. */
export interface Count {
  readonly own: Demand;
  readonly started: Demand;
  readonly supply: Supply;
  /** Variables that are false when the channel, or one whose close is an ending, was closed: `v, ok := <-c`. */
  readonly oks: ReadonlySet<Variable>;
  readonly laps: Laps;
}

/** With the other names that the body gives it. */
/** What one operation adds. */
type Step = Omit<Count, 'oks' | 'laps'>;

const NO_STEP: Step = { own: NO_DEMAND, started: NO_DEMAND, supply: NO_SUPPLY };

/** `stoppable`: a timer runs it, unless somebody stops the timer. */
type How = 'called' | 'started' | 'deferred' | 'stoppable';

/** One channel in one body. */
export class Reading {
  private readonly steps = new Map<Op, Step>();
  private readonly doneAt = new Map<Op, ReadonlySet<Verb | 'close'>>();
  private readonly runs = new Map<Op, readonly Run[]>();
  /** Where goroutines start that receive in a loop. */
  private readonly drains = new Set<Op>();
  private readonly arms: ReadonlyMap<Op, { readonly select: Select; readonly clause: CommClause }>;
  readonly does = new Set<Verb | 'close'>();
  /** What goroutines do with it that the body starts. */
  readonly startedDoes = new Set<Verb | 'close'>();
  readonly endlessDoes = new Set<Verb | 'close'>();
  readonly waits: Waiting[] = [];
  /** What deferred literals do instead of the rest of a body that has panicked. */
  private rescue = NO_DEMAND;
  escapes = false;
  offers = false;

  constructor(private readonly body: Body, private readonly names: Names, private readonly pass: Pass, private readonly depth = DEEPEST) {
    this.arms = armsOf(body.graph);
    for (const { op } of operations(body.graph)) {
      this.escapes ||= this.letsGo(op);
      this.steps.set(op, this.stepOf(op));
    }
  }

  /** It is handed to the caller. */
  get isReturned(): boolean {
    const { body, names } = this;
    return body.graph.blocks.some(({ end }) => end.kind === 'return' && end.stmt?.results.some(x => carries(x, names, body)) === true);
  }

  /** What an operation may do with the channel, the functions that it runs included. */
  doesAt(op: Op, ...verbs: readonly (Verb | 'close')[]): boolean {
    const done = this.doneAt.get(op);
    return done !== undefined && verbs.some(verb => done.has(verb));
  }

  /** The bodies with the channel in reach that an operation runs. */
  runsAt(op: Op): readonly Run[] {
    return this.runs.get(op) ?? [];
  }

  /** What an operation adds at most to what is sent, and what it receives itself. */
  sendsAt(op: Op): { readonly sends: number; readonly receives: number } {
    const { own, started, supply } = this.steps.get(op) ?? NO_STEP;
    const sends = plus(sendsOf(own), sendsOf(started));
    // Of what sends and is not counted anything may come.
    return { sends: sends === 0 && this.doesAt(op, 'send') ? MANY : sends, receives: op.kind === 'go' || op.kind === 'defer' ? 0 : supply.receives };
  }

  /** The operation starts goroutines that may wait. */
  startsAt(op: Op): boolean {
    return isStarting(this.steps.get(op));
  }

  /** What a call starts, and the bodies that it runs for that; undefined where it starts nothing. */
  startedBy(call: Call): { readonly started: Demand; readonly runs: readonly Run[] } | undefined {
    for (const [op, step] of this.steps) if (op.kind === 'call' && op.call === call) return isStarting(step) ? { started: step.started, runs: this.runsAt(op) } : undefined;
    return undefined;
  }

  /** The bodies with the channel in reach that a call runs in place. */
  runsBy(call: Call): readonly Run[] {
    for (const [op, runs] of this.runs) if (op.kind === 'call' && op.call === call) return runs.filter(({ started }) => !started);
    return [];
  }

  /** What a call has begun when it returns. */
  begunBy(call: Call): Count {
    for (const [op, step] of this.steps) if (op.kind === 'call' && op.call === call) return { ...START, started: step.started, supply: step.supply };
    return START;
  }

  /** What functions that were deferred before `start` will do: they see the variable as it is in the end. */
  deferredBefore(start: number): Supply {
    const earlier = [...this.steps].flatMap(([op, step]) => (op.kind === 'defer' && op.stmt.start < start ? [step] : []));
    return earlier.reduce((count, step) => sum(count, step), NO_STEP).supply;
  }

  traffic(): Traffic {
    if (this.escapes || (this.isReturned && !this.names.isFollowed)) return { ...UNSEEN, does: this.does, startedDoes: this.startedDoes, endlessDoes: this.endlessDoes, waits: this.waits };
    let own = this.rescue;
    let started = NO_DEMAND;
    let supply: Supply | undefined;
    const walk = this.walk();
    search({ block: this.body.graph.entry, index: 0 }, START, {
      ...walk,
      op: (op, count) => {
        const next = walk.op(op, count);
        if (next !== undefined && next !== 'arrive') {
          own = most(own, next.own);
          started = most(started, beyond(next.started, next.supply));
        }
        return next;
      },
      returns: (_, count) => {
        supply = supply ? least(supply, count.supply) : count.supply;
        return false;
      },
    });
    // A body that never ends goes on doing what it does.
    return { escapes: false, does: this.does, startedDoes: this.startedDoes, endlessDoes: supply ? this.endlessDoes : this.does, drains: this.drains.size > 0, offers: this.offers, waits: this.waits, own, started, supply: supply ?? supplyOf(this.does) };
  }

  /** Counts along the ways of the body. */
  walk(): Walk<Count> {
    const { body, pass, names } = this;
    const counters = countersOf(body, op => (this.steps.get(op)?.supply.receives ?? 0) > 0);
    const loops = new CountedLoops(body, MANY, op => (this.steps.get(op) ?? NO_STEP) !== NO_STEP);
    return {
      key: ({ own, started, supply, oks, laps }) => `${keyOfDemand(own)} ${keyOfDemand(started)} ${supply.sends},${supply.receives},${supply.closes} ${[...oks].map(v => v.ident.start).join()} ${loops.keyOf(laps)}`,
      op: (op, count) => {
        // A failing test is told already.
        if (pass.contracts.endsHere(op, body.env) || failsTest(op, body)) return undefined;
        const step = this.steps.get(op) ?? NO_STEP;
        const ok = okOf(op, names, body);
        if (step === NO_STEP && !ok) return count;
        const next = { ...sum(count, step), oks: ok ? new Set([...count.oks, ok]) : count.oks };
        // Who begins to receive in a loop when others are sending already is there to let them go.
        return this.drains.has(op) && (op.kind === 'defer' || sendsOf(count.started) > 0) ? { ...next, supply: { ...next.supply, receives: MANY } } : next;
      },
      edge: (condition, taken, count) => {
        if (this.isNil(condition) === taken) return undefined;
        // Closed: nobody can send any more, so nobody waits to. Counted to the end: as many as there are.
        return (!taken && isOneOf(condition, count.oks)) || isCountedOut(condition, taken, counters) ? { ...count, supply: { ...count.supply, receives: MANY } } : count;
      },
      between: (from, to, count) => {
        if (isPastTicks(from, to, body)) return undefined;
        const laps = loops.after(from, to, count.laps);
        return laps && { ...this.afterLoops(from, to, count, loops), laps };
      },
      returns: () => false,
    };
  }

  /** A loop that is over has sent or received all there was: how often, both sides have agreed on. */
  private afterLoops(from: Block, to: Block, count: Count, counted: CountedLoops): Count {
    let { supply } = count;
    for (const loop of endedLoops(from, to, this.body.graph)) {
      if (loop.stmt.kind === 'range' && isEnding('close', loop.stmt.x, this.names, this.body.env)) supply = ALL_SUPPLY;
      if (counted.has(loop) || endsOtherwise(loop, op => (this.steps.get(op) ?? NO_STEP) !== NO_STEP)) continue;
      for (const { ops } of loop.blocks) {
        for (const op of ops) {
          const step = this.steps.get(op);
          if (!step || step === NO_STEP) continue;
          supply = { sends: step.supply.sends ? MANY : supply.sends, receives: step.supply.receives ? MANY : supply.receives, closes: supply.closes || step.supply.closes };
        }
      }
    }
    return supply === count.supply ? count : { ...count, supply };
  }

  /** `c == nil` of a channel that was made; whether the condition holds in that case. */
  private isNil(condition: Expr): boolean | undefined {
    const x = unparen(condition);
    if (x.kind !== 'binary' || (x.op !== '==' && x.op !== '!=') || x.y.kind !== 'ident' || x.y.name !== 'nil' || !this.isChannel(x.x)) return undefined;
    return x.op === '==';
  }

  private isChannel(x: Expr): boolean {
    if (relationOf(x, this.names, this.body.env) === 'channel') return true;
    // `<-s.Updates()`, a method that gives the channel of its receiver.
    const call = unparen(x);
    return call.kind === 'call' && (resultsOf(call, this.names, this.body).get(0) ?? []).some(fields => fields.length === 0);
  }

  private stepOf(op: Op): Step {
    switch (op.kind) {
      case 'send':
        return this.isChannel(op.stmt.channel) ? this.communication('send', op, op.stmt) : NO_STEP;
      case 'receive':
        if (isEnding('message', op.channel, this.names, this.body.env)) return { ...NO_STEP, supply: ALL_SUPPLY };
        if (isEnding('turn', op.channel, this.names, this.body.env)) return { ...NO_STEP, supply: { ...NO_SUPPLY, receives: 1 } };
        return this.isChannel(op.channel) ? this.communication('receive', op, op.node) : NO_STEP;
      case 'range':
        return this.isChannel(op.stmt.x) ? this.rangeStep(op, op.stmt) : NO_STEP;
      case 'call':
        if (this.names.endings.length && isEndingAt('wait', awaitedBy(op, this.body), this.names)) return { ...NO_STEP, supply: ALL_SUPPLY };
        return this.callStep(op, op.call, isStoppable(op, this.body) ? 'stoppable' : 'called', op.call);
      case 'go':
      case 'defer': {
        const call = unparen(op.stmt.call);
        if (call.kind !== 'call') return NO_STEP;
        return this.callStep(op, call, op.kind === 'go' ? 'started' : 'deferred', op.stmt);
      }
      case 'assign':
      case 'eval':
        return NO_STEP;
    }
  }

  private rangeStep(op: Op, stmt: Range): Step {
    if (hasOwnEnd(stmt, this.body)) {
      this.note(op, 'receive');
      return { ...NO_STEP, supply: { ...NO_SUPPLY, receives: 1 } };
    }
    return this.communication(repeats(stmt, this.body, this.pass) ? 'range' : 'receive', op, { start: stmt.x.start, end: stmt.x.end });
  }

  private communication(verb: Verb, op: Op, node: Waiting['node']): Step {
    this.note(op, verb);
    const arm = this.arms.get(op);
    const isBlocked = arm ? !answersWithout(arm.select, arm.clause, this.names, this.body, this.pass) : !isWithinLength(op, this.body);
    const isExit = !isBlocked && verb === 'receive' && isOnlyExit(op, x => this.isChannel(x), this.body, this.pass);
    const waits = isBlocked || isExit;
    this.offers ||= verb === 'send' && !waits;
    if (waits) this.waits.push({ verb, node, body: this.body, isExit, starts: [] });
    const supply = { ...NO_SUPPLY, sends: verb === 'send' ? 1 : 0, receives: verb === 'send' ? 0 : 1 };
    const onceMore = verb === 'send' && waits && isOnlyOnce(op, this.body);
    return { own: waits ? { sends: verb === 'send' && !onceMore ? 1 : 0, onceMore, receives: verb === 'receive' ? 1 : 0, ranges: verb === 'range' } : NO_DEMAND, started: NO_DEMAND, supply };
  }

  private note(op: Op, ...verbs: readonly (Verb | 'close')[]): void {
    for (const verb of verbs) this.does.add(verb);
    this.doneAt.set(op, new Set([...this.doneAt.get(op) ?? [], ...verbs]));
  }

  private callStep(op: Op, call: Call, how: How, node: Waiting['node']): Step {
    const callee = calleeOf(call, this.body.env);
    if (callee.kind === 'builtin' && callee.name === 'close' && call.args[0] && this.isChannel(call.args[0])) {
      this.note(op, 'close');
      return { ...NO_STEP, supply: { ...NO_SUPPLY, closes: true } };
    }
    const runs = runsOf(call, this.names, how === 'started', this.body, this.pass);
    if (runs === 'unseen') {
      this.escapes = true;
      return NO_STEP;
    }
    this.runs.set(op, runs);
    if (op.kind === 'go' && runs.some(run => receivesInRounds(run, this.pass, this.depth - 1))) this.drains.add(op);
    const step = runs.reduce((sofar, run) => sum(sofar, this.runStep(op, run, how, node)), NO_STEP);
    if (step.own.sends === 0 || !isDoneOnce(call, this.names, this.body)) return step;
    return { ...step, own: { ...step.own, sends: 0, onceMore: true } };
  }

  private runStep(op: Op, { body, names, started, repeated }: Run, how: How, node: Waiting['node']): Step {
    const once = trafficOf(body, names, this.pass, this.depth - 1);
    const traffic = repeated ? { ...once, own: often(once.own), started: often(once.started), supply: manyOf(once.supply) } : once;
    this.escapes ||= traffic.escapes;
    this.offers ||= traffic.offers;
    if (traffic.drains) this.drains.add(op);
    this.note(op, ...traffic.does);
    for (const verb of started ? traffic.does : traffic.startedDoes) this.startedDoes.add(verb);
    for (const verb of traffic.endlessDoes) this.endlessDoes.add(verb);
    for (const wait of traffic.waits) this.waits.push(started ? { ...wait, starts: [{ node, body: this.body }, ...wait.starts] } : wait);
    const { own } = traffic;
    // What is deferred under a condition (`if err != nil`) meets just that condition when it runs; another package knows what it does.
    const isTrusted = (how === 'deferred' && body.node.kind === 'funclit') || body.info.pkg !== this.body.info.pkg;
    // `if !c.closed { close(c.done) }`: a method that closes knows whether it has done so already.
    const closes = traffic.supply.closes || (!started && traffic.does.has('close') && body.node.kind === 'func' && body.node.receiver !== undefined);
    const supply = isTrusted ? supplyOf(traffic.does) : { ...traffic.supply, closes };
    if (how === 'stoppable') return { ...NO_STEP, supply };
    if (how === 'deferred' && sendsOnlyInPanic(body)) {
      this.rescue = both(this.rescue, own);
      return { own: NO_DEMAND, started: traffic.started, supply };
    }
    return started ? { own: NO_DEMAND, started: both(own, traffic.started), supply } : { own, started: traffic.started, supply };
  }

  /** The operation puts the channel where it is out of sight. Arguments are looked at with their calls. */
  private letsGo(op: Op): boolean {
    const goes = (x: Expr) => carries(x, this.names, this.body);
    if (op.kind === 'send') return goes(op.stmt.value);
    if (op.kind !== 'assign') return false;
    // `waiting[c] = true`: who knows the map knows the channel.
    if (op.lhs.some(target => target.kind === 'index' && target.indices.some(goes))) return true;
    const [first] = op.rhs;
    const call = first && op.lhs.length > op.rhs.length ? unparen(first) : undefined;
    if (call?.kind === 'call') return [...resultsOf(call, this.names, this.body).keys()].some(i => !this.isFollowed(op.lhs[i], call));
    return op.rhs.some((value, i) => goes(value) && !this.isFollowed(op.lhs.length === op.rhs.length ? op.lhs[i] : undefined, value));
  }

  /** A variable of this body, or of one in which the channel has a name. */
  private isOwn(target: Expr): boolean {
    const root = rootOf(target);
    return root.kind !== 'ident' || root.entity?.kind !== 'var' || [this.body.node, ...this.names.places.map(({ root: named }) => (typeof named === 'object' ? named.owner : undefined))].includes(root.entity.owner);
  }

  /** Another name that is given once, a field of a local value, a function that is only called. */
  private isFollowed(target: Expr | undefined, value: Expr): boolean {
    if (!target) return false;
    if (target.kind === 'ident' && target.name === '_') return true;
    // `f := p.run; go f()`: where it goes, its calls say.
    const isFunction = unparen(value).kind === 'funclit' || isMethodOfHolder(unparen(value), this.names, this.body.env);
    if (isFunction) return target.kind === 'ident' && target.entity?.kind === 'var' && isOnlyCalled(target.entity, this.body);
    // What holds it now is one of its names, or another name of something that holds it; of a function around, somebody else sees it.
    return relationOf(target, this.names, this.body.env) !== undefined && this.isOwn(target);
  }
}

/** `for { select { case <-c: case <-ctx.Done(): return } }`. */
function receivesInRounds({ body, names }: Run, pass: Pass, depth: number): boolean {
  // A method that serves is there for more than that.
  if (depth === 0 || body.node.kind !== 'funclit' || !body.graph.loops.size) return false;
  const reading = new Reading(body, withNames(names, body), pass, depth);
  if (reading.does.has('send')) return false;
  return operations(body.graph).some(({ op }) => op.kind === 'receive' && reading.doesAt(op, 'receive') && [...body.graph.loops.keys()].some(({ start, end }) => start <= op.node.start && op.node.end <= end));
}

export const START: Count = { own: NO_DEMAND, started: NO_DEMAND, supply: NO_SUPPLY, oks: new Set(), laps: NO_LAPS };

/** All that is done anywhere, as often as it is wanted. */
function supplyOf(does: ReadonlySet<Verb | 'close'>): Supply {
  return { sends: does.has('send') ? MANY : 0, receives: does.has('receive') || does.has('range') ? MANY : 0, closes: does.has('close') };
}

function isStarting(step: Step | undefined): boolean {
  return step !== undefined && keyOfDemand(step.started) !== keyOfDemand(NO_DEMAND);
}

function sum<T extends Step>(a: T, b: Step): T {
  return { ...a, own: both(a.own, b.own), started: both(a.started, b.started), supply: { sends: plus(a.supply.sends, b.supply.sends), receives: plus(a.supply.receives, b.supply.receives), closes: a.supply.closes || b.supply.closes } };
}

/** The cases of the selects of a graph, by the communication that each begins with. */
export function armsOf(graph: FlowGraph): Map<Op, { select: Select; clause: CommClause }> {
  const arms = new Map<Op, { select: Select; clause: CommClause }>();
  for (const { end } of graph.blocks) {
    if (end.kind !== 'select') continue;
    for (const { clause, to } of end.arms) {
      const first = to.ops[0];
      if (first && clause.comm) arms.set(first, { select: end.stmt, clause });
    }
  }
  return arms;
}

/** `timer := time.AfterFunc(d, f)`. */
function isStoppable(op: Op & { kind: 'call' }, { env }: Body): boolean {
  return !op.discarded && calleeName(calleeOf(op.call, env)) === 'time.AfterFunc';
}

/** `s` of `s.pool.c`. */
function rootOf(x: Expr): Expr {
  const inner = unparen(x);
  return inner.kind === 'selector' || inner.kind === 'star' || inner.kind === 'unary' ? rootOf(inner.x) : inner;
}

/** `ok` of `v, ok := <-c`. */
function okOf(op: Op, names: Names, { env }: Body): Variable | undefined {
  if (op.kind !== 'assign' || op.lhs.length !== 2 || op.rhs.length !== 1) return undefined;
  const [value] = op.rhs;
  const [, ok] = op.lhs;
  const x = value && unparen(value);
  if (x?.kind !== 'unary' || x.op !== '<-' || (relationOf(x.x, names, env) !== 'channel' && !isEnding('close', x.x, names, env))) return undefined;
  return ok?.kind === 'ident' && ok.entity?.kind === 'var' ? ok.entity : undefined;
}

function isOneOf(condition: Expr, variables: ReadonlySet<Variable>): boolean {
  const x = unparen(condition);
  return x.kind === 'ident' && x.entity?.kind === 'var' && variables.has(x.entity);
}

/** A variable that holds a function and is mentioned only to call, defer or start it, or to have that done: `wg.Go(worker)`. */
function isOnlyCalled(variable: Variable, { info, env }: Body): boolean {
  const block = info.body();
  let mentions = 0;
  let calls = 0;
  walkStmts(block?.stmts ?? [], {
    expr: x => {
      if (x.kind === 'ident' && x.entity === variable && x !== variable.ident) mentions++;
      if (x.kind !== 'call') return;
      if (x.fun.kind === 'ident' && x.fun.entity === variable) calls++;
      else if (x.args.some(arg => variableIn(unparen(arg)) === variable) && runnerOf(calleeName(calleeOf(x, env)) ?? '')) calls++;
    },
  });
  return variable.assigned.length === 0 && calls === mentions;
}

/** `for v := range c { return v }` receives once. */
export function repeats(stmt: Range, { graph, env }: Body, pass: Pass): boolean {
  const head = graph.loops.get(stmt)?.head;
  return head !== undefined && reachableFrom(head, block => pass.contracts.next(block, env)).has(head);
}
