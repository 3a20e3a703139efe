/** Goroutines that end on some way without the `Done` that they call on the others. */
import type { Block, End, Op } from '../../flow/graph.ts';
import { type Arrival, operations, reachableFrom, search, type Turn } from '../../flow/search.ts';
import { calleeName, calleeOf } from '../../program/callee.ts';
import { targetsOf } from '../../program/implementations.ts';
import { type Call, type Expr, unparen } from '../../syntax/ast.ts';
import { walkExpr, walkStmts } from '../../syntax/walk.ts';
import { type Body, paramsOf } from '../bodies.ts';
import { type Goroutine, goroutinesRunning, runBy } from '../goroutines/goroutines.ts';
import type { Pass } from '../pass.ts';
import { type Facts, noFacts } from '../paths/facts.ts';
import { canonicalPlace, familyOfVariable, holds } from '../places/canonical.ts';
import { nextWithTicks } from '../timers/tickchannels.ts';
import { addsItself, doneBy, mayCountDownAt } from './countdown.ts';
import { type GroupCall, groupCallOf, groupFamily } from './groups.ts';
import type { Spot } from './missingdones.ts';

export interface SkippedDone {
  readonly goroutine: Goroutine;
  readonly add: Call;
  readonly body: Body;
  /** The `Done` that is reached on other ways. */
  readonly done: Call;
  readonly group: Expr;
  /** `panics`: where something before it panics, which the goroutine survives. */
  readonly why: 'leaves' | 'panics';
  readonly turns: readonly Turn[];
  /** Where the goroutine ends, or what recovers. */
  readonly leave: Spot['node'];
}

export function* skippedDones(pass: Pass): Generator<SkippedDone> {
  for (const goroutine of goroutinesRunning(/\.Done\(\)/, pass)) {
    if (goroutine.stmt.kind !== 'go' || !goroutine.body) continue;
    const seen = new Set<string>();
    for (const { body, via } of runBy(goroutine.body, pass)) {
      // What a callee returns may say that its caller has to do it.
      if (!/\.Done\(\)/.test(body.info.bodyText) || via.some(call => !isStatement(call, body))) continue;
      for (const { op, after } of operations(body.graph)) {
        const own = doneBy(op, body);
        if (!own || seen.has(own.family)) continue;
        seen.add(own.family);
        if (isRepeated(after.block, body, pass) || isAskedFor(own.call, body) || addsItself(own.family, body) || isPassedOn(own.family, body, pass)) continue;
        const add = addFor(goroutine, own.family, body, via);
        if (!add) continue;
        const found = { goroutine, add, body, done: own.call, group: own.group };
        const way = wayAround(own, body, pass);
        const recovery = way || op.kind === 'defer' ? undefined : recoveryBefore(op, own.family, body, pass);
        if (way) yield { ...found, why: 'leaves', turns: way.turns, leave: leaveOf(way, body) };
        else if (recovery) yield { ...found, why: 'panics', turns: [], leave: recovery };
      }
    }
  }
}

function isStatement(call: Call, body: Body): boolean {
  return operations(body.graph).some(({ op }) => op.kind === 'call' && op.call === call && op.discarded);
}

/** `Done` once for each message, not once for the goroutine. */
function isRepeated(block: Block, body: Body, pass: Pass): boolean {
  return reachableFrom(block, b => pass.contracts.next(b, body.env)).has(block);
}

/** A relay: the goroutine starts the next one, and the last of them calls `Done`. */
function isPassedOn(family: string, body: Body, pass: Pass): boolean {
  return operations(body.graph).some(({ op }) => op.kind === 'go' && mayCountDownAt(op, family, body, pass));
}

/** `if first { ready.Done() }`: whoever starts it knows whether it will be called. */
function isAskedFor(done: Call, body: Body): boolean {
  let found = false;
  walkStmts(body.block.stmts, {
    stmt: stmt => {
      if (stmt.kind !== 'if' || stmt.start > done.start || stmt.end < done.end) return;
      if (stmt.then.start <= done.start && done.end <= stmt.then.end) found ||= !dependsOnOwn(stmt.cond, body);
    },
  });
  return found;
}

/** A condition on something that the function itself has found out. */
function dependsOnOwn(condition: Expr, body: Body): boolean {
  let found = false;
  walkExpr(condition, {
    expr: x => void (found ||= x.kind === 'call' || (x.kind === 'ident' && x.entity?.kind === 'var' && x.entity.role === 'local' && x.entity.owner === body.node)),
  });
  return found;
}

// ------------------------------------------------------------------------------------------------- who counted it

/** The `Add` for this goroutine in the function that starts it; undefined when it is made under a condition of its own. */
function addFor({ parent, call, stmt }: Goroutine, family: string, body: Body, via: readonly Call[]): Call | undefined {
  const name = via.length ? family : familyAtStart(call, family, body, parent);
  let found: Call | undefined;
  walkStmts(parent.block.stmts, {
    stmt: s => s.kind !== 'if' || !isGuarded(s, stmt),
    expr: x => {
      const own = x.kind === 'call' ? groupCallOf(x, parent.env) : undefined;
      if (x.kind === 'call' && own?.does === 'add' && own.family === name && x.end <= stmt.start) found = x;
      return x.kind !== 'funclit';
    },
  });
  return found;
}

