/**
 * What is known of every goroutine that a trace mentions. Events come out of order (each processor or thread writes its
 * own), so nothing may be forgotten early: a goroutine's end may be read before its creation, its child before itself.
 * Columns instead of objects, since a second of a busy server has a million goroutines.
 */

const PAGE = 4096;
/** 8 million goroutines, 330 MB. The runtime hands out numbers without large gaps. */
const MOST_PAGES = 2048;

const CREATED = 1;
const ENDED = 2;

interface Page {
  readonly flags: Uint8Array;
  /** In ticks. */
  readonly createdAt: Float64Array;
  readonly changedAt: Float64Array;
  readonly state: Uint16Array;
  /** Numbers of stacks. */
  readonly creation: Int32Array;
  readonly entry: Int32Array;
  readonly waitsAt: Int32Array;
  /** Numbers of goroutines; 0 where it is not known. */
  readonly parent: Float64Array;
}

/** One goroutine that was created during the trace. */
export interface Life {
  readonly id: number;
  readonly parent: number;
  readonly createdAt: number;
  readonly hasEnded: boolean;
  readonly state: string;
  /** Numbers of stacks: of the `go` statement, of the function that it starts, of where the goroutine waits. */
  readonly creation: number;
  readonly entry: number;
  readonly waitsAt: number;
}

/** Fixed states; every other is the reason of a wait. */
const UNKNOWN = '';
export const RUNNABLE = 'runnable';
export const RUNNING = 'running';
export const SYSCALL = 'syscall';
/** A wait for which the trace gives no reason: the goroutine was there, waiting, when the trace or a generation began. */
export const WAITING = 'waiting';

export class Lives {
  readonly #pages = new Map<number, Page>();
  #page: Page | undefined;
  #pageNumber = -1;
  readonly #states: string[] = [];
  readonly #stateNumbers = new Map<string, number>();
  /** Goroutines that could not be followed because there were too many. */
  lost = 0;
  created = 0;
  ended = 0;
  /** Ticks of the first and the last event. */
  first = Infinity;
  last = -Infinity;

  constructor() {
    for (const name of [UNKNOWN, RUNNABLE, RUNNING, SYSCALL, WAITING]) this.state(name);
  }

  /** The number of a state, for `changes`. */
  state(name: string): number {
    const known = this.#stateNumbers.get(name);
    if (known !== undefined) return known;
    if (this.#states.length > 0xffff) return 0;
    const number = this.#states.push(name) - 1;
    this.#stateNumbers.set(name, number);
    return number;
  }

  /** Something happened then. */
  at(time: number): void {
    if (time < this.first) this.first = time;
    if (time > this.last) this.last = time;
  }

  creates(id: number, time: number, creation: number, entry: number, parent: number): void {
    this.created++;
    const page = this.#pageOf(id);
    if (!page) return void this.lost++;
    const i = id % PAGE;
    page.flags[i] = (page.flags[i] ?? 0) | CREATED;
    page.createdAt[i] = time;
    page.creation[i] = creation;
    page.entry[i] = entry;
    page.parent[i] = parent;
  }

  ends(id: number): void {
    this.ended++;
    const page = this.#pageOf(id);
    if (page) page.flags[id % PAGE] = (page.flags[id % PAGE] ?? 0) | ENDED;
  }

  /** Of several changes the latest counts. `waitsAt` 0: as it was. */
  changes(id: number, time: number, state: number, waitsAt: number): void {
    const page = this.#pageOf(id);
    if (!page) return;
    const i = id % PAGE;
    if (time < (page.changedAt[i] ?? 0)) return;
    page.changedAt[i] = time;
    page.state[i] = state;
    if (waitsAt) page.waitsAt[i] = waitsAt;
  }

  /** It waits, as before: the reason that is known stays. */
  waits(id: number, time: number, waitsAt: number): void {
    const page = this.#pageOf(id);
    if (!page) return;
    const known = page.state[id % PAGE] ?? 0;
    const isReason = known > (this.#stateNumbers.get(SYSCALL) ?? 0);
    this.changes(id, time, isReason ? known : this.state(WAITING), waitsAt);
  }

  /** The stack of the `go` statement that made a goroutine; 0 where that was before the trace. */
  creationOf(id: number): number {
    return this.#pages.get(Math.floor(id / PAGE))?.creation[id % PAGE] ?? 0;
  }

  /** All that were created during the trace. */
  *[Symbol.iterator](): Generator<Life> {
    for (const [number, page] of this.#pages) {
      for (let i = 0; i < PAGE; i++) if ((page.flags[i] ?? 0) & CREATED) yield this.#life(number * PAGE + i, page, i);
    }
  }

  #life(id: number, page: Page, i: number): Life {
    return {
      id, parent: page.parent[i] ?? 0, createdAt: page.createdAt[i] ?? 0, hasEnded: ((page.flags[i] ?? 0) & ENDED) !== 0,
      state: this.#states[page.state[i] ?? 0] ?? UNKNOWN, creation: page.creation[i] ?? 0, entry: page.entry[i] ?? 0, waitsAt: page.waitsAt[i] ?? 0,
    };
  }

  #pageOf(id: number): Page | undefined {
    const number = Math.floor(id / PAGE);
    if (number === this.#pageNumber) return this.#page;
    let page = this.#pages.get(number);
    if (!page) {
      if (this.#pages.size >= MOST_PAGES) return undefined;
      page = emptyPage();
      this.#pages.set(number, page);
    }
    this.#page = page;
    this.#pageNumber = number;
    return page;
  }
}

function emptyPage(): Page {
  const doubles = () => new Float64Array(PAGE);
  const numbers = () => new Int32Array(PAGE);
  return {
    flags: new Uint8Array(PAGE), createdAt: doubles(), changedAt: doubles(), state: new Uint16Array(PAGE),
    creation: numbers(), entry: numbers(), waitsAt: numbers(), parent: doubles(),
  };
}
