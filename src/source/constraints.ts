/** What the name and the header of a Go file say about it: test, generated, and for which builds it is meant. */
import { basename } from 'node:path';

/** A build constraint: `linux && !cgo`. */
export type Constraint =
  | { readonly kind: 'tag'; readonly tag: string }
  | { readonly kind: 'not'; readonly x: Constraint }
  | { readonly kind: 'and' | 'or'; readonly x: Constraint; readonly y: Constraint };

export interface FileKind {
  readonly test: boolean;
  /** `// Code generated … DO NOT EDIT.` on a line of a comment before the package clause. */
  readonly generated: boolean;
  /** `//go:build ignore`: no part of the package in any build; mostly a program run by hand. */
  readonly ignored: boolean;
  /** From the file's name and its `//go:build` line (or older `// +build` lines) together. */
  readonly constraint: Constraint | undefined;
}

const words = (text: string): ReadonlySet<string> => new Set(text.split(' '));
const OS = words('aix android darwin dragonfly freebsd hurd illumos ios js linux nacl netbsd openbsd plan9 solaris wasip1 windows zos');
const UNIX = words('aix android darwin dragonfly freebsd hurd illumos ios linux netbsd openbsd solaris');
const ARCH = words('386 amd64 amd64p32 arm armbe arm64 arm64be loong64 mips mipsle mips64 mips64le mips64p32 mips64p32le ppc ppc64 '
  + 'ppc64le riscv riscv64 s390 s390x sparc sparc64 wasm');
/** A build for the key satisfies the tag of the value as well. */
const IMPLIED = new Map([['android', 'linux'], ['illumos', 'solaris'], ['ios', 'darwin']]);

/** Reads the header only, so the cost does not depend on the length of the file. */
export function classify(path: string, text: string): FileKind {
  const name = basename(path);
  const comments = headerComments(text);
  const written = writtenConstraint(comments);
  const constraint = both(fileNameConstraint(name), written);
  return {
    test: name.endsWith('_test.go'),
    generated: comments.some(isGeneratedMark),
    ignored: constraint !== undefined && !isSatisfiable(both(constraint, { kind: 'not', x: { kind: 'tag', tag: 'ignore' } })),
    constraint,
  };
}

/**
 * Whether a build with these tags (`linux`, `amd64`, `cgo`, …) takes the file. The compiler is `gc`. `goVersion` is the
 * minor version of the release (22 for Go 1.22), which decides about tags like `go1.21`; the newest when absent.
 */
export function matches(
  constraint: Constraint | undefined,
  tags: ReadonlySet<string> | ((tag: string) => boolean),
  goVersion = Infinity,
): boolean {
  const has = typeof tags === 'function' ? tags : (tag: string) => tags.has(tag);
  return constraint === undefined || holds(constraint, tag => {
    const release = releaseOf(tag);
    if (release !== undefined) return release <= goVersion;
    if (tag === 'unix') return has(tag) || [...UNIX].some(has);
    return has(tag) || tag === 'gc' || [...IMPLIED].some(([from, to]) => to === tag && has(from));
  });
}

const together = new WeakMap<Constraint, WeakMap<Constraint, boolean>>();

/** Whether one build can take files under both constraints; only a proof that none can is a `false`. */
export function mayCoexist(a: Constraint | undefined, b: Constraint | undefined): boolean {
  if (a === undefined || b === undefined) return true;
  let known = together.get(a);
  if (!known) together.set(a, (known = new WeakMap()));
  let found = known.get(b);
  if (found === undefined) known.set(b, (found = isSatisfiable(both(a, b))));
  return found;
}

function both(x: Constraint, y: Constraint): Constraint;
function both(x: Constraint | undefined, y: Constraint | undefined): Constraint | undefined;
function both(x: Constraint | undefined, y: Constraint | undefined): Constraint | undefined {
  return x && y ? { kind: 'and', x, y } : x ?? y;
}

