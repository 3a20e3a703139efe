/**
 * Functions that return only when an argument is as they want it: `requireError(t, err)`, `must(err)`,
 * `requireTrue(t, ok)`. After the call the argument is known to be so.
 */
import { graphOf } from '../flow/build.ts';
import { type Block as FlowBlock, successors } from '../flow/graph.ts';
import { reachableFrom } from '../flow/search.ts';
import { type Callee } from '../program/callee.ts';
import { targetsOf } from '../program/implementations.ts';
import type { FuncInfo } from '../program/package.ts';
import type { Env } from '../program/resolve.ts';
import { type Call, type Expr, type Ident, unparen, type Variable } from '../syntax/ast.ts';
import type { Contracts } from './contracts.ts';

/** A condition that holds, or does not, once a call has returned. */
export interface Asserted {
  readonly condition: Expr;
  readonly holds: boolean;
}

/** How an argument must be for a function to return. */
type Wanted = 'true' | 'false' | 'nil' | 'not nil';

const WANTED: readonly Wanted[] = ['true', 'false', 'nil', 'not nil'];
/** Longer functions do more than assert. */
const LONGEST = 800;

const memo = new WeakMap<FuncInfo, ReadonlyMap<number, Wanted>>();

export function assertedBy(call: Call, callee: Callee, env: Env, contracts: Contracts): Asserted[] {
  const [func, ...more] = targetsOf(callee, env);
  if (!func || more.length) return [];
  return [...wantedBy(func, contracts)].flatMap(([index, wanted]) => {
    const arg = call.args[index];
    return arg && !call.spread ? conditionOf(arg, wanted) : [];
  });
}

function conditionOf(arg: Expr, wanted: Wanted): Asserted[] {
  const x = unparen(arg);
  if (wanted === 'nil' || wanted === 'not nil') {
    const nil: Expr = { kind: 'ident', name: 'nil', start: x.start, end: x.end };
    return [{ condition: { kind: 'binary', op: '==', x, y: nil, start: x.start, end: x.end }, holds: wanted === 'nil' }];
  }
  const holds = wanted === 'true';
  if (x.kind === 'unary' && x.op === '!') return conditionOf(x.x, holds ? 'false' : 'true');
  // All parts of what is true and joined by `&&` are true.
  if (x.kind === 'binary' && x.op === (holds ? '&&' : '||')) return [...conditionOf(x.x, wanted), ...conditionOf(x.y, wanted)];
  return x.kind === 'binary' && (x.op === '&&' || x.op === '||') ? [] : [{ condition: x, holds }];
}

function wantedBy(func: FuncInfo, contracts: Contracts): ReadonlyMap<number, Wanted> {
  let found = memo.get(func);
  if (!found) {
    memo.set(func, new Map());
    memo.set(func, (found = findWanted(func, contracts)));
  }
  return found;
}

function findWanted(func: FuncInfo, contracts: Contracts): Map<number, Wanted> {
  const wanted = new Map<number, Wanted>();
  if (func.bodyText.length > LONGEST || !/Exit|Fatal|panic|Goexit|FailNow|Panic/.test(func.bodyText) || !/\bif\b/.test(func.bodyText)) return wanted;
  const body = func.body();
  if (!body) return wanted;
  const graph = graphOf(func.decl, body);
  const env = contracts.envOf(func);
  const returnsIf = (param: Variable, as: Wanted): boolean => {
    const next = (block: FlowBlock): readonly FlowBlock[] => {
      if (block.ops.some(op => contracts.endsHere(op, env))) return [];
      const taken = block.end.kind === 'branch' && block.end.condition ? answerOf(block.end.condition, param, as) : undefined;
      if (taken === undefined || block.end.kind !== 'branch') return successors(block.end);
      return [taken ? block.end.then : block.end.else];
    };
    return [graph.entry, ...reachableFrom(graph.entry, next)].some(block => block.end.kind === 'return' && !block.ops.some(op => contracts.endsHere(op, env)));
  };
  const names = func.decl.type.params.flatMap((field): readonly (Ident | undefined)[] => (field.variadic || field.names.length === 0 ? [undefined] : field.names));
  names.forEach((name, index) => {
    const param = name?.entity?.kind === 'var' && name.entity.assigned.length === 0 ? name.entity : undefined;
    const only = param && WANTED.find(as => !returnsIf(param, oppositeOf(as)) && returnsIf(param, as));
    if (only) wanted.set(index, only);
  });
  return wanted;
}

const OPPOSITES: Record<Wanted, Wanted> = { true: 'false', false: 'true', nil: 'not nil', 'not nil': 'nil' };

function oppositeOf(wanted: Wanted): Wanted {
  return OPPOSITES[wanted];
}

/** Which way a branch takes when the parameter is as said; undefined where it asks for something else. */
function answerOf(condition: Expr, param: Variable, as: Wanted): boolean | undefined {
  const x = unparen(condition);
  const isParam = (expr: Expr) => {
    const inner = unparen(expr);
    return inner.kind === 'ident' && inner.entity === param;
  };
  if (isParam(x)) return as === 'true' ? true : as === 'false' ? false : undefined;
  if (x.kind !== 'binary' || (x.op !== '==' && x.op !== '!=') || !isParam(x.x) || x.y.kind !== 'ident' || x.y.name !== 'nil') return undefined;
  return as === 'nil' ? x.op === '==' : as === 'not nil' ? x.op === '!=' : undefined;
}
