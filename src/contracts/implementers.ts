/** Who stands behind an interface of the module that others might implement, too: those who do it in packages that are at hand. */
import { type Callee, calleeName, lastPart } from '../program/callee.ts';
import { methodNames } from '../program/implementations.ts';
import { memberOf } from '../program/members.ts';
import type { FuncInfo, Package } from '../program/package.ts';
import type { Env } from '../program/resolve.ts';
import { type Member, type Named, type Type, typeName } from '../program/types.ts';

const STANDS_IN = /mock|fake|stub|dummy|no-?op/i;

/** The methods in earnest that a call of an interface's method may reach, of the interface's own package and those of other types. */
export function implementersOf(callee: Callee, others: readonly Type[], env: Env): readonly FuncInfo[] {
  return callee.kind === 'method' ? namesakesOf(callee, others).filter(func => implementsIt(func, callee.owner, env)) : [];
}

/** These, and methods of that name of types of which nobody knows all that they embed. */
export function namesakesOf(callee: Callee, others: readonly Type[]): readonly FuncInfo[] {
  if (callee.kind !== 'method' || callee.func) return [];
  const packages = new Set([callee.owner, ...others].flatMap(type => packageOf(type) ?? []));
  const method = lastPart(calleeName(callee) ?? '');
  return [...packages].flatMap(pkg => pkg.methodsNamed(method).filter(isInEarnest));
}

function isInEarnest({ piece, file }: FuncInfo): boolean {
  return !file.kind.test && !STANDS_IN.test(piece.receiver?.type ?? '');
}

/** The package of the module in which a type is declared. */
function packageOf(type: Type): Package | undefined {
  const base = type.kind === 'pointer' ? type.elem : type;
  const pkg = base.kind === 'named' ? base.def?.file.pkg : undefined;
  return pkg?.module ? pkg : undefined;
}

/** With all methods of the interface. */
function implementsIt({ piece, pkg, file }: FuncInfo, wanted: Named, { program }: Env): boolean {
  const name = piece.receiver?.type ?? '';
  const entity = pkg.lookup(name, file);
  if (entity?.kind !== 'type') return false;
  const type: Named = { kind: 'named', pkg: pkg.path, name, args: [], def: { spec: entity.spec, file: entity.file } };
  return methodNames(wanted, program).every(method => isSame(memberOf(type, method, program), memberOf(wanted, method, program)));
}

/** What stands for the interface gives what the interface gives; by the same name others may give less. */
function isSame(own: Member | undefined, wanted: Member | undefined): boolean {
  if (own?.kind !== 'method' || wanted?.kind !== 'method') return false;
  const [gives, shouldGive] = [own.type.results, wanted.type.results];
  return gives.length === shouldGive.length && gives.every((type, i) => typeName(type) === typeName(shouldGive[i] ?? type));
}
