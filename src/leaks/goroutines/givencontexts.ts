/** The context that code has at hand, and whether it is still good for something there. */
import type { Op } from '../../flow/graph.ts';
import { operations, search } from '../../flow/search.ts';
import { calleeName, calleeOf } from '../../program/callee.ts';
import { typeOfVariable } from '../../program/infer.ts';
import { isNamed, type Type } from '../../program/types.ts';
import { type Expr, type FuncNode, unparen, type Variable, variableIn } from '../../syntax/ast.ts';
import { bodiesOf, type Body } from '../bodies.ts';
import { calledBodies } from '../calls/called.ts';
import type { Pass } from '../pass.ts';
import { callIn, holdsSpan } from '../paths/reach.ts';
import { goroutinesIn } from './goroutines.ts';

export interface GivenContext {
  /** The parameter: a context, a request, a framework's handle of one. */
  readonly variable: Variable;
  /** How the context is reached from it: `ctx`, `r.Context()`. */
  readonly text: string;
}

/** Types of parameters that have a context, and how it is asked for; contexts themselves come first. */
const CARRIERS: readonly (readonly [type: string, path: string])[] = [
  ['context.Context', ''],
  ['net/http.Request', '.Context()'],
  ['github.com/gin-gonic/gin.Context', '.Request.Context()'],
  ['github.com/labstack/echo.Context', '.Request().Context()'],
  ['github.com/labstack/echo/v4.Context', '.Request().Context()'],
  ['github.com/labstack/echo/v5.Context', '.Request().Context()'],
  ['github.com/gofiber/fiber/v2.Ctx', '.UserContext()'],
  ['github.com/gofiber/fiber/v3.Ctx', '.Context()'],
  ['github.com/valyala/fasthttp.RequestCtx', ''],
];

/** Whether a signature or a body may have such a parameter, by its text. */
export const MAY_HAVE_CONTEXT = /Context|Request|Ctx\b/;

const memo = new WeakMap<Body['block'], { readonly given: GivenContext | undefined }>();

/** What the body is given, or the one around it where that one runs it. */
export function contextAtHand(body: Body, pass: Pass): GivenContext | undefined {
  let known = memo.get(body.block);
  if (!known) memo.set(body.block, (known = { given: givenTo(body, pass) }));
  return known.given;
}

function givenTo(body: Body, pass: Pass): GivenContext | undefined {
  const own = contextAmongParams(body.node, body.env);
  if (own || body.node === body.info.decl) return own;
  const parent = bodyAround(body, pass);
  return parent && isRunBy(parent, body, pass) ? contextAtHand(parent, pass) : undefined;
}

function contextAmongParams(node: FuncNode, env: Body['env']): GivenContext | undefined {
  const params = node.type.params.flatMap(({ names }) => names).flatMap(({ entity, name }) => (entity?.kind === 'var' && name !== '_' ? [entity] : []));
  for (const [type, path] of CARRIERS) {
    const variable = params.find(param => isOf(typeOfVariable(param, env), type));
    if (variable) return { variable, text: `${variable.name}${path}` };
  }
  return undefined;
}

function isOf(type: Type, name: string): boolean {
  return isNamed(type.kind === 'pointer' ? type.elem : type, name);
}

/** The innermost body that a literal stands in. */
function bodyAround(literal: Body, pass: Pass): Body | undefined {
  return [...bodiesOf(literal.info, pass)].filter(({ block }) => block !== literal.block && holdsSpan(block, literal.node)).at(-1);
}

/** The parent has ended no sooner than the literal: it calls it, or starts it and waits. */
function isRunBy(parent: Body, literal: Body, pass: Pass): boolean {
  const isIt = (body: Body | undefined) => body?.block === literal.block;
  const isCalled = operations(parent.graph).some(({ op }) => op.kind === 'call' && calledBodies(op.call, parent, pass).some(({ body, isInner }) => isInner && isIt(body)));
  return isCalled || (waits(parent) && goroutinesIn(parent.info, pass).some(goroutine => isIt(goroutine.body) && goroutine.parent.block === parent.block));
}

const WAIT = /^\(\*(?:sync\.WaitGroup|golang\.org\/x\/sync\/errgroup\.Group)\)\.Wait$/;

function waits({ graph, env }: Body): boolean {
  return operations(graph).some(({ op }) => {
    const call = callIn(op);
    return call !== undefined && WAIT.test(calleeName(calleeOf(call, env)) ?? '');
  });
}

/** Control comes to the call without having waited for the end of a context: behind `<-ctx.Done()` that one is over. */
export function isReachedBeforeDone(call: Op, { graph, env }: Body): boolean {
  return search({ block: graph.entry, index: 0 }, '', {
    key: () => '',
    op: op => (op === call ? 'arrive' : op.kind === 'receive' && isDone(op.channel, env) ? undefined : ''),
    edge: () => '',
    returns: () => false,
  }) !== undefined;
}

/** `ctx.Done()`, of that context where one is given. */
export function isDone(channel: Expr, env: Body['env'], context?: Variable): boolean {
  const asked = contextAsked(channel, 'Done', env);
  return asked !== undefined && (!context || variableIn(unparen(asked)) === context);
}

/** `ctx` of `ctx.Done()` or `ctx.Err()`. */
export function contextAsked(expr: Expr, method: 'Done' | 'Err', env: Body['env']): Expr | undefined {
  const x = unparen(expr);
  const callee = x.kind === 'call' ? calleeOf(x, env) : undefined;
  return callee?.kind === 'method' && callee.name === `(context.Context).${method}` ? callee.receiver : undefined;
}
