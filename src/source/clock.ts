/**
 * Where the time of a run goes (`--stats`). Stages nest, since everything happens on demand: a rule asks for a type, that
 * for a declaration, that for the parser; each millisecond counts for the innermost stage. Switched off it costs a look
 * at a variable.
 */
export type Stage = 'discover' | 'keys' | 'read' | 'outline' | 'parse' | 'flow' | 'types' | 'contracts' | 'report' | `rule ${string}`;

/** Milliseconds and how often the stage was entered. */
export interface Share {
  readonly ms: number;
  readonly count: number;
}

interface Clock {
  readonly shares: Map<Stage, { ms: number; count: number }>;
  readonly open: Stage[];
  since: number;
}

let clock: Clock | undefined;
const others = new Map<string, Share>();

export function startClock(): void {
  clock = { shares: new Map(), open: [], since: performance.now() };
}

export function isClockOn(): boolean {
  return clock !== undefined;
}

/** Does the work and counts its time for the stage. */
export function timed<T>(stage: Stage, work: () => T): T {
  if (!clock) return work();
  const { open } = clock;
  settle(clock);
  open.push(stage);
  const share = clock.shares.get(stage) ?? { ms: 0, count: 0 };
  share.count++;
  clock.shares.set(stage, share);
  try {
    return work();
  } finally {
    settle(clock);
    open.pop();
  }
}

/** What was counted, by stage, in the order of its weight. */
export function clockShares(): Readonly<Record<string, Share>> {
  const all = new Map<string, Share>(others);
  for (const [stage, { ms, count }] of clock?.shares ?? []) {
    const more = all.get(stage);
    all.set(stage, { ms: ms + (more?.ms ?? 0), count: count + (more?.count ?? 0) });
  }
  return Object.fromEntries([...all].sort((a, b) => b[1].ms - a[1].ms));
}

/** Of another thread. */
export function addShares(shares: Readonly<Record<string, Share>>): void {
  for (const [stage, { ms, count }] of Object.entries(shares)) {
    const own = others.get(stage) ?? { ms: 0, count: 0 };
    others.set(stage, { ms: own.ms + ms, count: own.count + count });
  }
}

function settle(clock: Clock): void {
  const now = performance.now();
  const share = clock.shares.get(clock.open.at(-1) ?? 'report');
  if (share) share.ms += now - clock.since;
  clock.since = now;
}
