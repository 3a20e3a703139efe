/**
 * What conditions a way has been through say: what was true stays true until something is assigned to what it read, so
 * `if own { f, err = os.Open(p) } … if own { f.Close() }` is one way and not four.
 */
import type { Op } from '../flow/graph.ts';
import { operations, search } from '../flow/search.ts';
import { type Expr, unparen } from '../syntax/ast.ts';
import type { Body } from './bodies.ts';
import type { Pass } from './pass.ts';
import { type Place, placeOf } from './places.ts';
import { fieldsAssignedIn, pureOf } from './pure.ts';

/** The subject is, or is not, equal to a value: `mode` and `"a"`, `len(list)` and `0`, `a < b` and `true`. */
interface Fact {
  readonly subject: string;
  readonly value: string;
  readonly holds: boolean;
  readonly reads: readonly Place[];
}

/** An immutable set of facts. */
export class Facts {
  /** Equal for equal sets. */
  readonly key: string;

  constructor(private readonly known: ReadonlyMap<string, Fact>) {
    this.key = [...known].map(([text, { holds }]) => `${text}:${holds}`).sort().join();
  }

  /** The facts after a branch; undefined where the branch contradicts them. */
  with(condition: Expr, taken: boolean, body: Body): Facts | undefined {
    const read = readFact(condition, taken, body);
    if (!read) return this;
    const before = this.known.get(nameOf(read));
    if (before) return before.holds === read.holds ? this : undefined;
    if (read.holds && [...this.known.values()].some(known => known.holds && known.subject === read.subject)) return undefined;
    return isAskedAgain(read, body) ? new Facts(new Map([...this.known, [nameOf(read), read]])) : this;
  }

  /** The facts after an operation, which may assign to what they are about: `done = true`. */
  after(op: Op, body: Body): Facts {
    const learnt = op.kind === 'assign' && op.lhs.length === op.rhs.length ? op.lhs.flatMap((x, i) => factOf(x, op.rhs[i], body) ?? []) : [];
    if (this.known.size === 0 && learnt.length === 0) return this;
    const changed = changedBy(op, body);
    const kept = changed.length === 0 ? [...this.known] : [...this.known].filter(([, { reads }]) => !reads.some(place => changed.some(change => change(place))));
    if (kept.length === this.known.size && learnt.length === 0) return this;
    return new Facts(new Map([...kept, ...learnt.map(fact => [nameOf(fact), fact] as const)]));
  }

  /** What both say. */
  and(other: Facts): Facts {
    return new Facts(new Map([...this.known].filter(([name, { holds }]) => other.known.get(name)?.holds === holds)));
  }

  /** Whether the expression is nil here. */
  saysNil(x: Expr, body: Body): boolean {
    const pure = this.known.size ? pureOf(x, body) : undefined;
    return pure !== undefined && this.known.get(`${pure.key} == nil`)?.holds === true;
  }
}

export const noFacts = new Facts(new Map());

function nameOf({ subject, value }: Fact): string {
  return `${subject} == ${value}`;
}

/** Which places an operation may change. */
function changedBy(op: Op, body: Body): ((place: Place) => boolean)[] {
  switch (op.kind) {
    case 'assign':
      return op.lhs.flatMap(assigned);
    case 'range':
      return op.stmt.lhs.flatMap(assigned);
    case 'eval':
      // `n++`; the tag of a `switch` is evaluated, too, and stays what it is.
      return /^\s*(?:\+\+|--)/.test(body.info.file.source.text.slice(op.expr.end, op.expr.end + 4)) ? assigned(op.expr) : [];
    case 'call':
      return [...op.call.args, ...(op.call.fun.kind === 'selector' ? [op.call.fun.x] : [])].flatMap(x => reached(x, body));
    default:
      return [];
  }
}

/** An assignment changes the place itself, what lies behind it and what compares the whole of it. */
function assigned(target: Expr): ((place: Place) => boolean)[] {
  const x = unparen(target);
  const inner = x.kind === 'index' ? x.x : x;
  const place = placeOf(inner);
  if (!place) return [];
  return [({ root, fields }) => root === place.root && fields.every((field, i) => place.fields[i] === undefined || place.fields[i] === field)];
}

/** What a callee gets may have its fields changed, those that the package changes anywhere. */
function reached(arg: Expr, body: Body): ((place: Place) => boolean)[] {
  const given = placeOf(arg);
  if (!given) return [];
  return [({ root, fields }) => root === given.root && fields.length > given.fields.length && given.fields.every((field, i) => fields[i] === field)
    && fields.slice(given.fields.length).some(field => fieldsAssignedIn(body.info.pkg).has(field))];
}

