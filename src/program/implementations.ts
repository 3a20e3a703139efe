/** Which functions a call may reach, where that can be told. */
import { type Callee, lastPart } from './callee.ts';
import { memberOf } from './members.ts';
import type { FuncInfo } from './package.ts';
import type { Program } from './program.ts';
import { type Env, underlying } from './resolve.ts';
import type { Named, Type } from './types.ts';
import { functionOf } from './values.ts';

/** More implementations than these are a plug-in interface, about which nothing common can be said. */
const FEW = 6;

/**
 * The declared functions that a call may reach: the one it names, the one that its function value stands for, or the
 * few methods that stand behind an interface nobody outside of its package can implement. Empty where that is unknown.
 */
export function targetsOf(callee: Callee, env: Env): readonly FuncInfo[] {
  const known = functionOf(callee, env);
  if (known.kind === 'func') return [known.func];
  if (known.kind !== 'method') return [];
  if (known.func) return [known.func];
  const { def, name: owner } = known.owner;
  const method = lastPart(known.name);
  // Nobody imports a command.
  if (!def?.file.pkg.module || (isExported(owner) && isExported(method) && def.file.pkg.name !== 'main')) return [];
  const found = def.file.pkg.methodsNamed(method).filter(m => (m.file.kind.test === env.file.kind.test || !m.file.kind.test) && implementsAll(m, known.owner, env));
  return found.length <= FEW ? found : [];
}

/** The type that the method belongs to has all methods of the interface by name, embedded ones counted. */
function implementsAll({ piece, pkg, file }: FuncInfo, wanted: Named, { program }: Env): boolean {
  const name = piece.receiver?.type ?? '';
  const entity = pkg.lookup(name, file);
  if (entity?.kind !== 'type') return false;
  const type: Named = { kind: 'named', pkg: pkg.path, name, args: [], def: { spec: entity.spec, file: entity.file } };
  return methodNames(wanted, program).every(method => memberOf(type, method, program)?.kind === 'method');
}

/** The methods of an interface, embedded ones included. */
export function methodNames(type: Type, program: Program, depth = 4): string[] {
  const inner = underlying(type, program);
  if (inner.kind !== 'interface' || depth === 0) return [];
  return [...inner.methods.map(({ name }) => name), ...inner.embeds.flatMap(embed => methodNames(embed, program, depth - 1))];
}

function isExported(name: string): boolean {
  return /^\p{Lu}/u.test(name);
}
