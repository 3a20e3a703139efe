/** Statements of a scenario. */
import { typeOf } from '../../program/infer.ts';
import { typeAt, underlying } from '../../program/resolve.ts';
import { atLeast } from '../../source/goversion.ts';
import { type Assign, type Block, type Call, type CommClause, type Expr, type For, type IncDec, type Range, type Select, type Stmt, type Switch, type TypeSwitch, unparen, type ValueSpec } from '../../syntax/ast.ts';
import { prepare } from './calls.ts';
import { channelOf, combined, given, hasType, receive, truth, withOk } from './evaluate.ts';
import { type Frame, type Run, spotIn } from './frame.ts';
import { type Case, copied, isObject, isUnknown, newUnknown, NotClosed, type Outcome, partOf, type Steps, strip, Unwind, type Value } from './values.ts';
import { zeroOf } from './zero.ts';

/** How a statement ends where not at its end. */
type Flow =
  | { readonly kind: 'break' | 'continue' | 'fallthrough'; readonly label: string | undefined }
  | { readonly kind: 'return'; readonly value: Value };

type Result = Flow | undefined;

/** Runs the body of a function and what it has deferred. */
export function* runBody(block: Block, frame: Frame, run: Run): Steps<Value> {
  let value: Value = null;
  try {
    const flow = yield* stmts(block.stmts, frame, run);
    if (flow?.kind === 'return') value = flow.value;
  } catch (error) {
    if (!(error instanceof Unwind)) throw error;
    frame.panicking = error;
  }
  for (let last = frame.defers.pop(); last; last = frame.defers.pop()) {
    try {
      yield* run.apply(last.func, last.args, last.spot, frame);
    } catch (error) {
      if (!(error instanceof Unwind)) throw error;
      frame.panicking = error;
    }
  }
  if (frame.panicking) throw frame.panicking;
  return namedResults(frame) ?? value;
}

/** Deferred functions may have changed them. */
function namedResults({ node, cells }: Frame): Value | undefined {
  const names = node.type.results.flatMap(field => field.names);
  if (names.length === 0) return undefined;
  const values = names.map(name => cells.get(name)?.v ?? null);
  return values.length === 1 ? values[0] ?? null : { k: 'tuple', values };
}

function* stmts(list: readonly Stmt[], frame: Frame, run: Run): Steps<Result> {
  for (const stmt of list) {
    const flow = yield* execute(stmt, frame, run, undefined);
    if (flow) return flow;
  }
  return undefined;
}

function* execute(stmt: Stmt, frame: Frame, run: Run, label: string | undefined): Steps<Result> {
  run.machine.count();
  switch (stmt.kind) {
    case 'empty':
      return undefined;
    case 'block':
      return yield* stmts(stmt.stmts, frame, run);
    case 'labeled':
      return yield* execute(stmt.stmt, frame, run, stmt.label);
    case 'expr':
      yield* run.evaluate(stmt.x, frame);
      return undefined;
    case 'send': {
      const channel = channelOf(yield* run.evaluate(stmt.channel, frame));
      const value = copied(yield* run.evaluate(stmt.value, frame));
      yield { kind: 'channel', how: 'send', cases: [{ channel, does: 'send', value, node: stmt }], hasDefault: false, spot: spotIn(frame, stmt) };
      return undefined;
    }
    case 'incdec':
    case 'assign':
      yield* stmt.kind === 'assign' ? assign(stmt, frame, run) : step(stmt, frame, run);
      return undefined;
    case 'go':
    case 'defer': {
      const call = unparen(stmt.call);
      if (call.kind !== 'call') throw new NotClosed('no call');
      yield* later(stmt.kind, call, stmt, frame, run);
      return undefined;
    }
    case 'return':
      return { kind: 'return', value: yield* returned(stmt.results, frame, run) };
    case 'branch':
      if (stmt.token === 'goto') throw new NotClosed('goto');
      return { kind: stmt.token, label: stmt.label };
    case 'if': {
      if (stmt.init) yield* execute(stmt.init, frame, run, undefined);
      const holds = truth(yield* run.evaluate(stmt.cond, frame), run);
      const next = holds ? stmt.then : stmt.else;
      return next ? yield* execute(next, frame, run, undefined) : undefined;
    }
    case 'switch':
      return ended(yield* switched(stmt, frame, run), label);
    case 'typeswitch':
      return ended(yield* typeSwitched(stmt, frame, run), label);
    case 'select':
      return ended(yield* selected(stmt, frame, run), label);
    case 'for':
      return yield* loop(stmt, label, frame, run);
    case 'range':
      return yield* range(stmt, label, frame, run);
    case 'decl':
      if (stmt.decl.kind === 'var') for (const spec of stmt.decl.specs) yield* declare(spec, frame, run);
      return undefined;
    case 'bad':
      throw new NotClosed('a statement that is not understood');
  }
}

/** A `break` out of a switch or select ends there. */
function ended(flow: Result, label: string | undefined): Result {
  return flow?.kind === 'break' && (flow.label === undefined || flow.label === label) ? undefined : flow;
}

