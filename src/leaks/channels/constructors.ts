/** Channels that a function of the package makes for its caller, inside of what it returns: `c := newConn()`. */
import { operations } from '../../flow/search.ts';
import { calleeOf } from '../../program/callee.ts';
import { Memo } from '../../program/memo.ts';
import type { FuncInfo, Package } from '../../program/package.ts';
import { functionOf } from '../../program/values.ts';
import { type Call, type Expr, unparen } from '../../syntax/ast.ts';
import { type Body, bodyOf } from '../bodies.ts';
import type { Pass } from '../pass.ts';
import { canonicalPlace } from '../places/canonical.ts';
import { fieldValuesOf, isOwn, literalOf } from '../places/ownvalues.ts';
import type { Place } from '../places/places.ts';
import { fieldsIn, isGivenOnce, onlyResult, withNames } from './bindings.ts';
import { channelsMadeIn, type Made, makesIn } from './makes.ts';
import { type Names, namesOf, type Origin } from './places.ts';

/** A channel that comes out of a call, in a local variable of the caller. */
export interface Constructed extends Made {
  readonly origin: Origin;
  /** Where else in the value it is. */
  readonly others: readonly Place[];
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
        for (const { paths, capacity, origin } of madeBy(call, result, body, pass, depth)) {
          const [at, ...others] = paths.map(path => ({ root: place.root, fields: [...place.fields, ...fields, ...path] }));
          if (at) yield { call, place: at, others, capacity, op, after, origin };
        }
      }
    }
  }
}

/** Whether a text has a call of one. */
export function mayConstruct(bodyText: string, { pkg }: Pass): boolean {
  return constructorsOf(pkg).mention?.test(bodyText) === true;
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
  readonly paths: readonly (readonly string[])[];
  readonly capacity: number | undefined;
  readonly origin: Origin;
}

function madeBy(call: Call, result: number, from: Body, pass: Pass, depth: number): readonly MadeInside[] {
  const callee = functionOf(calleeOf(call, from.env), from.env);
  const func = callee.kind === 'func' || callee.kind === 'method' ? callee.func : undefined;
  const body = func && constructorsOf(pass.pkg).found.has(func) ? bodyOf(func, pass) : undefined;
  const returned = body && onlyResult(result, body);
  if (!body || !returned) return [];
  return insideOf(returned, body, pass, depth).filter(({ names }) => !isGivenBeside(result, names, body)).map(({ names, ...made }) => ({ ...made, origin: { call, body, names } }));
}

/** `return src, &unit{src: src}`: the caller has it under another name as well, which may go anywhere. */
function isGivenBeside(result: number, names: Names, body: Body): boolean {
  return body.graph.blocks.some(({ end }) => end.kind === 'return' && end.stmt?.results.some((x, i) => i !== result && fieldsIn(x, names, body).length > 0));
}

function insideOf(returned: Expr, body: Body, pass: Pass, depth: number): (Omit<MadeInside, 'origin'> & Pick<Origin, 'names'>)[] {
  const inVariables = [
    ...[...channelsMadeIn(body)].map(({ place, capacity }) => ({ capacity, names: namesOf([place]) })),
    ...[...channelsConstructedIn(body, pass, depth - 1)].map(({ place, others, capacity, origin }) => ({ capacity, names: namesOf([place, ...others], [], { origin }) })),
  ].flatMap(made => {
    const names = withNames(made.names, body);
    const paths = fieldsIn(addressed(returned), names, body).filter(path => path.length > 0);
    return paths.length ? [{ paths, capacity: made.capacity, names: namesOf(names.places, names.endings, { ...names, isFollowed: true }) }] : [];
  });
  const nested = depth > 1 ? callsIn(returned, body).flatMap(({ call, fields }) => madeBy(call, 0, body, pass, depth - 1).map(made => ({
    paths: made.paths.map(path => [...fields, ...path]), capacity: made.capacity, names: namesOf([], [], { isFollowed: true, origin: made.origin }),
  }))) : [];
  const x = unparen(returned);
  const onTheSpot = x.kind === 'call' ? [] : makesIn(x, body).map(({ fields, capacity }) => ({ paths: [fields], capacity, names: namesOf([], [], { isFollowed: true }) }));
  return [...inVariables, ...nested, ...onTheSpot];
}

/** `c` of `&c`. */
function addressed(x: Expr): Expr {
  const inner = unparen(x);
  return inner.kind === 'unary' && inner.op === '&' && !literalOf(inner) ? unparen(inner.x) : inner;
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
    const names = (isMethod: boolean) => [...new Set([...found].filter(({ piece }) => (piece.receiver !== undefined) === isMethod).map(info => info.bareName))].join('|') || '(?!)';
    // Functions of the package are called by their plain names.
    mention = new RegExp(`(?<![.\\w])(?:${names(false)})(?:\\[[^\\]\\n]*\\])?\\(|\\.(?:${names(true)})\\(`);
  }
  return { found, mention };
}

function mayReturnValue({ resultText, file }: FuncInfo): boolean {
  return !file.kind.generated && /[A-Za-z]/.test(resultText.replace(/\b(?:error|bool|int\d*|string|byte|func)\b/g, ''));
}
