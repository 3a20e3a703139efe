/**
 * What functions promise their callers: from the table for libraries, inferred from the body for code at hand, on
 * demand and once. Recursion promises nothing.
 */
import { graphOf } from '../flow/build.ts';
import type { Block as FlowBlock, Op } from '../flow/graph.ts';
import { successors } from '../flow/graph.ts';
import { operations, reachableFrom } from '../flow/search.ts';
import { type Callee, calleeName, calleeOf } from '../program/callee.ts';
import { Memo } from '../program/memo.ts';
import type { FuncInfo } from '../program/package.ts';
import type { Program } from '../program/program.ts';
import type { Env } from '../program/resolve.ts';
import { targetsOf } from '../program/implementations.ts';
import { functionOf } from '../program/values.ts';
import { timed } from '../source/clock.ts';
import { type Block, type Call, type FuncDecl, type FuncNode, type Ident, type Variable, variableIn } from '../syntax/ast.ts';
import { bodyEffect, type BodyEffects, type Held, type ParamEffect, type Where } from './effects.ts';
import { isExhausted } from './exhausted.ts';
import { actsOnlyOnFailure } from './failures.ts';
import { NEVER_RETURNS } from './known.ts';
import { type Declared, NOTHING_DECLARED } from './declared.ts';
import type { Resource } from './resource.ts';
import { ResourceTable } from './resources.ts';

export class Contracts implements BodyEffects {
  readonly resources: ResourceTable;
  private readonly params: Cache<ParamEffect> = new Memo();
  private readonly failing: Cache<boolean> = new Memo();
  private readonly endings = new Memo<FuncInfo, boolean>();
  private readonly bodyEndings = new Memo<Block, boolean>();

  constructor(readonly program: Program, private readonly declared: Declared = NOTHING_DECLARED) {
    this.resources = new ResourceTable(declared.resources);
  }

  envOf(func: FuncInfo): Env {
    return { program: this.program, file: func.file };
  }

  neverReturns(callee: Callee, env: Env): boolean {
    const name = calleeName(callee);
    if (name !== undefined && (NEVER_RETURNS.has(name) || this.declared.noReturn.has(name))) return true;
    if (callee.kind === 'builtin') return callee.name === 'panic';
    const known = functionOf(callee, env);
    if (known.kind === 'literal') return this.bodyAlwaysEnds(known.literal, known.literal.body, known.within ? this.envOf(known.within) : env);
    const targets = targetsOf(known, env);
    if (targets.length > 0) return targets.every(func => this.alwaysEnds(func));
    // Of an interface for tests or logs, or of a type that is not at hand; what stands behind it ends the test or the process.
    const isUnseen = known.kind === 'method' ? !known.func : known.kind === 'presumed' && known.receiver !== undefined;
    return isUnseen && /\)\.(?:Fatal(?:f|ln)?|FailNow)$/.test(name ?? '');
  }

  private readonly lastOnes = new Memo<Op, boolean>();
  /** How many functions are being asked whether they end; inside of one, recursion may hide the answer for others. */
  private asking = 0;

  /** Whether an operation is the last one on its way. */
  endsHere(op: Op, env: Env): boolean {
    if (op.kind !== 'call') return false;
    const known = this.lastOnes.get(op);
    if (known !== undefined) return known;
    const ends = this.neverReturns(calleeOf(op.call, env), env);
    if (this.asking === 0) this.lastOnes.set(op, ends);
    return ends;
  }

  /** The blocks that control can go on to, calls that never return considered. */
  next(block: FlowBlock, env: Env): readonly FlowBlock[] {
    return block.ops.some(op => this.endsHere(op, env)) ? [] : successors(block.end);
  }

  /** A function no path of which returns. Only short ones are asked: `func fatal(…) { …; os.Exit(1) }`. */
  private alwaysEnds(func: FuncInfo): boolean {
    const known = this.endings.get(func);
    if (known !== undefined) return known;
    this.endings.set(func, false);
    if (isFatalOfLog(func)) {
      this.endings.set(func, true);
      return true;
    }
    if (!/Exit|Fatal|panic|Goexit|FailNow|Panic/.test(func.bodyText)) return false;
    const body = func.body();
    if (!body) return false;
    const ends = timed('contracts', () => this.bodyAlwaysEnds(func.decl, body, this.envOf(func)));
    this.endings.set(func, ends);
    return ends;
  }

  private bodyAlwaysEnds(func: FuncNode, body: Block, env: Env): boolean {
    const known = this.bodyEndings.get(body);
    if (known !== undefined) return known;
    this.bodyEndings.set(body, false);
    const { entry } = graphOf(func, body);
    this.asking++;
    const blocks = [entry, ...reachableFrom(entry, block => this.next(block, env))];
    const returns = blocks.some(block => block.end.kind === 'return' && !block.ops.some(op => this.endsHere(op, env)));
    this.asking--;
    this.bodyEndings.set(body, !returns);
    return !returns;
  }

  /** The team says that the function takes over what it is given. */
  takesOver(name: string): boolean {
    return this.declared.handovers.has(name);
  }

  paramEffect(callee: Callee, index: number, held: Held, resource: Resource, env: Env): ParamEffect {
    const [first, ...more] = targetsOf(callee, env).map(func => this.paramEffectOf(func, index, held, resource));
    return first && more.every(effect => effect === first) ? first : 'keeps';
  }

  receiverEffect(callee: Callee, held: Held, resource: Resource, env: Env): ParamEffect {
    if (callee.kind !== 'method') return 'uses';
    const [first, ...more] = targetsOf(callee, env).map(func => this.paramEffectOf(func, 'receiver', held, resource));
    return !first ? 'uses' : more.every(effect => effect === first) ? first : 'keeps';
  }

  /** Whether a function does away with what it is given only where it returns an error. */
  actsOnlyOnFailure(callee: Callee, index: number, held: Held, resource: Resource, env: Env): boolean {
    const [func, ...more] = targetsOf(callee, env);
    if (!func || more.length || this.paramEffectOf(func, index, held, resource) === 'uses') return false;
    const cache = cacheIn(this.failing, resource, func);
    const key = `${index} ${held}`;
    const known = cache.get(key);
    if (known !== undefined) return known;
    // Recursion promises nothing.
    cache.set(key, false);
    const body = func.body();
    const param = paramAt(func.decl, index);
    const acts = body !== undefined && param !== undefined && param !== 'many' && actsOnlyOnFailure(func.decl, body, param, held, { env: this.envOf(func), func: func.decl, effects: this, resource });
    cache.set(key, acts);
    return acts;
  }

  private paramEffectOf(func: FuncInfo, index: number | 'receiver', held: Held, resource: Resource): ParamEffect {
    const cache = cacheIn(this.params, resource, func);
    const key = `${index} ${held}`;
    const known = cache.get(key);
    if (known) return known;
    cache.set(key, 'keeps');
    const body = func.body();
    // `func handle(*http.Response) {}` of an example stands for whatever its reader has.
    const isStandIn = func.file.kind.test && body?.stmts.length === 0;
    const effect = body && !isStandIn ? timed('contracts', () => effectInBody(func.decl, body, paramAt(func.decl, index), held, { env: this.envOf(func), func: func.decl, effects: this, resource })) : 'keeps';
    cache.set(key, effect);
    return effect;
  }

}

