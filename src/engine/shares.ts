/**
 * Which thread takes which unit. Neighbours import much the same, and every thread reads and infers for itself what its
 * units import, so each has a stretch of the list of its own; who is done helps another, from that one's far end. The
 * largest units of a stretch come first, since later there is more in memory besides.
 */

/** A stretch `[start, end)` of the list. */
interface Share {
  readonly start: number;
  readonly end: number;
}

/** Plain data; the counters are shared by all threads. */
export interface Shares {
  readonly stretches: readonly Share[];
  /** The units of a stretch in the order in which they are taken. */
  readonly order: readonly number[];
  /** For each stretch how many units are taken, and how many of these from either end. */
  readonly counters: Int32Array;
}

const COUNTERS = 3;

/** A unit of more is large. */
const LARGE = 1_000_000;

/** Stretches of about equal cost, in bytes. */
export function sharesOf(costs: readonly number[], threads: number): Shares {
  const total = costs.reduce((sum, cost) => sum + cost, 0);
  const stretches: Share[] = [];
  let start = 0;
  let before = 0;
  costs.forEach((cost, i) => {
    before += cost;
    const isLast = i === costs.length - 1;
    if (!isLast && (before < (total * (stretches.length + 1)) / threads || stretches.length === threads - 1)) return;
    stretches.push({ start, end: i + 1 });
    start = i + 1;
  });
  const order = stretches.flatMap(stretch => largestFirst(stretch, costs));
  return { stretches, order, counters: new Int32Array(new SharedArrayBuffer(stretches.length * COUNTERS * Int32Array.BYTES_PER_ELEMENT)) };
}

function largestFirst({ start, end }: Share, costs: readonly number[]): number[] {
  const weight = (i: number) => ((costs[i] ?? 0) > LARGE ? costs[i] ?? 0 : 0);
  return Array.from({ length: end - start }, (_, i) => start + i).sort((a, b) => weight(b) - weight(a));
}

/** The places in the list that thread number `own` takes, each when it comes to it. */
export function* taken({ stretches, order, counters }: Shares, own: number): Generator<number> {
  for (const [i] of stretches.entries()) {
    const at = (own + i) % stretches.length;
    const { start, end } = stretches[at] ?? { start: 0, end: 0 };
    while (Atomics.add(counters, at * COUNTERS, 1) < end - start) {
      const next = i === 0 ? start + Atomics.add(counters, at * COUNTERS + 1, 1) : end - 1 - Atomics.add(counters, at * COUNTERS + 2, 1);
      yield order[next] ?? next;
    }
  }
}
