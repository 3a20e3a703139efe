/**
 * Goroutine profiles as Protocol Buffers, `debug=0`: message `perftools.profiles.Profile` of google/pprof's profile.proto.
 * They hold the runtime's frames, which tell what is waited for, and neither ids nor the place of creation.
 */
import type { Frame, Snapshot } from './model.ts';
import { normalName } from './names.ts';
import { opOf } from './ops.ts';
import { Buckets, userFrames } from './stack.ts';
import { type Field, fieldsOf, numbersIn } from './wire.ts';

const PROFILE = { sampleType: 1, sample: 2, location: 4, function: 5, strings: 6, duration: 10 };
const SAMPLE = { locations: 1, values: 2, label: 3 };
const LOCATION = { id: 1, line: 4 };
const LINE = { function: 1, line: 2 };
const FUNCTION = { id: 1, name: 2, file: 4 };
const LABEL = { key: 1, text: 2 };

/** More than any stack that Go records (GODEBUG=profstackdepth allows 1024), inlined calls included. */
const DEEPEST = 16 * 1024;
/** Of all stacks together; a few bytes can name a deep stack any number of times. */
const MOST_FRAMES = 5_000_000;
/** Samples, strings, functions and locations together. A program has some thousands of different stacks at most. */
const MOST_RECORDS = 2_000_000;

/** The parts of a profile, still referring to each other by number. */
interface Parts {
  readonly strings: string[];
  readonly sampleTypes: number[];
  readonly samples: Uint8Array[];
  /** Functions and lines of a location, innermost first. */
  readonly locations: Map<number, readonly { readonly function: number; readonly line: number }[]>;
  readonly functions: Map<number, { readonly name: number; readonly file: number }>;
  duration: number;
  broken: number;
  /** Of all samples so far. */
  frames: number;
}

export type ProfileRead =
  | { readonly kind: 'snapshot'; readonly snapshot: Snapshot }
  /** A profile, of something else: `alloc_objects`. */
  | { readonly kind: 'other'; readonly type: string }
  | { readonly kind: 'no profile' };

export function readProfile(bytes: Uint8Array, name: string): ProfileRead {
  const parts = partsOf(bytes);
  const type = parts.strings[parts.sampleTypes[0] ?? -1];
  if (type === undefined || parts.strings[0] !== '') return { kind: 'no profile' };
  if (type !== 'goroutine' && type !== 'goroutineleak') return { kind: 'other', type };
  const buckets = new Buckets();
  let total = 0;
  for (const sample of parts.samples) {
    if (parts.frames > MOST_FRAMES) {
      parts.broken++;
      break;
    }
    total += addSample(sample, parts, buckets, type === 'goroutineleak');
  }
  const isDifference = parts.duration > 0;
  return {
    kind: 'snapshot',
    snapshot: {
      name, format: 'protobuf', profile: type, buckets: buckets.all(), total, system: 0, crash: [], unparsed: parts.broken, truncated: parts.broken > 0,
      notes: isDifference ? [`This profile is the difference over ${Math.round(parts.duration / 1e9)} s, not what there was at one time.`] : [],
    },
  };
}

function partsOf(bytes: Uint8Array): Parts {
  const parts: Parts = { strings: [], sampleTypes: [], samples: [], locations: new Map(), functions: new Map(), duration: 0, broken: 0, frames: 0 };
  const decoder = new TextDecoder();
  let records = 0;
  for (const field of fieldsOf(bytes, () => parts.broken++)) {
    if (field.kind === 'value') {
      if (field.number === PROFILE.duration) parts.duration = field.value;
      continue;
    }
    if (++records > MOST_RECORDS) {
      parts.broken++;
      break;
    }
    switch (field.number) {
      case PROFILE.strings: parts.strings.push(decoder.decode(field.bytes)); break;
      case PROFILE.sampleType: parts.sampleTypes.push(numbersOf(field.bytes, parts)[1] ?? 0); break;
      case PROFILE.sample: parts.samples.push(field.bytes); break;
      case PROFILE.location: addLocation(field.bytes, parts); break;
      case PROFILE.function: {
        const numbers = numbersOf(field.bytes, parts);
        parts.functions.set(numbers[FUNCTION.id] ?? 0, { name: numbers[FUNCTION.name] ?? 0, file: numbers[FUNCTION.file] ?? 0 });
      }
    }
  }
  return parts;
}

/** The single numbers of a message, by field. */
function numbersOf(bytes: Uint8Array, parts: Parts): number[] {
  const numbers: number[] = [];
  for (const field of fieldsOf(bytes, () => parts.broken++)) if (field.kind === 'value' && field.number < 32) numbers[field.number] = field.value;
  return numbers;
}

function addLocation(bytes: Uint8Array, parts: Parts): void {
  let id = 0;
  const lines: { readonly function: number; readonly line: number }[] = [];
  for (const field of fieldsOf(bytes, () => parts.broken++)) {
    if (field.kind === 'value' && field.number === LOCATION.id) id = field.value;
    if (field.kind !== 'bytes' || field.number !== LOCATION.line) continue;
    const numbers = numbersOf(field.bytes, parts);
    lines.push({ function: numbers[LINE.function] ?? 0, line: numbers[LINE.line] ?? 0 });
  }
  parts.locations.set(id, lines);
}

/** Adds the goroutines of a sample and returns their number. */
function addSample(bytes: Uint8Array, parts: Parts, buckets: Buckets, leaked: boolean): number {
  const stack: Frame[] = [];
  const labels = new Map<string, string>();
  let count = 0;
  for (const field of fieldsOf(bytes, () => parts.broken++)) {
    if (field.number === SAMPLE.locations) for (const id of numbersIn(field)) if (stack.length < DEEPEST) stack.push(...framesAt(id, parts, buckets));
    if (field.number === SAMPLE.values) count += numbersIn(field)[0] ?? 0;
    if (field.number === SAMPLE.label) addLabel(field, parts, labels);
  }
  parts.frames += stack.length;
  if (!Number.isSafeInteger(count)) {
    parts.broken++;
    return 0;
  }
  buckets.add({ count, state: '', op: opOf('', stack), leaked, minutes: undefined, frames: userFrames(stack), createdBy: undefined, labels, id: undefined });
  return count;
}

function framesAt(location: number, parts: Parts, buckets: Buckets): Frame[] {
  const lines = parts.locations.get(location);
  if (!lines) parts.broken++;
  return (lines ?? []).slice(0, DEEPEST).map(({ function: id, line }) => {
    const func = parts.functions.get(id);
    const name = parts.strings[func?.name ?? -1];
    if (name === undefined) parts.broken++;
    return buckets.frame(normalName(name ?? '?'), (parts.strings[func?.file ?? -1] ?? '').replaceAll('\\', '/'), line);
  });
}

function addLabel(field: Field, parts: Parts, labels: Map<string, string>): void {
  if (field.kind !== 'bytes') return;
  const numbers = numbersOf(field.bytes, parts);
  const key = parts.strings[numbers[LABEL.key] ?? 0];
  if (key) labels.set(key, parts.strings[numbers[LABEL.text] ?? 0] ?? '');
}
