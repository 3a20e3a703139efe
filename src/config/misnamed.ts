/** Declared names that mean nothing, as far as the packages that were read can tell: a rule that never speaks looks like one that has nothing to say. */
import type { GoName, NamedAt } from '../contracts/declared.ts';
import { memberOf } from '../program/members.ts';
import type { Package } from '../program/package.ts';
import type { Program } from '../program/program.ts';
import { underlying } from '../program/resolve.ts';
import type { Named } from '../program/types.ts';
import type { Problem } from '../source/problem.ts';
import { closest } from './closest.ts';

export function* misnamed(names: readonly NamedAt[], program: Program): Generator<Problem> {
  for (const { name, file, line } of names) {
    const packages = program.read.filter(pkg => pkg.path === name.path);
    const standard = packages.length ? undefined : program.standard(name.path);
    const [mistake, ...others] = (standard ? [standard] : packages).map(pkg => mistakeIn(name, pkg, program));
    if (mistake !== undefined && !others.includes(undefined)) yield { level: 'warning', id: 'unknown-name', path: file, line, message: mistake };
    else if (!standard && packages.length === 0 && !isImported(name.path, program)) {
      yield { level: 'note', id: 'unused-name', path: file, line, message: `nothing that was read imports ${name.path}` };
    }
  }
}

function isImported(path: string, { read }: Program): boolean {
  return read.some(pkg => pkg.files.some(file => file.imports.some(spec => spec.path === path)));
}

/** What is wrong with the name; undefined when it is right, or when that cannot be told. */
function mistakeIn(wanted: GoName, pkg: Package, program: Program): string | undefined {
  const { path, type, name } = wanted;
  if (type !== undefined) return mistakeInMethod({ path, type, name }, pkg, program);
  if (pkg.lookup(name)?.kind === 'func') return undefined;
  return `package ${path} declares no function ${name}${guess(name, pkg.funcs.map(func => func.name))}`;
}

function mistakeInMethod({ path, type, name }: GoName & { readonly type: string }, pkg: Package, program: Program): string | undefined {
  const entity = pkg.lookup(type);
  if (entity?.kind !== 'type') return `package ${path} declares no type ${type}`;
  if (entity.spec.isAlias) return undefined;
  const named: Named = { kind: 'named', pkg: path, name: type, args: [], def: { spec: entity.spec, file: entity.file } };
  const member = memberOf(named, name, program);
  if (!member && mayEmbedUnseen(named, program)) return undefined;
  if (member?.kind !== 'method') return `${type} in ${path} has no method ${name}${guess(name, pkg.methodsOf(type).map(func => func.bareName))}`;
  const { owner } = member;
  if (owner.pkg === path && owner.name === type) return undefined;
  return `${name} of ${type} is a method of the embedded ${owner.name}, and calls are known by that; write ${owner.pkg}.${owner.name}.${name}`;
}

/** It embeds something; whether all of that could be read, nobody asks. */
function mayEmbedUnseen(type: Named, program: Program): boolean {
  const inner = underlying(type, program);
  switch (inner.kind) {
    case 'struct':
      return inner.fields.some(({ embedded }) => embedded);
    case 'interface':
      return inner.embeds.length > 0;
    default:
      return inner.kind === 'unknown';
  }
}

function guess(name: string, known: readonly string[]): string {
  const found = closest(name, known);
  return found ? `; did you mean ${found}?` : '';
}
