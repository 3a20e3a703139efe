/** Which bodies are worth parsing: a look at their words, which costs a hundredth of the parse. */
import type { Contracts } from '../../contracts/contracts.ts';
import type { ResourceTable } from '../../contracts/resources.ts';
import type { FuncInfo, FuncOutline, GoFile, Package } from '../../program/package.ts';
import { leadsTo } from '../../program/wellknown.ts';
import { callsOf, wordBefore } from '../../syntax/calls.ts';
import type { Pass } from '../pass.ts';
import { isGiver } from './acquisitions.ts';
import { closedElsewhere, mayTellByUse } from './byuse.ts';
import { soundsLikeOwner } from './ownerwords.ts';

/** What a package contributes to its clients' names. */
interface Known {
  /** Its functions and methods whose results are called like resources. */
  readonly givers: readonly FuncOutline[];
  /** Those that may give one all the same, or an owner of one: their bodies say. */
  readonly possible: readonly FuncOutline[];
  /** Methods of its interfaces, and function values. */
  readonly openers: readonly string[];
  readonly imports: ReadonlySet<string>;
  readonly outlines: readonly FuncOutline[];
}

const known = new WeakMap<Contracts, Map<Package, Known>>();

/**
 * Whether the text of a body says that it could handle a resource: it mentions a body, or it calls something with the
 * name of a function that hands one over, out of this package or one that it imports.
 */
export function mayAcquire(pass: Pass): (info: FuncInfo) => boolean {
  // Of a few files less is looked at by reading what they call than by looking through all that the package imports.
  if (!pass.isWhole) return ({ bodyText }) => bodyText.includes('(');
  const givers = giversFor(pass);
  const tellsByUse = mayTellByUse(pass);
  return ({ bodyText, file }) => tellsByUse(bodyText) || callsOneOf(givers, bodyText, file);
}

/** The functions of imported packages by path and name, those of the package itself, and methods, by their names. */
class Givers {
  /** `true`: certainly; else what may be. */
  private readonly byName = new Map<string, true | FuncOutline[]>();

  /** The names of all functions among them. */
  private readonly functions = new Set<string>();

  constructor(private readonly pass: Pass) {}

  addMethod(name: string): void {
    this.byName.set(name, true);
  }

  addFunction(path: string, name: string): void {
    this.functions.add(name);
    this.byName.set(`${path}.${name}`, true);
  }

  /** Which method is meant its name does not say; a function that is called has its body looked into in any case. */
  add(func: FuncOutline, path: string): void {
    if (func.receiverType) this.addMethod(func.bareName);
    else this.addPossible(func, path);
  }

  /** Looked into when the name is first met. */
  addPossible(func: FuncOutline, path: string): void {
    const { receiverType, bareName } = func;
    if (!receiverType) this.functions.add(bareName);
    const name = receiverType ? bareName : `${path}.${bareName}`;
    const before = this.byName.get(name);
    if (before === undefined) this.byName.set(name, [func]);
    else if (before !== true) before.push(func);
  }

  has(name: string): boolean {
    const found = this.byName.get(name);
    if (found === undefined || found === true) return found === true;
    const gives = found.some(func => isGiver(func, this.pass));
    if (gives) this.byName.set(name, true);
    else this.byName.delete(name);
    return gives;
  }

  /** `qualifier` stands before the name, as a package, a variable or, where it is no name, some other expression. */
  isCalled(name: string, qualifier: string | undefined, file: GoFile): boolean {
    if (this.has(name)) return true;
    if (qualifier === undefined) return this.has(`${file.pkg.path}.${name}`) || file.imports.some(spec => spec.name === '.' && this.has(`${spec.path}.${name}`));
    // To know what an import is called can mean to read it.
    const path = this.functions.has(name) ? this.pass.contracts.program.importPathOf(file, qualifier) : undefined;
    return path !== undefined && this.has(`${path}.${name}`);
  }
}

function giversFor(pass: Pass): Givers {
  const { pkg, contracts, rules } = pass;
  const near = [[pkg.path, pkg] as const, ...contracts.program.importedBy(pkg)].map(([path, other]) => ({ ...knownOf(other, contracts, rules), path }));
  const around = new Set([pkg.path, ...pkg.importPaths]);
  // A client of net/http speaks of a body; of other values the type may be known to the imported packages alone.
  const beyond = new Set([pkg.path, ...near.flatMap(({ imports }) => [...imports]), ...[...pkg.importPaths].flatMap(leadsTo)]);
  const found = new Givers(pass);
  for (const { path, possible, givers, openers } of near) {
    for (const func of possible) found.addPossible(func, path);
    for (const func of givers) found.add(func, path);
    for (const name of openers) found.addMethod(name);
  }
  for (const { path, name, isMethod, rules: about } of contracts.resources.acquiringCalls) {
    if (about.some(rule => rules.has(rule)) && (isMethod && path !== 'net/http' ? beyond : around).has(path)) {
      if (isMethod) found.addMethod(name);
      else found.addFunction(path, name);
    }
  }
  for (const name of closedElsewhere(pass)) found.addMethod(name);
  return found;
}

/** Whether a giver's name stands before a `(`. */
function callsOneOf(givers: Givers, text: string, file: GoFile): boolean {
  for (const { start, open } of callsOf(text)) {
    const isQualified = text.charCodeAt(start - 1) === 46;
    const qualifier = isQualified ? text.slice(wordBefore(text, start - 1), start - 1) : undefined;
    if (givers.isCalled(text.slice(start, open), qualifier, file)) return true;
  }
  return false;
}

function knownOf(pkg: Package, contracts: Contracts, rules: ReadonlySet<string>): Known {
  let packages = known.get(contracts);
  if (!packages) known.set(contracts, (packages = new Map()));
  let found = packages.get(pkg);
  if (!found) packages.set(pkg, (found = { ...giversIn(pkg, contracts.resources, rules), openers: pkg.openers, imports: pkg.importPaths }));
  pkg.lookAtCalled(found.outlines);
  return found;
}

function giversIn(pkg: Package, resources: ResourceTable, rules: ReadonlySet<string>): Pick<Known, 'givers' | 'possible' | 'outlines'> {
  const { outlines } = pkg;
  const givers = new Set(outlines.filter(func => resources.soundsGiving(func, pkg, rules)));
  // Of what never changes nobody asks again, and a large module has hundreds of thousands of functions.
  return { outlines: pkg.mayChange ? outlines : [], givers: [...givers], possible: outlines.filter(func => !givers.has(func) && (resources.mayGiveDeclared(func) || soundsLikeOwner(func, pkg))) };
}
