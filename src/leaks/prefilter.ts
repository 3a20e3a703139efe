/** Which bodies are worth parsing: a look at their words, which costs a hundredth of the parse. */
import type { Contracts } from '../contracts/contracts.ts';
import type { FuncInfo, Package } from '../program/package.ts';
import { isWordCode } from '../source/text.ts';
import { mayGiveOwner } from './owners.ts';
import type { Pass } from './pass.ts';

/** What is known of the packages read so far. */
interface Known {
  read: number;
  /** By import path, the names of functions and methods whose results may be resources. */
  readonly givers: Map<string, Set<string>>;
  readonly imports: Set<string>;
}

const known = new WeakMap<Contracts, Known>();

/**
 * Whether the text of a body says that it could handle a resource: it mentions a body, or it calls something with the
 * name of a function that hands one over, out of this package or one that it imports.
 */
export function mayAcquire({ pkg, contracts, rules }: Pass): (info: FuncInfo) => boolean {
  const names = namesIn(pkg, contracts, rules);
  return ({ bodyText }) => bodyText.includes('.Body') || callsOneOf(names, bodyText);
}

function namesIn(pkg: Package, contracts: Contracts, rules: ReadonlySet<string>): Set<string> {
  const { givers, imports } = knownIn(contracts, rules);
  const around = new Set([pkg.path, ...pkg.files.flatMap(file => file.imports.map(spec => spec.path))]);
  const names = new Set([...around].flatMap(path => [...givers.get(path) ?? []]));
  for (const { path, name, isMethod, rules: about } of contracts.resources.acquiringCalls) {
    if (!about.some(rule => rules.has(rule))) continue;
    // A client of net/http speaks of a body; of other values the type may be known to other packages alone.
    const scope = isMethod && path !== 'net/http' ? imports : around;
    if (scope.has(path) || path === pkg.path) names.add(name);
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

function knownIn(contracts: Contracts, rules: ReadonlySet<string>): Known {
  const { program, resources } = contracts;
  let found = known.get(contracts);
  if (!found) known.set(contracts, (found = { read: 0, givers: new Map(), imports: new Set() }));
  for (; found.read < program.read.length; found.read++) {
    const pkg = program.read[found.read];
    if (!pkg) continue;
    const givers = found.givers.get(pkg.path) ?? new Set<string>();
    for (const { source: { text } } of pkg.files) for (const [, name = ''] of readerMethods(text)) givers.add(name);
    for (const { imports } of pkg.files) for (const { path } of imports) found.imports.add(path);
    for (const func of pkg.funcs) if (resources.mayGive(func, rules) || mayGiveOwner(func, resources)) givers.add(func.bareName);
    found.givers.set(pkg.path, givers);
  }
  return found;
}

/** `Get(key string) (io.ReadCloser, error)` of an interface, which no function declares. */
function readerMethods(text: string): Iterable<RegExpMatchArray> {
  return text.includes('io.ReadCloser, ') ? text.matchAll(/^\s+(\w+)\([^()\n]*\)\s*\((?:\w+ )?io\.ReadCloser, (?:\w+ )?error\)/gm) : [];
}
