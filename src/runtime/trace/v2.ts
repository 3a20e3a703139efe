/**
 * Traces since Go 1.22: generations of about a second, each a number of batches that one thread (M) or the table writer
 * wrote. Go's `internal/trace/tracev2/events.go` is the source.
 */
import { Cursor } from './cursor.ts';
import type { Decoded, Sink } from './decoded.ts';
import type { Input } from './input.ts';
import { addStack, addString, emptyTables, type RawFrame, type Tables } from './stacks.ts';
import { type Batch, Threads } from './threads.ts';

const EVENT_BATCH = 1, STACKS = 2, STACK = 3, STRINGS = 4, STRING = 5, CPU_SAMPLES = 6, FREQUENCY = 8;
const EXPERIMENTAL_BATCH = 49, SYNC = 50, END_OF_GENERATION = 52;
const LARGEST_BATCH = 64 * 1024;
/** A type, an experiment and four numbers of ten bytes. */
const LONGEST_HEADER = 42;
const MOST_FRAMES = 1024;
/** A batch is written when it is full or when its generation ends, so a generation has few more than it has threads. */
const MOST_BATCHES = 200_000;
/** From this version of the format a generation says where it ends. */
const MARKS_ENDS = 26;

interface Generation {
  number: number;
  readonly batches: Batch[];
  readonly tables: Tables;
  frequency: number;
}

/** `version`: the minor version of Go in the file's header. */
export function decodeV2(input: Input, version: number, sink: Sink): Decoded {
  const threads = new Threads(sink);
  let generation: Generation | undefined;
  let frequency = 0;
  let problem: string | undefined;
  const close = (ended: Generation | undefined) => {
    if (!ended) return;
    frequency ||= ended.frequency;
    threads.replay(ended.batches, ended.tables.strings);
    sink.stacks.close(ended.tables);
  };
  while (input.has(LONGEST_HEADER) || input.has(1)) {
    const part = readPart(input);
    if (typeof part === 'string') {
      problem = part;
      break;
    }
    if (part === END_OF_GENERATION) {
      close(generation);
      generation = undefined;
      continue;
    }
    if (generation && part.generation !== generation.number) {
      close(generation);
      generation = undefined;
    }
    if (generation && generation.batches.length >= MOST_BATCHES) {
      problem = 'one generation has far too many batches';
      break;
    }
    generation ??= { number: part.generation, batches: [], tables: emptyTables(), frequency: 0 };
    addPart(generation, part);
  }
  const isComplete = !generation || (version < MARKS_ENDS && generation.frequency > 0);
  if (isComplete) close(generation);
  else problem ??= 'the trace was cut off';
  if (threads.broken) problem ??= threads.broken === 1 ? '1 batch has events that are not known' : `${threads.broken} batches have events that are not known`;
  return { frequency, problem, existing: 0 };
}

interface Part {
  readonly isExperimental: boolean;
  readonly generation: number;
  readonly thread: number;
  readonly time: number;
  readonly data: Uint8Array;
}

/** The next batch; a text says what is wrong with it. */
function readPart(input: Input): Part | typeof END_OF_GENERATION | string {
  const { cursor } = input;
  const type = cursor.byte();
  if (type === END_OF_GENERATION) return END_OF_GENERATION;
  if (type !== EVENT_BATCH && type !== EXPERIMENTAL_BATCH) return `a batch of type ${type} is not known`;
  if (type === EXPERIMENTAL_BATCH) cursor.byte();
  const generation = cursor.uint();
  const thread = cursor.uint();
  const time = cursor.uint();
  const size = cursor.uint();
  if (size > LARGEST_BATCH) return `a batch of ${size} bytes is too large`;
  if (!input.has(size)) return 'the last batch is cut off';
  const data = cursor.bytes.slice(cursor.at, cursor.at + size);
  cursor.skip(size);
  return { isExperimental: type === EXPERIMENTAL_BATCH, generation, thread, time, data };
}

function addPart(generation: Generation, { isExperimental, thread, time, data }: Part): void {
  const cursor = new Cursor(data);
  if (isExperimental || data.length === 0) return;
  switch (data[0]) {
    case STRINGS: return readStrings(cursor, generation.tables);
    case STACKS: return readStacks(cursor, generation.tables);
    case CPU_SAMPLES: return;
    case SYNC:
    case FREQUENCY: {
      if (data[0] === SYNC) cursor.skip(1);
      if (cursor.byte() === FREQUENCY) generation.frequency = cursor.uint();
      return;
    }
    default: generation.batches.push({ thread, time, data });
  }
}

function readStrings(cursor: Cursor, tables: Tables): void {
  cursor.skip(1);
  while (cursor.byte() === STRING) {
    const id = cursor.uint();
    const text = cursor.text(cursor.uint());
    if (!cursor.isPast) addString(tables, id, text);
  }
}

function readStacks(cursor: Cursor, tables: Tables): void {
  cursor.skip(1);
  while (cursor.byte() === STACK) {
    const id = cursor.uint();
    const count = cursor.uint();
    if (count > MOST_FRAMES) return;
    const frames: RawFrame[] = [];
    for (let i = 0; i < count && !cursor.isPast; i++) {
      cursor.uint();
      frames.push({ func: cursor.uint(), file: cursor.uint(), line: cursor.uint() });
    }
    if (!cursor.isPast) addStack(tables, id, frames);
  }
}
