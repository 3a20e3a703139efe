/**
 * Where a value may be when a function has returned. Everything that may hold it is followed: other variables, readers
 * around it, literals that capture it, requests that carry a context, parameters of callees whose bodies are at hand.
 * Whoever is not known may keep it.
 */
import { onlyReads } from '../../contracts/effects.ts';
import { CONTINUES_WITH_RECEIVER, KEEPS_ARGUMENT, KEEPS_BY_NAME, RUNS_ARGUMENT_OFTEN, RUNS_ARGUMENT_ONCE } from '../../contracts/known.ts';
import type { End, Op } from '../../flow/graph.ts';
import { operations } from '../../flow/search.ts';
import { type Callee, calleeName, calleeOf } from '../../program/callee.ts';
import { targetsOf } from '../../program/implementations.ts';
import { isError, typeOf } from '../../program/infer.ts';
import type { FuncInfo } from '../../program/package.ts';
import { signatureOf, underlying } from '../../program/resolve.ts';
import { isNamed, type Type } from '../../program/types.ts';
import { functionOf } from '../../program/values.ts';
import { type Call, type Expr, type FuncNode, type Ident, unparen, type Variable } from '../../syntax/ast.ts';
import { walkExpr } from '../../syntax/walk.ts';
import { type Body, bodyOf, literalBody } from '../bodies.ts';
import type { Pass } from '../pass.ts';
import { placeOf } from '../places/places.ts';

/** `results`: only the caller may have it. `outside`: somebody may still use it. */
export type Fate = 'nowhere' | 'results' | 'outside';

/**
 * `users`: a goroutine may use it when the function has returned, and so may whoever has a context of it. `keepers`: a
 * goroutine may, as long as it lets nobody else have it, and a context leads to nothing.
 */
type Goroutines = 'users' | 'keepers';

const DEPTH: Record<Goroutines, number> = { users: 3, keepers: 5 };

export function fateOf(variables: readonly Variable[], body: Body, pass: Pass): Fate {
  return new Carriers(variables, variables, body, pass, 'users').fate();
}

/**
 * Whether nobody but the function, its goroutines and whoever gets its results can have the value; then, whether a return
 * hands out something that holds it, other names of the value itself left out.
 */
export function keptAmong(variables: readonly Variable[], body: Body, pass: Pass): ((end: Returning) => boolean) | undefined {
  const carriers = new Carriers(variables, variables, body, pass, 'keepers');
  return carriers.fate() === 'outside' ? undefined : end => carriers.isReturnedAt(end, false);
}

type Returning = End & { readonly kind: 'return' };

class Carriers {
  private readonly names: Set<Variable>;
  /** Those that are the value itself, or were made here to hold it: what is put into them goes nowhere else. */
  private readonly own: Set<Variable>;
  /** What is known of calls while there are `size` names. */
  private readonly fates = new Map<Call, { readonly size: number; readonly fate: Fate }>();

  constructor(variables: readonly Variable[], own: readonly Variable[], private readonly body: Body, private readonly pass: Pass, private readonly goroutines: Goroutines, private readonly depth = DEPTH[goroutines]) {
    this.names = new Set(variables);
    this.own = new Set(own);
  }

  fate(): Fate {
    for (let size = -1; size < this.names.size;) {
      size = this.names.size;
      for (const { op } of operations(this.body.graph)) if (this.escapesIn(op)) return 'outside';
    }
    return this.body.graph.blocks.some(({ end }) => end.kind === 'return' && this.isReturnedAt(end)) ? 'results' : 'nowhere';
  }

  isReturnedAt({ stmt }: Returning, orItself = true): boolean {
    const results = stmt?.results.length ? stmt.results : this.body.node.type.results.flatMap(({ names }) => names);
    return results.some(x => this.carries(x) && (orItself || !this.isOwn(x)));
  }

  private isName(x: Expr): boolean {
    return x.kind === 'ident' && x.entity?.kind === 'var' && this.names.has(x.entity);
  }

  private mentions(x: Expr): boolean {
    let found = false;
    walkExpr(x, { expr: inner => void (found ||= this.isName(inner)) });
    return found;
  }

  private escapesIn(op: Op): boolean {
    switch (op.kind) {
      case 'call':
        return this.escapesThrough(op.call);
      case 'defer':
        return op.stmt.call.kind === 'call' && this.escapesThrough(op.stmt.call);
      case 'go':
        return this.goroutines === 'users' ? this.mentions(op.stmt.call) : op.stmt.call.kind === 'call' && this.escapesThrough(op.stmt.call);
      case 'send':
        return this.carries(op.stmt.value);
      case 'assign':
        return this.escapesByAssignment(op);
      case 'range':
        if (this.carries(op.stmt.x)) for (const x of op.stmt.lhs) this.follow(x);
        return false;
      case 'receive':
      case 'eval':
        return false;
    }
  }

