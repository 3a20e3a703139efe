/** Which channel fields and variables a package has, and which of them an expression stands for. */
import { graphOf } from '../../flow/build.ts';
import { calleeOf } from '../../program/callee.ts';
import { Memo } from '../../program/memo.ts';
import type { FuncInfo, Package } from '../../program/package.ts';
import type { Env } from '../../program/resolve.ts';
import { type Entity, type Expr, isNil, unparen } from '../../syntax/ast.ts';
import type { Pass } from '../pass.ts';
import { familyOf } from '../places/canonical.ts';
import { keyOf, placeOf } from '../places/places.ts';

export interface ChannelNames {
  readonly fields: ReadonlySet<string>;
  readonly variables: ReadonlySet<string>;
  /** Finds them in the text of a function. */
  readonly mention: RegExp;
}

/** Also in a struct on one line: `struct{ n int; c chan int }`. */
const FIELD = /(?:^[ \t]+|\bstruct[ \t]*\{[ \t]*|;[ \t]*)([\p{L}_][\p{L}\p{N}_]*(?:[ \t]*,[ \t]*[\p{L}_][\p{L}\p{N}_]*)*)[ \t]+(?:<-[ \t]*)?chan\b/gu;
const VARIABLE = /^(?:var[ \t]+|[ \t]+)([\p{L}_][\p{L}\p{N}_]*)(?:[ \t]+(?:<-[ \t]*)?chan\b|[ \t]*=[ \t]*make\(chan\b)/u;

const memo = new Memo<Package, { readonly names: ChannelNames | undefined }>();

/** By the text of the files, which may name a few too many; undefined where there are none. */
export function channelNamesOf(pkg: Package): ChannelNames | undefined {
  let known = memo.get(pkg);
  if (!known) memo.set(pkg, (known = { names: findNames(pkg) }));
  return known.names;
}

function findNames(pkg: Package): ChannelNames | undefined {
  const own = (name: string) => pkg.name === 'main' || !/^\p{Lu}/u.test(name);
  const fields = new Set<string>();
  const owners = new Set<string>();
  const variables = new Set<string>();
  for (const { text, line, at } of pkg.files.flatMap(file => linesWithChan(file.source.text))) {
    const names = [...line.matchAll(FIELD)].flatMap(([, list = '']) => list.split(/[ \t]*,[ \t]*/)).filter(name => name && own(name));
    const owner = names.length ? ownerAt(text, at + line.indexOf('chan')) : undefined;
    for (const name of names) fields.add(name);
    if (owner !== undefined) owners.add(owner);
    const variable = VARIABLE.exec(line)?.[1];
    if (variable !== undefined && own(variable) && pkg.lookup(variable)?.kind === 'var') variables.add(variable);
  }
  const getters = new Set(pkg.funcs.filter(func => mayBeGetter(func) && [...fields].some(name => func.bodyText.includes(name))).map(func => func.bareName));
  const patterns = [...(fields.size ? [`\\.(?:${any(fields)})\\b|\\b(?:${any(fields)})\\s*:`] : []),
    // Values given by position do not name the field.
    ...(owners.size ? [`\\b(?:${any(owners)})\\{(?!\\s*(?:\\w+\\s*:|\\}))`] : []),
    ...(getters.size ? [`\\b(?:${any(getters)})\\(`] : []),
    ...(variables.size ? [`\\b(?:${any(variables)})\\b`] : [])];
  return patterns.length ? { fields, variables, mention: new RegExp(patterns.join('|')) } : undefined;
}

/** The lines that have the word, since patterns over whole files are dear. */
function linesWithChan(text: string): { text: string; line: string; at: number }[] {
  const lines: { text: string; line: string; at: number }[] = [];
  for (let found = text.indexOf('chan'); found >= 0;) {
    const at = text.lastIndexOf('\n', found) + 1;
    const end = text.indexOf('\n', found);
    lines.push({ text, line: text.slice(at, end < 0 ? undefined : end), at });
    found = end < 0 ? -1 : text.indexOf('chan', end);
  }
  return lines;
}

const any = (names: ReadonlySet<string>) => [...names].join('|');

/** The struct type around a place in the text of a file; `struct{}` is around nothing. */
function ownerAt(text: string, at: number): string | undefined {
  for (let struct = text.lastIndexOf('struct', at); struct >= 0; struct = text.lastIndexOf('struct', struct - 1)) {
    if (/^struct[ \t]*\{(?!\})/.test(text.slice(struct, struct + 20))) return /\b(\w+)(?:\[[^\]\n]*\])?[ \t]+$/.exec(text.slice(Math.max(0, struct - 100), struct))?.[1];
  }
  return undefined;
}

/** `s.c`, another name for it, a package variable, a method that returns it. */
export function familyKey(expr: Expr, env: Env, names: ChannelNames, pass: Pass): string | undefined {
  const x = unparen(expr);
  if (x.kind === 'call') return keyOfGetter(x, env, names, pass);
  const switched = x.kind === 'ident' && x.entity ? valueOfSwitch(x.entity) : undefined;
  if (switched) return familyKey(switched, env, names, pass);
  if (x.kind === 'selector' ? !names.fields.has(x.sel.name) : x.kind !== 'ident' || !(x.entity ? isOtherName(x.entity) : names.variables.has(x.name))) return undefined;
  const key = familyOf(x, env);
  const { path } = pass.pkg;
  if (key === undefined) return undefined;
  if (key.startsWith(`${path}:`)) return names.variables.has(key.slice(path.length + 1)) ? key : undefined;
  const dot = key.lastIndexOf('.');
  return key.startsWith(`${path}.`) && names.fields.has(key.slice(dot + 1)) ? key : undefined;
}

/** `c := s.c`, given once. */
function isOtherName(entity: Entity): boolean {
  return entity.kind === 'var' && entity.role === 'local' && entity.assigned.length === 0 && entity.origin.kind === 'value' && entity.origin.count === 1;
}

/** `out := s.out`, and `out = nil` where there is nothing to send; `var out chan T`, and `out = s.out` where there is. */
export function valueOfSwitch(entity: Entity): Expr | undefined {
  if (entity.kind !== 'var' || entity.role !== 'local' || !entity.assigned.length) return undefined;
  let found: Expr | undefined;
  for (const given of [entity.origin, ...entity.assigned]) {
    if (given === 'unknown') return undefined;
    if (given.kind === 'declared') continue;
    if (given.kind !== 'value' || given.count !== 1) return undefined;
    const value = unparen(given.expr);
    if (isNil(value)) continue;
    if (value.kind !== 'selector' || (found && !isSamePlace(found, value))) return undefined;
    found = value;
  }
  return found;
}

function isSamePlace(a: Expr, b: Expr): boolean {
  const [x, y] = [placeOf(a), placeOf(b)];
  return x !== undefined && y !== undefined && keyOf(x) === keyOf(y);
}

const getterKeys = new Memo<FuncInfo, { readonly key: string | undefined }>();

/** A method that does nothing but return the channel: longer ones may do something about it. */
const LONGEST_GETTER = 200;

function mayBeGetter({ bodyText, resultText }: FuncInfo): boolean {
  return bodyText.length <= LONGEST_GETTER && /\bchan\b/.test(resultText);
}

function keyOfGetter(call: Expr & { kind: 'call' }, env: Env, names: ChannelNames, pass: Pass): string | undefined {
  const callee = calleeOf(call, env);
  const func = callee.kind === 'func' || callee.kind === 'method' ? callee.func : undefined;
  if (!func || func.pkg !== pass.pkg || !mayBeGetter(func)) return undefined;
  let known = getterKeys.get(func);
  if (!known) {
    getterKeys.set(func, { key: undefined });
    getterKeys.set(func, (known = { key: keyReturnedBy(func, names, pass) }));
  }
  return known.key;
}

function keyReturnedBy(func: FuncInfo, names: ChannelNames, pass: Pass): string | undefined {
  const body = func.body();
  if (!body) return undefined;
  const env = pass.contracts.envOf(func);
  const returned = graphOf(func.decl, body).blocks.flatMap(({ end }) => (end.kind === 'return' && end.stmt ? [end.stmt.results[0]] : []));
  const keys = new Set(returned.filter(x => x && !(x.kind === 'ident' && x.name === 'nil')).map(x => x && familyKey(x, env, names, pass)));
  const [only] = keys;
  return keys.size === 1 ? only : undefined;
}
