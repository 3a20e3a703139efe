import type { Expr } from '../syntax/ast.ts';
import type { Program } from './program.ts';
import { signatureOf, underlying } from './resolve.ts';
import { type Member, type Named, type Signature, substituteSignature, type Type, unknown } from './types.ts';

/**
 * What `x.name` selects on a value of type `type`: its own fields and methods first, then those of embedded types,
 * level by level, as the Go spec's selector rules say.
 */
export function memberOf(type: Type, name: string, program: Program): Member | undefined {
  let level: Type[] = [type];
  const seen = new Set<string>();
  for (let depth = 0; depth < 8 && level.length; depth++) {
    const next: Type[] = [];
    for (const at of level) {
      const base = at.kind === 'pointer' ? at.elem : at;
      if (base.kind === 'named') {
        const key = `${base.pkg}.${base.name}`;
        if (seen.has(key)) continue;
        seen.add(key);
        const method = declaredMethod(base, name, program);
        if (method) return method;
      }
      const found = ownMember(base, name, program, next);
      if (found) return found;
    }
    level = next;
  }
  return undefined;
}

/**
 * The one type that `type` embeds, however deep, whose package is not at hand, as a pointer: what `type` itself has no
 * member for can only be one of that type, such as `Require` of `suite.Suite`.
 */
export function unseenEmbed(type: Type, program: Program): Type | undefined {
  const unseen = new Map<string, Named>();
  const seen = new Set<Type>();
  let level = embedsOf(type, program);
  for (let depth = 0; depth < 8 && level.length; depth++) {
    const next: Type[] = [];
    for (const at of level) {
      const base = at.kind === 'pointer' ? at.elem : at;
      if (seen.has(base)) continue;
      seen.add(base);
      if (base.kind === 'named' && !base.def && base.pkg) unseen.set(`${base.pkg}.${base.name}`, base);
      // Of what has no name here, nobody knows what it adds.
      if (base.kind === 'unknown') return undefined;
      next.push(...embedsOf(base, program));
    }
    level = next;
  }
  const [only, ...more] = unseen.values();
  return only && more.length === 0 ? { kind: 'pointer', elem: only } : undefined;
}

function embedsOf(type: Type, program: Program): Type[] {
  const inner = underlying(type.kind === 'pointer' ? type.elem : type, program);
  return inner.kind === 'struct' ? inner.fields.filter(field => field.embedded).map(field => field.type) : [];
}

function declaredMethod(type: Named, name: string, program: Program): Member | undefined {
  if (!type.def || type.def.isLocal) return undefined;
  const func = type.def.file.pkg.methodOf(type.name, name, type.def.file);
  if (!func) return undefined;
  const receiver = func.decl.receiver?.type;
  const params = receiverTypeParams(receiver);
  // Their constraints do not matter here: they are replaced at once.
  const typeParams = new Map(params.map(name => [name, { kind: 'typeparam' as const, name, bound: () => unknown }]));
  const plain = signatureOf(func.decl.type, { program, file: func.file, typeParams });
  return { kind: 'method', type: bind(plain, params, type.args), owner: type, func };
}

function receiverTypeParams(type: Expr | undefined): string[] {
  const base = type?.kind === 'star' ? type.x : type;
  return base?.kind === 'index' ? base.indices.flatMap(x => (x.kind === 'ident' ? [x.name] : [])) : [];
}

function bind(signature: Signature, params: readonly string[], args: readonly Type[]): Signature {
  return substituteSignature(signature, new Map(params.map((p, i) => [p, args[i] ?? unknown])));
}

/** A field or interface method of `base` itself; embedded types go to `next`. */
function ownMember(base: Type, name: string, program: Program, next: Type[]): Member | undefined {
  if (base.kind === 'typeparam') {
    next.push(base.bound());
    return undefined;
  }
  const owner = base.kind === 'named' ? base : undefined;
  if (owner?.pkg === '' && owner.name === 'error' && name === 'Error') {
    return { kind: 'method', type: { kind: 'func', typeParams: [], params: [], variadic: false, results: [{ kind: 'basic', name: 'string' }] }, owner, func: undefined };
  }
  const inner = underlying(base, program);
  if (inner.kind === 'struct') {
    const field = inner.fields.find(f => f.name === name);
    if (field) return { kind: 'field', type: field.type, owner };
    for (const f of inner.fields) if (f.embedded) next.push(f.type);
  } else if (inner.kind === 'interface') {
    const method = inner.methods.find(m => m.name === name);
    if (method) return { kind: 'method', type: method.type, owner: owner ?? { kind: 'named', pkg: '', name: 'interface', args: [], def: undefined }, func: undefined };
    next.push(...inner.embeds);
  } else if (inner.kind === 'pointer') {
    next.push(inner.elem);
  }
  return undefined;
}
