/**
 * Traces of Go 1.11 to 1.21: one stream of events, each `type | (arguments - 1) << 6` and its arguments. The events that
 * a processor (P) writes are in order, those of different processors are not. Go's `runtime/trace.go` is the source.
 */
import type { Input } from './input.ts';
import { RUNNABLE, RUNNING, SYSCALL, WAITING } from './lives.ts';
import type { Decoded, Sink } from './decoded.ts';
import { addStack, addString, emptyTables, type RawFrame, type Tables } from './stacks.ts';

/** The longest event without its text is far shorter. */
const LONGEST_EVENT = 4096;
const LONGEST_ARGUMENTS = 64 * 1024;
const LONGEST_TEXT = 512 * 1024;
const MOST_PROCESSORS = 100_000;

const BATCH = 1, FREQUENCY = 2, STACK = 3, STRING = 37, USER_LOG = 48, CPU_SAMPLE = 49, TIMER_GOROUTINE = 35;
const GO_CREATE = 13, GO_END = 15, GO_SYSCALL = 28, GO_SYSCALL_BLOCKS = 30, GO_WAITING = 31, GO_IN_SYSCALL = 32;
const STARTS: ReadonlySet<number> = new Set([14, 38, 41]);
/** Woken, or back from a system call: ready to run. */
const READIES: ReadonlySet<number> = new Set([21, 39, 29, 40]);
/** The events that end a goroutine's turn, as the reasons that later traces give. */
const STOPS: ReadonlyMap<number, string> = new Map([
  [16, 'forever'], [17, RUNNABLE], [18, RUNNABLE], [19, 'sleep'], [20, WAITING], [22, 'chan send'], [23, 'chan receive'],
  [24, 'select'], [25, 'sync'], [26, 'sync.(*Cond).Wait'], [27, 'network'], [42, 'GC mark assist wait for work'],
]);

export function decodeV1(input: Input, sink: Sink): Decoded {
  const tables = emptyTables();
  const events = new Events(sink);
  const problem = readEvents(input, tables, events);
  sink.stacks.close(tables);
  const early = events.frequency ? problem : `${problem ?? 'the trace was cut off'}, before the tables that say when and where things happened`;
  return { frequency: events.frequency, problem: early, existing: events.existing };
}

/** Says what is wrong when the bytes stop making sense. */
function readEvents(input: Input, tables: Tables, events: Events): string | undefined {
  const { cursor } = input;
  while (input.has(LONGEST_EVENT) || input.has(1)) {
    const head = cursor.byte();
    const type = head & 0x3f;
    if (type === 0 || type > CPU_SAMPLE) return `event type ${type} is not one of Go 1.11 to 1.21`;
    if (type === STRING) {
      if (!readString(input, tables)) return 'a name is cut off or far too long';
      continue;
    }
    const count = (head >> 6) + 1;
    if (count <= 3) {
      for (let i = 0; i < 4; i++) events.args[i] = i < count ? cursor.uint() : 0;
    } else if (!readLongEvent(input, type, tables, events)) {
      return 'an event is cut off or far too long';
    }
    if (cursor.isPast) return 'the last event is cut off';
    events.take(type);
  }
  return undefined;
}

function readString(input: Input, tables: Tables): boolean {
  const { cursor } = input;
  const id = cursor.uint();
  const length = cursor.uint();
  if (length > LONGEST_TEXT || !input.has(length)) return false;
  addString(tables, id, cursor.text(length));
  return true;
}

