/** Functions that return a channel which goroutines of theirs send on, and callers that stop receiving too early. */
import type { Op } from '../../flow/graph.ts';
import { type Arrival, operations, search } from '../../flow/search.ts';
import { calleeOf } from '../../program/callee.ts';
import type { FuncInfo } from '../../program/package.ts';
import { isError, typeOf } from '../../program/infer.ts';
import { type Call, type Expr, unparen, type Variable } from '../../syntax/ast.ts';
import { type Body, bodiesWith, bodyOf } from '../bodies.ts';
import { isCommand } from '../commands.ts';
import { endsWithProcess } from '../goroutines.ts';
import type { Pass } from '../pass.ts';
import { type Branch, isSendLeft, wayLeaving } from './abandoned.ts';
import { carries } from './callees.ts';
import { channelsMadeIn, type Made } from './makes.ts';
import { type Names, namesOf } from './places.ts';
import { type Count, Reading, START, type Waiting, withNames } from './traffic.ts';

/** What comes with the channel that a function returns. */
interface ResultChannel {
  readonly result: number;
  readonly made: Made;
  /** What its goroutines will still send. */
  readonly count: Count;
  readonly wait: Waiting;
}

export interface DiscardedResult {
  readonly body: Body;
  readonly call: Call;
  readonly wait: Waiting;
  /** Undefined where the result is thrown away. */
  readonly way: Arrival<unknown> | undefined;
}

export function* discardedResults(pass: Pass): Generator<DiscardedResult> {
  const names = generatorNames(pass);
  if (names.size === 0) return;
  const calls = new RegExp(`\\b(?:${[...names].join('|')})\\(`);
  for (const body of bodiesWith(pass, ({ bodyText }) => calls.test(bodyText))) {
    if (isCommand(body) || (body.node === body.info.decl && endsWithProcess(body.info))) continue;
    for (const { op, after } of operations(body.graph)) {
      if (op.kind !== 'call') continue;
      const generator = generatorOf(op.call, body, pass);
      if (!generator) continue;
      const target = targetOf(op, generator.result, body);
      if (target === 'nowhere' && isSendLeft(generator.count, generator.made)) yield { body, call: op.call, wait: generator.wait, way: undefined };
      if (typeof target === 'object') yield* leftUnread(op, target, after, generator, body, pass);
    }
  }
}

/** What the functions are called that may be some, of the package and of those packages of its module that it imports. */
function generatorNames({ pkg, contracts: { program } }: Pass): Set<string> {
  return new Set(program.neighbours(pkg).flatMap(other => other.funcs.filter(mayGenerate).map(func => func.bareName)));
}

function mayGenerate({ resultText, bodyText }: FuncInfo): boolean {
  return /\bchan\b/.test(resultText) && /\bgo\b|\.Go\(/.test(bodyText);
}

function* leftUnread(op: CallOp, { variable }: ReceivedFrom, after: Made['after'], { made, count, wait }: ResultChannel, body: Body, pass: Pass): Generator<DiscardedResult> {
  const { call } = op;
  const names: Names = variable ? withNames(namesOf([variable]), body) : { places: [], endings: [], key: `call@${call.start}`, call };
  const reading = new Reading(body, names, pass);
  if (reading.escapes || reading.isReturned) return;
  const way = wayLeaving(reading, 'send', { ...made, call, op, after }, count, body, pass, failure(call, body));
  if (way) yield { body, call, wait, way };
}

/** `ok, c, err := start()`: where the error is one or the flag is false, there is no channel; until another call gives them their values. */
function failure(call: Call, body: Body): Branch {
  const assigns = operations(body.graph).flatMap(({ op }) => (op.kind === 'assign' ? [op] : []));
  const assign = assigns.find(op => op.rhs.some(x => unparen(x) === call));
  const others = assign && assign.lhs.length > 1 ? assign.lhs : [];
  const isOther = (x: Expr) => {
    const variable = variableOf(x);
    if (!variable || !others.some(other => variableOf(other) === variable)) return false;
    return !assigns.some(({ lhs, rhs, node }) => call.end < node.start && node.start < x.start && rhs.some(value => unparen(value).kind === 'call') && lhs.some(target => variableOf(target) === variable));
  };
  return (condition, taken) => {
    const x = unparen(condition);
    if (x.kind === 'ident') return isOther(x) && !taken;
    if (x.kind !== 'binary' || x.y.kind !== 'ident' || x.y.name !== 'nil' || !isOther(x.x)) return false;
    return isError(typeOf(x.x, body.env)) && (x.op === '!=') === taken;
  };
}

function variableOf(x: Expr): Variable | undefined {
  const inner = unparen(x);
  return inner.kind === 'ident' && inner.entity?.kind === 'var' ? inner.entity : undefined;
}

type CallOp = Op & { kind: 'call' };

/** The local variable that gets the channel; undefined where the call itself is received from. */
interface ReceivedFrom {
  readonly variable: Made['place'] | undefined;
}

function targetOf({ call, discarded }: CallOp, result: number, body: Body): ReceivedFrom | 'nowhere' | 'elsewhere' {
  if (discarded) return 'nowhere';
  for (const { op } of operations(body.graph)) {
    if (op.kind === 'receive' && unparen(op.channel) === call) return { variable: undefined };
    if (op.kind === 'range' && unparen(op.stmt.x) === call) return { variable: undefined };
    if (op.kind !== 'assign') continue;
    const at = op.rhs.findIndex(x => unparen(x) === call);
    const x = at < 0 ? undefined : op.lhs[op.rhs.length === 1 ? result : at];
    if (x?.kind !== 'ident') continue;
    if (x.name === '_') return 'nowhere';
    if (x.entity?.kind === 'var' && x.entity.owner === body.node && x.entity.role === 'local') return { variable: { root: x.entity, fields: [] } };
  }
  return 'elsewhere';
}

// --------------------------------------------------------------------------------------------------- generators

const memo = new WeakMap<FuncInfo, { readonly found: ResultChannel | undefined }>();

function generatorOf(call: Call, body: Body, pass: Pass): ResultChannel | undefined {
  const callee = calleeOf(call, body.env);
  const func = callee.kind === 'func' || callee.kind === 'method' ? callee.func : undefined;
  if (!func?.pkg.module || !mayGenerate(func)) return undefined;
  const known = memo.get(func);
  if (known) return known.found;
  memo.set(func, { found: undefined });
  const found = findGenerator(func, pass);
  memo.set(func, { found });
  return found;
}

function findGenerator(func: FuncInfo, pass: Pass): ResultChannel | undefined {
  const body = bodyOf(func, pass);
  for (const made of body ? channelsMadeIn(body) : []) {
    const found = body && generates(made, body, pass);
    if (found) return found;
  }
  return undefined;
}

function generates(made: Made, body: Body, pass: Pass): ResultChannel | undefined {
  const names = withNames(namesOf([made.place]), body);
  const reading = new Reading(body, names, pass);
  const wait = reading.waits.find(({ verb, starts }) => verb === 'send' && starts.length > 0);
  if (reading.escapes || !wait) return undefined;
  const walk = reading.walk();
  let found: { result: number; count: Count } | undefined;
  search(made.after, START, {
    ...walk,
    returns: (end, count) => {
      const result = end.stmt?.results.findIndex(x => carries(x, names, body)) ?? -1;
      if (result >= 0 && count.started.sends > 0) found = { result, count };
      return found !== undefined;
    },
  });
  return found && { ...found, made, wait };
}
