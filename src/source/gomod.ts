/** Reading `go.mod` and `go.work`. Errors are part of the result: what could be read is still of use. */
export interface Replace {
  readonly path: string;
  readonly version: string | undefined;
  /** A folder when it begins with `./`, `../` or `/`, otherwise a module path. */
  readonly target: string;
  readonly targetVersion: string | undefined;
}
export interface LineError {
  /** One-based. */
  readonly line: number;
  readonly message: string;
}
export interface GoMod {
  readonly module: string | undefined;
  readonly go: string | undefined;
  readonly requires: ReadonlyMap<string, string>;
  readonly replaces: readonly Replace[];
  /** Paths of `ignore` directives, as written. */
  readonly ignores: readonly string[];
  /** Folders of `use` directives (go.work). */
  readonly uses: readonly string[];
  readonly errors: readonly LineError[];
}

const DIRECTIVES = new Set(['module', 'go', 'toolchain', 'require', 'replace', 'exclude', 'retract', 'godebug', 'ignore', 'use', 'tool']);

/** Parses either file; the directives of both are known. */
export function parseGoMod(text: string): GoMod {
  let module: string | undefined;
  let go: string | undefined;
  const requires = new Map<string, string>();
  const replaces: Replace[] = [];
  const ignores: string[] = [];
  const uses: string[] = [];
  const errors: LineError[] = [];
  for (const { line, directive, words } of directivesOf(text, errors)) {
    const [first, second] = words;
    if (!DIRECTIVES.has(directive)) errors.push({ line, message: `unknown directive: ${directive}` });
    else if (first === undefined) errors.push({ line, message: `${directive} needs a value` });
    else if (directive === 'module') module = first;
    else if (directive === 'go') go = first;
    else if (directive === 'require') {
      if (second === undefined) errors.push({ line, message: `require ${first} needs a version` });
      else requires.set(first, second);
    } else if (directive === 'ignore') ignores.push(first);
    else if (directive === 'use') uses.push(first);
    else if (directive === 'replace') {
      const replace = replaceOf(words);
      if (replace) replaces.push(replace);
      else errors.push({ line, message: 'replace is written `replace old [version] => new [version]`' });
    }
  }
  return { module, go, requires, replaces, ignores, uses, errors };
}

function replaceOf(words: readonly string[]): Replace | undefined {
  const arrow = words.indexOf('=>');
  const path = words[0];
  const target = words[arrow + 1];
  if (arrow < 1 || arrow > 2 || path === undefined || target === undefined) return undefined;
  return { path, version: arrow === 2 ? words[1] : undefined, target, targetVersion: words[arrow + 2] };
}

interface Directive {
  readonly line: number;
  readonly directive: string;
  readonly words: readonly string[];
}

function directivesOf(text: string, errors: LineError[]): Directive[] {
  const found: Directive[] = [];
  let block: string | undefined;
  text.split('\n').forEach((raw, i) => {
    const words = wordsOf(raw);
    const [first, second] = words;
    if (first === undefined) return;
    if (block !== undefined) {
      if (first === ')') block = undefined;
      else found.push({ line: i + 1, directive: block, words });
    } else if (second === '(' && words.length === 2) block = first;
    else found.push({ line: i + 1, directive: first, words: words.slice(1) });
  });
  if (block !== undefined) errors.push({ line: text.split('\n').length, message: `the block of ${block} is not closed` });
  return found;
}

/** The words of a line; quotes are taken off and a `//` comment is left out. */
function wordsOf(line: string): string[] {
  return [...line.matchAll(/\/\/.*|"((?:[^"\\]|\\.)*)"|`([^`]*)`|[()]|[^\s()"`]+/g)]
    .filter(match => !match[0].startsWith('//'))
    .map(match => match[1] ?? match[2] ?? match[0]);
}
