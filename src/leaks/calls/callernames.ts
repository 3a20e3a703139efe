/** What a callee names by its receiver or a parameter, its caller names by the argument. */
import { typeOf } from '../../program/infer.ts';
import { underlying } from '../../program/resolve.ts';
import type { Expr, FuncNode, Variable } from '../../syntax/ast.ts';
import type { Body } from '../bodies.ts';
import { straightened } from '../places/backpointers.ts';
import { familyOf } from '../places/canonical.ts';
import { type Identity, placeIn, SOME } from '../places/identities.ts';
import { isMadeHere, originsOf } from '../places/kinship.ts';
import type { Place } from '../places/places.ts';
import { valueStep, valueTypeOf } from '../places/valuesteps.ts';
import type { CalledBody, KeptIn } from './called.ts';

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
  const expr = argumentFor(root, called);
  const place = expr && placeIn(expr, from.env);
  const hop = root.role === 'receiver' && called.isDynamic ? [valueStep(body.info.piece.receiver?.type ?? '')] : [];
  // What is behind an interface is what was put into it.
  const rest = valueTypeOf(fields[0]) !== undefined && expr && !isInterface(expr, from) ? fields.slice(1) : fields;
  // A mutex that is handed over itself has the name that it has here.
  const own = expr && fields.length === 0 && family.includes('@') ? familyOf(expr, from.env) ?? family : family;
  const named = place && { root: place.root, fields: [...place.fields, ...hop, ...rest], family: own };
  return named && keptIn && root.role === 'receiver' ? rebased(named, keptIn, from) : named;
}

function argumentFor(param: Variable, { receiver, args, body }: CalledBody): Expr | undefined {
  return param.role === 'receiver' ? receiver : param.role === 'param' ? args[indexOf(param, body.node)] : undefined;
}

function given(param: Variable, called: CalledBody, { env }: Body): Place | undefined {
  const expr = argumentFor(param, called);
  return expr && placeIn(expr, env);
}

function isInterface(expr: Expr, { env }: Body): boolean {
  const { kind } = underlying(typeOf(expr, env), env.program);
  return kind === 'interface' || kind === 'unknown' || kind === 'typeparam';
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
