/** Reading `go.mod` and `go.work`. Errors are part of the result: what could be read is still of use. */
export interface Replace {
  readonly path: string;
  /** Only this version is replaced; every version where it is absent. */
  readonly version?: string;
  /** A folder (`./x`, `../x`, absolute; see `isFolderTarget`) or a module path. */
  readonly target: string;
  /** Present with a module path, absent with a folder. */
  readonly targetVersion?: string;
}

export interface LineError {
  /** One-based. */
  readonly line: number;
  readonly message: string;
}

export interface GoMod {
  readonly module: string | undefined;
  readonly go: string | undefined;
  /** Version by module path. */
  readonly requires: ReadonlyMap<string, string>;
  readonly replaces: readonly Replace[];
  /** Paths of `ignore` directives, as written. */
  readonly ignores: readonly string[];
  readonly errors: readonly LineError[];
}

export interface GoWork {
  readonly go: string | undefined;
  /** Folders as written, relative to that of the `go.work`. */
  readonly uses: readonly { readonly dir: string; readonly line: number }[];
  readonly replaces: readonly Replace[];
  readonly errors: readonly LineError[];
}

const IN_GO_MOD = new Set(['module', 'go', 'toolchain', 'require', 'replace', 'exclude', 'retract', 'godebug', 'ignore', 'tool']);
const IN_GO_WORK = new Set(['go', 'toolchain', 'use', 'replace', 'godebug']);

export function parseGoMod(text: string): GoMod {
  let module: string | undefined;
  let go: string | undefined;
  const requires = new Map<string, string>();
  const replaces: Replace[] = [];
  const ignores: string[] = [];
  const { directives, errors } = directivesOf(text, IN_GO_MOD);
  for (const directive of directives) {
    const [first, second] = directive.words;
    switch (directive.name) {
      case 'module':
        if (module === undefined) module = first;
        else errors.push({ line: directive.line, message: 'repeated module directive' });
        break;
      case 'go':
        if (isGoVersion(first)) go = first;
        else errors.push({ line: directive.line, message: `invalid go version ${first}, which is written like 1.22` });
        break;
      case 'require':
        if (isModulePath(first) && second !== undefined) requires.set(first, second);
        else errors.push({ line: directive.line, message: 'require is written `require path version`' });
        break;
      case 'replace':
        addReplace(directive, replaces, errors);
        break;
      case 'ignore':
        ignores.push(first);
    }
  }
  // An empty go.mod is no mistake: people put one into a folder to keep the go command out of it.
  if (module === undefined && directives.length > 0) errors.push({ line: 1, message: 'no module directive' });
  return { module, go, requires, replaces, ignores, errors };
}

export function parseGoWork(text: string): GoWork {
  let go: string | undefined;
  const uses: { dir: string; line: number }[] = [];
  const replaces: Replace[] = [];
  const { directives, errors } = directivesOf(text, IN_GO_WORK);
  for (const directive of directives) {
    const [first] = directive.words;
    if (directive.name === 'go') go = first;
    else if (directive.name === 'use') uses.push({ dir: first, line: directive.line });
    else if (directive.name === 'replace') addReplace(directive, replaces, errors);
  }
  return { go, uses, replaces, errors };
}

/** Whether what stands right of the arrow of a `replace` is a folder. */
export function isFolderTarget(target: string): boolean {
  return /^(\.{1,2}([\\/]|$)|[\\/]|[A-Za-z]:[\\/])/.test(target);
}

function addReplace({ line, words }: Directive, replaces: Replace[], errors: LineError[]): void {
  const arrow = words.indexOf('=>');
  const [path, version] = words;
  const target = words[arrow + 1];
  const targetVersion = words[arrow + 2];
  if (arrow < 1 || arrow > 2 || target === undefined) {
    errors.push({ line, message: 'replace is written `replace path [version] => folder` or `… => path version`' });
    return;
  }
  replaces.push({
    path,
    ...(arrow === 2 && version !== undefined ? { version } : {}),
    target,
    ...(targetVersion !== undefined ? { targetVersion } : {}),
  });
}

function isGoVersion(text: string): boolean {
  return /^\d+\.\d+(\.\d+)?([a-z]+\d+)?$/.test(text);
}

function isModulePath(text: string): boolean {
  return /^[\w.~/-]+$/.test(text);
}

interface Directive {
  readonly line: number;
  readonly name: string;
  readonly words: readonly [string, ...string[]];
}

/** One directive for each line that has one; inside `require ( … )` each line is a `require`. */
function directivesOf(text: string, known: ReadonlySet<string>): { directives: Directive[]; errors: LineError[] } {
  const directives: Directive[] = [];
  const errors: LineError[] = [];
  let block: { name: string; line: number } | undefined;
  const add = (line: number, name: string, [first, ...more]: readonly string[]): void => {
    if (!known.has(name)) errors.push({ line, message: `unknown directive: ${name}` });
    else if (first === undefined) errors.push({ line, message: `${name} needs a value` });
    else directives.push({ line, name, words: [first, ...more] });
  };
  text.replace(/^\uFEFF/, '').split('\n').forEach((raw, index) => {
    const line = index + 1;
    const words = wordsOf(raw);
    const [first, second, third] = words;
    if (first === undefined) return;
    if (block && first === ')') block = undefined;
    else if (block) add(line, block.name, words);
    else if (second !== '(') add(line, first, words.slice(1));
    else if (!known.has(first)) errors.push({ line, message: `unknown directive: ${first}` });
    if (second === '(' && third !== ')' && !block) block = { name: first, line };
  });
  if (block) errors.push({ line: block.line, message: `the block \`${block.name} (\` is not closed` });
  return { directives, errors };
}

/** The words of a line; quotes are taken off and a `//` comment is left out. */
function wordsOf(line: string): string[] {
  return [...line.matchAll(/\/\/.*|"((?:[^"\\]|\\.)*)"|`([^`]*)`|[()]|(?:(?!\/\/)[^\s()"`])+/g)]
    .filter(match => !match[0].startsWith('//'))
    .map(match => match[1] ?? match[2] ?? match[0]);
}
