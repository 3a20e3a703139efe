/** Functions that start a goroutine and say whether they did: `func (s *server) start() error`. */
import type { Op } from '../../flow/graph.ts';
import { operations, search } from '../../flow/search.ts';
import { type Expr, unparen } from '../../syntax/ast.ts';
import type { Body } from '../bodies.ts';

/** Some way from a start of the goroutine ends with anything but `nil` or `true`. */
export function mayFailAfter(isStart: (op: Op) => boolean, { graph }: Body): boolean {
  return operations(graph).some(({ op, after }) => isStart(op) && search(after, 0, {
    key: String,
    op: (_, state) => state,
    edge: (_, __, state) => state,
    returns: end => !isSuccess(end.stmt?.results.at(-1)),
  }) !== undefined);
}

function isSuccess(result: Expr | undefined): boolean {
  const x = result && unparen(result);
  return x?.kind === 'ident' && !x.entity && (x.name === 'nil' || x.name === 'true');
}
