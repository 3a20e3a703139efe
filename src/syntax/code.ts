import { scanFile } from './scan.ts';

/** Comments that decide something: where the file is built, that a generator wrote it. */
const DIRECTIVE = /^(?:\/\/go:build |\/\/ ?\+build |\/\/ Code generated ).*$/gm;

/** What a file says to those who import it: all but the comments and white space between the declarations. */
export function codeIn(text: string): string[] {
  const { packageName, imports, pieces, hasError } = scanFile(text);
  // Something that is no declaration may be anything.
  if (hasError) return [text];
  return [packageName, ...text.match(DIRECTIVE) ?? [], ...[...imports, ...pieces].map(({ start, end }) => text.slice(start, end))];
}