function* later(kind: 'go' | 'defer', call: Call, stmt: Stmt, frame: Frame, run: Run): Steps<void> {
  const { func, args } = yield* prepare(call, frame, run);
  const spot = spotIn(frame, kind === 'go' ? stmt : call);
  if (kind === 'defer') frame.defers.push({ func, args, spot });
  else run.machine.start(run.apply(func, args, spot), spot, [func, ...args]);
}

function* returned(results: readonly Expr[], frame: Frame, run: Run): Steps<Value> {
  const values: Value[] = [];
  for (const x of results) values.push(copied(yield* run.evaluate(x, frame)));
  const [only] = values;
  const value: Value = values.length === 1 ? only ?? null : { k: 'tuple', values };
  const names = frame.node.type.results.flatMap(field => field.names);
  if (results.length > 0) names.forEach((name, i) => frame.cells.set(name, { v: partAt(value, i, names.length) }));
  return value;
}

function partAt(value: Value, index: number, count: number): Value {
  if (count === 1) return value;
  if (isObject(value) && value.k === 'tuple') return value.values[index] ?? null;
  if (isUnknown(value)) return partOf(value, String(index));
  throw new NotClosed('several values of one');
}

function* assign({ lhs, op, rhs }: Assign, frame: Frame, run: Run): Steps<void> {
  if (op !== '=' && op !== ':=') {
    const [x] = lhs;
    const [y] = rhs;
    if (!x || !y) return;
    const cell = yield* run.cellOf(x, frame);
    cell.v = combined(op.slice(0, -1), strip(cell.v), strip(yield* run.evaluate(y, frame)), run);
    return;
  }
  const values: Value[] = [];
  const [only] = rhs;
  if (rhs.length === lhs.length) for (const x of rhs) values.push(copied(yield* run.evaluate(x, frame)));
  else if (only) {
    const all = yield* withOk(only, frame, run);
    lhs.forEach((_, i) => values.push(partAt(all, i, lhs.length)));
  }
  for (const [i, x] of lhs.entries()) yield* put(x, values[i] ?? null, op === ':=', frame, run);
}

function* put(x: Expr, value: Value, isNew: boolean, frame: Frame, run: Run): Steps<void> {
  // `:=` also assigns to what is declared already.
  if (isNew && x.kind === 'ident' && x.entity?.kind === 'var' && x.entity.ident === x) frame.cells.set(x, { v: value });
  else (yield* run.cellOf(x, frame)).v = value;
}

function* step({ x, end }: IncDec, frame: Frame, run: Run): Steps<void> {
  const cell = yield* run.cellOf(x, frame);
  const by = frame.info.file.source.text[end - 1] === '-' ? -1 : 1;
  cell.v = typeof cell.v === 'number' ? cell.v + by : newUnknown();
}

function* declare({ names, type, values }: ValueSpec, frame: Frame, run: Run): Steps<void> {
  const [only] = values;
  const all: Value[] = [];
  if (values.length === names.length) for (const x of values) all.push(copied(yield* run.evaluate(x, frame)));
  else if (only) {
    const value = yield* withOk(only, frame, run);
    names.forEach((_, i) => all.push(partAt(value, i, names.length)));
  }
  names.forEach((name, i) => frame.cells.set(name, { v: all[i] ?? (type ? zeroOf(typeAt(type, frame.env), frame.env.program) : null) }));
}

function* switched({ init, tag, clauses }: Switch, frame: Frame, run: Run): Steps<Result> {
  if (init) yield* execute(init, frame, run, undefined);
  const value = tag ? strip(yield* run.evaluate(tag, frame)) : true;
  let chosen = -1;
  for (const [i, { exprs }] of clauses.entries()) {
    for (const x of exprs) {
      const of = yield* run.evaluate(x, frame);
      if (chosen < 0 && (tag ? truth(combined('==', value, strip(of), run), run) : truth(of, run))) chosen = i;
    }
    if (chosen >= 0) break;
  }
  if (chosen < 0) chosen = clauses.findIndex(({ isDefault }) => isDefault);
  for (let i = chosen; i >= 0 && i < clauses.length; i++) {
    const flow = yield* stmts(clauses[i]?.body ?? [], frame, run);
    if (flow?.kind !== 'fallthrough') return flow;
  }
  return undefined;
}

function* typeSwitched({ init, bind, x, clauses }: TypeSwitch, frame: Frame, run: Run): Steps<Result> {
  if (init) yield* execute(init, frame, run, undefined);
  const inner = unparen(x);
  const value = yield* run.evaluate(inner.kind === 'assert' ? inner.x : inner, frame);
  const fits = (type: Expr) => (type.kind === 'ident' && type.name === 'nil' ? value === null : hasType(value, typeAt(type, frame.env), run, frame));
  const chosen = clauses.find(({ exprs }) => exprs.some(fits)) ?? clauses.find(({ isDefault }) => isDefault);
  if (bind) frame.cells.set(bind, { v: value });
  return chosen ? yield* stmts(chosen.body, frame, run) : undefined;
}

