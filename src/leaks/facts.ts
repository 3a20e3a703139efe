/** What conditions a way has been through say: a flag that was true stays true until something is assigned to it. */
import type { Op } from '../flow/graph.ts';
import { type Call, type Expr, unparen, type Variable } from '../syntax/ast.ts';
import { walkStmts } from '../syntax/walk.ts';
import type { Body } from './bodies.ts';
import { textOf } from './words.ts';

interface Fact {
  readonly variable: Variable;
  readonly holds: boolean;
}

/** An immutable set of facts. */
export class Facts {
  /** Equal for equal sets. */
  readonly key: string;

  constructor(private readonly known: ReadonlyMap<string, Fact>) {
    this.key = [...known].map(([text, { holds }]) => `${text}:${holds}`).sort().join();
  }

  /** The facts after a branch; undefined where the branch contradicts them. */
  with(condition: Expr, taken: boolean, body: Body): Facts | undefined {
    const read = readFact(condition, taken, body);
    if (!read) return this;
    const before = this.known.get(read.text);
    if (before) return before.holds === read.holds ? this : undefined;
    return new Facts(new Map([...this.known, [read.text, read]]));
  }

  /** A variable is known to be nil. */
  isNil(x: Expr): boolean {
    const [variable] = variableOf(unparen(x));
    return variable !== undefined && this.known.get(`${variable.name}@${variable.ident.start} nil`)?.holds === true;
  }

  /** The facts after an operation, which may assign to what they are about: `done = true`. */
  after(op: Op, body: Body): Facts {
    const targets = op.kind === 'assign' ? op.lhs : op.kind === 'range' ? op.stmt.lhs : op.kind === 'eval' ? [op.expr] : [];
    const changed = new Set(targets.flatMap(variableOf));
    const learnt = op.kind === 'assign' && op.lhs.length === op.rhs.length ? op.lhs.flatMap((x, i) => factOf(x, op.rhs[i], body) ?? []) : [];
    const kept = [...this.known].filter(([, { variable }]) => !changed.has(variable));
    if (kept.length === this.known.size && learnt.length === 0) return this;
    return new Facts(new Map([...kept, ...learnt.map(fact => [fact.text, fact] as const)]));
  }
}

export const noFacts = new Facts(new Map());

function variableOf(x: Expr): Variable[] {
  return x.kind === 'ident' && x.entity?.kind === 'var' ? [x.entity] : [];
}

type Read = Fact & { readonly text: string };

/** A condition on one local variable: `ok`, `x == nil`, `mode == "a"`. */
function readFact(condition: Expr, taken: boolean, body: Body): Read | undefined {
  const x = unparen(condition);
  if (x.kind !== 'binary') return factAbout(x, 'true', taken, body);
  if ((x.op !== '==' && x.op !== '!=') || !isConstant(x.y)) return undefined;
  return factAbout(x.x, textOf(x.y, body.info), (x.op === '==') === taken, body);
}

/** What an assignment of a constant to a flag says. */
function factOf(target: Expr, value: Expr | undefined, body: Body): Read | undefined {
  const constant = value && unparen(value);
  if (constant?.kind !== 'ident' || constant.entity) return undefined;
  if (constant.name === 'true' || constant.name === 'false') return factAbout(target, 'true', constant.name === 'true', body);
  return constant.name === 'nil' ? factAbout(target, 'nil', true, body) : undefined;
}

function factAbout(x: Expr, value: string, holds: boolean, body: Body): Read | undefined {
  const [variable] = variableOf(unparen(x));
  // Closures and pointers may change what belongs to another function or has been pointed at.
  if (!variable || variable.owner !== body.node || variable.assigned.includes('unknown')) return undefined;
  return { text: `${variable.name}@${variable.ident.start} ${value}`, variable, holds };
}

/** What the `if` statements around a call say about variables that keep their value. */
export function factsAt(call: Call, body: Body): Facts {
  let facts = noFacts;
  const isAround = (node: { readonly start: number; readonly end: number }) => node.start <= call.start && call.end <= node.end;
  const learn = (condition: Expr, taken: boolean): void => {
    const x = unparen(condition);
    if (x.kind === 'binary' && x.op === (taken ? '&&' : '||')) {
      learn(x.x, taken);
      learn(x.y, taken);
    } else if (x.kind === 'unary' && x.op === '!') {
      learn(x.x, !taken);
    } else if (readFact(x, taken, body)?.variable.assigned.length === 0) {
      facts = facts.with(x, taken, body) ?? facts;
    }
  };
  walkStmts(body.block.stmts, {
    stmt: stmt => {
      if (!isAround(stmt)) return false;
      if (stmt.kind === 'if' && isAround(stmt.then)) learn(stmt.cond, true);
      if (stmt.kind === 'if' && stmt.else && isAround(stmt.else)) learn(stmt.cond, false);
      return true;
    },
  });
  return facts;
}

function isConstant(x: Expr): boolean {
  const inner = unparen(x);
  return inner.kind === 'literal' || (inner.kind === 'ident' && !inner.entity && (inner.name === 'nil' || inner.name === 'true' || inner.name === 'false'));
}
