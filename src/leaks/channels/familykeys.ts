/** Which channel fields and variables a package has, and which of them an expression stands for. */
import { graphOf } from '../../flow/build.ts';
import { calleeOf } from '../../program/callee.ts';
import type { FuncInfo, Package } from '../../program/package.ts';
import type { Env } from '../../program/resolve.ts';
import { type Entity, type Expr, unparen } from '../../syntax/ast.ts';
import { familyOf } from '../mutexes.ts';
import type { Pass } from '../pass.ts';

export interface ChannelNames {
  readonly fields: ReadonlySet<string>;
  readonly variables: ReadonlySet<string>;
  /** Finds them in the text of a function. */
  readonly mention: RegExp;
}

const FIELD = /^[ \t]+([\p{L}_][\p{L}\p{N}_]*(?:\s*,\s*[\p{L}_][\p{L}\p{N}_]*)*)[ \t]+(?:<-\s*)?chan\b/gmu;
const VARIABLE = /^(?:var\s+|[ \t]+)([\p{L}_][\p{L}\p{N}_]*)(?:[ \t]+(?:<-\s*)?chan\b|[ \t]*=[ \t]*make\(chan\b)/gmu;

/** By the text of the files, which may name a few too many; undefined where there are none. */
export function channelNamesOf(pkg: Package): ChannelNames | undefined {
  const own = (name: string) => pkg.name === 'main' || !/^\p{Lu}/u.test(name);
  const texts = pkg.files.map(file => file.source.text).filter(text => text.includes('chan'));
  const found = texts.flatMap(text => [...text.matchAll(FIELD)].map(match => ({ names: (match[1] ?? '').split(/\s*,\s*/).filter(own), owner: ownerAt(text, match.index) })));
  const fields = new Set(found.flatMap(({ names }) => names));
  const owners = new Set(found.flatMap(({ names, owner }) => (names.length && owner !== undefined ? [owner] : [])));
  const variables = new Set(texts.flatMap(text => [...text.matchAll(VARIABLE)].flatMap(([, name = '']) => (pkg.lookup(name)?.kind === 'var' ? [name] : []))).filter(own));
  const getterNames = new Set(pkg.funcs.filter(func => mayBeGetter(func) && [...fields].some(name => func.bodyText.includes(name))).map(func => func.bareName));
  const patterns = [...(fields.size ? [`\\.(?:${any(fields)})\\b|\\b(?:${any(fields)})\\s*:`] : []),
    // Values given by position do not name the field.
    ...(owners.size ? [`\\b(?:${any(owners)})\\{(?!\\s*(?:\\w+\\s*:|\\}))`] : []),
    ...(getterNames.size ? [`\\b(?:${any(getterNames)})\\(`] : []),
    ...(variables.size ? [`\\b(?:${any(variables)})\\b`] : [])];
  return patterns.length ? { fields, variables, mention: new RegExp(patterns.join('|')) } : undefined;
}

const any = (names: ReadonlySet<string>) => [...names].join('|');

/** The struct type around a place in the text of a file. */
function ownerAt(text: string, at: number): string | undefined {
  const before = text.slice(Math.max(0, at - 10_000), at);
  return [...before.matchAll(/\b(\w+)(?:\[[^\]\n]*\])?\s+struct\s*\{/g)].at(-1)?.[1];
}

/** `s.c`, another name for it, a package variable, a method that returns it. */
export function familyKey(expr: Expr, env: Env, names: ChannelNames, pass: Pass): string | undefined {
  const x = unparen(expr);
  if (x.kind === 'call') return keyOfGetter(x, env, names, pass);
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

const getters = new WeakMap<FuncInfo, { readonly key: string | undefined }>();

/** A method that does nothing but return the channel: longer ones may do something about it. */
const LONGEST_GETTER = 200;

function mayBeGetter({ bodyText, resultText }: FuncInfo): boolean {
  return bodyText.length <= LONGEST_GETTER && /\bchan\b/.test(resultText);
}

function keyOfGetter(call: Expr & { kind: 'call' }, env: Env, names: ChannelNames, pass: Pass): string | undefined {
  const callee = calleeOf(call, env);
  const func = callee.kind === 'func' || callee.kind === 'method' ? callee.func : undefined;
  if (!func || func.pkg !== pass.pkg || !mayBeGetter(func)) return undefined;
  let known = getters.get(func);
  if (!known) {
    getters.set(func, { key: undefined });
    getters.set(func, (known = { key: keyReturnedBy(func, names, pass) }));
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
