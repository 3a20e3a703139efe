import { basename } from 'node:path';

/** A build constraint: `linux && !cgo`. */
export type Constraint =
  | { readonly kind: 'tag'; readonly tag: string }
  | { readonly kind: 'not'; readonly x: Constraint }
  | { readonly kind: 'and' | 'or'; readonly x: Constraint; readonly y: Constraint };

/** What the name and the head of a file say. */
export interface FileKind {
  readonly test: boolean;
  /** `// Code generated … DO NOT EDIT.` before the package clause. */
  readonly generated: boolean;
  /** `//go:build ignore`: a program run by hand, no part of the package. */
  readonly ignored: boolean;
  readonly constraint: Constraint | undefined;
}

const OS = new Set(('aix android darwin dragonfly freebsd hurd illumos ios js linux nacl netbsd openbsd plan9 solaris wasip1 windows zos').split(' '));
const ARCH = new Set(('386 amd64 amd64p32 arm armbe arm64 arm64be loong64 mips mipsle mips64 mips64le mips64p32 mips64p32le ppc ppc64 ppc64le '
  + 'riscv riscv64 s390 s390x sparc sparc64 wasm').split(' '));
const UNIX = new Set('aix android darwin dragonfly freebsd hurd illumos ios linux netbsd openbsd solaris'.split(' '));
/** `android` satisfies `linux` as well, and so on. */
const IMPLIES: Readonly<Record<string, string>> = { android: 'linux', illumos: 'solaris', ios: 'darwin' };

export function classify(path: string, text: string): FileKind {
  const name = basename(path);
  const head = headOf(text);
  const build = /^\/\/go:build\s+(.*)$/m.exec(head)?.[1];
  const written = build !== undefined ? parseConstraint(build.replace(/\/\/.*/, '')) : plusBuild(head);
  const parts = [fileNameConstraint(name), written].filter(c => c !== undefined);
  return {
    test: name.endsWith('_test.go'),
    generated: /^\/\/ Code generated .* DO NOT EDIT\.\r?$/m.test(head),
    ignored: build !== undefined && /(^|\W)ignore(\W|$)/.test(build),
    constraint: parts.length > 1 ? parts.reduce((x, y) => ({ kind: 'and', x, y })) : parts[0],
  };
}

/** What stands before the package clause. */
function headOf(text: string): string {
  const clause = /^package\s/m.exec(text.slice(0, 64 * 1024));
  return clause ? text.slice(0, clause.index) : text.slice(0, 4096);
}

function fileNameConstraint(name: string): Constraint | undefined {
  const parts = name.replace(/\.go$/, '').replace(/_test$/, '').split('_');
  const last = parts.at(-1) ?? '';
  const before = parts.at(-2) ?? '';
  if (parts.length >= 3 && OS.has(before) && ARCH.has(last)) {
    return { kind: 'and', x: { kind: 'tag', tag: before }, y: { kind: 'tag', tag: last } };
  }
  return parts.length >= 2 && (OS.has(last) || ARCH.has(last)) ? { kind: 'tag', tag: last } : undefined;
}

/** The lines that Go used before 1.17: lines are joined by AND, words by OR, commas by AND. */
function plusBuild(head: string): Constraint | undefined {
  const lines = [...head.matchAll(/^\/\/\s*\+build\s+(.*)$/gm)].map(match => match[1] ?? '');
  const tagOf = (word: string): Constraint => (word.startsWith('!') ? { kind: 'not', x: { kind: 'tag', tag: word.slice(1) } } : { kind: 'tag', tag: word });
  const join = (kind: 'and' | 'or') => (x: Constraint, y: Constraint): Constraint => ({ kind, x, y });
  const clauses = lines.map(line => line.trim().split(/\s+/).map(word => word.split(',').map(tagOf).reduce(join('and'))).reduce(join('or')));
  return clauses.length ? clauses.reduce(join('and')) : undefined;
}

/** Parses the expression of a `//go:build` line; undefined when it is malformed. */
export function parseConstraint(text: string): Constraint | undefined {
  const tokens = text.match(/&&|\|\||[!()]|[^\s&|!()]+/g) ?? [];
  let at = 0;
  const or = (): Constraint | undefined => binary('or', '||', and);
  const and = (): Constraint | undefined => binary('and', '&&', unary);
  const binary = (kind: 'and' | 'or', op: string, operand: () => Constraint | undefined): Constraint | undefined => {
    let x = operand();
    while (x && tokens[at] === op) {
      at++;
      const y = operand();
      x = y && { kind, x, y };
    }
    return x;
  };
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
    return token === undefined || /^(&&|\|\||\))$/.test(token) ? undefined : { kind: 'tag', tag: token };
  };
  const found = or();
  return at === tokens.length ? found : undefined;
}

/** Whether a build with these tags includes the file. Release tags (`go1.21`) and `gc` hold. */
export function matches(constraint: Constraint | undefined, tags: ReadonlySet<string>): boolean {
  if (!constraint) return true;
  switch (constraint.kind) {
    case 'tag':
      return tags.has(constraint.tag) || /^go1\.\d+$/.test(constraint.tag) || constraint.tag === 'gc'
        || [...tags].some(tag => IMPLIES[tag] === constraint.tag || (constraint.tag === 'unix' && UNIX.has(tag)));
    case 'not':
      return !matches(constraint.x, tags);
    case 'and':
      return matches(constraint.x, tags) && matches(constraint.y, tags);
    case 'or':
      return matches(constraint.x, tags) || matches(constraint.y, tags);
  }
}