/** An event with the length of its arguments in front. */
function readLongEvent(input: Input, type: number, tables: Tables, events: Events): boolean {
  const { cursor } = input;
  const length = cursor.uint();
  if (length > LONGEST_ARGUMENTS || !input.has(length)) return false;
  const end = cursor.at + length;
  for (let i = 0; i < 4; i++) events.args[i] = cursor.at < end ? cursor.uint() : 0;
  if (type === STACK) {
    // The two numbers in front are its own and that of its frames; the next two belong to the first frame.
    const frames: RawFrame[] = [];
    if (events.args[1]) frames.push({ func: events.args[3] ?? 0, file: cursor.uint(), line: cursor.uint() });
    while (cursor.at < end) {
      cursor.uint();
      frames.push({ func: cursor.uint(), file: cursor.uint(), line: cursor.uint() });
    }
    addStack(tables, events.args[0] ?? 0, frames);
  }
  if (cursor.at > end) return false;
  cursor.at = end;
  return type !== USER_LOG || skipText(input);
}

function skipText(input: Input): boolean {
  const length = input.cursor.uint();
  if (length > LONGEST_TEXT || !input.has(length)) return false;
  input.cursor.skip(length);
  return true;
}

/** Which goroutine runs on which processor, and what happens to it. */
class Events {
  readonly args = [0, 0, 0, 0];
  /** Ticks a second; it comes at the end. */
  frequency = 0;
  #earliest = Infinity;
  /** The number of the stack that all goroutines have that were there before the trace, see `existing`. */
  #tracingCall = 0;
  #processor = 0;
  #running = 0;
  readonly #runningOn = new Map<number, number>();
  #time = 0;
  readonly #stops: ReadonlyMap<number, number>;

  constructor(private readonly sink: Sink) {
    this.#stops = new Map([...STOPS].map(([type, state]) => [type, sink.lives.state(state)]));
  }

  /**
   * Tracing starts with a GoCreate for every goroutine that exists, all with the stack of the call that starts it, which
   * makes it the stack of the earliest one.
   */
  get existing(): number {
    return this.#tracingCall;
  }

  take(type: number): void {
    const [a = 0, b = 0, c = 0, d = 0] = this.args;
    if (type === BATCH) return this.#batch(a, b);
    if (type === FREQUENCY) return void (this.frequency = a);
    if (type === STACK || type === TIMER_GOROUTINE || type === CPU_SAMPLE) return;
    const time = this.#time += a;
    const { lives } = this.sink;
    lives.at(time);
    if (STARTS.has(type)) {
      this.#running = b;
      return lives.changes(b, time, lives.state(RUNNING), 0);
    }
    if (READIES.has(type)) return lives.changes(b, time, lives.state(RUNNABLE), 0);
    const stop = this.#stops.get(type);
    if (stop !== undefined) return this.#stop(stop, b);
    switch (type) {
      case GO_CREATE: return this.#create(b, c, d);
      case GO_END: return this.#end();
      case GO_SYSCALL: return lives.changes(this.#running, time, lives.state(SYSCALL), this.sink.stacks.number(b));
      case GO_SYSCALL_BLOCKS: return this.#stop(lives.state(SYSCALL), 0);
      case GO_WAITING: return lives.waits(b, time, 0);
      case GO_IN_SYSCALL: return lives.changes(b, time, lives.state(SYSCALL), 0);
    }
  }

  #batch(processor: number, time: number): void {
    if (this.#runningOn.size < MOST_PROCESSORS) this.#runningOn.set(this.#processor, this.#running);
    this.#processor = processor;
    this.#running = this.#runningOn.get(processor) ?? 0;
    this.#time = time;
  }

  #create(id: number, entry: number, creation: number): void {
    const { lives, stacks } = this.sink;
    const number = stacks.number(creation);
    if (this.#time < this.#earliest) {
      this.#earliest = this.#time;
      this.#tracingCall = number;
    }
    lives.creates(id, this.#time, number, stacks.number(entry), this.#running);
    lives.changes(id, this.#time, lives.state(RUNNABLE), 0);
  }

  #stop(state: number, stack: number): void {
    const { lives, stacks } = this.sink;
    if (this.#running) lives.changes(this.#running, this.#time, state, stacks.number(stack));
    this.#running = 0;
  }

  #end(): void {
    this.sink.lives.ends(this.#running);
    this.#running = 0;
  }
}
