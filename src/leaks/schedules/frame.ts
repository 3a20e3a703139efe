/** One call of a function while a scenario runs, and what all calls share. */
import type { FuncInfo } from '../../program/package.ts';
import type { Env } from '../../program/resolve.ts';
import type { Block, Call, Expr, FuncNode, Ident } from '../../syntax/ast.ts';
import type { Pass } from '../pass.ts';
import type { Machine } from './machine.ts';
import type { Cell, Spot, Steps, Unknown, Unwind, Value } from './values.ts';

export interface Deferred { readonly func: Value; readonly args: readonly Value[]; readonly spot: Spot }

export interface Frame {
  readonly info: FuncInfo;
  readonly node: FuncNode;
  readonly env: Env;
  /** By the identifier that declares the variable: the clauses of a type switch have one each under the same. */
  readonly cells: Map<Ident, Cell>;
  readonly defers: Deferred[];
  /** What loops go through, which need not be in any variable. */
  readonly held: Value[];
  /** While deferred functions run. */
  panicking: Unwind | undefined;
  /** Whose panic `recover` in this call ends. */
  readonly caller: Frame | undefined;
}

export interface Run {
  readonly machine: Machine;
  readonly pass: Pass;
  /** Package-level variables. */
  readonly globals: Map<Ident, Cell>;
  /** What a test has deferred to its end. */
  readonly cleanups: Value[];
  /** Whether it is the main function, and nobody else is at work. */
  readonly isProgram: boolean;
  /** In a test nothing outside fails. */
  readonly isTest: boolean;
  /** Whether it was left to chance how something unknown is. */
  isGuessed: boolean;
  evaluate(x: Expr, frame: Frame): Steps<Value>;
  cellOf(x: Expr, frame: Frame): Steps<Cell>;
  call(call: Call, frame: Frame): Steps<Value>;
  /** Runs a function's statements and what it has deferred. */
  body(block: Block, frame: Frame): Steps<Value>;
  /** Calls a function value; `caller` where it is deferred. */
  apply(func: Value, args: readonly Value[], spot: Spot, caller?: Frame): Steps<Value>;
  /** `key`: what is asked; the same answer each time. */
  decide(about: Unknown, key: string): boolean;
}

export const spotIn = ({ info }: Frame, node: Spot['node']): Spot => ({ info, node });
