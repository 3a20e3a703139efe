/**
 * Functions that return only when what they are given is as they want it: `requireError(t, err)`, `must(err)`,
 * `wantStatus(t, resp, http.StatusNoContent)`. After the call the conditions that they ask hold of the arguments.
 */
import { graphOf } from '../flow/build.ts';
import { type Block as FlowBlock, type FlowGraph, type Op, successors } from '../flow/graph.ts';
import { operations, reachableFrom } from '../flow/search.ts';
import { type Callee, calleeName, calleeOf } from '../program/callee.ts';
import { targetsOf } from '../program/implementations.ts';
import { Memo } from '../program/memo.ts';
import type { FuncInfo } from '../program/package.ts';
import type { Env } from '../program/resolve.ts';
import { type Call, type Expr, unparen, type Variable } from '../syntax/ast.ts';
import type { Contracts } from './contracts.ts';
import { ASSERTS_EQUAL, ASSERTS_FALSE, ASSERTS_TRUE, COMPARES, ENDS_IF_FAILED, FAILS_TEST } from './known.ts';
import { type Expectation, expectationOf, isExpectation } from './gomega.ts';
import { argumentsOf, parametersOf, substituted } from './substitution.ts';

/** A condition that holds, or does not, once a call has returned. */
export interface Asserted {
  readonly condition: Expr;
  readonly holds: boolean;
}

