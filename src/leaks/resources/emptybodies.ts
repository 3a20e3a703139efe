/**
 * Responses whose body may hold no connection: answers to HEAD, and those that a test makes up. The transport of net/http
 * gives answers to HEAD an empty body, but `Client.Head` promises its caller nothing of the kind, and other transports
 * need not; where the code itself has made the request one for HEAD, it knows what to expect.
 */
import { calleeOf } from '../../program/callee.ts';
import { typeOf } from '../../program/infer.ts';
import { memberOf } from '../../program/members.ts';
import type { Type } from '../../program/types.ts';
import { type Call, type Expr, unparen, type Variable } from '../../syntax/ast.ts';
import type { Body } from '../bodies.ts';
import type { Acquisition } from './acquisition.ts';

export function evidenceOfContent(call: Call, by: string, body: Body): Acquisition['evidence'] {
  if (call.args.some(arg => isHeadRequest(arg, call, body)) || isFaked(call, by, body)) return 'doubtful';
  return by.endsWith('.Head') ? 'likely' : 'sure';
}

/** `http.NewRequest(http.MethodHead, u, nil)`, or a variable that was last given one. */
function isHeadRequest(arg: Expr, call: Call, body: Body): boolean {
  const x = unparen(arg);
  const made = x.kind === 'ident' && x.entity?.kind === 'var' ? lastGiven(x.entity, call) : x;
  return made?.kind === 'call' && (made.args.some(isHead) || makesHead(made, body));
}

/** `makeHeadRequest(ctx, u)`, a function of the module that says so where it makes the request. */
function makesHead(made: Call, { env }: Body): boolean {
  const callee = calleeOf(made, env);
  const func = callee.kind === 'func' || callee.kind === 'method' ? callee.func : undefined;
  return func?.pkg.module !== undefined && /\bNewRequest(?:WithContext)?\((?:\w+, )?(?:"HEAD"|http\.MethodHead)/.test(func.bodyText);
}

/** The value that was assigned last before the call, as the text has it. */
function lastGiven({ origin, assigned }: Variable, call: Call): Expr | undefined {
  const values = [origin, ...assigned].flatMap(from => (from !== 'unknown' && from.kind === 'value' && from.expr.start < call.start ? [unparen(from.expr)] : []));
  return values.sort((a, b) => a.start - b.start).at(-1);
}

function isHead(x: Expr): boolean {
  return (x.kind === 'selector' && x.sel.name === 'MethodHead') || (x.kind === 'literal' && /^["`]HEAD["`]$/.test(x.text));
}

/**
 * A test that makes responses itself, or that calls code of the module with a transport of its choice or a request that
 * nobody could send: nothing real is behind those.
 */
function isFaked(call: Call, by: string, body: Body): boolean {
  const { info } = body;
  if (!info.file.kind.test) return false;
  if (by.endsWith('.RoundTrip') && call.args.some(arg => leadsNowhere(arg, call, info.bodyText))) return true;
  const fun = unparen(call.fun);
  if (fun.kind === 'selector' && restsOnStandIn(fun.x, body)) return true;
  const isOwn = unparen(call.fun).kind === 'selector' && /\.RoundTrip$/.test(info.file.source.text.slice(call.fun.start, call.fun.end));
  return MAKES_RESPONSE.test(info.bodyText) || ALWAYS_FAILS.test(info.bodyText) || (by === '(net/http.RoundTripper).RoundTrip' && !isOwn);
}

const MAKES_RESPONSE = /\bhttp\.Response\{/;
/** A transport in a literal that gives nothing: `func(*http.Request) (*http.Response, error) { return nil, io.EOF }`. */
const ALWAYS_FAILS = /\bfunc\([^()]*\*http\.Request\) \(\*http\.Response, error\) \{\s*return nil,/;

/** `&http.Request{Header: h}`: without an address no real transport would send it. */
function leadsNowhere(arg: Expr, call: Call, text: string): boolean {
  const x = unparen(arg);
  const made = x.kind === 'ident' && x.entity?.kind === 'var' ? lastGiven(x.entity, call) : x;
  const literal = made?.kind === 'unary' && made.op === '&' ? unparen(made.x) : undefined;
  return literal?.kind === 'composite' && !literal.elements.some(({ key }) => key?.kind === 'ident' && key.name === 'URL') && !/\.URL\s*=[^=]/.test(text);
}

/** So many values are followed from one to the next. */
const DEEPEST = 7;

/** `&http.Client{Transport: &recorder{}}`, `withRetries(recorder{})`: below it answers something that the tests declare. */
function restsOnStandIn(expr: Expr, body: Body, depth = DEEPEST): boolean {
  const x = unparen(expr);
  if (depth === 0) return false;
  const rests = (part: Expr) => restsOnStandIn(part, body, depth - 1);
  switch (x.kind) {
    case 'unary':
      return x.op === '&' && rests(x.x);
    case 'composite':
      return isStandIn(typeOf(x, body.env), body) || x.elements.some(({ value }) => rests(value));
    case 'call':
      return x.args.some(rests);
    case 'ident':
      return x.entity?.kind === 'var' && (isStandIn(typeOf(x, body.env), body) || valuesOf(x.entity).some(rests));
    default:
      return false;
  }
}

function valuesOf({ origin, assigned }: Variable): readonly Expr[] {
  return [origin, ...assigned].flatMap(from => (from !== 'unknown' && from.kind === 'value' ? [from.expr] : []));
}

/** A type of the tests whose `RoundTrip` makes its answer up, or that gives such a transport to those who ask for one. */
function isStandIn(type: Type, { info: { pkg }, env: { program } }: Body): boolean {
  const base = type.kind === 'pointer' ? type.elem : type;
  if (base.kind !== 'named' || !base.def?.file.kind.test || base.def.file.pkg !== pkg) return false;
  const member = memberOf(type, 'RoundTrip', program);
  if (member?.kind === 'method') return MAKES_RESPONSE.test(member.func?.bodyText ?? '');
  return pkg.methodsOf(base.name).some(({ resultText }) => /\bhttp\.RoundTripper\b/.test(resultText));
}