function holds(constraint: Constraint, isSet: (tag: string) => boolean): boolean {
  switch (constraint.kind) {
    case 'tag':
      return isSet(constraint.tag);
    case 'not':
      return !holds(constraint.x, isSet);
    case 'and':
      return holds(constraint.x, isSet) && holds(constraint.y, isSet);
    case 'or':
      return holds(constraint.x, isSet) || holds(constraint.y, isSet);
  }
}

/** The minor version in `go1.21`. */
function releaseOf(tag: string): number | undefined {
  const minor = /^go1\.(\d+)$/.exec(tag)?.[1];
  return minor === undefined ? undefined : Number(minor);
}

/** More tags than this are not tried out: the number of builds doubles with each. */
const MOST_TAGS = 9;

function isSatisfiable(constraint: Constraint): boolean {
  const tags = new Set<string>();
  collect(constraint, tags);
  if (tags.size > MOST_TAGS) return true;
  const choices = choicesFor(tags);
  const isPossible = (at: number, set: readonly string[]): boolean => {
    const options = choices[at];
    return options ? options.some(option => isPossible(at + 1, [...set, ...option])) : holds(constraint, tag => set.includes(tag));
  };
  return isPossible(0, []);
}

function collect(constraint: Constraint, into: Set<string>): void {
  if (constraint.kind === 'tag') into.add(constraint.tag);
  else collect(constraint.x, into);
  if (constraint.kind === 'and' || constraint.kind === 'or') collect(constraint.y, into);
}

/**
 * What a build decides, one list of options a decision, each option the tags it sets: a build has one system, one
 * processor, one compiler and one release; every other tag is set or not. Of the systems and processors that no
 * constraint mentions one stands for all.
 */
function choicesFor(tags: ReadonlySet<string>): readonly (readonly (readonly string[])[])[] {
  const mentioned = [...tags];
  const systems = [...OS].filter(os => tags.has(os) || tags.has(IMPLIED.get(os) ?? ''));
  const others = [...OS].filter(os => !systems.includes(os) && !IMPLIED.has(os));
  const otherSystems = [others.find(os => UNIX.has(os)), others.find(os => !UNIX.has(os))].filter(os => os !== undefined);
  const releases = mentioned.map(releaseOf).filter(minor => minor !== undefined);
  const free = mentioned.filter(tag => !OS.has(tag) && !ARCH.has(tag) && releaseOf(tag) === undefined && !/^(unix|gc|gccgo)$/.test(tag));
  return [
    [...systems, ...otherSystems].map(os => [os, IMPLIED.get(os) ?? os, UNIX.has(os) ? 'unix' : os]),
    [...mentioned.filter(tag => ARCH.has(tag)).map(arch => [arch]), []],
    [['gc'], ['gccgo']],
    [0, ...releases].map(newest => releases.filter(minor => minor <= newest).map(minor => `go1.${minor}`)),
    ...free.map(tag => [[], [tag]]),
  ];
}

/** As the go command reads names: all after the first dot is left out, and a system needs a `_` before it. */
function fileNameConstraint(name: string): Constraint | undefined {
  const parts = (name.split('.')[0] ?? '').split('_').slice(1);
  if (parts.at(-1) === 'test') parts.pop();
  const last = parts.at(-1) ?? '';
  const before = parts.at(-2) ?? '';
  if (!OS.has(last) && !ARCH.has(last)) return undefined;
  return both(OS.has(before) && ARCH.has(last) ? { kind: 'tag', tag: before } : undefined, { kind: 'tag', tag: last });
}

/** A comment before the package clause. */
interface Comment {
  readonly text: string;
  /** Nothing but blanks stands before it on its line. */
  readonly startsLine: boolean;
  /** A blank line follows. */
  readonly endsGroup: boolean;
}

function headerComments(text: string): Comment[] {
  const comments: Comment[] = [];
  const blanks = /[\s\uFEFF]*/y;
  let startsLine = true;
  for (;;) {
    const gap = blanks.exec(text)?.[0] ?? '';
    const last = comments.at(-1);
    if (last && /\n[^\n]*\n/.test(gap)) comments[comments.length - 1] = { ...last, endsGroup: true };
    startsLine ||= gap.includes('\n');
    const start = blanks.lastIndex;
    const end = commentEnd(text, start);
    if (end === undefined) return comments;
    comments.push({ text: text.slice(start, end).trimEnd(), startsLine, endsGroup: false });
    startsLine = false;
    blanks.lastIndex = end;
  }
}

