/**
 * Requests without a context, in functions that have one. What is made with `http.NewRequest` may get its context
 * later, or be something else than a request to be sent; so it is followed to whoever sends it.
 */
import { NEW_REQUEST, SENDS_WITHOUT_CONTEXT } from '../../contracts/contextfree.ts';
import { GIVES_FREE_RESPONSE } from '../../contracts/known.ts';
import { operations } from '../../flow/search.ts';
import { type Callee, calleeName, calleeOf } from '../../program/callee.ts';
import { typeOf } from '../../program/infer.ts';
import type { FuncInfo } from '../../program/package.ts';
import { isNamed, type Type } from '../../program/types.ts';
import { type Call, type Expr, unparen, type Variable } from '../../syntax/ast.ts';
import { walkStmts } from '../../syntax/walk.ts';
import { askedBodies, type Body, bodyOf } from '../bodies.ts';
import { isExported } from '../exported.ts';
import { contextAtHand, type GivenContext, isReachedBeforeDone, MAY_HAVE_CONTEXT } from '../goroutines/givencontexts.ts';
import type { Pass } from '../pass.ts';
import { isTesting } from '../testing.ts';

export interface ContextFreeRequest {
  readonly body: Body;
  readonly call: Call;
  readonly given: GivenContext;
  /** Where the request is sent, if another call does that. */
  readonly sent: Sent | undefined;
}

interface Sent {
  /** The call that is given the request; undefined where it is returned. */
  readonly by: Call | undefined;
  /** It is known that it sends the request: it gives the response. */
  readonly isCertain: boolean;
}

const REQUEST = /\.(?:NewRequest|Get|Head|Post|PostForm)\(/;

/** Servers of tests answer. */
export function* contextFreeRequests(pass: Pass): Generator<ContextFreeRequest> {
  for (const body of askedBodies(pass, ({ bodyText, signatureText, file }) => !isTesting(file) && REQUEST.test(bodyText) && (MAY_HAVE_CONTEXT.test(signatureText) || MAY_HAVE_CONTEXT.test(bodyText)))) {
    for (const { op } of operations(body.graph)) {
      const name = op.kind === 'call' ? calleeName(calleeOf(op.call, body.env)) ?? '' : '';
      if (op.kind !== 'call' || !(name === NEW_REQUEST || SENDS_WITHOUT_CONTEXT.test(name))) continue;
      const given = contextAtHand(body, pass);
      if (!given || !isReachedBeforeDone(op, body)) continue;
      const sent = name === NEW_REQUEST ? sentBy(op.call, body, pass) : undefined;
      if (name !== NEW_REQUEST || sent) yield { body, call: op.call, given, sent };
    }
  }
}

/** Who sends the request that the call makes; undefined where it gets a context or nobody is seen to send it. */
function sentBy(made: Call, body: Body, pass: Pass): Sent | undefined {
  const request = variableOf(made, body);
  const outer = bodyOf(body.info, pass);
  if (!outer) return undefined;
  const uses = request ? usesOf(request, outer) : { calls: [], isReturned: isReturned(made, outer) };
  if (uses.calls.some(call => givesContext(call, request, body))) return undefined;
  const certain = uses.calls.find(call => answers(call, body));
  if (certain) return { by: certain, isCertain: true };
  const likely = uses.calls.find(call => sends(calleeOf(call, body.env)));
  if (likely) return { by: likely, isCertain: false };
  return uses.isReturned && body.node === body.info.decl && isSentByCallers(body.info) ? { by: undefined, isCertain: false } : undefined;
}

/** `req` of `req, err := http.NewRequest(…)`. */
function variableOf(made: Call, { graph }: Body): Variable | undefined {
  for (const { op } of operations(graph)) {
    const [value] = op.kind === 'assign' ? op.rhs : [];
    if (op.kind !== 'assign' || !value || unparen(value) !== made) continue;
    const target = op.lhs[0] && unparen(op.lhs[0]);
    return target?.kind === 'ident' && target.entity?.kind === 'var' ? target.entity : undefined;
  }
  return undefined;
}

interface Uses {
  /** Calls that have it as receiver or argument. */
  readonly calls: readonly Call[];
  readonly isReturned: boolean;
}

function usesOf(request: Variable, outer: Body): Uses {
  const calls: Call[] = [];
  let isReturned = false;
  walkStmts(outer.block.stmts, {
    stmt: stmt => void (isReturned ||= stmt.kind === 'return' && stmt.results.some(x => isIt(x, request))),
    expr: x => {
      if (x.kind !== 'call') return;
      const fun = unparen(x.fun);
      if ((fun.kind === 'selector' && isIt(fun.x, request)) || x.args.some(arg => isIt(arg, request))) calls.push(x);
    },
  });
  return { calls, isReturned };
}

function isIt(expr: Expr, request: Variable | undefined): boolean {
  const x = unparen(expr);
  return request !== undefined && x.kind === 'ident' && x.entity === request;
}

/** `return http.NewRequest(…)`. */
function isReturned(made: Call, outer: Body): boolean {
  let found = false;
  walkStmts(outer.block.stmts, { stmt: stmt => void (found ||= stmt.kind === 'return' && stmt.results.some(x => unparen(x) === made)) });
  return found;
}

/** `req.WithContext(ctx)`, `client.Do(ctx, req)`, and a function of the module that makes such a call. */
function givesContext(call: Call, request: Variable | undefined, { env }: Body): boolean {
  const callee = calleeOf(call, env);
  if (/^\(\*net\/http\.Request\)\.(?:WithContext|Clone)$/.test(calleeName(callee) ?? '')) return true;
  if (call.args.some(arg => !isIt(arg, request) && hasContext(typeOf(arg, env)))) return true;
  return (callee.kind === 'func' || callee.kind === 'method') && callee.func !== undefined && GIVES_CONTEXT.test(callee.func.bodyText);
}

const GIVES_CONTEXT = /\.(?:WithContext|Clone)\(/;

function hasContext(type: Type): boolean {
  return isNamed(type, 'context.Context') || isNamed(type.kind === 'pointer' ? type.elem : type, 'net/http.Request');
}

/** It gives the response, also through an interface or a wrapper of the client. */
function answers(call: Call, { env }: Body): boolean {
  // `http.ReadResponse(r, req)` looks at the request to know what it reads.
  if (GIVES_FREE_RESPONSE.has(calleeName(calleeOf(call, env)) ?? '')) return false;
  const type = typeOf(call, env);
  const first = type.kind === 'tuple' ? type.types[0] : type;
  return first?.kind === 'pointer' && isNamed(first.elem, 'net/http.Response');
}

/** A function of the module in which somebody is asked to send. */
function sends(callee: Callee): boolean {
  return (callee.kind === 'func' || callee.kind === 'method') && callee.func?.pkg.module !== undefined && /\.(?:Do|RoundTrip)\(/.test(callee.func.bodyText);
}

/** Of a function that returns the request: every caller is in the package, and none gives it a context. */
function isSentByCallers(info: FuncInfo): boolean {
  if (isExported(info.bareName) && info.pkg.name !== 'main') return false;
  const callers = info.pkg.mentioning(info.bareName).filter(caller => caller !== info && !caller.file.kind.test);
  return callers.length > 0 && callers.every(caller => !GIVES_CONTEXT.test(caller.bodyText) && /\.(?:Do|RoundTrip)\(\w+\)/.test(caller.bodyText));
}