  private escapesByAssignment({ lhs, rhs }: Op & { kind: 'assign' }): boolean {
    return lhs.some((target, i) => {
      const value = rhs.length === lhs.length ? rhs[i] : rhs[0];
      if (!value || !this.carries(value)) return false;
      const type = typeOf(value, this.body.env);
      const part = lhs.length > rhs.length && type.kind === 'tuple' ? type.types[i] : type;
      return (part === undefined || this.isRich(part)) && !this.follow(target, this.isOwn(value));
    });
  }

  /** Remembers that the target holds it; false where the target outlives the function. */
  private follow(target: Expr, isItsName = false): boolean {
    if (target.kind === 'ident' && target.name === '_') return true;
    const root = placeOf(target)?.root ?? rootOfIndex(target);
    const isItself = target.kind === 'ident';
    if (typeof root === 'object' && !isItself && this.own.has(root) && placeOf(target)?.fields.length === 1) return true;
    if (typeof root !== 'object' || root.owner !== this.body.node) return false;
    const isMade = root.role === 'local' && this.isMadeHere(root);
    if (!isItself && !isMade) return false;
    this.names.add(root);
    if (isMade || (isItself && isItsName)) this.own.add(root);
    return true;
  }

  /** A struct, slice or map of the function's own, which no one else refers to. */
  private isMadeHere({ origin, ident }: Variable): boolean {
    const type = underlying(typeOf(ident, this.body.env), this.body.env.program);
    if (type.kind === 'struct') return true;
    if (origin.kind === 'declared') return type.kind === 'slice' || type.kind === 'map';
    if (origin.kind !== 'value') return false;
    const value = unparen(origin.expr);
    const inner = value.kind === 'unary' && value.op === '&' ? unparen(value.x) : value;
    if (inner.kind === 'composite') return true;
    const callee = inner.kind === 'call' ? calleeOf(inner, this.body.env) : undefined;
    return callee?.kind === 'builtin' && (callee.name === 'make' || callee.name === 'new');
  }

  private escapesThrough(call: Call): boolean {
    const { env } = this.body;
    const callee = functionOf(calleeOf(call, env), env);
    if (callee.kind === 'literal') return this.fateIn(callee, call) === 'outside';
    const fun = unparen(call.fun);
    const receiver = fun.kind === 'selector' && this.carries(fun.x);
    const args = call.args.filter(arg => this.carries(arg));
    if ((!receiver && args.length === 0) || callee.kind === 'conversion') return false;
    if (callee.kind === 'builtin') return callee.name === 'copy';
    const name = calleeName(callee) ?? '';
    if (isLibrary(callee)) return (receiver && CONTINUES_WITH_RECEIVER.has(name)) || (args.length > 0 && KEEPS_ARGUMENT.test(name)) || (args.some(arg => this.isFunction(arg)) && !RUNS_ARGUMENT_ONCE.test(name) && !RUNS_ARGUMENT_OFTEN.test(name));
    if (onlyReads(callee, undefined)) return false;
    if (targetsOf(callee, env).length > 0) return this.fateIn(callee, call) === 'outside';
    return args.some(arg => !this.isRunAtOnce(arg, name));
  }

  /** `retry.Do(func() error { … })`: a function that returns an error is run by who gives the error back, but for who starts it. */
  private isRunAtOnce(arg: Expr, name: string): boolean {
    if (this.goroutines === 'users' || this.depth === 0 || arg.kind !== 'funclit' || name === '' || KEEPS_BY_NAME.test(name)) return false;
    const last = signatureOf(arg.type, this.body.env).results.at(-1);
    return last !== undefined && isError(last) && this.inside([...this.names], [...this.own], literalBody(arg, undefined, this.body, this.pass)).fate() !== 'outside';
  }

  /** What becomes of it in the callee. */
  private fateIn(callee: Callee, call: Call): Fate {
    const known = this.fates.get(call);
    if (known?.size === this.names.size) return known.fate;
    const { size } = this.names;
    const fate = this.depth === 0 ? 'outside' : this.findFateIn(callee, call);
    this.fates.set(call, { size, fate });
    return fate;
  }

  private findFateIn(callee: Callee, call: Call): Fate {
    if (callee.kind === 'literal') {
      const inner = literalBody(callee.literal, callee.within, this.body, this.pass);
      return this.inside([...this.names, ...this.parameters(callee.literal, call)], [...this.own, ...this.ownParameters(callee.literal, call)], inner).fate();
    }
    const fates = targetsOf(callee, this.body.env).map(func => this.fateInFunction(func, call));
    return fates.includes('outside') ? 'outside' : fates.includes('results') ? 'results' : 'nowhere';
  }

