/** When a few files of a package were asked for: which of its functions can lead to a finding in them. */
import type { FuncInfo, Package } from '../../program/package.ts';
import type { Pass } from '../pass.ts';

/** So many calls deep a goroutine is looked into; see `runBy`. */
const DEPTH = 2;

/**
 * Whether a function stands in such a file or may start what runs a body in one, of those whose text `words` matches:
 * it calls one, itself or through others.
 */
export function mayReachAsked(pass: Pass, words: RegExp): (info: FuncInfo) => boolean {
  const { pkg, isAsked, isWhole } = pass;
  if (isWhole) return () => true;
  // One more: the goroutine starts with a call as well.
  const found = withCallers(pkg.funcs.filter(info => isAsked(info.file) && words.test(info.bodyText)), pkg, DEPTH + 1);
  return info => isAsked(info.file) || found.has(info);
}

/** Functions of a package with those of it that may call them, by the name at least, through so many calls. */
export function withCallers(funcs: Iterable<FuncInfo>, pkg: Package, calls = Infinity): Set<FuncInfo> {
  const found = new Set(funcs);
  let last = [...found];
  for (let i = 0; i < calls && last.length; i++) {
    const names = new Set(last.map(info => info.bareName));
    last = [...names].flatMap(name => pkg.mentioning(name)).filter(info => !found.has(info));
    for (const info of last) found.add(info);
  }
  return found;
}
