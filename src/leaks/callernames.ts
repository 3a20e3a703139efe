/** What a callee names by its receiver or a parameter, its caller names by the argument. */
import type { FuncNode, Variable } from '../syntax/ast.ts';
import { straightened } from './backpointers.ts';
import type { Body } from './bodies.ts';
import type { CalledBody, KeptIn } from './called.ts';
import { isMadeHere, originsOf } from './kinship.ts';
import { type Identity, placeIn, SOME } from './lockplaces.ts';
import type { Place } from './places.ts';

/** The mutex that a called function names, as its caller names it; undefined where the caller has no name for it. */
export function asCallerNames(identity: Identity, called: CalledBody, from: Body): Identity | undefined {
  const found = renamed(identity, called, from);
  return found && { ...straightened(found, from.env), family: found.family };
}

function renamed(identity: Identity, called: CalledBody, from: Body): Identity | undefined {
  const { root, fields, family } = identity;
  if (typeof root === 'string') return identity;
  const { body, keptIn } = called;
  if (root.owner !== body.node) return keptIn ? rebased(identity, keptIn, from) : called.isInner ? identity : undefined;
  if (root.role === 'local') return relativeOf(identity, called, from);
  if (root.assigned.length > 0) return undefined;
  const place = given(root, called, from);
  const hop = root.role === 'receiver' && called.isDynamic ? [DYNAMIC] : [];
  const named = place && { root: place.root, fields: [...place.fields, ...hop, ...fields], family };
  return named && keptIn && root.role === 'receiver' ? rebased(named, keptIn, from) : named;
}

/** The value behind an interface. */
const DYNAMIC = '(value)';

function given(param: Variable, { receiver, args, body }: CalledBody, { env }: Body): Place | undefined {
  const expr = param.role === 'receiver' ? receiver : param.role === 'param' ? args[indexOf(param, body.node)] : undefined;
  return expr && placeIn(expr, env);
}

/** `for c := range s.conns { c.mu.Lock() }`: the caller knows that it belongs to what it has named `s`, and no more. */
function relativeOf({ root, family }: Identity, called: CalledBody, from: Body): Identity | undefined {
  if (typeof root === 'string' || isMadeHere(root)) return undefined;
  for (const variable of originsOf(root)) {
    const place = variable.owner === called.body.node && variable.assigned.length === 0 ? given(variable, called, from) : undefined;
    if (place) return { root: place.root, fields: [...place.fields, SOME], family };
  }
  return undefined;
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
