/**
 * What stands around a resource without being able to release it, and who may be shown it: a struct that counts what is
 * read through it, somebody out of sight who gets no more than an `io.Reader`.
 */
import { type Callee, calleeName } from '../program/callee.ts';
import { targetsOf } from '../program/implementations.ts';
import { isError, typeOf } from '../program/infer.ts';
import { memberOf } from '../program/members.ts';
import type { Program } from '../program/program.ts';
import { type Env, underlying } from '../program/resolve.ts';
import type { Type } from '../program/types.ts';
import type { Call, CompositeLit, Expr, Selector } from '../syntax/ast.ts';
import { KEEPS_BY_NAME } from './known.ts';
import type { Resource } from './resource.ts';

/**
 * `&io.LimitedReader{R: f}`, `&counter{r: f}`: neither the struct nor the type of its field has a method that releases
 * what it is given, and no method of the struct looks whether there is one.
 */
export function isWrapper(literal: CompositeLit, isHeld: (x: Expr) => boolean, { releases }: Resource, env: Env): boolean {
  if (releases.length === 0 || !literal.elements.some(({ value }) => isHeld(value))) return false;
  const type = typeOf(literal, env);
  if (type.kind !== 'named' || !type.def || type.def.isLocal || !lacks(type, releases, env.program)) return false;
  const struct = underlying(type, env.program);
  const fields = struct.kind === 'struct' ? struct.fields : [];
  const isOpen = literal.elements.some(({ key, value }, i) => {
    const field = key ? fields.find(({ name }) => key.kind === 'ident' && key.name === name) : fields[i];
    return isHeld(value) && (!field || !lacks(field.type, releases, env.program));
  });
  const { pkg } = type.def.file;
  return !isOpen && !(pkg.module && pkg.methodsOf(type.name, /Close/).length > 0);
}

/** All that a type can do is known, and releasing is not among it. */
function lacks(type: Type, releases: readonly string[], program: Program, depth = 4): boolean {
  const base = type.kind === 'pointer' ? type.elem : type;
  if (depth === 0 || releases.some(name => memberOf(type, name, program))) return false;
  const inner = underlying(base, program);
  if (inner.kind === 'struct') return inner.fields.every(({ embedded, type: of }) => !embedded || lacks(of, releases, program, depth - 1));
  return inner.kind === 'interface' && inner.methods.length + inner.embeds.length > 0 && inner.embeds.every(embed => lacks(embed, releases, program, depth - 1));
}

/**
 * Nobody can look into the callee, but what it is given cannot be released through it, and by its name and its results it
 * is done with it when it returns: `storage.Upload(ctx, f)` of an interface that takes an `io.Reader`.
 */
export function isOnlyShown(call: Call, callee: Callee, index: number, as: 'resource' | 'wrapper', { releases }: Resource, env: Env): boolean {
  const name = calleeName(callee) ?? (callee.kind === 'variable' && callee.holder.kind === 'field' ? `.${callee.holder.name}` : undefined);
  if (name === undefined || releases.length === 0 || KEEPS_BY_NAME.test(name) || targetsOf(callee, env).length > 0) return false;
  const type = typeOf(call.fun, env);
  if (type.kind !== 'func') return as === 'wrapper' && callee.kind === 'presumed';
  const param = type.params[index];
  const isDone = type.results.length > 0 && type.results.every(result => isError(result) || underlying(result, env.program).kind === 'basic');
  return isDone && param !== undefined && (as === 'wrapper' || lacks(param, releases, env.program));
}

/** `NewUsersClient(conn)`: what it gives has nothing to release the connection with, as far as that is known. */
export function isStub(call: Call, callee: Callee, { stubs, releases }: Resource, env: Env): boolean {
  const name = stubs && calleeName(callee);
  if (call.args.length !== 1 || name === undefined || !stubs?.test(name)) return false;
  const type = typeOf(call, env);
  return callee.kind === 'presumed' ? type.kind === 'unknown' : lacks(type, releases, env.program);
}

/**
 * `c.Conn` of a struct that embeds a `net.Conn` and has no `Close` of its own, or one that does nothing but close that: who
 * has the part can release all there is to release.
 */
export function isReleasingPart({ x, sel }: Selector, { releases }: Resource, env: Env): boolean {
  if (releases.length === 0) return false;
  const type = typeOf(x, env);
  const struct = underlying(type.kind === 'pointer' ? type.elem : type, env.program);
  const field = struct.kind === 'struct' ? struct.fields.find(({ name }) => name === sel.name) : undefined;
  return field !== undefined && releases.some(name => {
    const part = memberOf(field.type, name, env.program);
    const whole = part?.kind === 'method' ? memberOf(type, name, env.program) : undefined;
    if (part?.kind !== 'method' || whole?.kind !== 'method') return false;
    return whole.func === part.func && whole.owner.name === part.owner.name ? field.embedded : whole.func !== undefined && isHandedOn(whole.func.bodyText, sel.name, name);
  });
}

/** `{ return c.conn.Close() }` */
function isHandedOn(bodyText: string, field: string, method: string): boolean {
  return new RegExp(`^\\{\\s*(?:return )?\\w+\\.${field}\\.${method}\\(\\)\\s*\\}$`).test(bodyText);
}
