/** Reads what may be a dump or a profile, told by its content. Never throws, whatever the bytes are. */
import { gunzipSync, constants } from 'node:zlib';
import { countedKind, readCountedText } from './countedtext.ts';
import { isGoroutineText, readGoroutineText } from './goroutinetext.ts';
import { textInJson } from './jsonlog.ts';
import type { Snapshot } from './model.ts';
import { readProfile } from './profile.ts';
import { readerOf } from './trace/input.ts';
import { readTrace } from './trace/read.ts';
import { snapshotOf } from './trace/snapshot.ts';

/** Go's own limit of a dump is 64 MiB; a log around it may be larger. */
export const LARGEST_INPUT = 128 * 1024 * 1024;
/** A whole goroutine profile is a few MiB; what takes more unpacked was made to. */
const LARGEST_PROFILE = 64 * 1024 * 1024;
/** How far a log is searched for its first goroutine. */
const SEARCHED = 8 * 1024 * 1024;

export type Read =
  | { readonly kind: 'snapshot'; readonly snapshot: Snapshot }
  /** `reason` is a sentence without the name of the input. */
  | { readonly kind: 'unreadable'; readonly reason: string };

export function readSnapshot(bytes: Uint8Array, name: string): Read {
  if (bytes.length > LARGEST_INPUT) return unreadable(`It has more than ${LARGEST_INPUT / 1024 / 1024} MiB; cut out the part with the goroutines.`);
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return readPlain(bytes, name, false);
  const unpacked = gunzip(bytes);
  if ('reason' in unpacked) return unreadable(unpacked.reason);
  return readPlain(unpacked.bytes, name, unpacked.isCut);
}

interface Unpacked {
  readonly bytes: Uint8Array;
  readonly isCut: boolean;
}

/** A file that ends too early gives what is there. */
function gunzip(bytes: Uint8Array): Unpacked | { readonly reason: string } {
  const attempts = [{ isCut: false, finishFlush: constants.Z_FINISH }, { isCut: true, finishFlush: constants.Z_SYNC_FLUSH }];
  let reason = '';
  for (const { isCut, finishFlush } of attempts) {
    try {
      return { bytes: gunzipSync(bytes, { maxOutputLength: LARGEST_INPUT, finishFlush }), isCut };
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE') return { reason: `Unpacked it has more than ${LARGEST_INPUT / 1024 / 1024} MiB, which no goroutine profile has.` };
      reason = `It is packed with gzip and damaged: ${error instanceof Error ? error.message : String(error)}.`;
    }
  }
  return { reason };
}

function readPlain(bytes: Uint8Array, name: string, isCut: boolean): Read {
  const start = Buffer.from(bytes.subarray(0, 256)).toString('latin1');
  if (/^go 1\.\d+ trace\0/.test(start)) return readTraceBytes(bytes, name, isCut);
  if (bytes.length === 0) return unreadable('It is empty.');
  const kind = countedKind(start) ?? /^(\w+) profile: \d/.exec(start)?.[1];
  if (kind === 'goroutine' || kind === 'goroutineleak') return done(readCountedText(textOf(bytes), name, kind), isCut);
  if (kind !== undefined) return unreadable(`It is a ${kind} profile, not one of goroutines.`);
  const isUtf16 = bytes[0] === 0xff && bytes[1] === 0xfe;
  if (isUtf16 || !bytes.subarray(0, 4096).includes(0)) {
    const text = textOf(bytes);
    if (isGoroutineText(text.slice(0, SEARCHED))) return done(readGoroutineText(text, name, bytes.length), isCut);
    const inJson = textInJson(text);
    if (inJson !== undefined && isGoroutineText(inJson.slice(0, SEARCHED))) return done(readGoroutineText(inJson, name, inJson.length), isCut);
  }
  return readBinary(bytes, name, start, isCut);
}

function readTraceBytes(bytes: Uint8Array, name: string, isCut: boolean): Read {
  const trace = readTrace(readerOf(bytes));
  return trace ? done(snapshotOf(trace, name), isCut) : unreadable('It is an execution trace of a Go before 1.11.');
}

function readBinary(bytes: Uint8Array, name: string, start: string, isCut: boolean): Read {
  if (bytes.length <= LARGEST_PROFILE) {
    const profile = readProfile(bytes, name);
    if (profile.kind === 'snapshot') return done(profile.snapshot, isCut);
    if (profile.kind === 'other') return unreadable(`It is a profile of ${profile.type.slice(0, 40)}, not of goroutines.`);
  }
  if (/^\s*<(?:!doctype|html|head|title)/i.test(start)) return unreadable('It is a web page; the profile is at /debug/pprof/goroutine?debug=2 of the program.');
  if (/^(?:panic|fatal error): /m.test(start)) return unreadable('It is a crash without goroutines; GOTRACEBACK=all makes the program print them.');
  return unreadable('It is no goroutine dump, crash or goroutine profile.');
}

/** PowerShell writes UTF-16. */
function textOf(bytes: Uint8Array): string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return bytes[0] === 0xff && bytes[1] === 0xfe ? buffer.toString('utf16le', 2) : buffer.toString('utf8');
}

function done(snapshot: Snapshot, isCut: boolean): Read {
  const notes = isCut ? [...snapshot.notes, 'The packed file ends too early; what could be unpacked was read.'] : snapshot.notes;
  return { kind: 'snapshot', snapshot: { ...snapshot, truncated: snapshot.truncated || isCut, notes } };
}

function unreadable(reason: string): Read {
  return { kind: 'unreadable', reason };
}
