/** Changed texts as a unified diff, or written to their files. */
import { readFileSync, writeFileSync } from 'node:fs';
import { relative, sep } from 'node:path';
import { createTwoFilesPatch, FILE_HEADERS_ONLY } from 'diff';
import type { Problem } from '../source/problem.ts';
import { reasonOf } from '../source/read.ts';
import type { Source } from '../source/text.ts';

type Texts = ReadonlyMap<Source, string>;

/** For `patch -p1` or `git apply` in `cwd`, sorted by path. */
export function unifiedDiff(texts: Texts, cwd: string): string {
  return sorted(texts).map(([source, text]) => {
    const path = relative(cwd, source.path).split(sep).join('/');
    return createTwoFilesPatch(`a/${path}`, `b/${path}`, source.text, text, undefined, undefined, { context: 3, headerOptions: FILE_HEADERS_ONLY });
  }).join('');
}

/** Of those texts whose files are what was read; the others come back as problems. */
export function writable(texts: Texts, report: (problem: Problem) => void): Texts {
  return new Map(sorted(texts).filter(([source]) => {
    const message = staleness(source);
    if (message !== undefined) report({ level: 'warning', id: 'not-fixed', path: source.path, message: `not fixed: ${message}` });
    return message === undefined;
  }));
}

/** Bytes that are no UTF-8 would be lost, and so would what somebody has written since. */
function staleness({ path, text }: Source): string | undefined {
  try {
    return readFileSync(path).equals(Buffer.from(text, 'utf8')) ? undefined : 'the file is not valid UTF-8, or has changed since it was read';
  } catch (error) {
    return reasonOf(error);
  }
}

/** Writes the texts in place, so that modes and links stay; gives back those that were written. */
export function writeTexts(texts: Texts, report: (problem: Problem) => void): Texts {
  return new Map(sorted(texts).filter(([{ path }, text]) => {
    try {
      writeFileSync(path, text);
      return true;
    } catch (error) {
      report({ level: 'error', id: 'not-fixed', path, message: `not fixed: ${reasonOf(error)}` });
      return false;
    }
  }));
}

function sorted(texts: Texts): [Source, string][] {
  return [...texts].sort(([a], [b]) => (a.path < b.path ? -1 : 1));
}
