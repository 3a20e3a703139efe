/** Loops over the rows of a query after which nobody asks why they ended: at the last row, or at an error. */
import { operations } from '../../flow/search.ts';
import { calleeName, calleeOf } from '../../program/callee.ts';
import type { Env } from '../../program/resolve.ts';
import { type Call, type Expr, type For, type Range, unparen, type Variable } from '../../syntax/ast.ts';
import { walkStmts } from '../../syntax/walk.ts';
import { askedBodies, type Body, bodyOf } from '../bodies.ts';
import type { Pass } from '../pass.ts';
import { holdsSpan } from '../paths/reach.ts';

export interface UncheckedRows {
  readonly body: Body;
  readonly variable: Variable;
  /** The call that gives the rows. */
  readonly query: Call;
  /** `rows.Next()` in the loop. */
  readonly next: Call;
}

const ROWS = String.raw`^\((?:\*database/sql|\*github\.com/jmoiron/sqlx|github\.com/jackc/pgx/v[45])\.Rows\)\.`;
const NEXT = new RegExp(`${ROWS}Next$`);
/** Methods that say nothing about the error that ended the rows. */
const SILENT = new RegExp(`${ROWS}(?:Next|Scan|Close|Columns|ColumnTypes|MapScan|SliceScan|StructScan|Values|RawValues|FieldDescriptions|CommandTag)$`);

/** Who does none of this with the rows knows the package at least. */
const READS = /\.(?:Map|Slice|Struct)?Scan\(|\.(?:Raw)?Values\(/;
const PACKAGE = /^(?:database\/sql|github\.com\/jmoiron\/sqlx|github\.com\/jackc\/pgx\/v[45])$/;

export function* uncheckedRows(pass: Pass): Generator<UncheckedRows> {
  const seen = new Set<Variable>();
  const isKnown = [...pass.pkg.importPaths].some(path => PACKAGE.test(path));
  for (const body of askedBodies(pass, ({ bodyText }) => /\.Next\(\)/.test(bodyText) && /\bfor\b/.test(bodyText) && (isKnown || READS.test(bodyText)))) {
    for (const { op } of operations(body.graph)) {
      const found = op.kind === 'call' ? loopedOver(op.call, body) : undefined;
      if (op.kind !== 'call' || !found || seen.has(found.variable)) continue;
      seen.add(found.variable);
      if (!isUsedOtherwise(found.variable, body, pass)) yield { body, next: op.call, ...found };
    }
  }
}

/** The local variable whose `Next` is called in a loop, and the query before the loop. */
function loopedOver(next: Call, { graph, env }: Body): Pick<UncheckedRows, 'variable' | 'query'> | undefined {
  const callee = calleeOf(next, env);
  if (callee.kind !== 'method' && callee.kind !== 'presumed') return undefined;
  const receiver = callee.receiver && NEXT.test(callee.name) ? unparen(callee.receiver) : undefined;
  if (receiver?.kind !== 'ident' || receiver.entity?.kind !== 'var' || receiver.entity.role !== 'local') return undefined;
  const variable = receiver.entity;
  const queries = queriesOf(variable);
  for (const loop of graph.loops.keys()) {
    if (!repeats(loop, next) || holdsSpan(loop, variable.ident)) continue;
    const query = queries.filter(({ end }) => end <= next.start).at(-1);
    if (query && !holdsSpan(loop, query)) return { variable, query };
  }
  return undefined;
}

/** The call runs in every round, not only before the first. */
function repeats(loop: For | Range, call: Call): boolean {
  return holdsSpan(loop, call) && !(loop.kind === 'for' ? loop.init && holdsSpan(loop.init, call) : holdsSpan(loop.x, call));
}

/** What the variable is given, all of it by calls; in the order of the source. */
function queriesOf({ origin, assigned }: Variable): Call[] {
  const given = [...(origin.kind === 'declared' ? [] : [origin]), ...assigned];
  const calls = given.flatMap(from => {
    const x = from !== 'unknown' && from.kind === 'value' && from.index === 0 ? unparen(from.expr) : undefined;
    return x?.kind === 'call' ? [x] : [];
  });
  return calls.length === given.length ? calls.sort((a, b) => a.start - b.start) : [];
}

/** Its error is read, or somebody else gets it who may read it. */
function isUsedOtherwise(variable: Variable, body: Body, pass: Pass): boolean {
  const outer = bodyOf(body.info, pass);
  let uses = 0;
  const isIt = (expr: Expr) => {
    const x = unparen(expr);
    return x.kind === 'ident' && x.entity === variable;
  };
  walkStmts(outer?.block.stmts ?? [], {
    stmt: stmt => {
      if (stmt.kind === 'assign') uses -= stmt.lhs.filter(isIt).length;
    },
    expr: x => {
      if (x.kind === 'ident' && isIt(x)) uses++;
      else if (isSilentCall(x, isIt, body.env) || isNilCheck(x, isIt)) uses--;
    },
  });
  return uses > 0;
}

function isSilentCall(x: Expr, isIt: (x: Expr) => boolean, env: Env): boolean {
  const fun = x.kind === 'call' ? unparen(x.fun) : undefined;
  return x.kind === 'call' && fun?.kind === 'selector' && isIt(fun.x) && SILENT.test(calleeName(calleeOf(x, env)) ?? '');
}

function isNilCheck(x: Expr, isIt: (x: Expr) => boolean): boolean {
  return x.kind === 'binary' && /^[!=]=$/.test(x.op) && [x.x, x.y].some(isIt);
}
