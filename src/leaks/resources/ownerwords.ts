/** Which functions may hand over a value that owns something, by the words of their heads and bodies: a look before parsing. */
import type { ResourceTable } from '../../contracts/resources.ts';
import type { FuncOutline, Package } from '../../program/package.ts';
import { RELEASING } from '../../syntax/releasing.ts';

/** Whether a function may hand its caller a resource, or a value that owns one, by the words of its head and body. */
export function mayGive(func: FuncOutline, pkg: Package, resources: ResourceTable): boolean {
  return resources.mayGive(func, pkg) || mayGiveOwner(func, pkg, resources);
}

/** Whether the result list or the receiver of a function speaks of a type that could be an owner. */
export function soundsLikeOwner(func: FuncOutline, pkg: Package): boolean {
  const owners = releasableIn(pkg);
  if (owners.size === 0) return false;
  const { bareName: name } = func;
  // What is put off is a dependency's, where only what is called like a constructor is worth reading its file.
  if (!pkg.isRead && !MAKING.test(name)) return false;
  return isGivenOneOf(owners, func) || (owners.has(func.receiverType) && !RELEASING.test(name));
}

/** The text of the body says so as well. */
function mayGiveOwner(func: FuncOutline, pkg: Package, resources: ResourceTable): boolean {
  const bodyText = soundsLikeOwner(func, pkg) ? func.info()?.bodyText : undefined;
  if (bodyText === undefined) return false;
  if (!isGivenOneOf(releasableIn(pkg), func) && !/\.\w+(?:, \w+)?\s*=[^=]/.test(bodyText)) return false;
  return (bodyText.length < (isGivenOneOf(closableIn(pkg), func) ? MIDDLING : SHORT) && /[\w\])]\(/.test(bodyText)) || resources.mayAcquire(bodyText);
}

function isGivenOneOf(owners: ReadonlySet<string>, { resultText }: FuncOutline): boolean {
  return (resultText.match(/\w+/g) ?? []).some(word => owners.has(word));
}

/** So long may a function be that only hands on what another one gives. */
const SHORT = 120;
/** The same of one that gives an interface which its package has for what it opens. */
const MIDDLING = 800;

const MAKING = /^(?:New|Open|Dial|Connect|Listen|Create|Start|Begin|Make|Build|Load|Acquire|Get|Must)(?![a-z])/;
/** `CancelJob(ctx, request, options)` ends something of the other side. */
const MANY = 3;
const releasable = new WeakMap<Package, ReadonlySet<string>>();

/** The types of a package with a method that sounds like releasing, or that may have one of what they embed. */
function releasableIn(pkg: Package): ReadonlySet<string> {
  let found = releasable.get(pkg);
  if (!found) {
    const methods = pkg.outlines.flatMap(func => (func.receiverType && RELEASING.test(func.bareName) && func.parameters < MANY ? func.receiverType : []));
    found = new Set(pkg.module ? [...methods, ...(pkg.isRead ? pkg.typeTexts.flatMap(embedding) : []), ...closableIn(pkg)] : []);
    releasable.set(pkg, found);
  }
  return found;
}

/** `type Log struct { *os.File … }`. */
function embedding(text: string): readonly string[] {
  return [...text.matchAll(/^type (\w+) struct \{\n([^}]*)\}/gm)].flatMap(([, name = '', fields = '']) => (/^\s*\*?\w+\.\w+\s*$/m.test(fields) ? name : []));
}

const closable = new WeakMap<Package, ReadonlySet<string>>();

/** `type output interface { io.WriteCloser … }`. */
function closableIn(pkg: Package): ReadonlySet<string> {
  let found = closable.get(pkg);
  if (!found) {
    const texts = pkg.module && pkg.isRead ? pkg.typeTexts.filter(text => /^type [a-z]\w* interface \{/.test(text) && /^\s*(?:io\.\w*Closer|Close\(\)[^\n]*)\s*$/m.test(text)) : [];
    closable.set(pkg, (found = new Set(texts.map(text => text.slice('type '.length, text.indexOf(' interface'))))));
  }
  return found;
}
