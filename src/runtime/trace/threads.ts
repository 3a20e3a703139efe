import { Cursor } from './cursor.ts';
import type { Sink } from './decoded.ts';
import { RUNNABLE, RUNNING, SYSCALL, WAITING } from './lives.ts';

/** Events of one thread, in order; `time` is that of the batch, and every event adds to it. */
export interface Batch {
  readonly thread: number;
  readonly time: number;
  readonly data: Uint8Array;
}

const GO_CREATE = 14, GO_CREATE_SYSCALL = 15, GO_START = 16, GO_DESTROY = 17, GO_DESTROY_SYSCALL = 18, GO_STOP = 19, GO_BLOCK = 20, GO_UNBLOCK = 21;
const SYSCALL_BEGIN = 22, SYSCALL_END = 23, SYSCALL_END_BLOCKED = 24, GO_STATUS = 25;
const GO_SWITCH = 45, GO_SWITCH_DESTROY = 46, GO_CREATE_BLOCKED = 47, GO_STATUS_STACK = 48;

/** How many numbers follow the type of an event, the time among them; 0 for what is no event of a thread. */
const ARGUMENTS = tableOf(new Map([
  [1, [11, 17, 18, 23, 24, 27, 36]],
  [2, [15, 28, 30, 31, 32, 34, 35, 37, 38, 39, 130, 133, 136]],
  [3, [9, 10, 13, 16, 19, 20, 22, 26, 29, 33, 41, 45, 46, 131, 132, 134, 135]],
  [4, [12, 14, 21, 25, 42, 43, 47, 51, 128, 129]],
  [5, [40, 44, 48]],
]));

function tableOf(types: ReadonlyMap<number, readonly number[]>): Uint8Array {
  const table = new Uint8Array(256);
  for (const [count, all] of types) for (const type of all) table[type] = count;
  return table;
}

/** Go itself stops a program that has 10,000. */
const MOST_THREADS = 100_000;
/** Events of one thread before the trace says which goroutine runs on it; of further ones it is taken for unknown. */
const MOST_OWED = 1000;

const STATUS_RUNNABLE = 1, STATUS_RUNNING = 2, STATUS_SYSCALL = 3, STATUS_WAITING = 4;

interface Thread {
  readonly id: number;
  /** The goroutine that runs on it; 0 for none or an unknown one, undefined before the trace has said it. */
  current: number | undefined;
  /** What happened to the goroutine that ran on it before the trace said which. */
  owed: ((goroutine: number) => void)[];
}

/** Which goroutine runs on which thread. An end and a wait do not name their goroutine: it is the thread's current one. */
export class Threads {
  readonly #threads = new Map<number, Thread>();
  /** Where statuses that other threads wrote say a goroutine to be. */
  #said = new Map<number, number>();
  /** The states that the generation's reasons stand for, by the numbers of their strings. */
  #reasons = new Map<number, number>();
  #strings: ReadonlyMap<number, string> = new Map();
  #time = 0;
  /** Batches whose end could not be understood. */
  broken = 0;

  constructor(private readonly sink: Sink) {}

