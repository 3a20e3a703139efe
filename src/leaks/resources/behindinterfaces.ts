/**
 * Responses that come from behind an interface of the module which others might implement, too. Those who are known to do it,
 * beside the interface or beside what it gives, make their answers up or have closed them: `func (c *combiner) Final()
 * (*http.Response, error) { …; return &http.Response{Body: io.NopCloser(text)}, nil }`. Then nobody owes anything.
 */
import { implementersOf } from '../../contracts/implementers.ts';
import { graphOf } from '../../flow/build.ts';
import { operations } from '../../flow/search.ts';
import { type Callee, calleeName, calleeOf, lastPart } from '../../program/callee.ts';
import { targetsOf } from '../../program/implementations.ts';
import { typeOf } from '../../program/infer.ts';
import { Memo } from '../../program/memo.ts';
import type { FuncInfo } from '../../program/package.ts';
import type { Env } from '../../program/resolve.ts';
import { isNamed, type Type } from '../../program/types.ts';
import { type CompositeLit, type Expr, isNil, unparen } from '../../syntax/ast.ts';
import type { Pass } from '../pass.ts';

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