function* selected(stmt: Select, frame: Frame, run: Run): Steps<Result> {
  const cases: Case[] = [];
  const clauses: CommClause[] = [];
  for (const clause of stmt.clauses) {
    if (!clause.comm) continue;
    clauses.push(clause);
    cases.push(yield* caseOf(clause.comm, frame, run));
  }
  const other = stmt.clauses.find(({ comm }) => !comm);
  const outcome = yield { kind: 'channel', how: 'select', cases, hasDefault: other !== undefined, spot: spotIn(frame, { start: stmt.start, end: stmt.start + 'select'.length }) };
  const chosen = outcome.index < 0 ? other : clauses[outcome.index];
  if (chosen?.comm) yield* take(chosen.comm, outcome, frame, run);
  return chosen ? yield* stmts(chosen.body, frame, run) : undefined;
}

function* caseOf(comm: Stmt, frame: Frame, run: Run): Steps<Case> {
  if (comm.kind === 'send') {
    const channel = channelOf(yield* run.evaluate(comm.channel, frame));
    return { channel, does: 'send', value: copied(yield* run.evaluate(comm.value, frame)), node: comm };
  }
  const x = received(comm);
  if (!x) throw new NotClosed('a case that is not understood');
  return { channel: channelOf(yield* run.evaluate(x, frame)), does: 'receive', node: comm };
}

/** The channel of `<-ch` and `v := <-ch`. */
function received(comm: Stmt): Expr | undefined {
  const x = comm.kind === 'expr' ? unparen(comm.x) : comm.kind === 'assign' && comm.rhs[0] ? unparen(comm.rhs[0]) : undefined;
  return x?.kind === 'unary' && x.op === '<-' ? x.x : undefined;
}

function* take(comm: Stmt, outcome: Outcome, frame: Frame, run: Run): Steps<void> {
  const x = received(comm);
  if (comm.kind !== 'assign' || !x) return;
  const [first, second] = comm.lhs;
  if (first) yield* put(first, given(outcome, x, frame), comm.op === ':=', frame, run);
  if (second) yield* put(second, outcome.ok, comm.op === ':=', frame, run);
}

/** Whether the loop is left, and what its end means to those around. */
function leaves(flow: Flow, label: string | undefined): { readonly flow: Result } | undefined {
  const isOwn = flow.kind !== 'return' && (flow.label === undefined || flow.label === label);
  if (isOwn && flow.kind === 'continue') return undefined;
  return { flow: isOwn ? undefined : flow };
}

function* loop({ init, cond, post, body }: For, label: string | undefined, frame: Frame, run: Run): Steps<Result> {
  if (init) yield* execute(init, frame, run, undefined);
  const own = init?.kind === 'assign' && init.op === ':=' ? init.lhs.flatMap(x => (x.kind === 'ident' ? x : [])) : [];
  for (;;) {
    run.machine.count();
    if (cond && !truth(yield* run.evaluate(cond, frame), run)) return undefined;
    const flow = yield* stmts(body.stmts, frame, run);
    const left = flow && leaves(flow, label);
    if (left) return left.flow;
    // Since Go 1.22 each round has variables of its own.
    if (atLeast(run.pass.go, 22)) for (const ident of own) frame.cells.set(ident, { v: frame.cells.get(ident)?.v ?? null });
    if (post) yield* execute(post, frame, run, undefined);
  }
}

function* range(stmt: Range, label: string | undefined, frame: Frame, run: Run): Steps<Result> {
  const over = strip(yield* run.evaluate(stmt.x, frame));
  const isChannel = isObject(over) && over.k === 'chan' || (over === null && underlying(typeOf(stmt.x, frame.env), frame.env.program).kind === 'chan');
  const rounds = isChannel ? undefined : itemsOf(over);
  frame.held.push(over);
  for (let i = 0; ; i++) {
    run.machine.count();
    const item = rounds ? rounds[i] : yield* nextOf(over, stmt, frame);
    if (!item) return undefined;
    const isNew = stmt.define && (i === 0 || atLeast(run.pass.go, 22));
    for (const [j, x] of stmt.lhs.entries()) yield* put(x, copied(item[j] ?? null), isNew, frame, run);
    const flow = yield* stmts(stmt.body.stmts, frame, run);
    const left = flow && leaves(flow, label);
    if (left) return left.flow;
  }
}

function* nextOf(channel: Value, { x }: Range, frame: Frame): Steps<readonly Value[] | undefined> {
  const { value, ok } = yield* receive(channel, x, frame, 'range');
  return ok ? [value] : undefined;
}

/** Of what nobody knows there are two. */
function itemsOf(over: Value): readonly (readonly Value[])[] {
  if (over === null) return [];
  if (typeof over === 'number') return Array.from({ length: Math.min(over, 1000) }, (_, i) => [i]);
  if (isUnknown(over)) return [[0, partOf(over, '0')], [1, partOf(over, '1')]];
  if (isObject(over) && over.k === 'slice') return over.cells.map(({ v }, i) => [i, v]);
  if (isObject(over) && over.k === 'dict') return [...over.cells.values()].map(({ key, cell }) => [key, cell.v]);
  throw new NotClosed('a range over something unknown');
}
