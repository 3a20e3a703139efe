/**
 * How fast the memory grows that is left after garbage collections. What a program has allocated goes up and down with
 * every collection, so single values and their slope are noise. Two things are not: the least value of a window in which
 * a collection ran, and the goal that the runtime sets itself for the next one, a multiple of what was left.
 */

/** A look: seconds, bytes, and how many collections there were. */
export interface HeapPoint {
  readonly at: number;
  readonly allocated: number;
  /** Allocated memory at which the next collection starts. */
  readonly goal: number;
  readonly collections: number;
}

/** What was left in a window. */
export interface Floor {
  readonly at: number;
  /** The least that was allocated. What is really left is at most this. */
  readonly bytes: number;
  readonly goal: number;
}

/** A window is at least this long, and as long as it takes for a collection to run, which the runtime does every two minutes. */
const WINDOW_SECONDS = 110;
/** What came before has no say. */
const CONSIDERED_SECONDS = 1800;
/** A slope over less than this says nothing. */
const LEAST_SECONDS = 600;
const LEAST_WINDOWS = 5;
/** So many standard errors less is what is sure, with few windows as well. */
const DOUBTS = 3;

/** One for each window. The last one may be unfinished and is left out. */
export function floorsOf(points: readonly HeapPoint[]): Floor[] {
  const floors: Floor[] = [];
  let window: HeapPoint[] = [];
  for (const point of points) {
    const [first] = window;
    if (first && point.collections < first.collections) {
      // The program was started anew, and its memory with it.
      floors.length = 0;
      window = [];
    } else if (first && point.at - first.at >= WINDOW_SECONDS && point.collections > first.collections) {
      const least = window.reduce((a, b) => (b.allocated < a.allocated ? b : a));
      floors.push({ at: least.at, bytes: least.allocated, goal: window.at(-1)?.goal ?? least.goal });
      window = [];
    }
    window.push(point);
  }
  return floors;
}

/** Bytes a minute that memory grows at least; undefined where the looks reach over too little time. */
export function growthOf(points: readonly HeapPoint[]): number | undefined {
  const last = points.at(-1)?.at ?? 0;
  const floors = floorsOf(points).filter(({ at }) => last - at <= CONSIDERED_SECONDS);
  const [first] = floors;
  if (!first || floors.length < LEAST_WINDOWS || last - first.at < LEAST_SECONDS) return undefined;
  const seen = points.filter(({ at, goal }) => at >= first.at && goal > 0);
  // Right after a collection what is left is all that is allocated, so the least share of the goal tells its part of it.
  const share = Math.min(1, ...seen.map(({ allocated, goal }) => allocated / goal));
  return Math.max(sureGrowth(floors, f => f.bytes), sureGrowth(floors, f => f.goal * share));
}

/** The slope less its uncertainty, and no more than that of the later half: what rose once and stays is no growth. */
function sureGrowth(floors: readonly Floor[], valueOf: (floor: Floor) => number): number {
  const whole = trendOf(floors, valueOf);
  const later = trendOf(floors.slice(Math.floor(floors.length / 2)), valueOf);
  return Math.min(whole.slope - DOUBTS * whole.error, later.slope - later.error) * 60;
}

/** The least squares, a second, and the standard error of the slope. */
function trendOf(floors: readonly Floor[], valueOf: (floor: Floor) => number): { readonly slope: number; readonly error: number } {
  const mean = (of: (f: Floor) => number) => floors.reduce((sum, f) => sum + of(f), 0) / floors.length;
  const at = mean(f => f.at), value = mean(valueOf);
  const spread = floors.reduce((sum, f) => sum + (f.at - at) ** 2, 0);
  if (spread === 0) return { slope: 0, error: 0 };
  const slope = floors.reduce((sum, f) => sum + (f.at - at) * (valueOf(f) - value), 0) / spread;
  const rest = floors.reduce((sum, f) => sum + (valueOf(f) - value - slope * (f.at - at)) ** 2, 0);
  return { slope, error: floors.length > 2 ? Math.sqrt(rest / (floors.length - 2) / spread) : 0 };
}
