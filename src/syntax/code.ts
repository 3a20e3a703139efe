/** What a file says to those who import it, taken apart by how far they depend on it. */
import { basename } from 'node:path';
import { RELEASING } from './releasing.ts';
import { type Piece, scanFile } from './scan.ts';
import { type FuncHead, openersIn, parametersIn } from './survey.ts';

/** Comments that decide something: where the file is built, that a generator wrote it. */
const DIRECTIVE = /^(?:\/\/go:build |\/\/ ?\+build |\/\/ Code generated ).*$/gm;

/** Under one of these names a function would change what is written elsewhere. */
const PREDECLARED = /^(?:append|cap|clear|close|complex|copy|delete|imag|len|make|max|min|new|panic|print|println|real|recover)$/;

export interface FunctionCode {
  /** `T.Method`, or the name of a function. */
  readonly name: string;
  readonly receiver: string;
  readonly bareName: string;
  /** See `outlineOf`; undefined for a procedure, which has none. */
  readonly outline: string | undefined;
  readonly text: string;
  /** See `headIn`. */
  readonly head: string;
  readonly body: string;
}

export interface Code {
  readonly packageName: string;
  /** All but the comments and white space between the declarations. */
  readonly whole: readonly string[];
  /** Of that, what importers depend on in any case: no functions but those that `isShape` names. */
  readonly shape: readonly string[];
  readonly functions: readonly FunctionCode[];
}

export function codeIn(text: string, path: string): Code {
  const { packageName, imports, pieces, hasError } = scanFile(text);
  // Something that is no declaration may be anything.
  if (hasError) return { packageName, whole: [text], shape: [text], functions: [] };
  const directives: readonly string[] = text.match(DIRECTIVE) ?? [];
  const textOf = ({ start, end }: { start: number; end: number }) => text.slice(start, end);
  const funcs = pieces.filter(piece => piece.keyword === 'func');
  const heads = funcs.filter(isShape).map(piece => headOf(piece, text));
  const others = pieces.filter(piece => piece.keyword !== 'func');
  const lines = [packageName, ...directives, ...imports.map(textOf)];
  return {
    packageName, whole: [...lines, ...pieces.map(textOf)], shape: [...lines, ...others.map(textOf), ...heads, ...openersIn(text)],
    functions: funcs.map(piece => ({
      name: nameIn(piece), receiver: piece.receiver?.type ?? '', bareName: piece.names[0] ?? '', outline: outlineIn(piece, text),
      text: textOf(piece), head: headIn(piece, { path, text }), body: piece.body ? textOf(piece.body) : '',
    })),
  };
}

/**
 * What importers depend on in any case: all that is no function, functions that hide what is predeclared, and methods that
 * say by their names which types have to be released. On another function only those depend who ask for its name.
 */
export function isShape({ keyword, receiver, names: [name = ''] }: Piece): boolean {
  return keyword !== 'func' || (receiver ? RELEASING : PREDECLARED).test(name);
}

/** What a look before parsing sees of a function, of a method or one with results: the same for the file's survey and for its scan. */
export function outlineOf({ receiver, name, parameters, results }: FuncHead): string | undefined {
  const given = results.replace(/\s+/g, ' ').trim();
  return receiver || given ? `${receiver}.${name} ${parameters} ${given}` : undefined;
}

function outlineIn({ receiver, names: [name = ''], signature, results }: Piece, text: string): string | undefined {
  return outlineOf({
    receiver: receiver?.type ?? '', name, parameters: signature ? parametersIn(text.slice(signature.start, signature.end)) : 0,
    results: results ? text.slice(results.start, results.end) : '',
  });
}

function headOf({ start, end, body }: Piece, text: string): string {
  return text.slice(start, body?.start ?? end);
}

/** What stands before the body, and the name of the file, which decides who sees the function. */
export function headIn(piece: Piece, { path, text }: { readonly path: string; readonly text: string }): string {
  return `${basename(path)} ${headOf(piece, text)}`;
}

/** See `FunctionCode`. */
export function nameIn({ receiver, names: [name = ''] }: Piece): string {
  return receiver ? `${receiver.type}.${name}` : name;
}
