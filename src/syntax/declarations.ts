/**
 * From the pieces that the scanner found to declarations, each parsed when it is asked for: by our own parser, and what that
 * gives up by tree-sitter.
 */
import type { Source, Span } from '../source/text.ts';
import type { Block, ConstDecl, FuncDecl, TypeSpec, ValueSpec } from './ast.ts';
import { parseBlock, parseDecl, parseFunc, parseHead } from './parser/parser.ts';
import type { Piece } from './scan.ts';
import { bindFunction, bindInitializer } from './scope.ts';
import { Lowering } from './tolerant/lower.ts';
import { type Parsed, parsePiece } from './tolerant/parse.ts';

/** What was parsed, and whether all of it was understood. */
export interface Read<T> {
  readonly found: T;
  readonly hasError: boolean;
}

export function readTypeSpec(source: Source, piece: Piece): Read<TypeSpec | undefined> {
  const { decl, hasError } = readDecl(source, piece);
  return { found: decl?.kind === 'type' ? decl.specs[0] : undefined, hasError };
}

/** One line of `var`, bound, since the function literals in it have variables. */
export function readVarSpec(source: Source, piece: Piece): Read<ValueSpec | undefined> {
  const { decl, hasError } = readDecl(source, piece);
  const spec = decl?.kind === 'var' ? decl.specs[0] : undefined;
  return { found: spec, hasError };
}

export function readConsts(source: Source, piece: Piece): Read<ConstDecl | undefined> {
  const { decl, hasError } = readDecl(source, piece);
  return { found: decl?.kind === 'const' ? decl : undefined, hasError };
}

function readDecl(source: Source, piece: Piece) {
  const own = parseDecl(source.text, piece);
  if (own) return { decl: own, hasError: false };
  const parsed = parsePiece(source.text, piece, { before: piece.grouped ? `${piece.keyword} ` : '' });
  return { decl: new Lowering(source.text).decls(parsed.root)[0], hasError: parsed.hasError };
}

/** A function without its body. Of a signature that cannot be read the name is left, and the body keeps its findings. */
export function readFunc({ text }: Source, piece: Piece): Read<FuncDecl> {
  const own = parseHead(text, piece);
  if (own) return { found: own, hasError: false };
  const whole = tolerantHead(text, piece);
  if (!whole.hasError) return { found: lowerFunc(text, piece, whole), hasError: false };
  const bare = withoutSignature(text, piece);
  return { found: lowerFunc(bare, piece, tolerantHead(bare, piece)), hasError: true };
}

function tolerantHead(text: string, { start, end, body }: Piece): Parsed {
  return parsePiece(text, { start, end: body?.start ?? end }, { after: body ? '{}' : '' });
}

/** Every offset stays. */
function withoutSignature(text: string, { signature }: Piece): string {
  if (!signature || signature.end - signature.start < 2) return text;
  return `${text.slice(0, signature.start)}${'()'.padEnd(signature.end - signature.start)}${text.slice(signature.end)}`;
}

function lowerFunc(text: string, piece: Piece, { root }: Parsed): FuncDecl {
  const decl = new Lowering(text).decls(root)[0];
  const { start, end } = piece;
  if (decl?.kind === 'func') return { ...decl, start, end, bodySpan: piece.body };
  const at = { start, end };
  return {
    kind: 'func', ...at, name: { kind: 'ident', name: piece.names[0] ?? '', ...at }, receiver: undefined,
    type: { kind: 'functype', ...at, typeParams: [], params: [], results: [] }, bodySpan: piece.body,
  };
}

/** A function with its body, in one go. Undefined where it is not understood as a whole; it may be in parts. */
export function readWhole({ text }: Source, piece: Piece): { readonly decl: FuncDecl; readonly body: Block } | undefined {
  const read = parseFunc(text, piece);
  if (read) bindFunction(read.decl, read.body);
  return read;
}

/** Parses and binds a function's body. */
export function readBody(source: Source, decl: FuncDecl): Block | undefined {
  if (!decl.bodySpan) return undefined;
  const body = parseBlock(source.text, decl.bodySpan) ?? tolerantBlock(source.text, decl.bodySpan);
  bindFunction(decl, body);
  return body;
}

function tolerantBlock(text: string, span: Span): Block {
  const { root } = parsePiece(text, span);
  return new Lowering(text).block(root.children.find(child => child.type === 'block') ?? root);
}

/** What a line of `var` does when the package is initialised: assignments, as the body of a function `init`. */
export function initializerOf(spec: ValueSpec): { decl: FuncDecl; body: Block } {
  const { start, end, names, values } = spec;
  const type = { kind: 'functype' as const, start, end, typeParams: [], params: [], results: [] };
  const decl: FuncDecl = { kind: 'func', start, end, name: { kind: 'ident', name: 'init', start, end: start }, receiver: undefined, type, bodySpan: { start, end } };
  const body: Block = { kind: 'block', start, end, stmts: [{ kind: 'assign', start, end, lhs: names, op: '=', rhs: values }] };
  bindInitializer(decl, spec);
  return { decl, body };
}
