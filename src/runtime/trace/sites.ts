/**
 * Goroutines by the place that is to answer for them: their `go` statement and, where that is in a library, the line of the
 * program's own code that led to it.
 */
import type { Frame } from '../model.ts';
import { isRuntime } from '../names.ts';
import { type Life, RUNNABLE, RUNNING } from './lives.ts';
import type { Trace } from './read.ts';
import type { Stack } from './stacks.ts';

/** Goroutines that had this long and did not end are looked at; in a trace of less than twice that, half of it. */
const SETTLED_SECONDS = 1;
/** How far the chain of creators is followed. */
const MOST_ANCESTORS = 8;

/** Where the goroutines wait that did not end. */
export interface Waiting {
  readonly state: string;
  readonly frames: Stack;
  readonly count: number;
}

export interface Site {
  /** The function that holds the `go` statement, and its line; undefined where the trace does not say, as for what `time.AfterFunc` starts. */
  readonly createdBy: Frame | undefined;
  /** What the goroutines begin with. */
  readonly entry: Frame | undefined;
  /** The nearest line of the program's own code in the stack of the `go` statement or in those of the creators. */
  readonly origin: Frame | undefined;
  /** The stack of the `go` statement, then that of the `go` statement that made its goroutine, and so on. */
  readonly creation: readonly Stack[];
  readonly created: number;
  readonly ended: number;
  readonly alive: number;
  /** Alive, waiting, and created long enough before the end to have had time. */
  readonly ghosts: number;
  /** Ghosts a second: over the time in which they could arise, and in the worst second. */
  readonly perSecond: number;
  readonly peak: number;
  /** Seconds since the trace began. */
  readonly first: number;
  readonly last: number;
  /** The most frequent first. */
  readonly waiting: readonly Waiting[];
  /** Some of the ghosts. */
  readonly ids: readonly number[];
}

/** What is counted for goroutines of one `go` statement's stack whose creator has one stack as well. */
interface Tally {
  readonly creation: number;
  readonly entry: number;
  readonly parent: number;
  created: number;
  ended: number;
  ghosts: number;
  first: number;
  last: number;
  readonly seconds: Map<number, number>;
  /** By state and by the number of the stack. */
  readonly waiting: Map<string, Map<number, number>>;
  readonly ids: number[];
}

const SHOWN_IDS = 20;

export interface Census {
  /** Undefined where the trace does not say how long a tick is. */
  readonly seconds: number | undefined;
  readonly created: number;
  /** Also of those that were there before the trace. */
  readonly ended: number;
  /** The most ghosts first. */
  readonly sites: readonly Site[];
  /** Goroutines of the runtime itself, which are in no site. */
  readonly system: number;
}

/** Whether a frame is of the program itself, and not of the standard library or of a module that it uses. */
export type IsOwn = (frame: Frame) => boolean;

export function censusOf(trace: Trace, isOwn: IsOwn): Census {
  const { lives, frequency } = trace;
  const seconds = frequency > 0 && lives.last > lives.first ? (lives.last - lives.first) / frequency : undefined;
  const { tallies, existing } = tally(trace, seconds ?? 0);
  const own = tallies.filter(({ entry }) => !isOfSystem(trace.stacks.stack(entry)));
  const of = (all: readonly Tally[]) => all.reduce((sum, t) => sum + t.created, 0);
  return {
    seconds, created: lives.created - existing, ended: lives.ended, system: of(tallies) - of(own),
    sites: sitesOf(own, trace, seconds ?? 0, isOwn),
  };
}

/** The runtime's own goroutines, told as Go does: by what they begin with. */
function isOfSystem([entry]: Stack): boolean {
  return entry !== undefined && entry.func !== 'runtime.main' && (isRuntime(entry.func) || entry.func.startsWith('runtime/trace.'));
}

function settledBefore(seconds: number): number {
  return seconds - Math.min(SETTLED_SECONDS, seconds / 2);
}

function tally(trace: Trace, seconds: number): { readonly tallies: readonly Tally[]; readonly existing: number } {
  const { lives, stacks, frequency } = trace;
  const tallies = new Tallies();
  const before = stacks.canonical(trace.existing);
  const settled = settledBefore(seconds);
  let existing = 0;
  for (const life of lives) {
    const creation = stacks.canonical(life.creation);
    if (trace.existing && (life.creation === trace.existing || (before && creation === before))) {
      existing++;
      continue;
    }
    const parent = stacks.canonical(lives.creationOf(life.parent));
    const one = tallies.of(creation, stacks.canonical(life.entry), parent === before ? 0 : parent);
    count(one, life, frequency ? (life.createdAt - lives.first) / frequency : 0, settled, stacks.canonical(life.waitsAt));
  }
  return { tallies: tallies.all, existing };
}

/** Numbers of stacks are far below this, so that two of them fit into one exact number. */
const SHIFT = 2 ** 26;
/** Further places of creation are counted as one that is not known. */
const MOST_TALLIES = 100_000;

class Tallies {
  readonly #byStacks = new Map<number, Map<number, Tally>>();
  readonly all: Tally[] = [];

