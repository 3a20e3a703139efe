import { parsePiece } from './parse.ts';
import { scanFile } from './scan.ts';

/** Whether the grammar understands all of the top-level declaration around `offset`. */
export function isUnderstood(text: string, offset: number): boolean {
  const piece = scanFile(text).pieces.find(({ start, end }) => start <= offset && offset < end);
  return piece !== undefined && !parsePiece(text, piece, { before: piece.grouped ? `${piece.keyword} ` : '' }).hasError;
}
