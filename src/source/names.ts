/**
 * Pieces of a file's text that are kept for longer than the text. To the engine a piece of 13 characters or more is a
 * view of the whole, which stays in memory as long as any piece of it.
 */
const SHORTEST_VIEW = 13;

const known = new Map<string, string>();

/** The piece as a string of its own, the same one wherever it is met. */
export function nameOf(piece: string): string {
  if (piece.length < SHORTEST_VIEW) return piece;
  const found = known.get(piece);
  if (found !== undefined) return found;
  const own = cutLoose(piece);
  known.set(own, own);
  return own;
}

/** The piece as a string of its own. */
export function cutLoose(piece: string): string {
  return piece.length < SHORTEST_VIEW ? piece : Buffer.from(piece).toString();
}
