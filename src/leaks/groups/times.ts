/**
 * How often something in a function happens in one call of it, at most: a sum of products of the rounds of loops. What
 * a loop goes through is a symbol, so that `Add(len(jobs))` and a loop over `jobs` are the same number.
 */
import { RUNS_ARGUMENT_IN_GOROUTINE, RUNS_ARGUMENT_LATER, RUNS_ARGUMENT_ONCE, RUNS_AT_END_OF_TEST, RUNS_TEST } from '../../contracts/known.ts';
import { calleeName, calleeOf } from '../../program/callee.ts';
import { typeOf } from '../../program/infer.ts';
import { underlying } from '../../program/resolve.ts';
import { type Block, type Call, type Expr, type For, type FuncLit, type Range, unparen, type Variable } from '../../syntax/ast.ts';
import { walkStmts } from '../../syntax/walk.ts';
import type { Body } from '../bodies.ts';
import type { Span } from '../paths/reach.ts';
import { constantOf, roundsOfRange } from '../paths/rounds.ts';
import { keyOf, placeOf } from '../places/places.ts';
import { onlyValue } from '../timers/tickchannels.ts';

/** By the symbols of a product, its factor; the constant has the key ''. */
export type Count = ReadonlyMap<string, number>;

export const NEVER: Count = new Map();
export const ONCE: Count = new Map([['', 1]]);

export function plus(a: Count, b: Count, factor = 1): Count {
  const sum = new Map(a);
  for (const [key, n] of b) sum.set(key, (sum.get(key) ?? 0) + factor * n);
  return sum;
}

export function times(a: Count, b: Count): Count {
  const product = new Map<string, number>();
  for (const [x, n] of a) {
    for (const [y, m] of b) {
      const key = [...x.split('*'), ...y.split('*')].filter(Boolean).sort().join('*');
      product.set(key, (product.get(key) ?? 0) + n * m);
    }
  }
  return product;
}

/** What begins the symbol of a loop about whose rounds nothing is known. */
const UNKNOWN = '?';

/** Whether the number may be larger than `limit`, by what it depends on; of what is not known nothing is said. */
export function mayExceed(count: Count, limit: number): boolean {
  return [...count].some(([symbols, n]) => (symbols ? n > 0 && !symbols.includes(UNKNOWN) : n > limit));
}

/** Whether `a` is the larger number, whatever the symbols stand for as long as none is 0. */
export function exceeds(a: Count, b: Count): boolean {
  const difference = [...plus(a, b, -1).values()];
  return difference.every(n => n >= 0) && difference.some(n => n > 0);
}

/** What a number stands for: constants, `len(x)`, sums and products of such; anything else is a symbol of its own. */
export function countOf(expr: Expr, body: Body): Count {
  const x = unparen(expr);
  const constant = constantOf(x, body.env);
  if (constant !== undefined) return new Map([['', constant]]);
  if (x.kind === 'binary' && x.op === '+') return plus(countOf(x.x, body), countOf(x.y, body));
  if (x.kind === 'binary' && x.op === '-') return plus(countOf(x.x, body), countOf(x.y, body), -1);
  if (x.kind === 'binary' && x.op === '*') return times(countOf(x.x, body), countOf(x.y, body));
  if (x.kind === 'call' && x.args[0] && x.args.length === 1) {
    const callee = calleeOf(x, body.env);
    if (callee.kind === 'conversion') return countOf(x.args[0], body);
    if (callee.kind === 'builtin' && callee.name === 'len') return lengthOf(x.args[0], body);
    const room = callee.kind === 'builtin' && callee.name === 'cap' ? madeWith(x.args[0], 'chan') : undefined;
    if (room) return countOf(room, body);
  }
  const value = x.kind === 'ident' && x.entity?.kind === 'var' ? onlyValue(x.entity) : undefined;
  return value ? countOf(value, body) : symbol(nameOf(x, body));
}

function lengthOf(x: Expr, body: Body): Count {
  const length = roundsOfRange(x, body.env);
  if (length !== undefined) return new Map([['', length]]);
  const made = madeWith(x, 'array');
  const constant = made && constantOf(made, body.env);
  return constant === undefined ? symbol(`len(${nameOf(x, body)})`) : new Map([['', constant]]);
}

/** The length in `ids := make([]string, 10)` and the room in `errs := make(chan error, 10)`, where the variable stays what it is. */
function madeWith(expr: Expr, kind: 'array' | 'chan'): Expr | undefined {
  const x = unparen(expr);
  const value = x.kind === 'ident' && x.entity?.kind === 'var' ? onlyValue(x.entity) : undefined;
  const made = value && unparen(value);
  if (made?.kind !== 'call' || made.fun.kind !== 'ident' || made.fun.name !== 'make' || made.fun.entity) return undefined;
  return made.args[0]?.kind === kind ? made.args[1] : undefined;
}

function symbol(name: string): Count {
  return new Map([[name.replaceAll('*', '·'), 1]]);
}

function nameOf(x: Expr, { info }: Body): string {
  const place = placeOf(x);
  return place ? keyOf(place) : info.file.source.text.slice(x.start, x.end).replace(/\s+/g, ' ');
}

// ------------------------------------------------------------------------------------------------- rounds

