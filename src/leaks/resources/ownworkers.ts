/**
 * Constructors that start a goroutine of what they make and then fail: `go s.dispatch(); if err := s.listen(); err != nil
 * { return nil, err }`. Nobody has the value, so nobody closes the channel that would end the goroutine.
 */
import { graphOf } from '../../flow/build.ts';
import type { End, Op } from '../../flow/graph.ts';
import { type Arrival, operations, search } from '../../flow/search.ts';
import { calleeOf } from '../../program/callee.ts';
import type { FuncInfo } from '../../program/package.ts';
import { type Expr, type Go, unparen, type Variable } from '../../syntax/ast.ts';
import { literalsIn, walkExpr } from '../../syntax/walk.ts';
import { askedMention, type Body } from '../bodies.ts';
import { type Goroutine, goroutinesStarted } from '../goroutines/goroutines.ts';
import type { Pass } from '../pass.ts';
import { type Facts, noFacts } from '../paths/facts.ts';
import { callIn, placeAfter } from '../paths/reach.ts';
import { isMadeHere } from './acquisitions.ts';
import { keptAmong } from './fates.ts';
import { closersOf, onlyEnd } from './workers.ts';

export interface AbandonedWorker {
  readonly goroutine: Goroutine;
  readonly variable: Variable;
  /** The functions that end the goroutine. */
  readonly stops: readonly FuncInfo[];
  readonly way: Arrival<Facts>;
}

export function* abandonedWorkers(pass: Pass): Generator<AbandonedWorker> {
  if (!askedMention(/\bgo\s/, pass)) return;
  for (const goroutine of goroutinesStarted(pass)) {
    const { body, parent, stmt } = goroutine;
    if (!body || stmt.kind !== 'go' || parent.node !== parent.info.decl || !/\breturn\b[^\n]*\bnil\b/.test(parent.info.bodyText)) continue;
    const variable = madeHere(stmt, parent);
    const channel = variable && onlyEnd(body, pass);
    if (!variable || !channel) continue;
    const stops = closersOf(channel, parent.info, pass);
    if (stops.length === 0 || stops.includes(body.info) || stopsLater(stops, parent)) continue;
    const way = wayOut(goroutine, variable, stops, pass);
    if (way) yield { goroutine, variable, stops, way };
  }
}

/** The value that the goroutine works on, made here and given back at some return. */
function madeHere({ call }: Go, body: Body): Variable | undefined {
  const mentioned = new Set<Variable>();
  walkExpr(call, { expr: x => void (x.kind === 'ident' && x.entity?.kind === 'var' && x.entity.owner === body.node && mentioned.add(x.entity)) });
  return [...mentioned].find(variable => isMadeHere(variable, body) && body.graph.blocks.some(({ end }) => end.kind === 'return' && isGivenBack(end, variable)));
}

function isGivenBack({ stmt }: Returning, variable: Variable): boolean {
  return stmt?.results.some(x => isVariable(x, variable)) ?? false;
}

type Returning = End & { readonly kind: 'return' };

function isVariable(x: Expr, variable: Variable): boolean {
  const inner = unparen(x);
  if (inner.kind === 'unary' || inner.kind === 'star') return isVariable(inner.x, variable);
  return inner.kind === 'ident' && inner.entity === variable;
}

function calls(op: Op, funcs: readonly FuncInfo[], { env }: Body): boolean {
  const call = callIn(op);
  const callee = call && calleeOf(call, env);
  return (callee?.kind === 'func' || callee?.kind === 'method') && callee.func !== undefined && funcs.includes(callee.func);
}

/** `defer func() { if err != nil { s.Close() } }()`, `fail := func() { s.Close() }`: when that runs is not followed. */
function stopsLater(stops: readonly FuncInfo[], body: Body): boolean {
  return operations(body.graph).some(({ op }) => op.kind === 'defer' && calls(op, stops, body))
    || literalsIn(body.block).some(literal => operations(graphOf(literal, literal.body)).some(({ op }) => calls(op, stops, body)));
}

function wayOut({ parent, stmt }: Goroutine, variable: Variable, stops: readonly FuncInfo[], pass: Pass): Arrival<Facts> | undefined {
  const start = operations(parent.graph).find(({ op }) => op.kind === 'go' && op.stmt === stmt)?.op;
  const isHandedOut = start && keptAmong([variable], parent, pass);
  if (!start || !isHandedOut) return undefined;
  return search<Facts>(placeAfter(start, parent), noFacts, {
    key: facts => facts.key,
    op: (op, facts) => (calls(op, stops, parent) || pass.contracts.endsHere(op, parent.env) ? undefined : facts.after(op, parent)),
    edge: (condition, taken, facts) => facts.with(condition, taken, parent),
    returns: end => !isGivenBack(end, variable) && !isHandedOut(end),
  });
}
