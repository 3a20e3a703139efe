/**
 * What the analysis of a unit has looked at in other folders, besides the types, values and signatures that packages
 * declare: which functions, whose bodies, and for which words it has searched. As long as the answers are the same, so is
 * the result.
 */
import { hashOf } from '../source/hash.ts';

/** What was looked at in one package. */
export interface PackageLooks {
  /** Hashes of the heads of procedures by name, and of nothing for a name under which none was found. */
  readonly heads: Readonly<Record<string, string>>;
  /** Hashes of functions with their bodies, by `T.Method` or the name; joined by `+` where several functions have that name. */
  readonly bodies: Readonly<Record<string, string>>;
  /** By pattern: the hash of the names of the functions with such words in their bodies. */
  readonly searches: Readonly<Record<string, string>>;
  /** The functions were gone through without saying for what. */
  readonly all: boolean;
}

/** By folder, and in there by the name of the package; empty for one that was searched without being read. */
export type Looks = Readonly<Record<string, Readonly<Record<string, PackageLooks>>>>;

/** The package that is looked at. */
interface Seen {
  readonly dir: string;
  readonly name: string;
  /** Its files may be others in the next run. */
  readonly mayChange: boolean;
}

interface Ledger extends PackageLooks {
  readonly heads: Record<string, string>;
  readonly bodies: Record<string, string>;
  readonly searches: Record<string, string>;
  all: boolean;
}

/** Undefined while nobody wants to know. */
let own: string | undefined;
let ledgers: Record<string, Record<string, Ledger>> = {};
let bodiesSeen = new Set<object>();

/** Begins anew, for the unit in the folder `dir`. */
export function startLooking(dir: string): void {
  own = dir;
  ledgers = {};
  bodiesSeen = new Set();
}

export function looksTaken(): Looks {
  return ledgers;
}

/** Whether the package is another one than the unit's, and may change. */
export function isLookedAt({ dir, mayChange }: Seen): boolean {
  return own !== undefined && mayChange && dir !== own;
}

function ledgerOf(pkg: Seen): Ledger | undefined {
  if (!isLookedAt(pkg)) return undefined;
  const ofFolder = (ledgers[pkg.dir] ??= empty<Ledger>());
  return (ofFolder[pkg.name] ??= { heads: empty(), bodies: empty(), searches: empty(), all: false });
}

/** Functions and packages may be called `constructor`. */
function empty<T = string>(): Record<string, T> {
  return Object.create(null);
}

/** `text`: empty where no function has that name. */
export function lookAtHead(pkg: Seen, name: string, text: string): void {
  const ledger = ledgerOf(pkg);
  if (ledger) ledger.heads[name] ??= hashOf(text);
}

export function lookAtBody(pkg: Seen, func: object, read: () => { readonly name: string; readonly text: string }): void {
  const ledger = ledgerOf(pkg);
  if (!ledger || bodiesSeen.has(func)) return;
  bodiesSeen.add(func);
  const { name, text } = read();
  const known = ledger.bodies[name];
  const hash = hashOf(text);
  if (known === undefined) ledger.bodies[name] = hash;
  else if (!known.split('+').includes(hash)) ledger.bodies[name] = `${known}+${hash}`;
}

/** `found`: the names of the functions. */
export function lookForWords(pkg: Seen, words: RegExp, found: () => readonly string[]): void {
  const ledger = ledgerOf(pkg);
  if (ledger) ledger.searches[patternOf(words)] ??= answerOf(found());
}

export function lookAtAll(pkg: Seen): void {
  const ledger = ledgerOf(pkg);
  if (ledger) ledger.all = true;
}

/** `u/a b`, and back. */
function patternOf({ source, flags }: RegExp): string {
  return `${flags.replace('g', '')}/${source}`;
}

export function fromPattern(pattern: string): RegExp {
  const slash = pattern.indexOf('/');
  return new RegExp(pattern.slice(slash + 1), pattern.slice(0, slash));
}

/** The functions that a search has found, as one hash. */
export function answerOf(names: readonly string[]): string {
  return names.length ? hashOf([...new Set(names)].sort().join()) : '';
}