/** `if counted { wg.Add(1) }` around the `Add` and not around the `go`. */
function isGuarded(branch: { readonly start: number; readonly end: number }, start: { readonly start: number }): boolean {
  return !(branch.start <= start.start && start.start < branch.end);
}

/** What the parent calls the group that the goroutine knows as `family`. */
function familyAtStart(call: Call, family: string, body: Body, parent: Body): string {
  const index = paramsOf(body.node).findIndex(({ name }) => name && familyOfVariable(name.start, body.env) === family);
  const arg = index >= 0 ? call.args[index] : undefined;
  return (arg && groupFamily(arg, parent.env)) ?? family;
}

// ------------------------------------------------------------------------------------------------- ways around it

interface State {
  readonly facts: Facts;
}

function wayAround({ family, group }: GroupCall, body: Body, pass: Pass): Arrival<State> | undefined {
  const { entry } = body.graph;
  const live = [entry, ...reachableFrom(entry, block => nextWithTicks(block, body, pass))];
  const [ops, ends] = [new Set(live.flatMap(block => block.ops)), new Set<End>(live.map(block => block.end))];
  return search<State>({ block: entry, index: 0 }, { facts: noFacts }, {
    key: ({ facts }) => facts.key,
    op: (op, { facts }) => {
      if (!ops.has(op)) return undefined;
      if (op.kind === 'call' && endsGoroutine(op.call, body)) return 'arrive';
      if (pass.contracts.endsHere(op, body.env) || mayCountDownAt(op, family, body, pass) || givesHolder(op, group, body)) return undefined;
      return { facts: facts.after(op, body) };
    },
    edge: (condition, taken, state) => {
      if (isNilTest(condition, family, body)) return undefined;
      const facts = state.facts.with(condition, taken, body);
      return facts && { facts };
    },
    returns: end => ends.has(end),
  });
}

/** After these the process goes on without the goroutine. */
const ENDS_GOROUTINE = /^(?:runtime\.Goexit|\(\*?testing\.(?:common|TB|T|B|F)\)\.(?:Fatalf?|FailNow|Skipf?|SkipNow))$/;

function endsGoroutine(call: Call, body: Body): boolean {
  return ENDS_GOROUTINE.test(calleeName(calleeOf(call, body.env)) ?? '');
}

/** `if wg != nil`. */
function isNilTest(condition: Expr, family: string, { env }: Body): boolean {
  const x = unparen(condition);
  return x.kind === 'binary' && (groupFamily(x.x, env) === family || groupFamily(x.y, env) === family);
}

/** The deferred `recover` of a goroutine that calls something else before the `Done`, which it does not defer. */
function recoveryBefore(done: Op, family: string, body: Body, pass: Pass): Spot['node'] | undefined {
  const ops = operations(body.graph).map(({ op }) => op);
  const index = ops.findIndex(op => op.kind === 'defer' && recovers(op.stmt.call, body));
  const recovery = ops[index];
  if (recovery?.kind !== 'defer' || ops.some(op => op.kind === 'defer' && mayCountDownAt(op, family, body, pass))) return undefined;
  const between = ops.slice(index + 1, ops.indexOf(done));
  return between.some(op => op.kind === 'call' && mayPanic(op.call, body)) ? { start: recovery.stmt.start, end: recovery.stmt.start + 5 } : undefined;
}

function recovers(x: Expr, { env }: Body): boolean {
  const call = unparen(x);
  const fun = call.kind === 'call' ? unparen(call.fun) : undefined;
  let found = false;
  if (fun?.kind === 'funclit') {
    walkStmts(fun.body.stmts, {
      expr: inner => {
        const callee = inner.kind === 'call' ? calleeOf(inner, env) : undefined;
        found ||= callee?.kind === 'builtin' && callee.name === 'recover';
      },
    });
  }
  return found;
}

/** Code of the module; of the standard library little panics. */
function mayPanic(call: Call, { env }: Body): boolean {
  const callee = calleeOf(call, env);
  if (callee.kind === 'builtin') return callee.name === 'panic';
  return callee.kind !== 'conversion' && !((callee.kind === 'func' || callee.kind === 'method') && callee.func && !callee.func.pkg.module);
}

/** `queue <- task` gives away what holds the group, and whoever gets it may call `Done`. */
function givesHolder(op: Op, group: Expr, { env }: Body): boolean {
  const place = canonicalPlace(group, env);
  const isHolder = (x: Expr) => {
    const other = place && place.fields.length > 0 ? canonicalPlace(x, env) : undefined;
    return other !== undefined && place !== undefined && other.fields.length < place.fields.length && holds(other, place);
  };
  switch (op.kind) {
    case 'send':
      return isHolder(op.stmt.value);
    case 'assign':
      return op.rhs.some(isHolder) && op.lhs.some(x => x.kind !== 'ident');
    case 'call':
      return op.call.args.some(isHolder) && targetsOf(calleeOf(op.call, env), env).length === 0;
    case 'go':
    case 'defer':
    case 'receive':
    case 'range':
    case 'eval':
      return false;
  }
}

function leaveOf({ at }: Arrival<State>, body: Body): Spot['node'] {
  if (at.kind === 'op') return at.op.kind === 'call' ? at.op.call : body.block;
  return at.stmt ?? endOf(at.end);
}

/** The closing brace of the function. */
function endOf({ body }: End & { kind: 'return' }): Spot['node'] {
  return { start: body.end - 1, end: body.end };
}
