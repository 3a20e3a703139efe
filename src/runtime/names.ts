/** The names that Go's symbol table gives functions: `example.com/app/x%2ey.(*Pool[...]).run.func1`. */

/**
 * Type arguments as `[...]`, which is how texts print what profiles spell out; without the suffixes of functions that the
 * compiler wraps around others.
 */
export function normalName(name: string): string {
  const short = name.endsWith('-fm') ? name.slice(0, -3) : name;
  if (!short.includes('[') || short.includes('[...]') && !/\[(?!\.\.\.\])/.test(short)) return short;
  let depth = 0;
  let result = '';
  for (const c of short) {
    if (c === ']' && depth > 0) depth--;
    if (depth === 0) result += c === '[' ? '[...' : c;
    if (c === '[') depth++;
  }
  return result;
}

/** The import path, with the escapes of its last element undone; `main` for every command. */
export function packageOf(func: string): string {
  const slash = func.lastIndexOf('/', indexOrEnd(func, '['));
  const dot = func.indexOf('.', slash + 1);
  return unescaped(dot < 0 ? func : func.slice(0, dot));
}

/** Without the import path but its last element, for people: `queue.(*Queue).run.func1`. */
export function shortName(func: string): string {
  return unescaped(func.slice(func.lastIndexOf('/', indexOrEnd(func, '[')) + 1));
}

/**
 * The declared function that a closure stands in, without the package: `(*Queue).run` for
 * `example.com/app/queue.(*Queue).run.func1.2`. How closures are numbered differs by Go version and by inlining.
 */
export function declaredName(func: string): string {
  const slash = func.lastIndexOf('/', indexOrEnd(func, '['));
  const local = func.slice(func.indexOf('.', slash + 1) + 1);
  return local.replace(/\.(?:func|gowrap|deferwrap)\d.*$|-range\d.*$|\[\.\.\.\]/g, '');
}

/** Whether the runtime's own code, which stacks in texts leave out. */
export function isRuntime(func: string): boolean {
  return func.startsWith('runtime.') || func.startsWith('internal/runtime/') || func.startsWith('runtime/internal/') || func === 'panic';
}

/** A function that the compiler puts between a `go` statement and what it calls. */
export function isWrapper(func: string): boolean {
  return /\.gowrap\d+$/.test(func);
}

function indexOrEnd(text: string, part: string): number {
  const at = text.indexOf(part);
  return at < 0 ? text.length : at;
}

function unescaped(path: string): string {
  return path.replace(/%([0-9a-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}