  private fateInFunction(func: FuncInfo, call: Call): Fate {
    const inner = func.pkg.module ? bodyOf(func, this.pass) : undefined;
    if (!inner) return 'outside';
    const fun = unparen(call.fun);
    const receiver = fun.kind === 'selector' && this.carries(fun.x) ? variablesOf(func.decl.receiver?.names ?? []) : [];
    const variables = [...receiver, ...this.parameters(func.decl, call)];
    const own = [...(fun.kind === 'selector' && this.isOwn(fun.x) ? receiver : []), ...this.ownParameters(func.decl, call)];
    return variables.length ? this.inside(variables, own, inner).fate() : 'nowhere';
  }

  private inside(variables: readonly Variable[], own: readonly Variable[], body: Body): Carriers {
    return new Carriers(variables, own, body, this.pass, this.goroutines, this.depth - 1);
  }

  /** The parameters that are given it. */
  private parameters(callee: FuncNode, call: Call): Variable[] {
    return parametersFor(arg => this.carries(arg), callee, call);
  }

  private ownParameters(callee: FuncNode, call: Call): Variable[] {
    return parametersFor(arg => this.isOwn(arg), callee, call);
  }

  private isOwn(x: Expr): boolean {
    const inner = unparen(x);
    return inner.kind === 'ident' ? inner.entity?.kind === 'var' && this.own.has(inner.entity) : inner.kind === 'unary' && inner.op === '&' && this.isOwn(inner.x);
  }

  private isFunction(x: Expr): boolean {
    return x.kind === 'funclit' || underlying(typeOf(x, this.body.env), this.body.env.program).kind === 'func';
  }

  /** Whether the value may hold it. */
  private carries(expr: Expr): boolean {
    const x = unparen(expr);
    switch (x.kind) {
      case 'ident':
        return this.isName(x);
      case 'funclit':
        return this.mentions(x);
      case 'composite':
        return x.elements.some(({ value }) => this.carries(value));
      case 'unary':
        // `&s.locked` of a type out of sight: nobody has put the value itself into it.
        if (this.goroutines === 'keepers' && x.op === '&' && isFieldOutOfSight(unparen(x.x), this.body)) return false;
        return this.carries(x.x) && (x.op === '&' || this.isRich(typeOf(x, this.body.env)));
      case 'selector':
      case 'index':
      case 'slice':
      case 'star':
      case 'assert':
        return this.carries(x.x) && this.isRich(typeOf(x, this.body.env));
      case 'call':
        return this.resultCarries(x);
      default:
        return false;
    }
  }

  private resultCarries(call: Call): boolean {
    const { env } = this.body;
    if (!this.isRich(typeOf(call, env))) return false;
    const fun = unparen(call.fun);
    const isGiven = call.args.some(arg => this.carries(arg)) || (fun.kind === 'selector' ? this.carries(fun.x) : this.isName(fun));
    const callee = functionOf(calleeOf(call, env), env);
    if (callee.kind === 'literal') return this.fateIn(callee, call) !== 'nowhere';
    if (!isGiven) return false;
    return isLibrary(callee) || targetsOf(callee, env).length === 0 || this.fateIn(callee, call) !== 'nowhere';
  }

  /** A value of this type can hold something else than itself: no number, text, error or list of these. */
  private isRich(type: Type, depth = 4): boolean {
    if (isError(type) || (this.goroutines === 'keepers' && isNamed(type, 'context.Context'))) return false;
    const base = underlying(type, this.body.env.program);
    if (base.kind === 'basic' || depth === 0) return depth === 0;
    if (base.kind === 'slice') return this.isRich(base.elem, depth - 1);
    if (base.kind === 'map') return this.isRich(base.key, depth - 1) || this.isRich(base.value, depth - 1);
    if (base.kind === 'tuple') return base.types.some(t => this.isRich(t, depth - 1));
    return base.kind !== 'struct' || base.fields.some(field => this.isRich(field.type, depth - 1));
  }
}

function parametersFor(isGiven: (arg: Expr) => boolean, { type }: FuncNode, { args }: Call): Variable[] {
  const params = type.params.flatMap(field => field.names);
  return variablesOf(args.flatMap((arg, i) => (isGiven(arg) ? params[Math.min(i, params.length - 1)] ?? [] : [])));
}

function isFieldOutOfSight(x: Expr, { env }: Body): boolean {
  const type = x.kind === 'selector' ? typeOf(x, env) : undefined;
  return type?.kind === 'named' && type.def === undefined;
}

function isLibrary(callee: Callee): boolean {
  if (callee.kind === 'func') return !callee.func.pkg.module;
  if (callee.kind !== 'method') return false;
  const pkg = callee.func?.pkg ?? callee.owner.def?.file.pkg;
  return pkg !== undefined && !pkg.module;
}

function rootOfIndex(x: Expr): Variable | string | undefined {
  const inner = unparen(x);
  if (inner.kind === 'index') return placeOf(inner.x)?.root ?? rootOfIndex(inner.x);
  return inner.kind === 'selector' ? rootOfIndex(inner.x) : undefined;
}

function variablesOf(names: readonly Ident[]): Variable[] {
  return names.flatMap(({ entity }) => (entity?.kind === 'var' ? [entity] : []));
}
