/**
 * What conditions a way has been through say: what was true stays true until something is assigned to what it read, so
 * `if own { f, err = os.Open(p) } … if own { f.Close() }` is one way and not four.
 */
import type { Op } from '../../flow/graph.ts';
import { operations, type Place as At, search } from '../../flow/search.ts';
import { calleeName, calleeOf } from '../../program/callee.ts';
import { type Call, type Expr, unparen } from '../../syntax/ast.ts';
import type { Body } from '../bodies.ts';
import type { Pass } from '../pass.ts';
import { type Place, placeOf } from '../places/places.ts';
import { answerOf, fieldsAssignedIn, looksOnly, pureOf } from './pure.ts';

/**
 * The subject is, or is not, equal to a value: `mode` and `"a"`, `len(list)` and `0`, `a < b` and `true`; or the text
 * begins so: `strings.HasPrefix(network, "unix")`.
 */
interface Fact {
  readonly subject: string;
  readonly value: string;
  readonly isPrefix?: true;
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
    const read = readAll(condition, taken, body);
    if (read.some(fact => this.excludes(fact))) return undefined;
    const learnt = read.filter(fact => !this.known.has(nameOf(fact)) && isAskedAgain(fact, body));
    return learnt.length ? new Facts(new Map([...this.known, ...learnt.map(fact => [nameOf(fact), fact] as const)])) : this;
  }

  private excludes(read: Fact): boolean {
    const before = this.known.get(nameOf(read));
    if (before) return before.holds !== read.holds;
    return [...this.known.values()].some(known => known.subject === read.subject && contradict(known, read));
  }

  /** The facts after an operation, which may assign to what they are about: `done = true`. */
  after(op: Op, body: Body): Facts {
    const learnt = factsOf(op, body).filter(fact => isAskedAgain(fact, body));
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

function nameOf({ subject, value, isPrefix }: Fact): string {
  return `${subject} ${isPrefix ? 'begins with' : '=='} ${value}`;
}

/** Two facts about one subject that cannot both be: it has one value, and one beginning of each length. */
function contradict(a: Fact, b: Fact): boolean {
  if (!a.holds) return b.holds && implies(b, a);
  if (!b.holds) return implies(a, b);
  return !implies(a, b) && !implies(b, a);
}

/** Whether one says all that the other, if it holds, would say. */
function implies(known: Fact, other: Fact): boolean {
  if (!other.isPrefix) return !known.isPrefix && known.value === other.value;
  return known.value === other.value || (isText(known.value) && isText(other.value) && textOf(known.value).startsWith(textOf(other.value)));
}

function isText(value: string): boolean {
  return /^["`]/.test(value);
}

function textOf(literal: string): string {
  return literal.slice(1, -1);
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
      if (looksOnly(op.call, body)) return [];
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

/** What a condition says, and what follows from that: what is more, or less, than 0 is not 0, and the other way round. */
function readAll(condition: Expr, taken: boolean, body: Body): readonly Fact[] {
  const fact = readFact(condition, taken, body);
  const x = unparen(condition);
  if (!fact || x.kind !== 'binary' || !isZero(x.y) || isLength(x.x)) return known(fact);
  switch (x.op) {
    case '>':
    case '<':
      return [fact, ...(taken ? known(factAbout(x.x, '0', false, body)) : [])];
    case '<=':
    case '>=':
      return [fact, ...(taken ? [] : known(factAbout(x.x, '0', false, body)))];
    case '==':
    case '!=':
      return [fact, ...(fact.holds ? signsOfZero(x, body) : [])];
    default:
      return [fact];
  }
}

function signsOfZero(x: Expr & { kind: 'binary' }, body: Body): readonly Fact[] {
  return (['>', '<'] as const).flatMap(op => known(factAbout({ ...x, op }, 'true', false, body)));
}

/** What a condition says; `a <= b` is taken for the contrary of `a > b`, `len(x) > 0` for that of `len(x) == 0`. */
function readFact(condition: Expr, taken: boolean, body: Body): Fact | undefined {
  const x = unparen(condition);
  if (x.kind === 'call') return readCall(x, taken, body);
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

function readCall(call: Call, taken: boolean, body: Body): Fact | undefined {
  const [text, prefix] = call.args.map(unparen);
  if (text && prefix?.kind === 'literal' && calleeName(calleeOf(call, body.env)) === 'strings.HasPrefix') {
    const fact = factAbout(text, prefix.text, taken, body);
    return fact && { ...fact, isPrefix: true };
  }
  const answer = answerOf(call, body);
  return (answer && readFact(answer, taken, body)) ?? factAbout(call, 'true', taken, body);
}

/** The case of a type switch stands in the graph as `x != nil`; that it does not fit says nothing. */
export function isTypeCase({ op, y, start, end }: Expr & { kind: 'binary' }): boolean {
  return op === '!=' && y.kind === 'ident' && y.name === 'nil' && y.start === start && y.end === end;
}

/** What assignments and counting say. */
function factsOf(op: Op, body: Body): readonly Fact[] {
  if (op.kind === 'assign') return factsOfAssign(op, body);
  return op.kind === 'eval' && countsUp(op.expr, body) ? known(factAbout(op.expr, '0', false, body)) : [];
}

/** `n++` of a variable that begins with 0 and is changed in no other way. */
function countsUp(x: Expr, { info: { bodyText, file } }: Body): boolean {
  if (x.kind !== 'ident' || x.entity?.kind !== 'var' || !/^\s*\+\+/.test(file.source.text.slice(x.end, x.end + 4))) return false;
  const { origin, assigned, name } = x.entity;
  const isZero = origin.kind === 'value' ? origin.expr.kind === 'literal' && origin.expr.text === '0' : origin.kind === 'declared' && x.entity.role === 'local';
  return isZero && assigned.length === 0 && !new RegExp(`\\b${name}\\s*--`).test(bodyText);
}

/** What assignments of constants and declarations without values say: `done = true`, `var seen map[string]bool`. */
function factsOfAssign({ lhs, rhs, node }: Op & { kind: 'assign' }, body: Body): readonly Fact[] {
  if ('type' in node && rhs.length === 0) return lhs.flatMap(name => factsOfZero(name, node.type, body));
  if (lhs.length === 2 && rhs.length === 1) return isContextMade(rhs[0], body) ? lhs.flatMap(x => known(factAbout(x, 'nil', false, body))) : [];
  if (lhs.length !== rhs.length || ('op' in node && node.op !== '=' && node.op !== ':=')) return [];
  return lhs.flatMap((x, i) => factsOfValue(x, rhs[i], body));
}

function factsOfValue(target: Expr, value: Expr | undefined, body: Body): readonly Fact[] {
  const x = value && unparen(value);
  if (!x) return [];
  if (x.kind === 'literal') return known(factAbout(target, x.text, true, body));
  if (isMade(x)) return known(factAbout(target, 'nil', false, body));
  if (x.kind !== 'ident' || x.entity) return [];
  if (x.name === 'nil') return [...known(factAbout(target, 'nil', true, body)), ...known(emptyFact(target, body))];
  return x.name === 'true' || x.name === 'false' ? known(factAbout(target, 'true', x.name === 'true', body)) : [];
}

/** `ctx, cancel := context.WithCancel(parent)`: neither is ever nil. */
function isContextMade(value: Expr | undefined, { env }: Body): boolean {
  const call = value && unparen(value);
  if (call?.kind !== 'call' || !/\.(?:With|NotifyContext)/.test(env.file.source.text.slice(call.fun.start, call.fun.end))) return false;
  return /^(?:context\.With(?:Cancel|Deadline|Timeout)(?:Cause)?|os\/signal\.NotifyContext)$/.test(calleeName(calleeOf(call, env)) ?? '');
}

/** `&T{…}`, `make(…)`, a function literal: whatever is made is not nil. */
function isMade(x: Expr): boolean {
  if (x.kind === 'call') return x.fun.kind === 'ident' && !x.fun.entity && /^(?:make|new)$/.test(x.fun.name);
  return x.kind === 'funclit' || (x.kind === 'unary' && x.op === '&' && unparen(x.x).kind === 'composite');
}

/** What a variable is as long as nothing has been assigned to it. */
function factsOfZero(name: Expr, type: Expr | undefined, body: Body): readonly Fact[] {
  switch (type?.kind) {
    case 'map':
    case 'array':
      return type.kind === 'array' && type.length !== undefined ? [] : [...known(factAbout(name, 'nil', true, body)), ...known(emptyFact(name, body))];
    case 'star':
    case 'chan':
    case 'functype':
    case 'interface':
      return known(factAbout(name, 'nil', true, body));
    case 'ident':
      return type.entity ? [] : known(factOfBasic(name, type.name, body));
    default:
      return [];
  }
}

function factOfBasic(name: Expr, type: string, body: Body): Fact | undefined {
  if (type === 'bool') return factAbout(name, 'true', false, body);
  if (type === 'error' || type === 'any') return factAbout(name, 'nil', true, body);
  if (type === 'string') return factAbout(name, '""', true, body);
  return /^u?int(?:8|16|32|64)?$/.test(type) ? factAbout(name, '0', true, body) : undefined;
}

/** `len(x) == 0`, as a condition would say it. */
function emptyFact(x: Expr, body: Body): Fact | undefined {
  const pure = pureOf(x, body);
  return pure && pure.reads.length > 0 ? { subject: `len(${pure.key})`, value: '0', holds: true, reads: pure.reads } : undefined;
}

function known(fact: Fact | undefined): readonly Fact[] {
  return fact ? [fact] : [];
}

function factAbout(x: Expr, value: string, holds: boolean, body: Body): Fact | undefined {
  const pure = pureOf(x, body);
  return pure && pure.reads.length > 0 ? { subject: pure.key, value, holds, reads: pure.reads } : undefined;
}

const asked = new WeakMap<object, ReadonlySet<string>>();

/** Facts cost ways: only what a branch asks that another one asks as well, or that is given a constant, is remembered. */
function isAskedAgain({ subject }: Fact, body: Body): boolean {
  let known = asked.get(body.graph);
  if (!known) asked.set(body.graph, (known = subjectsOf(body)));
  return known.has(subject);
}

function subjectsOf(body: Body): ReadonlySet<string> {
  const questions = new Set<string>();
  const again = new Set<string>();
  for (const { end } of body.graph.blocks) {
    const subjects = end.kind === 'branch' && end.condition ? subjectsIn(end.condition, body) : [];
    for (const subject of subjects) (questions.has(subject) ? again : questions).add(subject);
  }
  for (const { op } of operations(body.graph)) {
    // A case of a `select` is chosen only when its channel is not nil.
    const channel = op.kind === 'receive' && op.inSelect ? pureOf(op.channel, body) : undefined;
    if (channel) questions.add(channel.key);
  }
  for (const { op } of operations(body.graph)) {
    for (const { subject } of factsOf(op, body)) if (questions.has(subject)) again.add(subject);
  }
  return again;
}

/** What a branch asks about on either side. */
function subjectsIn(condition: Expr, body: Body): ReadonlySet<string> {
  return new Set([true, false].flatMap(taken => readAll(condition, taken, body).map(({ subject }) => subject)));
}

/** More ways than these to one call are not told apart. */
const MOST_STATES = 2_000;

/** So many different things ways may say; of more, what all say. */
const MOST_CASES = 4;

/** What the ways from the start of the function to a place in it say, each case once; none where no way leads there. */
export function factsAt({ block, index }: At, body: Body, pass: Pass): readonly Facts[] {
  const last = block.ops[index - 1];
  return last ? casesAt(last, 'after', body, pass) : [noFacts];
}

/** The same of the ways to an operation. */
export function factsBefore(op: Op, body: Body, pass: Pass): readonly Facts[] {
  return casesAt(op, 'before', body, pass);
}

function casesAt(wanted: Op, when: 'before' | 'after', body: Body, pass: Pass): readonly Facts[] {
  const cases = new Map<string, Facts>();
  let states = 0;
  search<Facts>({ block: body.graph.entry, index: 0 }, noFacts, {
    key: facts => {
      states++;
      return facts.key;
    },
    op: (op, facts) => {
      if (states > MOST_STATES || pass.contracts.endsHere(op, body.env)) return undefined;
      const after = facts.after(op, body);
      const known = when === 'after' ? after : facts;
      if (op === wanted) cases.set(known.key, known);
      return after;
    },
    edge: (condition, taken, facts) => facts.with(condition, taken, body),
    returns: () => false,
  });
  if (states > MOST_STATES) return [noFacts];
  const found = [...cases.values()];
  return found.length <= MOST_CASES ? found : [found.reduce((a, b) => a.and(b))];
}

/** The first case of what ways say in which something is found. */
export function firstFound<T>(cases: readonly Facts[], find: (facts: Facts) => T | undefined): T | undefined {
  for (const facts of cases) {
    const found = find(facts);
    if (found !== undefined) return found;
  }
  return undefined;
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
