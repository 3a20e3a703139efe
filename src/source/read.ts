import { closeSync, fstatSync, openSync, readdirSync, readFileSync, readSync, realpathSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { timed } from './clock.ts';
import type { Problem } from './problem.ts';
import type { Source } from './text.ts';
import { Texts } from './texts.ts';

/** Above this a Go file is data, not code; the largest hand-written file known to us is below 1 MB. */
const LARGEST_FILE = 16 * 1024 * 1024;

/** So many bytes of text are kept in memory. */
const MOST_TEXT = 16_000_000;

/** Texts that are read instead of what stands on disk, by real path. */
export type Overlay = ReadonlyMap<string, string>;
const NOTHING: Overlay = new Map();

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const lenientDecoder = new TextDecoder('utf-8', { ignoreBOM: true });
const texts = new Texts(MOST_TEXT);

/**
 * Reads a Go file. A file that is no text is skipped with a warning; one that is not UTF-8 (Latin-1 comments in old
 * code) is read all the same, with U+FFFD where it is not, since its code is still Go.
 */
export function readSource(path: string, report: (problem: Problem) => void, overlay: Overlay = NOTHING): Source | undefined {
  return timed('read', () => readNow(path, report, overlay));
}

function readNow(path: string, report: (problem: Problem) => void, overlay: Overlay): Source | undefined {
  const skip = (id: string, message: string): undefined => {
    report({ level: 'warning', id, path, message: `skipped: ${message}` });
  };
  let bytes: Buffer;
  let real: string;
  try {
    real = realpathSync(path);
    const stat = statSync(real);
    const instead = overlay.get(real);
    if (instead !== undefined) return { path: real, text: instead };
    if (!stat.isFile()) return skip('not-a-file', 'not a regular file');
    if (stat.size > LARGEST_FILE) return skip('file-too-large', `${megabytes(stat.size)} is above the limit of ${megabytes(LARGEST_FILE)} a file`);
    bytes = readFileSync(real);
  } catch (error) {
    return skip('unreadable-file', reasonOf(error));
  }
  if (bytes.includes(0)) return skip('binary-file', 'contains NUL bytes, so it is not Go source');
  let text: string;
  try {
    text = decoder.decode(bytes);
  } catch {
    report({ level: 'warning', id: 'not-utf8', path, message: 'not valid UTF-8 (Go requires it); read with replacement characters' });
    text = lenientDecoder.decode(bytes);
  }
  // Only in pure ASCII the engine stores a byte a character.
  return texts.keep(real, text, text.length === bytes.length ? text.length : text.length * 2, () => lenientDecoder.decode(readBriefly(real)));
}

/** The Go files of a folder that its importers would compile, sorted: no tests, nothing that the go command does not read. */
export function importedFilesIn(dir: string): string[] {
  try {
    return readdirSync(dir).filter(name => name.endsWith('.go') && !name.endsWith('_test.go') && !/^[._]/.test(name)).sort().map(name => join(dir, name));
  } catch {
    return [];
  }
}

const shared = Buffer.allocUnsafeSlow(1024 * 1024);

/**
 * The bytes of a file, for whoever is done with them before the next call: they lie in one buffer for all files but
 * the few that are larger.
 * Undefined where there is nothing that could be Go.
 */
export function readBriefly(path: string): Buffer | undefined {
  return timed('read', () => readInto(path));
}

function readInto(path: string): Buffer | undefined {
  try {
    const file = openSync(path, 'r');
    try {
      const { size } = fstatSync(file);
      if (size > LARGEST_FILE) return undefined;
      const buffer = size > shared.length ? Buffer.allocUnsafeSlow(size) : shared;
      return buffer.subarray(0, readSync(file, buffer, 0, size, 0));
    } finally {
      closeSync(file);
    }
  } catch {
    return undefined;
  }
}

function megabytes(bytes: number): string {
  return `${Math.round(bytes / (1024 * 1024))} MB`;
}

/** The words of a system error that help a user: `permission denied` rather than the name of a call. */
export function reasonOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ENOENT') return 'no such file or directory';
  if (code === 'EACCES' || code === 'EPERM') return 'permission denied';
  if (code === 'ELOOP') return 'too many levels of symbolic links';
  if (code === 'EISDIR') return 'is a directory';
  return error instanceof Error ? error.message : String(error);
}
