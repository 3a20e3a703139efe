/** How often a WaitGroup is counted up and down, as far as every use of it is in view. */
import { typeOfVariable } from '../../program/infer.ts';
import { isNamed } from '../../program/types.ts';
import { type Call, type Expr, unparen, type Variable } from '../../syntax/ast.ts';
import { walkStmts } from '../../syntax/walk.ts';
import { askedBodies, type Body } from '../bodies.ts';
import type { Pass } from '../pass.ts';
import { familyOfVariable } from '../places/canonical.ts';
import { type GroupUse, receiverOf, usesIn } from './groupuses.ts';
import { type Count, countOf, NEVER, ONCE, plus, times, timesOf } from './times.ts';

/** A WaitGroup in a variable of a function. */
export interface LocalGroup {
  readonly variable: Variable;
  /** The function that declares it. */
  readonly body: Body;
  readonly family: string;
  readonly uses: readonly GroupUse[];
}

const memo = new WeakMap<Pass, readonly LocalGroup[]>();

export function localGroups(pass: Pass): readonly LocalGroup[] {
  let found = memo.get(pass);
  if (!found) memo.set(pass, (found = [...findLocalGroups(pass)]));
  return found;
}

function* findLocalGroups(pass: Pass): Generator<LocalGroup> {
  for (const body of askedBodies(pass, info => /\bWaitGroup\b/.test(info.bodyText))) {
    for (const variable of variablesOf(body)) {
      if (!isFresh(variable, body)) continue;
      const family = familyOfVariable(variable.ident.start, body.env);
      yield { variable, body, family, uses: usesIn(body, family) };
    }
  }
}

/** The variables that the function itself declares. */
function variablesOf(body: Body): Variable[] {
  const found = new Set<Variable>();
  const add = (x: Expr) => {
    if (x.kind === 'ident' && x.entity?.kind === 'var' && x.entity.ident === x && x.entity.owner === body.node) found.add(x.entity);
  };
  walkStmts(body.block.stmts, {
    stmt: stmt => {
      if (stmt.kind === 'assign') stmt.lhs.forEach(add);
      if (stmt.kind === 'decl' && stmt.decl.kind === 'var') for (const spec of stmt.decl.specs) spec.names.forEach(add);
    },
  });
  return [...found];
}

/** A WaitGroup made here, and the only one that the variable ever means. */
function isFresh(variable: Variable, { env }: Body): boolean {
  if (variable.assigned.some(value => value !== 'unknown') || !isNamed(typeOfVariable(variable, env), 'sync.WaitGroup')) return false;
  const { origin } = variable;
  if (origin.kind === 'declared') return typeOfVariable(variable, env).kind === 'named';
  return origin.kind === 'value' && origin.count === 1 && isNewGroup(origin.expr);
}

/** `sync.WaitGroup{}`, `&sync.WaitGroup{}`, `new(sync.WaitGroup)`. */
export function isNewGroup(expr: Expr): boolean {
  const x = unparen(expr);
  if (x.kind === 'unary' && x.op === '&') return isNewGroup(x.x);
  return x.kind === 'composite' || (x.kind === 'call' && x.fun.kind === 'ident' && x.fun.name === 'new' && !x.fun.entity);
}

const DEPTH = 3;

/** How often `Done` runs, at most; undefined when somebody out of view may call it. */
export function mostDones(uses: readonly GroupUse[], body: Body, pass: Pass, depth = DEPTH): Count | undefined {
  let sum: Count = NEVER;
  for (const use of uses) {
    const count = donesOf(use, body, pass, depth);
    if (!count) return undefined;
    sum = plus(sum, count);
  }
  return sum;
}

function donesOf(use: GroupUse, body: Body, pass: Pass, depth: number): Count | undefined {
  const each = donesEach(use, body, pass, depth);
  const often = each?.size ? timesOf(use.kind === 'call' || use.kind === 'passed' ? use.call : use.node, body) : NEVER;
  return each && often && times(each, often);
}

/** What one run of the use does. */
function donesEach(use: GroupUse, body: Body, pass: Pass, depth: number): Count | undefined {
  switch (use.kind) {
    case 'call':
      if (use.does === 'minus') return isOne(use.call) ? ONCE : undefined;
      return use.does === 'done' ? ONCE : NEVER;
    case 'passed': {
      const receiver = receiverOf(use, body, pass);
      if (receiver === 'nobody') return NEVER;
      if (receiver === 'unknown' || depth === 0) return undefined;
      return mostDones(usesIn(receiver.body, receiver.family), receiver.body, pass, depth - 1);
    }
    case 'value':
    case 'escapes':
      return undefined;
  }
}

function isOne({ args: [arg] }: Call): boolean {
  const x = arg && unparen(arg);
  return x?.kind === 'unary' && x.x.kind === 'literal' && x.x.text === '1';
}

/** The calls of `Add` in view, those in callees left out. */
export function addsAmong(uses: readonly GroupUse[]): readonly (GroupUse & { readonly kind: 'call' })[] {
  return uses.flatMap(use => (use.kind === 'call' && use.does === 'add' ? [use] : []));
}

/** How much the calls of `Add` count that run in every call of the function, at least. */
export function leastAdds({ uses, variable, body }: LocalGroup): Count | undefined {
  const conditional = conditionalSpans(body).filter(span => !(span.start <= variable.ident.start && variable.ident.end <= span.end));
  let sum: Count = NEVER;
  for (const { call } of addsAmong(uses)) {
    const [delta] = call.args;
    if (!delta || conditional.some(span => span.start <= call.start && call.end <= span.end)) continue;
    const often = timesOf(call, body);
    if (!often) return undefined;
    sum = plus(sum, times(countOf(delta, body), often));
  }
  return sum;
}

/** What an `if`, a `switch` or a `select` runs sometimes. */
function conditionalSpans(body: Body): { readonly start: number; readonly end: number }[] {
  const spans: { start: number; end: number }[] = [];
  walkStmts(body.block.stmts, {
    stmt: stmt => {
      if (stmt.kind === 'if') spans.push(stmt.then, ...(stmt.else ? [stmt.else] : []));
      if (stmt.kind === 'switch' || stmt.kind === 'typeswitch' || stmt.kind === 'select') spans.push(...stmt.clauses);
    },
  });
  return spans;
}

/** Where somebody waits for the group, in this function or in one that it is handed to. */
export function waitOf(uses: readonly GroupUse[], body: Body, pass: Pass, depth = DEPTH): { readonly call: Call; readonly body: Body } | undefined {
  for (const use of uses) {
    if (use.kind === 'call' && use.does === 'wait') return { call: use.call, body };
    const receiver = use.kind === 'passed' && depth > 0 ? receiverOf(use, body, pass) : 'unknown';
    const found = receiver === 'unknown' || receiver === 'nobody' ? undefined : waitOf(usesIn(receiver.body, receiver.family), receiver.body, pass, depth - 1);
    if (found) return found;
  }
  return undefined;
}
