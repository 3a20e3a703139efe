/** Which bodies are worth parsing: a look at their words, which costs a hundredth of the parse. */
import type { Contracts } from '../contracts/contracts.ts';
import type { ResourceTable } from '../contracts/resources.ts';
import type { FuncInfo, Package } from '../program/package.ts';
import { isWordCode } from '../source/text.ts';
import { mayGive } from './owners.ts';
import { isWhole } from './near.ts';
import type { Pass } from './pass.ts';

/** What a package contributes to its clients' names. */
interface Known {
  /** Its functions and methods whose results may be resources. */
  readonly givers: ReadonlySet<string>;
  readonly imports: ReadonlySet<string>;
}

const known = new WeakMap<Contracts, Map<Package, Known>>();

/**
 * Whether the text of a body says that it could handle a resource: it mentions a body, or it calls something with the
 * name of a function that hands one over, out of this package or one that it imports.
 */
export function mayAcquire(pass: Pass): (info: FuncInfo) => boolean {
  const { pkg, contracts, rules } = pass;
  if (!isWhole(pass)) return ({ bodyText }) => bodyText.includes('(');
  const names = namesIn(pkg, contracts, rules);
  return ({ bodyText }) => bodyText.includes('.Body') || callsOneOf(names, bodyText);
}

function namesIn(pkg: Package, contracts: Contracts, rules: ReadonlySet<string>): Set<string> {
  const near = [pkg, ...contracts.program.importedBy(pkg)].map(other => knownOf(other, contracts, rules));
  const around = new Set([pkg.path, ...pkg.importPaths]);
  // A client of net/http speaks of a body; of other values the type may be known to the imported packages alone.
  const beyond = new Set([pkg.path, ...near.flatMap(({ imports }) => [...imports])]);
  const names = new Set(near.flatMap(({ givers }) => [...givers]));
  for (const { path, name, isMethod, rules: about } of contracts.resources.acquiringCalls) {
    if (!about.some(rule => rules.has(rule))) continue;
    if ((isMethod && path !== 'net/http' ? beyond : around).has(path)) names.add(name);
  }
  return names;
}

/** Whether a word of `names` stands before a `(`. Looking back from each bracket takes a fifth of the time of a pattern. */
function callsOneOf(names: ReadonlySet<string>, text: string): boolean {
  for (let open = text.indexOf('('); open >= 0; open = text.indexOf('(', open + 1)) {
    let start = open;
    while (start > 0 && isWordCode(text.charCodeAt(start - 1))) start--;
    if (start < open && names.has(text.slice(start, open))) return true;
  }
  return false;
}

function knownOf(pkg: Package, contracts: Contracts, rules: ReadonlySet<string>): Known {
  let packages = known.get(contracts);
  if (!packages) known.set(contracts, (packages = new Map()));
  let found = packages.get(pkg);
  if (!found) packages.set(pkg, (found = { givers: giversIn(pkg, contracts.resources, rules), imports: pkg.importPaths }));
  return found;
}

function giversIn(pkg: Package, resources: ResourceTable, rules: ReadonlySet<string>): Set<string> {
  const givers = pkg.outlines.filter(func => mayGive(func, pkg, resources, rules)).map(func => func.name);
  return new Set([...givers, ...pkg.readerMethods]);
}
