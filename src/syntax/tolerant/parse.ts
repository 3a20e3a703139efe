/**
 * The only file that talks to tree-sitter, which makes something of code that is broken or newer than our own parser. It is
 * loaded when such code is met. A parsed tree is copied once, in one pass of a cursor, into plain objects;
 * nothing behind this folder sees wasm.
 *
 * The copy bypasses `TreeCursor`, which moves its state in and out of wasm memory around every step (five times the
 * time of the parse itself). The exported functions below it leave the state where it is. They are no public
 * interface, so the version of web-tree-sitter is pinned exactly and `loadGrammar` checks that they are there.
 */
import { readFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import type { Parser, Tree } from 'web-tree-sitter';
import { grammarFile } from '../../assets.ts';
import { timed } from '../../source/clock.ts';
import type { Span } from '../../source/text.ts';

/** A node of the concrete tree. `field` is the role in the parent, empty where the grammar gives none. */
export interface Raw {
  readonly type: string;
  readonly field: string;
  readonly start: number;
  readonly end: number;
  readonly children: readonly Raw[];
}

/** What wasm exports; each works on the cursor in the transfer buffer and takes the address of the tree. */
interface Binding {
  _ts_tree_root_node_wasm(tree: number): void;
  _ts_tree_cursor_new_wasm(tree: number): void;
  _ts_tree_cursor_delete_wasm(tree: number): void;
  _ts_tree_cursor_goto_first_child_wasm(tree: number): number;
  _ts_tree_cursor_goto_next_sibling_wasm(tree: number): number;
  _ts_tree_cursor_goto_parent_wasm(tree: number): number;
  _ts_tree_cursor_current_node_type_id_wasm(tree: number): number;
  _ts_tree_cursor_current_field_id_wasm(tree: number): number;
  _ts_tree_cursor_start_index_wasm(tree: number): number;
  _ts_tree_cursor_end_index_wasm(tree: number): number;
}

/** Types of nodes that say nothing: punctuation and keywords without a role. */
const SKIPPED = new Set(['(', ')', '{', '}', ',', ';', '\n', '\0', '.', ':', '[', ']', 'comment', 'if', 'for', 'func', 'return', 'go', 'defer',
  'switch', 'select', 'case', 'else', 'range', 'var', 'const', 'type', 'struct', 'map', 'interface', 'package', 'import', '"', '`']);
const LEAVES = new Set(['identifier', 'field_identifier', 'type_identifier', 'package_identifier', 'int_literal', 'interpreted_string_literal',
  'raw_string_literal', 'nil', 'true', 'false', 'float_literal', 'rune_literal', 'label_name', 'blank_identifier', 'iota']);
/** Deeper nesting than any code people write; beyond it nodes are cut off, so that no recursion over them overflows. */
const DEEPEST = 600;
const NO_CHILDREN: readonly Raw[] = [];

/** The grammar's tables, by numeric id. */
interface Grammar {
  readonly parser: Parser;
  readonly binding: Binding;
  readonly types: readonly string[];
  readonly fields: readonly string[];
  readonly skipped: readonly boolean[];
  readonly leaves: readonly boolean[];
}

let grammar: Grammar | undefined;

/** The grammar is needed and has not been loaded, which cannot be done while others wait: `loadGrammar`, then begin anew. */
export class GrammarMissing extends Error {
  constructor() {
    super('the grammar has not been loaded');
  }
}

/** Loads the grammar, once a process. */
export async function loadGrammar(): Promise<void> {
  if (grammar) return;
  const { Language, Parser } = await import('web-tree-sitter');
  // Before the grammar's lexer is optimized it must have run for longer than the default; a process that ends waits for that.
  setFlagsFromString('--wasm-tiering-budget=100000000');
  const exported: object = {};
  await Parser.init(exported);
  if (!isBinding(exported)) throw new Error('this version of web-tree-sitter does not export its cursor functions');
  const language = await Language.load(new Uint8Array(readFileSync(grammarFile)));
  const parser = new Parser();
  parser.setLanguage(language);
  const types = language.types;
  grammar = {
    parser, binding: exported, types,
    fields: language.fields.map(name => name ?? ''),
    skipped: types.map(type => SKIPPED.has(type)),
    leaves: types.map(type => LEAVES.has(type)),
  };
}

function isBinding(exported: object): exported is Binding {
  return '_ts_tree_cursor_new_wasm' in exported && '_ts_tree_cursor_current_node_type_id_wasm' in exported;
}

export interface Parsed {
  readonly root: Raw;
  /** The grammar did not understand something. */
  readonly hasError: boolean;
}

/**
 * Parses the piece of a file between two offsets, with text of our own around it; offsets in the result are those of
 * the file.
 */
export function parsePiece(text: string, { start, end }: Span, { before = '', after = '' } = {}): Parsed {
  // The grammar wants a newline at the end.
  return parse(`${before}${text.slice(start, end)}${after}\n`, start - before.length);
}

/** `shift` is added to every offset. */
function parse(text: string, shift: number): Parsed {
  return timed('parse', () => parsed(text, shift));
}

function parsed(text: string, shift: number): Parsed {
  if (!grammar) throw new GrammarMissing();
  const tree = grammar.parser.parse(text);
  if (!tree) throw new Error('the parser gave up');
  try {
    return { root: copyTree(grammar, tree, shift), hasError: tree.rootNode.hasError };
  } finally {
    tree.delete();
  }
}

function copyTree(grammar: Grammar, tree: Tree, shift: number): Raw {
  const address: unknown = Reflect.get(tree, 0);
  if (typeof address !== 'number') throw new Error('this version of web-tree-sitter keeps its trees elsewhere');
  const { binding, types, fields, skipped, leaves } = grammar;
  const copyNode = (type: number, depth: number): Raw => {
    const start = binding._ts_tree_cursor_start_index_wasm(address) + shift;
    const end = binding._ts_tree_cursor_end_index_wasm(address) + shift;
    const field = fields[binding._ts_tree_cursor_current_field_id_wasm(address)] ?? '';
    const name = types[type] ?? 'ERROR';
    if (leaves[type] || depth > DEEPEST || !binding._ts_tree_cursor_goto_first_child_wasm(address)) return { type: name, field, start, end, children: NO_CHILDREN };
    const children: Raw[] = [];
    do {
      const childType = binding._ts_tree_cursor_current_node_type_id_wasm(address);
      if (!skipped[childType]) children.push(copyNode(childType, depth + 1));
    } while (binding._ts_tree_cursor_goto_next_sibling_wasm(address));
    binding._ts_tree_cursor_goto_parent_wasm(address);
    return { type: name, field, start, end, children };
  };
  binding._ts_tree_root_node_wasm(address);
  binding._ts_tree_cursor_new_wasm(address);
  try {
    return copyNode(binding._ts_tree_cursor_current_node_type_id_wasm(address), 0);
  } finally {
    binding._ts_tree_cursor_delete_wasm(address);
  }
}
