/** What comes with a resource and tells whether there is one: the other results of the call. */
import type { Op } from '../../flow/graph.ts';
import { isError, typeOf } from '../../program/infer.ts';
import { memberOf } from '../../program/members.ts';
import type { Env } from '../../program/resolve.ts';
import { isNamed, type Type } from '../../program/types.ts';
import { type Call, type Expr, unparen, variableIn } from '../../syntax/ast.ts';
import type { Body } from '../bodies.ts';
import { type Companions, companionsless as NONE } from './ways.ts';

/** The variables that get the call's other results. */
export function companionsOf(op: Op & { kind: 'assign' }, call: Call, resource: Expr | undefined, { env }: Body): Companions {
  if (op.rhs.length !== 1) return NONE;
  // `c, ok := pool.Get().(*Conn)`
  if (op.rhs[0] && unparen(op.rhs[0]).kind === 'assert') return { ...NONE, flags: new Set([variableIn(op.lhs[1])].filter(v => v !== undefined)) };
  const type = typeOf(call, env);
  if (type.kind === 'unknown') {
    // A package that is not at hand: by custom the error comes last.
    const last = op.lhs.at(-1);
    return { ...NONE, errors: new Set(last === resource ? [] : [variableIn(last)].filter(v => v !== undefined)) };
  }
  const types = type.kind === 'tuple' ? type.types : [type];
  const those = (is: (type: Type) => boolean) => types.flatMap((t, i) => (op.lhs[i] !== resource && is(t) ? variableIn(op.lhs[i]) ?? [] : []));
  return {
    errors: new Set(those(t => isError(t) || isErrorNumber(t, env))),
    flags: new Set(those(t => t.kind === 'basic' && t.name === 'bool')),
    context: those(t => isNamed(t, 'context.Context'))[0],
  };
}

/** A type such as `syscall.Errno`, whose zero value says that all went well. */
function isErrorNumber(type: Type, { program }: Env): boolean {
  return type.kind === 'named' && memberOf(type, 'Error', program)?.kind === 'method';
}
