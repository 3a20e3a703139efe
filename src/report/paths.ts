import { isAbsolute, relative, sep } from 'node:path';
import { pathToFileURL } from 'node:url';

/** `path` as a person in `cwd` would write it; the absolute path where that is shorter to read. */
export function displayPath(path: string, cwd: string): string {
  const below = relative(cwd, path);
  const shown = below.startsWith(`..${sep}..${sep}..`) || isAbsolute(below) ? path : below || '.';
  return escapeControls(shown.split(sep).join('/'));
}

/** A URI reference relative to `root`, percent-encoded; what lies outside gets an absolute one. */
export function relativeUri(path: string, root: string): { uri: string; inRoot: boolean } {
  const below = relative(root, path);
  if (below.startsWith('..') || isAbsolute(below)) return { uri: pathToFileURL(path).href, inRoot: false };
  return { uri: below.split(sep).map(encodeURIComponent).join('/'), inRoot: true };
}

/** Names can hold anything; a terminal must not act on it. */
export function escapeControls(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f-\u009f]/g, c => `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`);
}