function commentEnd(text: string, start: number): number | undefined {
  const isLine = text.startsWith('//', start);
  if (!isLine && !text.startsWith('/*', start)) return undefined;
  const end = isLine ? text.indexOf('\n', start) : text.indexOf('*/', start + 2);
  return end < 0 ? text.length : isLine ? end : end + 2;
}

/** As `go/ast.IsGenerated`: a line of a block comment counts as well. */
function isGeneratedMark(comment: Comment): boolean {
  return comment.text.includes('// Code generated ') && /^\/\/ Code generated .* DO NOT EDIT\.\r?$/m.test(comment.text);
}

function writtenConstraint(comments: readonly Comment[]): Constraint | undefined {
  const builds = comments.filter(c => c.startsLine && /^\/\/go:build(\s|$)/.test(c.text));
  if (builds[0]) return builds.length === 1 ? parseConstraint(builds[0].text.slice('//go:build'.length)) : undefined;
  // Old lines count only among the leading line comments and only with a blank line after them.
  const block = comments.findIndex(c => !c.text.startsWith('//'));
  const leading = block < 0 ? comments : comments.slice(0, block);
  return leading.slice(0, leading.findLastIndex(c => c.endsGroup) + 1)
    .map(c => /^\/\/\s*\+build(\s.*)?$/.exec(c.text))
    .filter(match => match !== null)
    .map(match => plusBuild(match[1] ?? ''))
    .reduce<Constraint | undefined>(both, undefined);
}

/** The words of one `// +build` line are joined by OR, their parts between commas by AND. A malformed one excludes the file. */
function plusBuild(line: string): Constraint {
  const never: Constraint = { kind: 'tag', tag: 'ignore' };
  const part = (text: string): Constraint => {
    const [, not, tag] = /^(!?)([\p{L}\p{Nd}_.]+)$/u.exec(text) ?? [];
    if (tag === undefined) return never;
    return not ? { kind: 'not', x: { kind: 'tag', tag } } : { kind: 'tag', tag };
  };
  const clauses = (line.match(/\S+/g) ?? []).slice(0, MOST_TOKENS).map(word => word.split(',').map(part).reduce((x, y) => both(x, y)));
  return clauses.length ? clauses.reduce((x, y) => ({ kind: 'or', x, y })) : never;
}

/** The go command has the same bound; it keeps the recursion shallow. */
const MOST_TOKENS = 1000;

/** Parses the expression of a `//go:build` line; undefined when it is malformed. */
export function parseConstraint(text: string): Constraint | undefined {
  const tokens = text.replace(/\/\/.*/, '').match(/&&|\|\||[!()]|[\p{L}\p{Nd}_.]+|\S/gu) ?? [];
  if (tokens.length > MOST_TOKENS) return undefined;
  let at = 0;
  const binary = (kind: 'and' | 'or', operator: string, operand: () => Constraint | undefined): Constraint | undefined => {
    let x = operand();
    while (x && tokens[at] === operator) {
      at++;
      const y = operand();
      x = y && { kind, x, y };
    }
    return x;
  };
  const or = (): Constraint | undefined => binary('or', '||', and);
  const and = (): Constraint | undefined => binary('and', '&&', unary);
  const unary = (): Constraint | undefined => {
    const token = tokens[at++];
    if (token === '!') {
      const x = unary();
      return x && { kind: 'not', x };
    }
    if (token === '(') {
      const x = or();
      return tokens[at++] === ')' ? x : undefined;
    }
    return token !== undefined && /^[\p{L}\p{Nd}_.]/u.test(token) ? { kind: 'tag', tag: token } : undefined;
  };
  const found = or();
  return at === tokens.length ? found : undefined;
}