/** What a condition says; `a <= b` is taken for the contrary of `a > b`, `len(x) > 0` for that of `len(x) == 0`. */
function readFact(condition: Expr, taken: boolean, body: Body): Fact | undefined {
  const x = unparen(condition);
  if (x.kind !== 'binary') return factAbout(x, 'true', taken, body);
  if (x.op === '==' || x.op === '!=') {
    const holds = (x.op === '==') === taken;
    if (!taken && isTypeCase(x)) return undefined;
    if (isConstant(x.y, body)) return factAbout(x.x, constantText(x.y), holds, body);
    if (isConstant(x.x, body)) return factAbout(x.y, constantText(x.x), holds, body);
    return factAbout({ ...x, op: '==' }, 'true', holds, body);
  }
  if (x.op === '>' && isLength(x.x) && isZero(x.y)) return factAbout(x.x, '0', !taken, body);
  if (x.op === '<=') return factAbout({ ...x, op: '>' }, 'true', !taken, body);
  if (x.op === '>=') return factAbout({ ...x, op: '<' }, 'true', !taken, body);
  return factAbout(x, 'true', taken, body);
}

/** The case of a type switch stands in the graph as `x != nil`; that it does not fit says nothing. */
function isTypeCase({ y, start, end }: Expr & { kind: 'binary' }): boolean {
  return y.kind === 'ident' && y.name === 'nil' && y.start === start && y.end === end;
}

/** What an assignment of a constant to a flag says. */
function factOf(target: Expr, value: Expr | undefined, body: Body): Fact | undefined {
  const constant = value && unparen(value);
  if (constant?.kind !== 'ident' || constant.entity) return undefined;
  if (constant.name === 'true' || constant.name === 'false') return factAbout(target, 'true', constant.name === 'true', body);
  return constant.name === 'nil' ? factAbout(target, 'nil', true, body) : undefined;
}

function factAbout(x: Expr, value: string, holds: boolean, body: Body): Fact | undefined {
  const pure = pureOf(x, body);
  return pure && pure.reads.length > 0 ? { subject: pure.key, value, holds, reads: pure.reads } : undefined;
}

const asked = new WeakMap<object, ReadonlySet<string>>();

/** Facts cost ways: only what another branch asks for as well, or what is given a constant somewhere, is remembered. */
function isAskedAgain({ subject }: Fact, body: Body): boolean {
  let known = asked.get(body.graph);
  if (!known) asked.set(body.graph, (known = subjectsOf(body)));
  return known.has(subject);
}

function subjectsOf(body: Body): ReadonlySet<string> {
  const once = new Set<string>();
  const again = new Set<string>();
  const add = (fact: Fact | undefined) => fact && (once.has(fact.subject) ? again : once).add(fact.subject);
  for (const { end } of body.graph.blocks) if (end.kind === 'branch' && end.condition) add(readFact(end.condition, true, body));
  for (const { op } of operations(body.graph)) if (op.kind === 'assign') op.lhs.forEach((x, i) => add(factOf(x, op.rhs[i], body)));
  return again;
}

/** More ways than these to one call are not told apart. */
const MOST_STATES = 2_000;

/** What every way from the start of the function to an operation says. */
export function factsBefore(at: Op, body: Body, pass: Pass): Facts {
  let common: Facts | undefined;
  let states = 0;
  search<Facts>({ block: body.graph.entry, index: 0 }, noFacts, {
    key: facts => {
      states++;
      return facts.key;
    },
    op: (op, facts) => {
      if (states > MOST_STATES || pass.contracts.endsHere(op, body.env)) return undefined;
      if (op === at) common = common ? common.and(facts) : facts;
      return facts.after(op, body);
    },
    edge: (condition, taken, facts) => facts.with(condition, taken, body),
    returns: () => false,
  });
  return states > MOST_STATES ? noFacts : common ?? noFacts;
}

function isConstant(x: Expr, { env: { file } }: Body): boolean {
  const inner = unparen(x);
  if (inner.kind !== 'ident') return inner.kind === 'literal';
  return inner.entity ? inner.entity.kind === 'const' : /^(?:nil|true|false)$/.test(inner.name) || file.pkg.lookup(inner.name, file)?.kind === 'const';
}

function isLength(x: Expr): boolean {
  const inner = unparen(x);
  return inner.kind === 'call' && inner.fun.kind === 'ident' && inner.fun.name === 'len';
}

function isZero(x: Expr): boolean {
  return x.kind === 'literal' && x.text === '0';
}

function constantText(x: Expr): string {
  const inner = unparen(x);
  return inner.kind === 'literal' ? inner.text : inner.kind === 'ident' ? inner.name : '';
}
