/**
 * What comes from behind an interface of the module which others might implement, too. Those who are known to do it, beside the
 * interface or beside what it gives, say what the caller has to do with it. All of them hand over a file of their own: he has to
 * close it. One of them keeps what it gives: he need not. They make their answers up or have closed them, `func (c *combiner)
 * Final() (*http.Response, error) { …; return &http.Response{Body: io.NopCloser(text)}, nil }`: nobody owes anything.
 */
import { applyOp, type Where } from '../../contracts/effects.ts';
import { implementersOf, namesakesOf } from '../../contracts/implementers.ts';
import type { Resource } from '../../contracts/resource.ts';
import { graphOf } from '../../flow/build.ts';
import { operations } from '../../flow/search.ts';
import { type Callee, calleeName, calleeOf, lastPart } from '../../program/callee.ts';
import { targetsOf } from '../../program/implementations.ts';
import { typeOf } from '../../program/infer.ts';
import { memberOf } from '../../program/members.ts';
import { Memo } from '../../program/memo.ts';
import type { FuncInfo } from '../../program/package.ts';
import type { Env } from '../../program/resolve.ts';
import { isNamed, type Type } from '../../program/types.ts';
import { type CompositeLit, type Expr, isNil, unparen, variableIn } from '../../syntax/ast.ts';
import type { Pass } from '../pass.ts';
import type { Acquisition } from './acquisition.ts';

/** Functions are followed from one to the next so often. */
const DEEPEST = 3;
/** The clients of net/http have methods of these names, and may stand behind any interface with no other. */
const OF_HTTP = /^(?:Do|Get|Head|Post|PostForm|RoundTrip)$/;

/** Whether all who are known to implement the method give nothing that has to be released; `gives` says who does. */
export function isHarmlessBehind(callee: Callee, result: Type, env: Env, pass: Pass, gives: (func: FuncInfo) => boolean): boolean {
  const method = lastPart(calleeName(callee) ?? '');
  if (callee.kind !== 'method' || callee.func || OF_HTTP.test(method)) return false;
  const found = implementersOf(callee, [result], env);
  return found.length > 0 && found.every(func => !gives(func) && owesNothing(func, pass));
}

/**
 * `func (s *source) OpenRange(…) (io.ReadCloser, error) { r, err := s.open(…); s.closers.add(r); return r, err }`: one of those
 * who implement the method keeps what it gives, and is closed instead.
 */
export function isKeptBehind(callee: Callee, result: Type, resource: Resource, env: Env, pass: Pass): boolean {
  return implementersOf(callee, [result], env).some(func => keepsWhatItGives(func, resource, pass));
}

function keepsWhatItGives(func: FuncInfo, resource: Resource, pass: Pass): boolean {
  const body = func.body();
  if (!body) return false;
  const graph = graphOf(func.decl, body);
  const where: Where = { env: pass.contracts.envOf(func), func: func.decl, effects: pass.contracts, resource };
  const returned = graph.blocks.flatMap(({ end }) => (end.kind === 'return' ? variableIn(end.stmt?.results[0]) ?? [] : []));
  return returned.some(variable => operations(graph).some(({ op }) => applyOp(op, new Map([[variable, 'resource']]), where).effect === 'moved'));
}

/** What all who may implement the method hand over alike. */
export function givenBehind(callee: Callee, result: Type, env: Env, gives: (func: FuncInfo) => Acquisition | undefined): Acquisition | undefined {
  if (callee.kind !== 'method' || callee.func || memberOf(result, 'Close', env.program)?.kind !== 'method') return undefined;
  const known = implementersOf(callee, [result], env);
  const results = (func: FuncInfo) => func.resultText.replace(/\s+/g, '');
  if (namesakesOf(callee, [result]).some(func => !known.includes(func) && known.some(other => results(other) === results(func)))) return undefined;
  const [first, ...more] = known.map(gives);
  if (!first?.resource.releases.length || typeof first.result !== 'number' || more.some(other => other?.result !== first.result || other.resource !== first.resource)) return undefined;
  return { ...first, evidence: first.evidence === 'doubtful' ? 'doubtful' : 'likely' };
}

const memo = new Memo<FuncInfo, boolean>();

/** On every way it gives nothing, an answer of its own, or one whose body it closes itself. */
function owesNothing(func: FuncInfo, pass: Pass, depth = DEEPEST): boolean {
  const known = memo.get(func);
  if (known !== undefined || depth === 0) return known ?? false;
  // Recursion is no evidence.
  memo.set(func, false);
  const body = func.body();
  const returns = body ? graphOf(func.decl, body).blocks.flatMap(({ end }) => (end.kind === 'return' && end.stmt ? [end.stmt.results[0]] : [])) : [];
  const owes = returns.some(value => !value || !isHarmless(value, func, pass, depth));
  const harmless = returns.length > 0 && !owes;
  memo.set(func, harmless);
  return harmless;
}

function isHarmless(value: Expr, func: FuncInfo, pass: Pass, depth: number): boolean {
  const x = unparen(value);
  const env = pass.contracts.envOf(func);
  switch (x.kind) {
    case 'call': {
      const targets = targetsOf(calleeOf(x, env), env);
      return targets.length > 0 && targets.every(target => owesNothing(target, pass, depth - 1));
    }
    case 'unary':
      return x.op === '&' && isHarmless(x.x, func, pass, depth);
    case 'composite':
      return isMadeUp(x, env);
    case 'ident':
      return isNil(x) || closesBody(func) || (x.entity?.kind === 'var' && isFilledHarmlessly(x.entity, func, pass, depth));
    default:
      return false;
  }
}

/** Every value that the variable is given. */
function isFilledHarmlessly({ role, origin, assigned }: Extract<Extract<Expr, { kind: 'ident' }>['entity'], { kind: 'var' }>, func: FuncInfo, pass: Pass, depth: number): boolean {
  const given = [...(origin.kind === 'declared' ? [] : [origin]), ...assigned];
  return role === 'local' && given.every(from => from !== 'unknown' && from.kind === 'value' && from.index === 0 && isHarmless(from.expr, func, pass, depth));
}

/** `http.Response{Body: io.NopCloser(r)}`, or without a body. */
function isMadeUp(literal: CompositeLit, env: Env): boolean {
  if (!/\bResponse$/.test(literal.type ? env.file.source.text.slice(literal.type.start, literal.type.end) : '')) return false;
  return literal.elements.every(({ key, value }) => {
    const x = unparen(value);
    if (key?.kind !== 'ident') return false;
    if (key.name !== 'Body') return true;
    return (x.kind === 'call' && calleeName(calleeOf(x, env)) === 'io.NopCloser') || isNamed(typeOf(x, env), 'net/http.noBody');
  });
}

/** `defer resp.Body.Close()`: when it returns what it has read, there is nothing left. */
function closesBody(func: FuncInfo): boolean {
  const body = func.body();
  const { text } = func.file.source;
  return body !== undefined && operations(graphOf(func.decl, body)).some(({ op }) => op.kind === 'defer' && text.slice(op.stmt.start, op.stmt.end).includes('.Body.Close()'));
}
