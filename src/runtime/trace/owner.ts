import type { Frame } from '../model.ts';
import { packageOf } from '../names.ts';
import type { Stack } from './stacks.ts';

/** The first elements of the standard library's import paths. */
const STANDARD: ReadonlySet<string> = new Set(('archive bufio bytes cmp compress container context crypto database debug embed encoding errors expvar flag fmt go hash html image index '
  + 'internal io iter log maps math mime net os path plugin reflect regexp runtime slices sort strconv strings structs sync syscall testing text time unicode unique unsafe vendor weak').split(' '));

/** Whether code of the program itself, and not of the standard library or of a module that it uses. */
export function isOwn({ func, file }: Frame): boolean {
  if (func === '' || /\/pkg\/mod\/|@v\d|(?:^|\/)vendor\//.test(file)) return false;
  const path = packageOf(func);
  const [first = ''] = path.split('/');
  if (!STANDARD.has(first)) return true;
  // A module may call itself like a package of the standard library, whose files lie in GOROOT/src or, trimmed, in no module.
  const folder = file.slice(0, file.lastIndexOf('/'));
  return folder !== path && !folder.endsWith(`/src/${path}`);
}

/** The runtime's own goroutines, told as Go does: by what they begin with. */
export function isOfSystem(entry: Stack): boolean {
  const func = entry[0]?.func ?? '';
  return (func.startsWith('runtime.') && func !== 'runtime.main') || func.startsWith('runtime/trace.');
}
