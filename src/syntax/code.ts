/** What a file says to those who import it, taken apart by how far they depend on it. */
import { type Piece, scanFile } from './scan.ts';
import { openersIn } from './survey.ts';

/** Comments that decide something: where the file is built, that a generator wrote it. */
const DIRECTIVE = /^(?:\/\/go:build |\/\/ ?\+build |\/\/ Code generated ).*$/gm;

/** Under one of these names a function would change what is written elsewhere. */
const PREDECLARED = /^(?:append|cap|clear|close|complex|copy|delete|imag|len|make|max|min|new|panic|print|println|real|recover)$/;

export interface FunctionCode {
  /** `T.Method`, or the name of a function. */
  readonly name: string;
  readonly text: string;
  /** Of that, what stands before the body. */
  readonly head: string;
  readonly body: string;
}

export interface Code {
  readonly packageName: string;
  /** All but the comments and white space between the declarations. */
  readonly whole: readonly string[];
  /** Of that, what importers depend on in any case: not the bodies, and no procedures. */
  readonly shape: readonly string[];
  readonly functions: readonly FunctionCode[];
}

export function codeIn(text: string): Code {
  const { packageName, imports, pieces, hasError } = scanFile(text);
  // Something that is no declaration may be anything.
  if (hasError) return { packageName, whole: [text], shape: [text], functions: [] };
  const directives: readonly string[] = text.match(DIRECTIVE) ?? [];
  const textOf = ({ start, end }: { start: number; end: number }) => text.slice(start, end);
  const funcs = pieces.filter(piece => piece.keyword === 'func');
  const heads = funcs.filter(piece => !isProcedure(piece, text)).map(piece => headOf(piece, text));
  const others = pieces.filter(piece => piece.keyword !== 'func');
  const lines = [packageName, ...directives, ...imports.map(textOf)];
  return {
    packageName, whole: [...lines, ...pieces.map(textOf)], shape: [...lines, ...others.map(textOf), ...heads, ...openersIn(text)],
    functions: funcs.map(piece => ({ name: nameIn(piece), text: textOf(piece), head: headOf(piece, text), body: piece.body ? textOf(piece.body) : '' })),
  };
}

/** A function without receiver and results: only who calls it, or looks for it in vain, depends on its head. */
export function isProcedure({ keyword, receiver, results, names: [name = ''] }: Piece, text: string): boolean {
  return keyword === 'func' && !receiver && !PREDECLARED.test(name) && (!results || text.slice(results.start, results.end).trim() === '');
}

export function headOf({ start, end, body }: Piece, text: string): string {
  return text.slice(start, body?.start ?? end);
}

/** See `FunctionCode`. */
export function nameIn({ receiver, names: [name = ''] }: Piece): string {
  return receiver ? `${receiver.type}.${name}` : name;
}
