/**
 * What a function literal puts into a variable of the function around it: `err = retry(func() error { resp, err = client.Do(req);
 * return err })`. When whoever runs the literal says that all went well, the function around it has the resource.
 */
import { literalEffect } from '../../contracts/effects.ts';
import { graphOf } from '../../flow/build.ts';
import type { Op } from '../../flow/graph.ts';
import { operations, type Place } from '../../flow/search.ts';
import { calleeName, calleeOf } from '../../program/callee.ts';
import { type Call, type FuncLit, unparen, type Variable, variableIn } from '../../syntax/ast.ts';
import type { Body } from '../bodies.ts';
import type { Pass } from '../pass.ts';
import type { Acquisition } from './acquisition.ts';
import { acquisitionOf, type Assigned } from './acquisitions.ts';
import { companionsOf } from './companions.ts';
import { whereOf } from './ways.ts';

export interface Filled {
  /** The call in the literal. */
  readonly call: Call;
  readonly acquisition: Acquisition;
  /** The call that is given the literal. */
  readonly runner: Call;
  readonly target: Assigned;
}

/** The resources that literals among the arguments of a call leave in variables of the function. */
export function filledByLiterals(op: Op & { kind: 'call' }, { block, index }: Place, body: Body, pass: Pass): readonly Filled[] {
  const literals = op.call.args.map(unparen).filter(arg => arg.kind === 'funclit');
  const at = literals.length ? block.ops.findIndex((other, i) => i >= index && other.kind === 'assign' && other.rhs.length === 1 && other.rhs[0] !== undefined && unparen(other.rhs[0]) === op.call) : -1;
  const assigned = block.ops[at];
  if (assigned?.kind !== 'assign' || IN_GOROUTINE.test(calleeName(calleeOf(op.call, body.env)) ?? '')) return [];
  const companions = companionsOf(assigned, op.call, undefined, body);
  if (!companions.errors.size) return [];
  return literals.flatMap(literal => leftBy(literal, body, pass)).map(({ variable, error, call, acquisition }) => ({
    call, acquisition, runner: op.call,
    target: { kind: 'variable', tracked: new Map([[variable, acquisition.held]]), lhs: [], companions: { ...companions, errors: new Set([...companions.errors, ...error]) }, from: { block, index: at + 1 } },
  }));
}

/** Who runs the literal beside the function has not done so yet. */
const IN_GOROUTINE = /\.(?:Go|TryGo|Submit|Schedule|AfterFunc|Add|Register\w*)$/;

interface Left extends Pick<Filled, 'call' | 'acquisition'> {
  readonly variable: Variable;
  readonly error: readonly Variable[];
}

function leftBy(literal: FuncLit, body: Body, pass: Pass): readonly Left[] {
  const inside: Body = { ...body, node: literal, block: literal.body, graph: graphOf(literal, literal.body) };
  return operations(inside.graph).flatMap(({ op }): readonly Left[] => {
    const call = op.kind === 'assign' && op.rhs.length === 1 && op.rhs[0] ? unparen(op.rhs[0]) : undefined;
    if (op.kind !== 'assign' || call?.kind !== 'call' || !op.lhs.some(x => variableIn(x)?.owner === body.node)) return [];
    const acquisition = acquisitionOf(call, inside, pass);
    const variable = acquisition && typeof acquisition.result === 'number' ? variableIn(op.lhs[acquisition.result]) : undefined;
    if (!acquisition || variable?.owner !== body.node || variable.role !== 'local' || !isPlain(acquisition)) return [];
    // What the literal releases, or gives to somebody else, is none of the function's.
    if (literalEffect(literal, new Map([[variable, acquisition.held]]), whereOf(acquisition.resource, inside, pass)) !== 'none') return [];
    return [{ call, acquisition, variable, error: [...companionsOf(op, call, op.lhs[acquisition.result as number], inside).errors].filter(error => error.owner === body.node) }];
  });
}

function isPlain({ resource, parent, before }: Acquisition): boolean {
  return resource.releases.length > 0 && parent === undefined && before === undefined && !resource.onlyInLoop && !resource.onlyWhenNever && !resource.evenOnError;
}
