/** Reads values of a type out of a tree; what is of another type is a mistake that says what was expected. */
import { closest } from './closest.ts';
import type { Mistake, Node } from './tree.ts';

/** The value of a node, or undefined after adding to the mistakes. */
export type Reader<T> = (node: Node, mistakes: Mistake[]) => T | undefined;

export const text: Reader<string> = (node, mistakes) =>
  node.kind === 'scalar' && typeof node.value === 'string' && node.value !== '' ? node.value : wrong('a text', node, mistakes);

export const flag: Reader<boolean> = (node, mistakes) =>
  node.kind === 'scalar' && typeof node.value === 'boolean' ? node.value : wrong('true or false', node, mistakes);

/** A number from 0 on, without fraction. */
export const index: Reader<number> = (node, mistakes) =>
  node.kind === 'scalar' && typeof node.value === 'number' && Number.isInteger(node.value) && node.value >= 0
    ? node.value : wrong('a number: 0, 1, 2, …', node, mistakes);

export function oneOf<T extends string>(values: readonly T[]): Reader<T> {
  return (node, mistakes) => {
    const found = node.kind === 'scalar' ? values.find(value => value === node.value) : undefined;
    if (found !== undefined) return found;
    const guess = node.kind === 'scalar' ? closest(String(node.value), values) : undefined;
    return wrong(`one of ${values.join(', ')}`, node, mistakes, guess);
  };
}

export function listOf<T>(item: Reader<T>): Reader<readonly T[]> {
  return (node, mistakes) => {
    if (node.kind !== 'list') return wrong('a list', node, mistakes);
    return node.items.flatMap(inner => {
      const value = item(inner, mistakes);
      return value === undefined ? [] : [value];
    });
  };
}

/** One, or a list of several. */
export function oneOrMore<T>(item: Reader<T>): Reader<readonly T[]> {
  const list = listOf(item);
  return (node, mistakes) => {
    if (node.kind !== 'list') return list({ kind: 'list', items: [node], at: node.at }, mistakes);
    return node.items.length ? list(node, mistakes) : wrong('at least one', node, mistakes);
  };
}

/** A text that `convert` understands; what it answers otherwise is what is wrong with the text. */
export function parsed<T>(convert: (value: string) => { readonly value: T } | { readonly wrong: string }): Reader<T> {
  return (node, mistakes) => {
    const value = text(node, mistakes);
    if (value === undefined) return undefined;
    const result = convert(value);
    if ('value' in result) return result.value;
    mistakes.push({ at: node.at, message: result.wrong });
    return undefined;
  };
}

/** The fields of a map, each to be read once. */
export interface Fields {
  read<T>(key: string, reader: Reader<T>): T | undefined;
  /** Like `read`, and a mistake when the field is missing. */
  require<T>(key: string, reader: Reader<T>): T | undefined;
}

/** The fields of a map that may have no other keys than `keys`. */
export function fieldsOf(node: Node, keys: readonly string[], mistakes: Mistake[]): Fields | undefined {
  if (node.kind !== 'map') return wrong(`a map with the keys ${keys.filter(key => key !== '$schema').join(', ')}`, node, mistakes);
  const meant = new Set<string>();
  for (const { key, at } of node.entries) {
    if (keys.includes(key)) continue;
    const guess = closest(key, keys);
    if (guess) meant.add(guess);
    mistakes.push({ at, message: `unknown key ${key}${guess ? `; did you mean ${guess}?` : `; the keys are ${keys.join(', ')}`}` });
  }
  const read = <T>(key: string, reader: Reader<T>): T | undefined => {
    const found = node.entries.find(entry => entry.key === key);
    return found && reader(found.value, mistakes);
  };
  return {
    read,
    require(key, reader) {
      if (!meant.has(key) && !node.entries.some(entry => entry.key === key)) mistakes.push({ at: node.at, message: `the key ${key} is missing here` });
      return read(key, reader);
    },
  };
}

function wrong(expected: string, node: Node, mistakes: Mistake[], guess?: string): undefined {
  mistakes.push({ at: node.at, message: `${expected} expected, not ${described(node)}${guess ? `; did you mean ${guess}?` : ''}` });
}

function described(node: Node): string {
  if (node.kind !== 'scalar') return node.kind === 'map' ? 'a map' : 'a list';
  if (node.value === null || node.value === '') return 'nothing';
  return typeof node.value === 'string' ? `the text ${JSON.stringify(node.value)}` : String(node.value);
}
