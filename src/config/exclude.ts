import { relative, sep } from 'node:path';
import picomatch from 'picomatch';

/**
 * Whether a file is excluded by globs that are relative to `dir`. As in `.gitignore`, a glob without a slash is about a
 * name anywhere below, and what is in an excluded folder is excluded. Paths are absolute, symbolic links resolved.
 */
export function excluder(dir: string, globs: readonly string[]): (path: string) => boolean {
  const patterns = globs.map(glob => glob.replace(/^\.\//, '').replace(/\/+$/, '')).map(glob => (glob.includes('/') ? glob.replace(/^\//, '') : `**/${glob}`));
  const isMatch = picomatch(patterns.flatMap(glob => [glob, `${glob}/**`]), { dot: true });
  return path => {
    const inside = relative(dir, path).split(sep).join('/');
    return !inside.startsWith('../') && isMatch(inside);
  };
}
