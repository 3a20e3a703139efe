import { parseDecl, parseFunc, parseHead } from './parser/parser.ts';
import { scanFile } from './scan.ts';
import { loadGrammar, parsePiece } from './tolerant/parse.ts';

/** Whether all of the top-level declaration around `offset` is understood. */
export async function isUnderstood(text: string, offset: number): Promise<boolean> {
  const piece = scanFile(text).pieces.find(({ start, end }) => start <= offset && offset < end);
  if (!piece) return false;
  const own = piece.keyword !== 'func' ? parseDecl(text, piece) : piece.body ? parseFunc(text, piece) : parseHead(text, piece);
  if (own) return true;
  await loadGrammar();
  return !parsePiece(text, piece, { before: piece.grouped ? `${piece.keyword} ` : '' }).hasError;
}
