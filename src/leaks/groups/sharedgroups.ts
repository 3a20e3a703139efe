/** WaitGroups in unexported fields and package variables: what the whole package does with them. */
import { operations } from '../../flow/search.ts';
import { typeOf } from '../../program/infer.ts';
import { type Call, type Expr, unparen } from '../../syntax/ast.ts';
import { bodiesWith, type Body, bodyOf } from '../bodies.ts';
import type { Pass } from '../pass.ts';
import { isNewGroup } from './balance.ts';
import { groupCallOf } from './groups.ts';
import { type GroupUse, receiverOf, usesIn } from './groupuses.ts';

export interface SharedGroup {
  readonly family: string;
  readonly uses: readonly { readonly use: GroupUse; readonly body: Body }[];
}

const memo = new WeakMap<Pass, readonly SharedGroup[]>();

/** Those somebody waits for. */
export function sharedGroups(pass: Pass): readonly SharedGroup[] {
  let found = memo.get(pass);
  if (!found) memo.set(pass, (found = findSharedGroups(pass)));
  return found;
}

function findSharedGroups(pass: Pass): SharedGroup[] {
  if (!pass.pkg.files.some(file => /\bWaitGroup\b/.test(file.source.text))) return [];
  const names = new Map<string, string>();
  for (const body of bodiesWith(pass, info => /\.Wait\(\)/.test(info.bodyText))) {
    for (const { op } of operations(body.graph)) {
      const call = op.kind === 'call' ? op.call : op.kind === 'defer' ? unparen(op.stmt.call) : undefined;
      const own = call?.kind === 'call' ? groupCallOf(call, body.env) : undefined;
      if (own?.does !== 'wait') continue;
      const name = nameInPackage(own.group, own.family, body, pass);
      if (name !== undefined) names.set(own.family, name);
    }
  }
  return [...names].map(([family, name]) => ({ family, uses: usesInPackage(family, name, pass) }));
}

/** The name under which only this package can reach the group. */
function nameInPackage(group: Expr, family: string, body: Body, pass: Pass): string | undefined {
  const variable = `${pass.pkg.path}:`;
  const field = `${pass.pkg.path}.`;
  if (!family.startsWith(variable) && !family.startsWith(field)) return undefined;
  const name = family.slice(family.startsWith(variable) ? variable.length : family.lastIndexOf('.') + 1);
  // An embedded group is reached through methods of whatever embeds it.
  if (!name || (/^\p{Lu}/u.test(name) && pass.pkg.name !== 'main')) return undefined;
  if (typeOf(group, body.env).kind !== 'pointer') return name;
  const entity = family.startsWith(variable) ? pass.pkg.lookup(name, body.info.file) : undefined;
  const value = entity?.kind === 'var' ? entity.spec.values[entity.index] : undefined;
  return value && isNewGroup(value) ? name : undefined;
}

function usesInPackage(family: string, name: string, pass: Pass): { use: GroupUse; body: Body }[] {
  const mention = new RegExp(`\\b${name}\\b`);
  return pass.pkg.funcs.flatMap(info => {
    const body = mention.test(info.bodyText) ? bodyOf(info, pass) : undefined;
    return body ? usesIn(body, family).map(use => ({ use, body })) : [];
  });
}

/** Whether a use is, or may lead to, a call of `Done`. */
export function mayCountDown(use: GroupUse, body: Body, pass: Pass, depth = 3): boolean {
  switch (use.kind) {
    case 'call':
      return use.does === 'done' || use.does === 'minus';
    case 'value':
      return use.does === 'done' || use.does === 'add';
    case 'escapes':
      return true;
    case 'passed': {
      const receiver = receiverOf(use, body, pass);
      if (receiver === 'nobody') return false;
      if (receiver === 'unknown' || depth === 0) return true;
      return usesIn(receiver.body, receiver.family).some(inner => mayCountDown(inner, receiver.body, pass, depth - 1));
    }
  }
}

/** An `Add` that certainly counts up. */
export function countsUp({ args: [delta] }: Call): boolean {
  const x = delta && unparen(delta);
  return x?.kind === 'literal' || (x?.kind === 'call' && x.fun.kind === 'ident' && x.fun.name === 'len');
}
