/** What a callee names by its receiver or a parameter, its caller names by the argument. */
import type { FuncNode, Variable } from '../syntax/ast.ts';
import type { Body } from './bodies.ts';
import type { CalledBody, KeptIn } from './called.ts';
import { type Identity, placeIn } from './lockplaces.ts';

/** The mutex that a called function names, as its caller names it; undefined where the caller has no name for it. */
export function asCallerNames(identity: Identity, called: CalledBody, from: Body): Identity | undefined {
  const { root, fields, family } = identity;
  if (typeof root === 'string') return identity;
  const { body, keptIn } = called;
  if (root.owner !== body.node) return keptIn ? rebased(identity, keptIn, from) : called.isInner ? identity : undefined;
  if (root.assigned.length > 0) return undefined;
  const given = root.role === 'receiver' ? called.receiver : root.role === 'param' ? called.args[indexOf(root, body.node)] : undefined;
  const place = given && placeIn(given, from.env);
  const named = place && { root: place.root, fields: [...place.fields, ...fields], family };
  return named && keptIn && root.role === 'receiver' ? rebased(named, keptIn, from) : named;
}

/** A callback that is kept in `s` and locks something of `s`: what was `s` there is here what it is called on. */
function rebased({ root, fields, family }: Identity, { owner, calledOn }: KeptIn, from: Body): Identity | undefined {
  if (root !== owner.root || !owner.fields.every((field, i) => fields[i] === field)) return undefined;
  const place = placeIn(calledOn, from.env);
  return place && { root: place.root, fields: [...place.fields, ...fields.slice(owner.fields.length)], family };
}

function indexOf(param: Variable, func: FuncNode): number {
  return func.type.params.flatMap(({ names }) => names).indexOf(param.ident);
}
