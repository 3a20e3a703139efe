/**
 * How fast the memory grows that is left after garbage collections. What a program has allocated goes up and down with
 * every collection, so single values and their slope are noise; the least of a window in which a collection ran is not.
 */

/** A time in seconds, bytes, and how many collections there were. */
export interface HeapPoint {
  readonly at: number;
  readonly bytes: number;
  readonly collections: number;
}

/** A window is at least this long, and as long as it takes for a collection to run. */
const WINDOW_SECONDS = 120;
/** A slope over less than this says nothing. */
export const LEAST_SECONDS = 600;

/** The least value of each window, at the time at which it was seen. The last window may be unfinished and is left out. */
export function floorsOf(points: readonly HeapPoint[]): HeapPoint[] {
  const floors: HeapPoint[] = [];
  let first: HeapPoint | undefined, least: HeapPoint | undefined;
  for (const point of points) {
    // Fewer collections than before: the program was started anew, and its memory with it.
    if (first && point.collections < first.collections) {
      floors.length = 0;
      first = undefined;
    }
    if (first && least && point.at - first.at >= WINDOW_SECONDS && point.collections > first.collections) {
      floors.push(point.bytes < least.bytes ? point : least);
      first = undefined;
    }
    if (!first || !least) first = least = point;
    else if (point.bytes < least.bytes) least = point;
  }
  return floors;
}

/** Bytes a minute by the least squares through the floors; undefined where they reach over too little time. */
export function growthOf(points: readonly HeapPoint[]): number | undefined {
  const floors = floorsOf(points);
  const first = floors[0], last = floors.at(-1);
  if (!first || !last || floors.length < 3 || last.at - first.at < LEAST_SECONDS) return undefined;
  const mean = (of: (p: HeapPoint) => number) => floors.reduce((sum, p) => sum + of(p), 0) / floors.length;
  const at = mean(p => p.at), bytes = mean(p => p.bytes);
  const spread = floors.reduce((sum, p) => sum + (p.at - at) ** 2, 0);
  return spread > 0 ? floors.reduce((sum, p) => sum + (p.at - at) * (p.bytes - bytes), 0) / spread * 60 : undefined;
}
