/** YAML, and JSON as a part of it, as a tree that says where everything stands. The only file that knows the parser. */
import { isAlias, isMap, isScalar, isSeq, parseDocument, type YAMLError } from 'yaml';

export type Node =
  | { readonly kind: 'map'; readonly entries: readonly Entry[]; readonly at: number }
  | { readonly kind: 'list'; readonly items: readonly Node[]; readonly at: number }
  /** A number keeps its text where it has no exact value; the empty value of `key:` is null. */
  | { readonly kind: 'scalar'; readonly value: unknown; readonly at: number };

export interface Entry {
  readonly key: string;
  readonly at: number;
  readonly value: Node;
}

/** Something wrong at an offset. */
export interface Mistake {
  readonly at: number;
  readonly message: string;
}

/** The tree of a file; undefined when it is empty. Mistakes of spelling are added to `mistakes`. */
export function parseTree(text: string, mistakes: Mistake[]): Node | undefined {
  const doc = parseDocument(text, { prettyErrors: false, stringKeys: true });
  mistakes.push(...[...doc.errors, ...doc.warnings].map(mistakeOf));
  return doc.contents === null || doc.errors.length ? undefined : nodeOf(doc.contents, 0, mistakes);
}

function mistakeOf({ code, message, pos: [at] }: YAMLError): Mistake {
  return { at, message: code === 'MULTIPLE_DOCS' ? 'a second document begins here; there must be one' : lowerFirst(message) };
}

function lowerFirst(message: string): string {
  return message.slice(0, 1).toLowerCase() + message.slice(1);
}

/** `before` is where the node stands if it has no text of its own. */
function nodeOf(node: unknown, before: number, mistakes: Mistake[]): Node {
  const at = startOf(node) ?? before;
  if (isMap(node)) return { kind: 'map', at, entries: node.items.map(({ key, value }) => entryOf(key, value, mistakes)) };
  if (isSeq(node)) return { kind: 'list', at, items: node.items.map(item => nodeOf(item, at, mistakes)) };
  if (isAlias(node)) {
    mistakes.push({ at, message: `YAML takes what begins with * for an alias, and there are none here; put it in quotes: "*${node.source}"` });
    return { kind: 'scalar', value: `*${node.source}`, at };
  }
  return { kind: 'scalar', value: isScalar(node) ? node.value : null, at };
}

function entryOf(key: unknown, value: unknown, mistakes: Mistake[]): Entry {
  const at = startOf(key) ?? 0;
  return { key: isScalar(key) ? String(key.value) : '', at, value: nodeOf(value, at, mistakes) };
}

function startOf(node: unknown): number | undefined {
  return isMap(node) || isSeq(node) || isScalar(node) || isAlias(node) ? node.range?.[0] : undefined;
}
