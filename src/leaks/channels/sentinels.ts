/**
 * Callees that say by an error of its own that they have seen the end of the channel: `if err := parse(events); err !=
 * ErrDone { return err }`, where `parse` returns `ErrDone` only when the channel is closed. Behind that nobody sends.
 */
import type { Op } from '../../flow/graph.ts';
import { search } from '../../flow/search.ts';
import { type Expr, isNil, unparen, type Variable, variableIn } from '../../syntax/ast.ts';
import type { Body } from '../bodies.ts';
import type { Pass } from '../pass.ts';
import { withNames } from './bindings.ts';
import type { Run } from './callees.ts';
import { MANY } from './counts.ts';
import { Reading, START } from './traffic.ts';

/** The last result of a call, and the bodies with the channel in reach that it has run. */
export interface Teller {
  readonly result: Variable;
  readonly runs: readonly Run[];
}

/** The teller after an operation. */
export function tellerAfter(op: Op, before: Teller | undefined, reading: Reading): Teller | undefined {
  if (op.kind !== 'assign') return before;
  const [value, ...more] = op.rhs.map(unparen);
  const last = op.lhs.at(-1);
  const result = last && variableIn(unparen(last));
  const runs = result && !more.length && value?.kind === 'call' ? reading.runsBy(value) : [];
  if (result && runs.length) return { result, runs };
  return before && op.lhs.some(x => variableIn(unparen(x)) === before.result) ? undefined : before;
}

/** On this branch the result is an error that the call gives only at the end of the channel. */
export function tellsEnd(condition: Expr, taken: boolean, teller: Teller | undefined, body: Body, pass: Pass): boolean {
  const x = unparen(condition);
  if (!teller || x.kind !== 'binary' || (x.op !== '==' && x.op !== '!=') || (x.op === '==') !== taken || variableIn(unparen(x.x)) !== teller.result) return false;
  const sentinel = packageLevel(x.y, body);
  return sentinel !== undefined && teller.runs.some(run => isReturnedAtEnd(sentinel, run, pass));
}

function isReturnedAtEnd(sentinel: string, { body, names }: Run, pass: Pass): boolean {
  const walk = new Reading(body, withNames(names, body), pass).walk();
  let isReturned = false;
  const early = search({ block: body.graph.entry, index: 0 }, START, {
    ...walk,
    returns: (end, { supply }) => {
      const result = end.stmt?.results.at(-1);
      if (!result || packageLevel(result, body) !== sentinel) return false;
      isReturned = true;
      return supply.receives < MANY;
    },
  });
  return isReturned && early === undefined;
}

/** A name that a package declares, as all files write it. */
function packageLevel(expr: Expr, { env: { program, file } }: Body): string | undefined {
  const x = unparen(expr);
  if (x.kind === 'ident') return x.entity || isNil(x) ? undefined : `${file.pkg.path}.${x.name}`;
  const path = x.kind === 'selector' && x.x.kind === 'ident' && !x.x.entity ? program.importPathOf(file, x.x.name) : undefined;
  return path !== undefined && x.kind === 'selector' ? `${path}.${x.sel.name}` : undefined;
}
