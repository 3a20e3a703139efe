/** How often something is waited for and done at the two ends of a channel. Counts are small numbers; MANY is any number above. */

export const MANY = 5;
export const plus = (a: number, b: number) => Math.min(MANY, a + b);

/** How often something is waited for. */
export interface Demand {
  readonly sends: number;
  /** One more send, of whoever comes to it first, however many there are. */
  readonly onceMore: boolean;
  readonly receives: number;
  readonly ranges: boolean;
}

/** What is done for the other side. */
export interface Supply {
  readonly sends: number;
  readonly receives: number;
  readonly closes: boolean;
}

export const NO_DEMAND: Demand = { sends: 0, onceMore: false, receives: 0, ranges: false };
export const NO_SUPPLY: Supply = { sends: 0, receives: 0, closes: false };
export const ALL_SUPPLY: Supply = { sends: MANY, receives: MANY, closes: true };

/** A loop goes on for as long as both sides have agreed on. */
export function manyOf({ sends, receives, closes }: Supply): Supply {
  return { sends: sends ? MANY : 0, receives: receives ? MANY : 0, closes };
}

export function often({ sends, onceMore, receives, ranges }: Demand): Demand {
  return { sends: sends ? MANY : 0, onceMore, receives: receives ? MANY : 0, ranges };
}

export function sendsOf({ sends, onceMore }: Demand): number {
  return sends + (onceMore ? 1 : 0);
}

export function both(a: Demand, b: Demand): Demand {
  return { sends: plus(a.sends, b.sends), onceMore: a.onceMore || b.onceMore, receives: plus(a.receives, b.receives), ranges: a.ranges || b.ranges };
}

export function most(a: Demand, b: Demand): Demand {
  return { sends: Math.max(a.sends, b.sends), onceMore: a.onceMore || b.onceMore, receives: Math.max(a.receives, b.receives), ranges: a.ranges || b.ranges };
}

/** What is left to others of a demand: a token that was put in before the goroutine starts is there to be taken out. */
export function beyond({ sends, onceMore, receives, ranges }: Demand, supply: Supply): Demand {
  const rest = (wanted: number, done: number) => (wanted > done ? (wanted === MANY ? MANY : wanted - done) : 0);
  return { sends: rest(sends, supply.receives), onceMore: onceMore && supply.receives <= sends, receives: rest(receives, supply.sends), ranges };
}

export function least(a: Supply, b: Supply): Supply {
  return { sends: Math.min(a.sends, b.sends), receives: Math.min(a.receives, b.receives), closes: a.closes && b.closes };
}

export function keyOfDemand({ sends, onceMore, receives, ranges }: Demand): string {
  return `${sends},${onceMore},${receives},${ranges}`;
}

/** What is more with each call of a function that calls itself is any number: `walk(t.left, c); c <- t.value; walk(t.right, c)`. */
export function growing(once: Demand, twice: Demand): Demand {
  return { sends: twice.sends > once.sends ? MANY : once.sends, onceMore: once.onceMore || twice.onceMore, receives: twice.receives > once.receives ? MANY : once.receives, ranges: once.ranges || twice.ranges };
}