/** Longer functions do more than assert. */
const LONGEST = 800;
const ENDS_TEST = /\.(?:Fatalf?|FailNow)\(|\brequire\./;
const MAY_ASSERT = /Exit|Fatal|panic|Goexit|Fail|Panic|\.Errorf?\(|\.Helper\(\)|\b(?:require|assert)\./;

export function assertedBy(call: Call, callee: Callee, env: Env, contracts: Contracts): readonly Asserted[] {
  if (call.spread) return [];
  const known = assertedByName(call, calleeName(callee) ?? '', env);
  if (known.length) return known;
  const [func, ...more] = targetsOf(callee, env);
  if (!func || more.length) return [];
  const wanted = wantedBy(func, contracts);
  if (wanted.length === 0) return [];
  const given = { bindings: argumentsOf(call, func), isSamePackage: func.pkg === env.file.pkg };
  return wanted.flatMap(({ condition, holds }) => {
    const here = substituted(condition, given);
    return here ? partsOf(here, holds) : [];
  });
}

/** `require.NoError(t, err)`, or a helper of tests: the goroutine ends here when what the call asks does not hold. */
export function mayFailHere(op: Op, env: Env, contracts: Contracts): boolean {
  if (op.kind !== 'call') return false;
  const callee = calleeOf(op.call, env);
  const name = calleeName(callee) ?? '';
  if (ENDS_IF_FAILED.test(name) || isExpectation(name)) return true;
  if (!env.file.kind.test) return false;
  const [func, ...more] = callee.kind === 'func' || callee.kind === 'method' ? targetsOf(callee, env) : [];
  return func !== undefined && more.length === 0 && ENDS_TEST.test(func.bodyText) && wantedBy(func, contracts).length > 0;
}

/** What the assertions of test libraries say. */
function assertedByName(call: Call, name: string, env: Env): readonly Asserted[] {
  const expectation = expectationOf(call, name, env);
  if (expectation) return expected(expectation);
  const { args } = call;
  // Functions are given the test first.
  const [x, y, z] = name.startsWith('(') ? args : args.slice(1);
  if (ASSERTS_TRUE.test(name)) return x ? partsOf(x, true) : [];
  if (ASSERTS_FALSE.test(name)) return x ? partsOf(x, false) : [];
  // `c.Assert(got, qt.Equals, want)` has the checker in between.
  const other = name.includes('quicktest') ? z : y;
  return ASSERTS_EQUAL.test(name) && x && other ? partsOf(equal(x, other), true) : [];
}

/** All parts of what is true and joined by `&&` are true; `assertEqual(ok, true)` says as much as `assertTrue(ok)`. */
function partsOf(expr: Expr, holds: boolean): readonly Asserted[] {
  const x = unparen(expr);
  if (x.kind === 'unary' && x.op === '!') return partsOf(x.x, !holds);
  const truth = x.kind === 'binary' && x.op === '==' && x.y.kind === 'ident' && !x.y.entity ? x.y.name : '';
  if (x.kind === 'binary' && (truth === 'true' || truth === 'false')) return partsOf(x.x, holds === (truth === 'true'));
  if (x.kind !== 'binary' || (x.op !== '&&' && x.op !== '||')) return [{ condition: x, holds }];
  return x.op === (holds ? '&&' : '||') ? [...partsOf(x.x, holds), ...partsOf(x.y, holds)] : [];
}

function expected({ actual, is, holds }: Expectation): readonly Asserted[] {
  if (is === 'true' || is === 'false') return partsOf(actual, holds === (is === 'true'));
  return partsOf(equal(actual, is === 'nil' ? nilAt(actual) : is), holds);
}

function nilAt({ start, end }: Expr): Expr {
  return { kind: 'ident', name: 'nil', start, end };
}

/** `err` of `isNil(err)`, which assertion helpers share. */
function askedForNil(x: Expr): Expr | undefined {
  const fun = x.kind === 'call' && x.args.length === 1 ? unparen(x.fun) : undefined;
  return x.kind === 'call' && fun?.kind === 'ident' && !fun.entity && /^isNil$/i.test(fun.name) ? x.args[0] : undefined;
}

function equal(x: Expr, y: Expr): Expr {
  return { kind: 'binary', op: '==', x: unparen(x), y: unparen(y), start: x.start, end: x.end };
}

const memo = new Memo<FuncInfo, readonly Asserted[]>();

/** The conditions on its parameters under which alone a function returns. */
function wantedBy(func: FuncInfo, contracts: Contracts): readonly Asserted[] {
  const known = memo.get(func);
  if (known) return known;
  // Recursion asserts nothing.
  memo.set(func, []);
  const wanted = findWanted(func, contracts);
  memo.set(func, wanted);
  return wanted;
}

function findWanted(func: FuncInfo, contracts: Contracts): readonly Asserted[] {
  if (func.bodyText.length > LONGEST || !MAY_ASSERT.test(func.bodyText)) return [];
  const body = func.body();
  if (!body) return [];
  const graph = graphOf(func.decl, body);
  const env = contracts.envOf(func);
  const params = fixedParameters(func);
  const isAsked = (x: Expr) => isAbout(x, params, graph);
  return [...askedByBranches(graph, env, contracts, isAsked), ...askedByCalls(graph, env, contracts, isAsked)];
}

/** The parameters that keep their values, which is what makes a condition on them one on the arguments. */
function fixedParameters({ decl }: FuncInfo): ReadonlySet<Variable> {
  const names = [...parametersOf(decl), decl.receiver?.names[0]];
  return new Set(names.flatMap(name => (name?.entity?.kind === 'var' && name.entity.assigned.length === 0 ? name.entity : [])));
}

/** A question about parameters and nothing else that the function could change. */
function isAbout(condition: Expr, params: ReadonlySet<Variable>, graph: FlowGraph): boolean {
  const read = new Set<Variable>();
  let readsField = false;
  const look = (expr: Expr): void => {
    const x = unparen(expr);
    if (x.kind === 'ident' && x.entity?.kind === 'var') read.add(x.entity);
    if (x.kind === 'selector') readsField ||= isVariable(x.x);
    const parts = x.kind === 'binary' ? [x.x, x.y] : x.kind === 'unary' || x.kind === 'selector' ? [x.x] : x.kind === 'call' ? [x.fun, ...x.args] : [];
    parts.forEach(look);
  };
  look(condition);
  const changesFields = () => operations(graph).some(({ op }) => op.kind === 'assign' && op.lhs.some(x => x.kind !== 'ident'));
  return read.size > 0 && [...read].every(variable => params.has(variable)) && !(readsField && changesFields());
}

function isVariable(x: Expr): boolean {
  const inner = unparen(x);
  return inner.kind === 'ident' && inner.entity?.kind === 'var';
}

/** `if got != want { t.Fatal(…) }`: with the wrong answer no way leads to a return. */
function askedByBranches(graph: FlowGraph, env: Env, contracts: Contracts, isAsked: (x: Expr) => boolean): readonly Asserted[] {
  const text = env.file.source.text;
  const questions = new Map<string, Expr>();
  for (const { end } of graph.blocks) {
    const asked = end.kind === 'branch' && end.condition ? questionOf(end.condition, env) : undefined;
    if (asked && isAsked(asked.condition)) questions.set(keyOf(asked.condition, text), asked.condition);
  }
  return [...questions].flatMap(([key, condition]) => {
    const returnsIf = (answer: boolean) => mayReturn(graph, env, contracts, block => {
      if (block.end.kind !== 'branch' || !block.end.condition) return successors(block.end);
      const asked = questionOf(block.end.condition, env);
      if (keyOf(asked.condition, text) !== key) return successors(block.end);
      return [asked.holds === answer ? block.end.then : block.end.else];
    });
    const [whenTrue, whenFalse] = [returnsIf(true), returnsIf(false)];
    return whenTrue === whenFalse ? [] : [{ condition, holds: whenTrue }];
  });
}

/** `require.Equal(t, want, resp.StatusCode)` and other assertions on every way to a return. */
function askedByCalls(graph: FlowGraph, env: Env, contracts: Contracts, isAsked: (x: Expr) => boolean): readonly Asserted[] {
  return operations(graph).flatMap(({ op }) => {
    if (op.kind !== 'call') return [];
    const asked = assertedBy(op.call, calleeOf(op.call, env), env, contracts).filter(({ condition }) => isAsked(condition));
    return asked.length && !mayReturn(graph, env, contracts, block => successors(block.end), op) ? asked : [];
  });
}

/** Whether a way leads to a return on which the test has not failed, and the operation `without` is not met. */
function mayReturn(graph: FlowGraph, env: Env, contracts: Contracts, onwards: (block: FlowBlock) => readonly FlowBlock[], without?: Op): boolean {
  const ends = (block: FlowBlock) => block.ops.some(op => op === without || contracts.endsHere(op, env) || failsTest(op, env));
  const next = (block: FlowBlock) => (ends(block) ? [] : onwards(block));
  return [graph.entry, ...reachableFrom(graph.entry, next)].some(block => block.end.kind === 'return' && !ends(block));
}

/** `t.Errorf(…)`: what follows belongs to a test that has found a mistake. */
export function failsTest(op: Op, env: Env): boolean {
  return op.kind === 'call' && FAILS_TEST.test(calleeName(calleeOf(op.call, env)) ?? '');
}

/** A branch's condition as a question that has one form: `a != b` and `!reflect.DeepEqual(a, b)` ask whether `a == b`. */
function questionOf(condition: Expr, env: Env): Asserted {
  const x = unparen(condition);
  if (x.kind === 'binary' && x.op === '!=') return { condition: { ...x, op: '==' }, holds: false };
  const asked = askedForNil(x);
  if (asked) return { condition: equal(asked, nilAt(asked)), holds: true };
  const [left, right] = x.kind === 'call' ? x.args : [];
  if (x.kind === 'call' && left && right && COMPARES.test(calleeName(calleeOf(x, env)) ?? '')) return { condition: equal(left, right), holds: true };
  return { condition: x, holds: true };
}

function keyOf(x: Expr, text: string): string {
  if (x.kind === 'ident') return x.name;
  return x.kind === 'binary' ? `${keyOf(x.x, text)} ${x.op} ${keyOf(x.y, text)}` : text.slice(x.start, x.end);
}
