/**
 * Results on disk, one file for a working folder and a set of options. A file is written beside its place and moved
 * there, so that runs at the same time and runs that are killed leave a whole one; of two that end together one stays.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Codes } from './keys.ts';
import type { UnitResult } from './portable.ts';

/** A folder's result and what it depended on. */
export interface Entry {
  readonly key: string;
  /** See `Keys`. */
  readonly codes: Readonly<Record<string, string>>;
  readonly beside: string;
  readonly result: UnitResult;
}

interface Kept {
  /** By folder. */
  readonly entries: Record<string, Entry>;
  readonly codes: Codes;
}

/** All files together; the longest unused go first. */
const MOST_BYTES = 200 * 1024 * 1024;

export class Cache {
  private readonly file: string;
  private readonly kept: Kept;
  private isChanged = false;

  /** `name` tells apart what cannot share results. Nothing that goes wrong here is an error: then all is computed. */
  constructor(private readonly dir: string, name: string) {
    this.file = join(dir, `${name}.json`);
    this.kept = read(this.file);
  }

  get codes(): Codes {
    return this.kept.codes;
  }

  get(dir: string): Entry | undefined {
    return this.kept.entries[dir];
  }

  put(dir: string, entry: Entry): void {
    this.kept.entries[dir] = entry;
    this.isChanged = true;
  }

  /** Writes what is new. Entries of other folders stay, for the next run with other patterns. */
  save(): void {
    try {
      if (!this.isChanged) return utimesSync(this.file, new Date(), new Date());
      mkdirSync(this.dir, { recursive: true });
      const own = `${this.file}.${process.pid}`;
      writeFileSync(own, JSON.stringify(this.kept));
      renameSync(own, this.file);
      prune(this.dir);
    } catch {
      // A folder that cannot be written (a read-only home in a container) only costs time.
    }
  }
}

const nothing = (): Kept => ({ entries: {}, codes: {} });

function read(file: string): Kept {
  try {
    const parsed: unknown = JSON.parse(readFileSync(file, 'utf8'));
    return isKept(parsed) ? parsed : nothing();
  } catch {
    return nothing();
  }
}

/** The name of the file has the version of the tool in it, so what parses was written as it is read. */
function isKept(value: unknown): value is Kept {
  return typeof value === 'object' && value !== null && 'entries' in value && 'codes' in value;
}

/** Removes what is kept in a folder, and nothing else that may be there. */
export function removeCache(dir: string): { files: number; bytes: number } {
  const files = filesOf(dir);
  for (const { path } of files) rmSync(path, { force: true });
  return { files: files.length, bytes: files.reduce((sum, { size }) => sum + size, 0) };
}

/** Files with names such as `0123….json` and, of runs that were killed, `0123….json.4711`. */
function filesOf(dir: string): { path: string; size: number; used: number }[] {
  if (!existsSync(dir)) return [];
  return readdirSync(dir).filter(name => /^[0-9a-f]{40}\.json(?:\.\d+)?$/.test(name)).map(name => join(dir, name)).flatMap(path => {
    const stat = statSync(path, { throwIfNoEntry: false });
    return stat?.isFile() ? [{ path, size: stat.size, used: stat.mtimeMs }] : [];
  });
}

function prune(dir: string): void {
  let total = 0;
  for (const { path, size } of filesOf(dir).sort((a, b) => b.used - a.used)) {
    total += size;
    if (total > MOST_BYTES) rmSync(path, { force: true });
  }
}

/** Where the cache is when nobody says otherwise. */
export function cacheDir(env: NodeJS.ProcessEnv = process.env, platform: NodeJS.Platform = process.platform): string {
  const base = env.XDG_CACHE_HOME
    || (platform === 'darwin' ? join(homedir(), 'Library', 'Caches') : platform === 'win32' ? env.LOCALAPPDATA || join(homedir(), 'AppData', 'Local') : join(homedir(), '.cache'));
  return join(base, 'go-leak-lint');
}