function roundsOf(loop: For | Range, body: Body): Count {
  const own = symbol(`${UNKNOWN}${body.info.file.source.path}@${loop.start}`);
  if (loop.kind === 'for') return roundsOfFor(loop, body) ?? own;
  const type = underlying(typeOf(loop.x, body.env), body.env.program);
  if (type.kind === 'slice' || type.kind === 'map') return lengthOf(loop.x, body);
  const constant = roundsOfRange(loop.x, body.env);
  if (constant !== undefined) return new Map([['', constant]]);
  return type.kind === 'basic' && type.name !== 'string' ? countOf(loop.x, body) : own;
}

/** `for i := 0; i < n; i++`, also from another number on, with `<=`, and counting down. */
function roundsOfFor({ init, cond, post }: For, body: Body): Count | undefined {
  const x = cond && unparen(cond);
  const from = init?.kind === 'assign' && init.lhs.length === 1 ? init.rhs[0] : undefined;
  if (!from || x?.kind !== 'binary' || post?.kind !== 'incdec') return undefined;
  const isUp = x.op === '<' || x.op === '<=';
  if ((!isUp && x.op !== '>' && x.op !== '>=') || constantOf(isUp ? from : x.y, body.env) === undefined) return undefined;
  const distance = isUp ? plus(countOf(x.y, body), countOf(from, body), -1) : plus(countOf(from, body), countOf(x.y, body), -1);
  return x.op.endsWith('=') ? plus(distance, ONCE) : distance;
}

// ------------------------------------------------------------------------------------------------- how often

interface Shape {
  readonly loops: readonly (For | Range)[];
  readonly literals: readonly FuncLit[];
  /** Where each literal is run; one that is not in here may run at any time. */
  readonly runs: ReadonlyMap<FuncLit, readonly Expr[]>;
}

/** Library functions that call the function they are given once, at most. */
const CALLS_ONCE = [RUNS_ARGUMENT_ONCE, RUNS_TEST, RUNS_AT_END_OF_TEST, RUNS_ARGUMENT_IN_GOROUTINE, RUNS_ARGUMENT_LATER];

const shapes = new WeakMap<Block, Shape>();

/**
 * How often `node` is evaluated in one call of the body, at most; undefined where nobody knows. `since` is something that
 * happens anew in each round of the loops around it, which then do not count.
 */
export function timesOf(node: Span, body: Body, since?: Span, depth = 4): Count | undefined {
  const shape = shapeOf(body);
  const contains = (outer: Span, inner: Span) => outer.start <= inner.start && inner.end <= outer.end;
  const isAround = (outer: Span) => contains(outer, node);
  const literal = shape.literals.filter(isAround).filter(l => l.start !== node.start || l.end !== node.end).at(-1);
  const loops = shape.loops.filter(loop => isAround(loop.body) && !(since && contains(loop.body, since)) && (!literal || loop.start > literal.start));
  const rounds = loops.reduce((count, loop) => times(count, roundsOf(loop, body)), ONCE);
  if (!literal) return rounds;
  const runs = depth > 0 ? shape.runs.get(literal)?.map(run => timesOf(run, body, since, depth - 1)) : undefined;
  return runs?.reduce<Count | undefined>((sum, run) => (sum && run ? plus(sum, times(run, rounds)) : undefined), NEVER);
}

function shapeOf(body: Body): Shape {
  const known = shapes.get(body.block);
  if (known) return known;
  const loops: (For | Range)[] = [];
  const literals: FuncLit[] = [];
  const runs = new Map<FuncLit, Expr[]>();
  const names = new Map<Variable, FuncLit>();
  walkStmts(body.block.stmts, {
    stmt: stmt => {
      if (stmt.kind === 'for' || stmt.kind === 'range') loops.push(stmt);
      const [name, value] = stmt.kind === 'assign' && stmt.lhs.length === 1 ? [stmt.lhs[0], stmt.rhs[0]] : [];
      const isNamed = value?.kind === 'funclit' && name?.kind === 'ident' && name.entity?.kind === 'var' && name.entity.ident === name && name.entity.assigned.length === 0;
      if (isNamed && name.entity?.kind === 'var') names.set(name.entity, value);
    },
    expr: x => {
      if (x.kind === 'funclit') literals.push(x);
      if (x.kind === 'call') for (const literal of runBy(x, body)) runs.set(literal, [x]);
    },
  });
  for (const [name, literal] of names) {
    const calls = callsOf(name, body);
    if (calls) runs.set(literal, calls);
  }
  const shape = { loops, literals, runs };
  shapes.set(body.block, shape);
  return shape;
}

/** The literals that a call runs: the one called, those that a library function calls once. */
function runBy(call: Call, body: Body): FuncLit[] {
  const fun = unparen(call.fun);
  const own = fun.kind === 'funclit' ? [fun] : [];
  const given = call.args.flatMap(arg => (arg.kind === 'funclit' ? [arg] : []));
  return given.length && CALLS_ONCE.some(names => names.test(calleeName(calleeOf(call, body.env)) ?? '')) ? [...own, ...given] : own;
}

/** The calls of a function in a variable; undefined when the variable is handed on. */
function callsOf(name: Variable, body: Body): Expr[] | undefined {
  const calls: Call[] = [];
  let mentions = 0;
  walkStmts(body.block.stmts, {
    expr: x => {
      if (x.kind === 'ident' && x.entity === name && x !== name.ident) mentions++;
      if (x.kind === 'call' && unparen(x.fun).kind === 'ident' && isName(unparen(x.fun), name)) calls.push(x);
    },
  });
  return calls.length === mentions ? calls : undefined;
}

function isName(x: Expr, name: Variable): boolean {
  return x.kind === 'ident' && x.entity === name;
}