  /** The batches of one generation, those of a thread in order. */
  replay(batches: readonly Batch[], strings: ReadonlyMap<number, string>): void {
    this.#strings = strings;
    for (const batch of batches) this.#batch(this.#thread(batch.thread), batch);
    for (const thread of this.#threads.values()) this.#settle(thread);
    this.#said = new Map();
    this.#reasons = new Map();
  }

  #batch(thread: Thread, { time, data }: Batch): void {
    const cursor = new Cursor(data);
    this.#time = time;
    while (cursor.at < cursor.end) {
      const type = cursor.byte();
      const count = ARGUMENTS[type] ?? 0;
      if (count === 0) return void this.broken++;
      this.#time += cursor.uint();
      const a = count > 1 ? cursor.uint() : 0;
      const b = count > 2 ? cursor.uint() : 0;
      const c = count > 3 ? cursor.uint() : 0;
      const d = count > 4 ? cursor.uint() : 0;
      if (cursor.isPast) return void this.broken++;
      this.sink.lives.at(this.#time);
      this.#event(thread, type, a, b, c, d);
    }
  }

  #event(thread: Thread, type: number, a: number, b: number, c: number, d: number): void {
    const { lives, stacks } = this.sink;
    switch (type) {
      case GO_CREATE: return this.#create(thread, a, stacks.number(c), stacks.number(b), RUNNABLE);
      case GO_CREATE_BLOCKED: return this.#create(thread, a, stacks.number(c), stacks.number(b), WAITING);
      case GO_CREATE_SYSCALL:
        lives.creates(a, this.#time, 0, 0, 0);
        return this.#run(thread, a, SYSCALL);
      case GO_START: return this.#run(thread, a, RUNNING);
      case GO_SWITCH:
        this.#stop(thread, lives.state('coroutine'), 0);
        return this.#run(thread, a, RUNNING);
      case GO_SWITCH_DESTROY:
        this.#end(thread);
        return this.#run(thread, a, RUNNING);
      case GO_DESTROY:
      case GO_DESTROY_SYSCALL: return this.#end(thread);
      case GO_STOP: return this.#stop(thread, lives.state(RUNNABLE), 0);
      case GO_BLOCK: return this.#stop(thread, this.#reason(a), stacks.number(b));
      case GO_UNBLOCK: return lives.changes(a, this.#time, lives.state(RUNNABLE), 0);
      case SYSCALL_BEGIN: return this.#change(thread, lives.state(SYSCALL), stacks.number(b));
      case SYSCALL_END: return this.#change(thread, lives.state(RUNNING), 0);
      case SYSCALL_END_BLOCKED: return this.#stop(thread, lives.state(RUNNABLE), 0);
      case GO_STATUS:
      case GO_STATUS_STACK: return this.#status(thread, a, b, c, stacks.number(d));
    }
  }

  #create(thread: Thread, id: number, creation: number, entry: number, state: string): void {
    const { lives } = this.sink;
    const time = this.#time;
    const add = (parent: number) => lives.creates(id, time, creation, entry, parent);
    this.#whenKnown(thread, add);
    lives.changes(id, time, lives.state(state), 0);
  }

  #run(thread: Thread, id: number, state: string): void {
    const { lives } = this.sink;
    thread.current = id;
    lives.changes(id, this.#time, lives.state(state), 0);
  }

  #change(thread: Thread, state: number, waitsAt: number): void {
    const time = this.#time;
    this.#whenKnown(thread, id => this.sink.lives.changes(id, time, state, waitsAt));
  }

  #stop(thread: Thread, state: number, waitsAt: number): void {
    this.#change(thread, state, waitsAt);
    thread.current = 0;
  }

  #end(thread: Thread): void {
    this.#whenKnown(thread, id => this.sink.lives.ends(id));
    thread.current = 0;
  }

  #status(thread: Thread, id: number, on: number, status: number, waitsAt: number): void {
    const { lives } = this.sink;
    switch (status) {
      case STATUS_RUNNABLE: return lives.changes(id, this.#time, lives.state(RUNNABLE), waitsAt);
      case STATUS_WAITING: return lives.waits(id, this.#time, waitsAt);
      case STATUS_RUNNING:
      case STATUS_SYSCALL:
        if (on === thread.id) thread.current = id;
        else if (this.#said.size < MOST_THREADS) this.#said.set(on, id);
        return lives.changes(id, this.#time, lives.state(status === STATUS_SYSCALL ? SYSCALL : RUNNING), waitsAt);
    }
  }

  #whenKnown(thread: Thread, act: (goroutine: number) => void): void {
    if (thread.current !== undefined) act(thread.current);
    else if (thread.owed.length < MOST_OWED) thread.owed.push(act);
    else act(0);
  }

  #settle(thread: Thread): void {
    const said = this.#said.get(thread.id) ?? 0;
    for (const act of thread.owed) act(said);
    thread.owed = [];
    thread.current ??= this.#said.get(thread.id);
  }

  #thread(id: number): Thread {
    const known = this.#threads.get(id);
    if (known) return known;
    const thread: Thread = { id, current: undefined, owed: [] };
    if (this.#threads.size < MOST_THREADS) this.#threads.set(id, thread);
    return thread;
  }

  #reason(string: number): number {
    const known = this.#reasons.get(string);
    if (known !== undefined) return known;
    const text = this.#strings.get(string);
    const state = this.sink.lives.state(text || WAITING);
    if (text !== undefined) this.#reasons.set(string, state);
    return state;
  }
}