  of(creation: number, entry: number, parent: number): Tally {
    const byParent = this.#byStacks.get(creation * SHIFT + entry);
    const known = byParent?.get(parent);
    if (known) return known;
    if (this.all.length >= MOST_TALLIES && (creation || entry || parent)) return this.of(0, 0, 0);
    const one: Tally = { creation, entry, parent, created: 0, ended: 0, ghosts: 0, first: Infinity, last: -Infinity, seconds: new Map(), waiting: new Map(), ids: [] };
    if (byParent) byParent.set(parent, one);
    else this.#byStacks.set(creation * SHIFT + entry, new Map([[parent, one]]));
    this.all.push(one);
    return one;
  }
}

function count(one: Tally, life: Life, at: number, settled: number, waitsAt: number): void {
  one.created++;
  if (at < one.first) one.first = at;
  if (at > one.last) one.last = at;
  if (life.hasEnded) return void one.ended++;
  const byStack = one.waiting.get(life.state) ?? new Map<number, number>();
  one.waiting.set(life.state, byStack.set(waitsAt, (byStack.get(waitsAt) ?? 0) + 1));
  if (at > settled || life.state === RUNNING || life.state === RUNNABLE) return;
  one.ghosts++;
  one.seconds.set(Math.floor(at), (one.seconds.get(Math.floor(at)) ?? 0) + 1);
  if (one.ids.length < SHOWN_IDS) one.ids.push(life.id);
}

function sitesOf(tallies: readonly Tally[], trace: Trace, seconds: number, isOwn: IsOwn): Site[] {
  const chains = new Chains(tallies, trace);
  const groups = new Map<string, { readonly origin: Frame | undefined; readonly tallies: Tally[] }>();
  for (const one of tallies) {
    const origin = chains.of(one).flat().find(isOwn);
    const [at] = trace.stacks.stack(one.creation);
    const key = [at, origin].map(f => f ? `${f.func}\n${f.file}\n${f.line}` : '').join('\n');
    const group = groups.get(key);
    if (group) group.tallies.push(one);
    else groups.set(key, { origin, tallies: [one] });
  }
  return [...groups.values()].map(group => siteOf(group.tallies, group.origin, chains, trace, seconds, isOwn))
    .sort((a, b) => b.ghosts - a.ghosts || b.alive - a.alive || b.created - a.created);
}

/** The stacks that lead to a goroutine. A creator is known by its own creation; of its creators the most frequent is taken. */
class Chains {
  readonly #usual = new Map<number, Tally>();

  constructor(tallies: readonly Tally[], private readonly trace: Trace) {
    for (const one of tallies) if (one.created > (this.#usual.get(one.creation)?.created ?? 0)) this.#usual.set(one.creation, one);
  }

  of(one: Tally): readonly Stack[] {
    const { stacks } = this.trace;
    const numbers = [one.creation];
    for (let next = one.parent; next && !numbers.includes(next) && numbers.length < MOST_ANCESTORS; next = this.#usual.get(next)?.parent ?? 0) numbers.push(next);
    return numbers.map(n => stacks.stack(n)).filter(stack => stack.length > 0);
  }
}

function siteOf(tallies: readonly Tally[], origin: Frame | undefined, chains: Chains, trace: Trace, seconds: number, isOwn: IsOwn): Site {
  const usual = tallies.reduce((a, b) => b.ghosts > a.ghosts || (b.ghosts === a.ghosts && b.created > a.created) ? b : a);
  const sum = (of: (t: Tally) => number) => tallies.reduce((total, t) => total + of(t), 0);
  const created = sum(t => t.created), ended = sum(t => t.ended), ghosts = sum(t => t.ghosts);
  const settled = settledBefore(seconds);
  return {
    createdBy: trace.stacks.stack(usual.creation)[0], entry: trace.stacks.stack(usual.entry)[0], origin, creation: chains.of(usual),
    created, ended, alive: created - ended, ghosts,
    perSecond: settled > 0 ? ghosts / settled : 0, peak: peakOf(tallies),
    first: tallies.reduce((least, t) => Math.min(least, t.first), Infinity), last: tallies.reduce((most, t) => Math.max(most, t.last), -Infinity),
    waiting: waitingOf(tallies, trace, isOwn), ids: tallies.flatMap(t => t.ids).slice(0, SHOWN_IDS),
  };
}

function peakOf(tallies: readonly Tally[]): number {
  const seconds = new Map<number, number>();
  for (const tally of tallies) for (const [second, n] of tally.seconds) seconds.set(second, (seconds.get(second) ?? 0) + n);
  let peak = 0;
  for (const n of seconds.values()) if (n > peak) peak = n;
  return peak;
}

/** Stacks with the same line of the program's own code are one wait, with the most frequent of the stacks. */
function waitingOf(tallies: readonly Tally[], { stacks }: Trace, isOwn: IsOwn): Waiting[] {
  const counts = tallies.flatMap(t => [...t.waiting].flatMap(([state, byStack]) => [...byStack].map(([number, n]) => ({ state, frames: stacks.stack(number), count: n }))));
  const all = new Map<string, Waiting>();
  for (const one of counts.sort((a, b) => b.count - a.count)) {
    const at = one.frames.find(isOwn) ?? one.frames[0];
    const key = `${one.state}\n${at ? `${at.func}\n${at.file}\n${at.line}` : ''}`;
    const known = all.get(key);
    all.set(key, known ? { ...known, count: known.count + one.count } : one);
  }
  return [...all.values()].sort((a, b) => b.count - a.count);
}
