/** Channels that a function of the package makes for its caller, inside of what it returns: `c := newConn()`. */
import { operations } from '../../flow/search.ts';
import { calleeOf } from '../../program/callee.ts';
import { Memo } from '../../program/memo.ts';
import type { FuncInfo, Package } from '../../program/package.ts';
import { functionOf } from '../../program/values.ts';
import { type Call, type Expr, isNil, unparen, type Variable } from '../../syntax/ast.ts';
import { type Body, bodyOf } from '../bodies.ts';
import { canonicalPlace } from '../mutexes.ts';
import { fieldValuesOf, isOwn, literalOf } from '../ownvalues.ts';
import type { Pass } from '../pass.ts';
import { channelsMadeIn, type Made, makesIn } from './makes.ts';
import { type Names, namesOf, type Origin } from './places.ts';

/** A channel that comes out of a call, in a local variable of the caller. */
export interface Constructed extends Made {
  readonly origin: Origin;
}

/** Constructors that call constructors are followed to this depth. */
const DEEPEST = 3;

export function* channelsConstructedIn(body: Body, pass: Pass, depth = DEEPEST): Generator<Constructed> {
  const { mention } = constructorsOf(pass.pkg);
  if (depth === 0 || body.info.pkg !== pass.pkg || !mention?.test(body.info.bodyText)) return;
  for (const { op, after } of operations(body.graph)) {
    if (op.kind !== 'assign') continue;
    for (const [i, target] of op.lhs.entries()) {
      const place = canonicalPlace(target, body.env);
      if (!place || typeof place.root !== 'object' || place.root.owner !== body.node || !isGivenOnce(place.root)) continue;
      if (place.fields.length && !isOwn(place.root)) continue;
      const value = op.rhs.length === 1 ? op.rhs[0] : op.rhs[i];
      const result = op.rhs.length < op.lhs.length ? i : 0;
      for (const { call, fields } of callsIn(value, body)) {
        for (const made of madeBy(call, result, body, pass, depth)) {
          yield { call, place: { root: place.root, fields: [...place.fields, ...fields, ...made.fields] }, capacity: made.capacity, op, after, origin: made.origin };
        }
      }
    }
  }
}

/** Whether a text has a call of one. */
export function mayConstruct(bodyText: string, { pkg }: Pass): boolean {
  return constructorsOf(pkg).mention?.test(bodyText) === true;
}

function isGivenOnce({ role, origin, assigned }: Variable): boolean {
  return role === 'local' && (origin.kind === 'declared' ? assigned.length === 1 : assigned.length === 0);
}

/** The call itself, and calls whose result goes into a field of a literal. */
function callsIn(value: Expr | undefined, body: Body): { readonly call: Call; readonly fields: readonly string[] }[] {
  const x = value && unparen(value);
  if (x?.kind === 'call') return [{ call: x, fields: [] }];
  const literal = x && literalOf(x);
  return literal ? fieldValuesOf(literal, body.env).flatMap(({ fields, value: inner }) => callsIn(inner, body).map(found => ({ ...found, fields: [...fields, ...found.fields] }))) : [];
}

interface MadeInside {
  /** Where the channel is in the result. */
  readonly fields: readonly string[];
  readonly capacity: number | undefined;
  readonly origin: Origin;
}

function madeBy(call: Call, result: number, from: Body, pass: Pass, depth: number): readonly MadeInside[] {
  const callee = functionOf(calleeOf(call, from.env), from.env);
  const func = callee.kind === 'func' || callee.kind === 'method' ? callee.func : undefined;
  const body = func && constructorsOf(pass.pkg).found.has(func) ? bodyOf(func, pass) : undefined;
  const returned = body && onlyResult(result, body);
  return body && returned ? insideOf(returned, body, pass, depth).map(({ fields, capacity, names }) => ({ fields, capacity, origin: { call, body, names } })) : [];
}

/** The one thing that a function returns where it returns anything. */
function onlyResult(result: number, { graph, node }: Body): Expr | undefined {
  const ends = graph.blocks.flatMap(({ end }) => (end.kind === 'return' ? [end.stmt] : []));
  const named = node.type.results.flatMap(({ names }) => names)[result];
  const given = ends.flatMap(stmt => (stmt && stmt.results.length > result ? stmt.results[result] ?? [] : stmt?.results.length === 0 && named ? [named] : []));
  const values = given.filter(x => !isNil(unparen(x))).map(unparen);
  const [first] = values;
  const variable = first?.kind === 'ident' ? first.entity : undefined;
  return values.length === 1 || (variable && values.every(x => x.kind === 'ident' && x.entity === variable)) ? first : undefined;
}

function insideOf(returned: Expr, body: Body, pass: Pass, depth: number): { readonly fields: readonly string[]; readonly capacity: number | undefined; readonly names: Origin['names'] }[] {
  const x = unparen(returned);
  const variable = x.kind === 'unary' && x.op === '&' ? unparen(x.x) : x;
  if (variable.kind === 'ident') {
    const inside = (made: Made, more: Pick<Names, 'origin'>) => (made.place.root === variable.entity && made.place.fields.length
      ? [{ fields: made.place.fields, capacity: made.capacity, names: namesOf([made.place], [], { isFollowed: true, ...more }) }]
      : []);
    return [...[...channelsMadeIn(body)].flatMap(made => inside(made, {})), ...[...channelsConstructedIn(body, pass, depth - 1)].flatMap(made => inside(made, { origin: made.origin }))];
  }
  const nested = depth > 1 ? callsIn(x, body).flatMap(({ call, fields }) => madeBy(call, 0, body, pass, depth - 1).map(made => ({ fields: [...fields, ...made.fields], capacity: made.capacity, names: namesOf([], [], { isFollowed: true, origin: made.origin }) }))) : [];
  if (x.kind === 'call') return nested;
  return [...makesIn(x, body).map(({ fields, capacity }) => ({ fields, capacity, names: namesOf([], [], { isFollowed: true }) })), ...nested];
}

// ------------------------------------------------------------------------------------------ which functions are some

interface Constructors {
  readonly found: ReadonlySet<FuncInfo>;
  /** Finds calls of them in a text. */
  readonly mention: RegExp | undefined;
}

const memo = new Memo<Package, Constructors>();

function constructorsOf(pkg: Package): Constructors {
  let known = memo.get(pkg);
  if (!known) memo.set(pkg, (known = findConstructors(pkg)));
  return known;
}

/** By their words: those that make a channel and return something else, and those that call these. */
function findConstructors(pkg: Package): Constructors {
  const found = new Set<FuncInfo>();
  let mention: RegExp | undefined;
  for (let round = 0; round < DEEPEST; round++) {
    const before = found.size;
    for (const info of pkg.funcs) if (mayReturnValue(info) && (/\bmake\(\s*chan\b/.test(info.bodyText) || mention?.test(info.bodyText))) found.add(info);
    if (found.size === before) break;
    mention = new RegExp(`\\b(?:${[...new Set([...found].map(info => info.bareName))].join('|')})\\b`);
  }
  return { found, mention };
}

function mayReturnValue({ resultText, file }: FuncInfo): boolean {
  return !file.kind.generated && /[A-Za-z]/.test(resultText.replace(/\b(?:error|bool|int\d*|string|byte|func)\b/g, ''));
}
