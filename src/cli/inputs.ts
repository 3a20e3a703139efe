/** Dumps and profiles that a command line names: files, addresses, `-` for standard input. */
import { closeSync, openSync, readSync } from 'node:fs';
import { type Profile, takeSnapshot, targetOf } from '../runtime/pprof.ts';
import { LARGEST_INPUT, type Read, readSnapshot } from '../runtime/read.ts';
import { reasonOf } from '../source/read.ts';

export async function readInput(name: string, profile: Profile = 'goroutine'): Promise<Read> {
  const target = targetOf(name);
  if (target) return takeSnapshot(target, profile);
  const bytes = bytesOf(name);
  return 'reason' in bytes ? { kind: 'unreadable', reason: bytes.reason } : readSnapshot(bytes, name);
}

/** At most one byte more than is read at all, so that a device or an endless pipe does no harm. */
function bytesOf(name: string): Buffer | { readonly reason: string } {
  let file = 0;
  try {
    file = name === '-' ? 0 : openSync(name, 'r');
    return readAll(file);
  } catch (error) {
    const reason = reasonOf(error);
    return { reason: `${reason[0]?.toUpperCase()}${reason.slice(1)}.` };
  } finally {
    if (file > 0) closeSync(file);
  }
}

const CHUNK = 4 * 1024 * 1024;

function readAll(file: number): Buffer {
  const chunks: Buffer[] = [];
  for (let size = 0; size <= LARGEST_INPUT;) {
    const chunk = Buffer.allocUnsafe(CHUNK);
    const read = readSync(file, chunk, 0, CHUNK, null);
    if (read === 0) break;
    chunks.push(chunk.subarray(0, read));
    size += read;
  }
  return Buffer.concat(chunks);
}
