/** How a function calls a function that it is given: `each(items, func(x T) { c <- x })`. */
import { RUNS_ARGUMENT_IN_GOROUTINE, RUNS_ARGUMENT_LATER, RUNS_ARGUMENT_OFTEN, RUNS_ARGUMENT_ONCE, RUNS_AT_END_OF_TEST, RUNS_TEST } from '../../contracts/known.ts';
import { calleeName, calleeOf } from '../../program/callee.ts';
import { functionOf } from '../../program/values.ts';
import { type Call, type Expr, type FuncLit, type Stmt, unparen, type Variable } from '../../syntax/ast.ts';
import { walkStmts } from '../../syntax/walk.ts';
import type { Body } from '../bodies.ts';
import { bodyOfCallee } from '../goroutines/goroutines.ts';
import type { Pass } from '../pass.ts';

export interface ParameterCall {
  /** In a goroutine of its own. */
  readonly started: boolean;
  readonly inLoop: boolean;
}

const IN_PLACE: ParameterCall = { started: false, inLoop: false };
const STARTED: ParameterCall = { started: true, inLoop: false };

/** Functions that hand the function on are followed to this depth. */
const DEEPEST = 3;

/** Undefined when it does anything else with its parameter, and when nobody knows whether and when the calls happen. */
export function callsOfParameter(param: Variable | undefined, callee: Body, pass: Pass, depth = DEEPEST): readonly ParameterCall[] | undefined {
  const reading = new Reading(param, callee, pass, depth);
  reading.read(callee.block.stmts, IN_PLACE);
  return reading.isFollowed ? reading.found : undefined;
}

class Reading {
  readonly found: ParameterCall[] = [];
  isFollowed = true;
  /** What of the parameter's mentions and of the literals has been seen to run, and how. */
  private readonly runs = new Map<Expr, ParameterCall>();

  constructor(private readonly param: Variable | undefined, private readonly from: Body, private readonly pass: Pass, private readonly depth: number) {}

  read(stmts: readonly Stmt[], how: ParameterCall): void {
    const loops: Stmt[] = [];
    const at = (x: Expr, run: ParameterCall) => this.runs.set(unparen(x), { started: how.started || run.started, inLoop: how.inLoop || run.inLoop || loops.some(loop => loop.start <= x.start && x.end <= loop.end) });
    walkStmts(stmts, {
      stmt: stmt => {
        if (stmt.kind === 'for' || stmt.kind === 'range') loops.push(stmt);
        const call = stmt.kind === 'go' ? unparen(stmt.call) : undefined;
        if (call?.kind === 'call') at(call.fun, STARTED);
        // `run := func() { f() }`: it is called where it stands, for all that is known.
        if (stmt.kind === 'assign') stmt.rhs.forEach((value, i) => stmt.lhs[i]?.kind === 'ident' && unparen(value).kind === 'funclit' && at(value, IN_PLACE));
      },
      expr: x => {
        if (x.kind === 'funclit') return this.readLiteral(x);
        if (x.kind === 'ident' && this.param && x.entity === this.param) this.add(this.runs.get(x));
        if (x.kind !== 'call') return undefined;
        if (!this.runs.has(unparen(x.fun))) at(x.fun, IN_PLACE);
        for (const [i, arg] of x.args.entries()) {
          const run = unparen(arg).kind === 'funclit' ? howRun(x, i, this.from, this.pass, this.depth) : undefined;
          if (run) at(arg, run);
        }
        return undefined;
      },
    });
  }

  private readLiteral(literal: FuncLit): false {
    const run = this.runs.get(literal);
    if (run) this.read(literal.body.stmts, run);
    else walkStmts(literal.body.stmts, { expr: x => void (x.kind === 'ident' && this.param && x.entity === this.param && this.add(undefined)) });
    return false;
  }

  private add(run: ParameterCall | undefined): void {
    if (run) this.found.push(run);
    else this.isFollowed = false;
  }
}

/** How a call runs the function literal that it is given; undefined where nobody knows. */
function howRun(call: Call, i: number, from: Body, pass: Pass, depth: number): ParameterCall | undefined {
  const callee = functionOf(calleeOf(call, from.env), from.env);
  const how = runnerOf(calleeName(callee) ?? '');
  if (how) return { started: how === 'started', inLoop: how === 'often' };
  const body = depth > 0 && callee.kind !== 'builtin' && callee.kind !== 'conversion' ? bodyOfCallee(callee, from, pass) : undefined;
  const param = body && parameterOf(body, i);
  const calls = body && param ? callsOfParameter(param, body, pass, depth - 1) : undefined;
  return calls && { started: calls.some(({ started }) => started), inLoop: calls.some(({ inLoop }) => inLoop) };
}

/** How a library function runs the function that it is given. */
export function runnerOf(name: string): 'once' | 'often' | 'started' | undefined {
  if (RUNS_ARGUMENT_ONCE.test(name) || RUNS_TEST.test(name) || RUNS_AT_END_OF_TEST.test(name)) return 'once';
  if (RUNS_ARGUMENT_OFTEN.test(name)) return 'often';
  return RUNS_ARGUMENT_IN_GOROUTINE.test(name) || RUNS_ARGUMENT_LATER.test(name) ? 'started' : undefined;
}

/** The parameter that argument `i` is for; undefined where it has no name. */
export function parameterOf({ node }: Body, i: number): Variable | undefined {
  const params = node.type.params.flatMap(field => field.names);
  const name = params[Math.min(i, params.length - 1)];
  return name?.name === '_' || name?.entity?.kind !== 'var' ? undefined : name.entity;
}
