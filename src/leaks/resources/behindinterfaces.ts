/**
 * Responses that come from behind an interface of the module which others might implement, too. Those who are known to do it,
 * beside the interface or beside what it gives, make their answers up or have closed them: `func (c *combiner) Final()
 * (*http.Response, error) { …; return &http.Response{Body: io.NopCloser(text)}, nil }`. Then nobody owes anything.
 */
import { graphOf } from '../../flow/build.ts';
import { operations } from '../../flow/search.ts';
import { type Callee, calleeName, calleeOf, lastPart } from '../../program/callee.ts';
import { targetsOf } from '../../program/implementations.ts';
import { typeOf } from '../../program/infer.ts';
import { memberOf } from '../../program/members.ts';
import { Memo } from '../../program/memo.ts';
import type { FuncInfo } from '../../program/package.ts';
import { type Env, underlying } from '../../program/resolve.ts';
import { isNamed, type Member, type Named, type Type, typeName } from '../../program/types.ts';
import { type CompositeLit, type Expr, isNil, unparen } from '../../syntax/ast.ts';
import type { Pass } from '../pass.ts';

/** Functions are followed from one to the next so often. */
const DEEPEST = 3;
/** The clients of net/http have methods of these names, and may stand behind any interface with no other. */
const OF_HTTP = /^(?:Do|Get|Head|Post|PostForm|RoundTrip)$/;
const STANDS_IN = /mock|fake|stub|dummy|no-?op/i;

/** Whether all who are known to implement the method give nothing that has to be released; `gives` says who does. */
export function isHarmlessBehind(callee: Callee, result: Type, env: Env, pass: Pass, gives: (func: FuncInfo) => boolean): boolean {
  const method = lastPart(calleeName(callee) ?? '');
  if (callee.kind !== 'method' || callee.func || OF_HTTP.test(method)) return false;
  const { owner } = callee;
  const packages = new Set([owner, baseOf(result)].flatMap(type => (type?.def?.file.pkg.module ? [type.def.file.pkg] : [])));
  const found = [...packages].flatMap(pkg => pkg.methodsNamed(method).filter(func => implementsIt(func, owner, env)));
  return found.length > 0 && found.every(func => !gives(func) && owesNothing(func, pass));
}

function baseOf(type: Type): Named | undefined {
  const base = type.kind === 'pointer' ? type.elem : type;
  return base.kind === 'named' ? base : undefined;
}

/** In earnest, and with all methods of the interface by name. */
function implementsIt({ piece, pkg, file }: FuncInfo, wanted: Named, { program }: Env): boolean {
  const name = piece.receiver?.type ?? '';
  const entity = pkg.lookup(name, file);
  if (file.kind.test || entity?.kind !== 'type' || STANDS_IN.test(name)) return false;
  const type: Named = { kind: 'named', pkg: pkg.path, name, args: [], def: { spec: entity.spec, file: entity.file } };
  return methodNames(wanted, { program, file }).every(method => isSame(memberOf(type, method, program), memberOf(wanted, method, program)));
}

/** What stands for the interface gives what the interface gives; by the same name others may give less. */
function isSame(own: Member | undefined, wanted: Member | undefined): boolean {
  if (own?.kind !== 'method' || wanted?.kind !== 'method') return false;
  const [gives, shouldGive] = [own.type.results, wanted.type.results];
  return gives.length === shouldGive.length && gives.every((type, i) => typeName(type) === typeName(shouldGive[i] ?? type));
}

function methodNames(type: Type, env: Env, depth = 4): readonly string[] {
  const inner = underlying(type, env.program);
  if (inner.kind !== 'interface' || depth === 0) return [];
  return [...inner.methods.map(({ name }) => name), ...inner.embeds.flatMap(embed => methodNames(embed, env, depth - 1))];
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
