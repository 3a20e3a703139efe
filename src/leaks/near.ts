/** When a few files of a package were asked for: which of its functions can lead to a finding in them. */
import type { FuncInfo } from '../program/package.ts';
import type { Pass } from './pass.ts';

/** So many calls deep a goroutine is looked into; see `runBy`. */
const DEPTH = 2;

/**
 * Whether a function stands in such a file or may start what runs a body in one, of those whose text `words` matches:
 * it calls one, itself or through others.
 */
export function mayReachAsked(pass: Pass, words: RegExp): (info: FuncInfo) => boolean {
  const { pkg, isAsked, isWhole } = pass;
  if (isWhole) return () => true;
  const found = new Set(pkg.funcs.filter(info => isAsked(info.file) && words.test(info.bodyText)));
  let last = [...found];
  // One more: the goroutine starts with a call as well.
  for (let calls = 0; calls <= DEPTH; calls++) {
    const names = new Set(last.map(info => info.bareName));
    last = [...names].flatMap(name => pkg.mentioning(name)).filter(info => !found.has(info));
    for (const info of last) found.add(info);
  }
  return info => isAsked(info.file) || found.has(info);
}
