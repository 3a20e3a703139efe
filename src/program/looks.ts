/**
 * What the analysis of a unit has looked at in other folders, besides the types and values that packages declare: which
 * functions and methods, whose bodies, and for which words it has searched. As long as the answers are the same, so is
 * the result.
 */
import { hashOf } from '../source/hash.ts';

/** What was looked at in one package. */
export interface PackageLooks {
  /** Functions and methods that were asked for by name, and one hash of what stands before their bodies; of nothing where there are none. */
  readonly heads: { readonly names: string; readonly hash: string };
  /** The methods that were gone through, by `methodsKey`: a hash of what stands before their bodies. */
  readonly methods: Readonly<Record<string, string>>;
  /** A hash of the outlines of the functions whose names the unit calls; undefined where nobody has asked for that. */
  called: string | undefined;
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

interface Ledger extends Omit<PackageLooks, 'heads'> {
  readonly heads: Map<string, string>;
  readonly methods: Record<string, string>;
  readonly bodies: Record<string, string>;
  readonly searches: Record<string, string>;
  all: boolean;
}

/** Undefined while nobody wants to know. */
let own: string | undefined;
let ledgers: Record<string, Record<string, Ledger>> = {};
let bodiesSeen = new Set<object>();
let callsOfUnit: () => ReadonlySet<string> = () => new Set();

/** Begins anew, for the unit in the folder `dir`; `calls` are the names that it calls. */
export function startLooking(dir: string, calls: () => ReadonlySet<string>): void {
  own = dir;
  callsOfUnit = calls;
  ledgers = {};
  bodiesSeen = new Set();
}

export function looksTaken(): Looks {
  const packages = (ledger: Record<string, Ledger>) => mapped(ledger, ({ heads, ...rest }) => ({ ...rest, heads: headsTaken(heads) }));
  return mapped(ledgers, packages);
}

function headsTaken(heads: ReadonlyMap<string, string>): PackageLooks['heads'] {
  const names = [...heads.keys()];
  return { names: names.join(' '), hash: hashOfHeads(names.map(name => heads.get(name) ?? '')) };
}

export function hashOfHeads(heads: readonly string[]): string {
  return heads.length ? hashOf(JSON.stringify(heads)) : '';
}

function mapped<T, U>(record: Readonly<Record<string, T>>, change: (value: T) => U): Record<string, U> {
  const found = empty<U>();
  for (const [key, value] of Object.entries(record)) found[key] = change(value);
  return found;
}

/** Whether the package is another one than the unit's, and may change. */
export function isLookedAt({ dir, mayChange }: Seen): boolean {
  return own !== undefined && mayChange && dir !== own;
}

function ledgerOf(pkg: Seen): Ledger | undefined {
  if (!isLookedAt(pkg)) return undefined;
  const ofFolder = (ledgers[pkg.dir] ??= empty<Ledger>());
  return (ofFolder[pkg.name] ??= { heads: new Map(), methods: empty(), called: undefined, bodies: empty(), searches: empty(), all: false });
}

/** Functions and packages may be called `constructor`. */
function empty<T = string>(): Record<string, T> {
  return Object.create(null);
}

/** `name`: `T.Method`, or that of a function; `read` gives what stands before the bodies of those that are called so. */
export function lookAtHead(pkg: Seen, name: string, read: () => readonly string[]): void {
  const heads = ledgerOf(pkg)?.heads;
  if (heads && !heads.has(name)) heads.set(name, joined(read()));
}

/** `found`: what stands before the bodies. */
export function lookAtMethods(pkg: Seen, key: string, found: () => readonly string[]): void {
  const ledger = ledgerOf(pkg);
  if (ledger) ledger.methods[key] ??= answerOf(found());
}

/** For which methods somebody asks: those of a type, those of which the bodies have words, those of a name. */
export function methodsKey(type: string, name: string, words?: RegExp): string {
  return `${type}.${name}${words ? ` ${patternOf(words)}` : ''}`;
}

/** `outlines`: by name. */
export function lookAtCalled(pkg: Seen, outlines: () => readonly (readonly [name: string, outline: string])[]): void {
  const ledger = ledgerOf(pkg);
  if (ledger) ledger.called ??= answerOfCalled(outlines(), callsOfUnit());
}

export function answerOfCalled(outlines: readonly (readonly [name: string, outline: string])[], calls: ReadonlySet<string>): string {
  return answerOf(outlines.flatMap(([name, outline]) => (calls.has(name) ? outline : [])));
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

/** `found`: what stands before the bodies of the functions. */
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

/** What was found, in whatever order, as one hash. */
export function answerOf(found: readonly string[]): string {
  return hashOf(joined(found));
}

/** In an order that does not depend on which file was read first. */
export function joined(texts: readonly string[]): string {
  return texts.length < 2 ? texts.join() : [...new Set(texts)].sort().join('\n');
}