type Cache<T> = Memo<Resource, Map<FuncInfo, Map<string, T>>>;

function cacheIn<T>(cache: Cache<T>, resource: Resource, func: FuncInfo): Map<string, T> {
  const ofResource = cache.get(resource) ?? new Map<FuncInfo, Map<string, T>>();
  cache.set(resource, ofResource);
  const found = ofResource.get(func) ?? new Map<string, T>();
  ofResource.set(func, found);
  return found;
}

const FATAL = /^Fatal(?:f|ln|w|Depth\w*)?$/;
const EXITS = /\bos\.Exit\(/;

/** `func Fatalf(…) { logging.printf(fatalLog, …) }` of a log package whose way to `os.Exit` goes by a level: the name says it. */
function isFatalOfLog({ bareName, pkg, file }: FuncInfo): boolean {
  return FATAL.test(bareName) && !file.kind.test && pkg.withWords(EXITS).some(exiting => !exiting.file.kind.test);
}

/** The variable of a parameter; `many` for a variadic one, undefined for one without a name. */
function paramAt(func: FuncDecl, index: number | 'receiver'): Variable | 'many' | undefined {
  const params: { name: Ident | undefined; variadic: boolean }[] = [];
  if (index === 'receiver') return variableOf(func.receiver?.names[0]);
  for (const { names, variadic } of func.type.params) {
    if (names.length) for (const name of names) params.push({ name, variadic });
    else params.push({ name: undefined, variadic });
  }
  const found = params[Math.min(index, params.length - 1)];
  if (found?.variadic) return 'many';
  return variableOf(found?.name);
}

function variableOf(name: Ident | undefined): Variable | undefined {
  return name?.entity?.kind === 'var' ? name.entity : undefined;
}

function effectInBody(func: FuncNode, body: Block, param: Variable | 'many' | undefined, held: Held, where: Where): ParamEffect {
  if (!param) return 'uses';
  const graph = graphOf(func, body);
  if (param === 'many') {
    const each = eachOf(graph, variableOf(func.type.params.at(-1)?.names.at(-1)));
    return each && bodyEffect(graph, new Map([[each, held]]), where) === 'released' ? 'closes' : 'keeps';
  }
  const effect = bodyEffect(graph, new Map([[param, held]]), where);
  if (effect === 'none') return isExhausted(graph, param, held, where) ? 'closes' : 'uses';
  return effect === 'released' ? 'closes' : 'keeps';
}

/** `c` of `for _, c := range closers`, whose rounds go through all that the parameter has. */
function eachOf(graph: ReturnType<typeof graphOf>, many: Variable | undefined): Variable | undefined {
  const ranges = many ? [...graph.loops.keys()].filter(loop => loop.kind === 'range' && variableIn(loop.x) === many) : [];
  const [loop] = ranges;
  return ranges.length === 1 && loop?.kind === 'range' && loop.define ? variableIn(loop.lhs[1]) : undefined;
}

/** The calls in a graph, deferred and started ones included. */
export function* callsIn(graph: ReturnType<typeof graphOf>): Generator<Call> {
  for (const { op } of operations(graph)) {
    if (op.kind === 'call') yield op.call;
    if ((op.kind === 'go' || op.kind === 'defer') && op.stmt.call.kind === 'call') yield op.stmt.call;
  }
}
