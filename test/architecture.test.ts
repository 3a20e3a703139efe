import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { expect, test } from 'vitest';

const root = resolve(import.meta.dirname, '..');

/** Folders and files in the order in which they build on each other: a file imports its own layer and those before it. */
const LAYERS = ['src/source', 'src/finding.ts', 'src/assets.ts', 'src/syntax', 'src/flow', 'src/program', 'src/contracts',
  'src/leaks', ...['places', 'paths', 'calls', 'goroutines', 'timers', 'resources', 'groups', 'locks', 'channels', 'limits', 'schedules'].map(folder => `src/leaks/${folder}`), 'src/rule.ts',
  'src/suppress.ts', 'src/engine'];

interface Import { readonly from: string; readonly to: string }

function filesBelow(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap(entry => {
    const path = `${folder}/${entry.name}`;
    return entry.isDirectory() ? filesBelow(path) : path.endsWith('.ts') ? [path] : [];
  });
}

function importsOf(path: string): string[] {
  const text = readFileSync(join(root, path), 'utf8');
  return [...text.matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)].map(match => match[1] ?? '');
}

const files = [...filesBelow('src'), ...filesBelow('rules')];
const inner: Import[] = files.flatMap(from => importsOf(from).filter(to => to.startsWith('.'))
  .map(to => ({ from, to: relative(root, resolve(root, dirname(from), to)).split(sep).join('/') })));

/** A folder inside another one comes behind it in the list. */
const layerOf = (path: string) => LAYERS.findLastIndex(layer => path === layer || path.startsWith(`${layer}/`));
const wrong = (isWrong: (i: Import) => boolean) => inner.filter(isWrong).map(i => `${i.from} → ${i.to}`);

test('a layer imports itself and the layers before it, so that each can be read without the later ones', () => {
  expect(wrong(({ from, to }) => layerOf(from) >= 0 && (layerOf(to) < 0 || layerOf(to) > layerOf(from)))).toEqual([]);
});

test('rules import only src/rule.ts, so that they say what they look for and not how it is found', () => {
  expect(wrong(({ from, to }) => from.startsWith('rules/') && !(to === 'src/rule.ts' || (from === 'rules/index.ts' && to.startsWith('rules/'))))).toEqual([]);
});

test('only src/syntax knows tree-sitter, so that the grammar can change behind it', () => {
  const users = files.filter(path => importsOf(path).some(to => to.startsWith('web-tree-sitter')));
  expect(users.filter(path => !path.startsWith('src/syntax/'))).toEqual([]);
  expect(users).not.toEqual([]);
});

test('only src/config/tree.ts knows the YAML parser, and nothing imports its users but on demand, so that a run without a file does not load it', () => {
  expect(files.filter(path => importsOf(path).includes('yaml'))).toEqual(['src/config/tree.ts']);
  const statically = files.filter(path => !path.startsWith('src/config/') && /from '[^']*config\/(?:read|fields|tree)\.ts'/.test(readFileSync(join(root, path), 'utf8')));
  expect(statically).toEqual([]);
});

test('reports know findings and source only, so that a format never depends on how a finding was made', () => {
  expect(wrong(({ from, to }) => from.startsWith('src/report/') && !/^src\/(report|source)\/|^src\/finding\.ts$/.test(to))).toEqual([]);
});

test('what is read of running programs knows rules by their findings only, so that evidence never depends on how a finding was made', () => {
  expect(wrong(({ from, to }) => from.startsWith('src/runtime/') && !/^src\/(?:runtime|source)\/|^src\/(?:finding|report\/(?:paths|text))\.ts$/.test(to))).toEqual([]);
  expect(wrong(({ from, to }) => to.startsWith('src/runtime/') && !/^src\/(?:runtime|cli)\//.test(from))).toEqual([]);
});

test('fixes know findings, the pipeline and whether code can be parsed, so that a rule proposes edits and does not make them', () => {
  expect(wrong(({ from, to }) => from.startsWith('src/fix/') && !/^src\/(?:fix|source)\/|^src\/(?:finding|lint|syntax\/understood)\.ts$/.test(to))).toEqual([]);
  expect(wrong(({ from, to }) => to.startsWith('src/fix/') && !/^src\/(?:fix|cli)\//.test(from))).toEqual([]);
});

test('only src/fix/output.ts writes Go files, once they are proven', () => {
  const writers = files.filter(path => /\b(?:writeFile|appendFile|rename)(?:Sync)?\b/.test(readFileSync(join(root, path), 'utf8')));
  expect(writers).toEqual(['src/cli/gate.ts', 'src/cli/run.ts', 'src/engine/cache.ts', 'src/fix/output.ts']);
});

test('only the command line imports the list of rules', () => {
  expect(wrong(({ from, to }) => to === 'rules/index.ts' && !from.startsWith('src/cli/'))).toEqual([]);
});

test('no import cycles', () => {
  const targets = new Map(files.map(path => [path, inner.filter(i => i.from === path).map(i => i.to)]));
  const state = new Map<string, 'open' | 'done'>();
  const cycles: string[] = [];
  const visit = (path: string, way: readonly string[]): void => {
    if (state.get(path) === 'open') cycles.push([...way.slice(way.indexOf(path)), path].join(' → '));
    if (state.has(path)) return;
    state.set(path, 'open');
    for (const to of targets.get(path) ?? []) visit(to, [...way, path]);
    state.set(path, 'done');
  };
  for (const path of files) visit(path, []);
  expect(cycles).toEqual([]);
});

/**
 * Every place above src/program where a selected or declared name is compared as text, and why that is no guess. Who is
 * called is asked of `calleeOf`, so a new entry needs a reason of this kind.
 */
const BY_NAME: Readonly<Record<string, string>> = {
  "sel.name === 'Done' && isCancellable(fun.x": 'the receiver is a context by its type',
  "sel.name === 'Discard'": 'after the import io has been resolved, on the same line',
  "sel.name === 'DefaultClient'": 'after the import net/http has been resolved',
  "sel.name === 'DefaultServeMux'": 'after the import net/http has been resolved',
  "sel.name === 'Error' && isError(fun.x)": 'the method of what is known to be the error of a call',
  "sel.name === 'StatusCode'": 'a field of what is compared with a status',
  'NoContent|NotModified)$/.test(x.sel.name)': 'compared with a field StatusCode',
  "x.sel.name === 'MethodHead'": 'a constant among the arguments that make a request',
  "sel.name === 'C' ? kindOfOwner": 'the field of what is a timer or a ticker by its type',
  "sel.name === 'C' && isSame(x.x, key)": 'the field of a variable that is known to be a timer',
  "whole === 'whole' && (x.sel.name === field": 'the field that the table gives the resource',
  "x.sel.name === field ? variableIn(x.x)": 'the field that the table gives the resource, of a variable that holds it',
  "x.sel.name === through": 'the field that the table gives the resource',
  "x.sel.name === name && isMemberOf(": 'the field of a type that is asked for, whose owner is checked',
  "sel.name !== 'L' || !isNamed(typeOf(x.x, env), 'sync.Cond')": 'the field of what is a cond by its type',
  '/^Err[A-Z]/.test(x.sel.name)': 'a value that is called an error, and none that is called',
  'WAITS.has(x.sel.name)': 'on what is a cond or has the name of one',
  "x.sel.name === name : x.kind === 'ident'": 'any field of that name, which is the careful side',
  'x.sel.name === field.name && fieldOf(': 'the field of a type that is asked for, whose owner is checked next',
  'x.sel.name !== field || !value': 'the field in which a variable keeps the resource; that it is of this variable is asked next',
  'x.sel.name !== field) return false': 'the field of a type that is asked for, whose owner is checked next',
  'releases.includes(sel.name)': 'on what is known to hold the resource',
  '?R?(?:Unl|L)ock$/.test(x.sel.name)': 'of a type that embeds what stands in for a mutex and has no method of that name',
  'includes(fun.sel.name)': 'on what is known to hold the resource',
  'x.sel.name === channel': 'the field of what the table knows as a timer or ticker',
  'sel.name === field && heldBy': 'the channel of what is known to be a timer',
  '!names.fields.has(x.sel.name)': 'the name of any channel field of the package; which type it is of is asked next',
  'x.sel.name === name);': 'any mention of the name, which is the careful side',
  'known.includes(method.bareName)': 'methods of a type, which are looked up by their names',
  'Status(?:Code)?$/.test(x.sel.name)': 'on what comes from a call that nobody can look into, a mark of a response among others',
  "/^(?:Close|Read)$/.test(fun.sel.name)": 'the same: what is closed has to be closed',
  "/^(?:Next|Scan)$/.test(fun.sel.name)": 'the same: what is gone through and scanned is a result set',
  "fun.sel.name === 'Close'": 'the same',
  "fun.sel.name === 'ResultChan'": 'the same: what has such a method is a watch',
  'fun.sel.name === where.resource.endsWith': 'on what is known to hold the resource',
  "body.sel.name === 'Body'": 'the same: the field of a response, beside its status or a call that reads it',
  'saysNothing ?? []).includes(said.sel.name)': 'on what is known to hold the resource',
  'RELEASING.test(func.bareName)': 'what is declared, for a look before parsing; what a method releases is asked of its body',
  'FATAL.test(bareName)': 'a declared function of a package that ends the process; who calls it is resolved',
  '.test(info.bareName)': 'whether a method of a gRPC server, known by its embedded type, is exported',
};

/** What is kept for the whole run about something that lives as long, and is no conclusion from bodies. */
const FOR_THE_RUN: Readonly<Record<string, string>> = {
  'prefilter.ts: const known': 'the heads of functions',
  'ownerwords.ts: const releasable': 'the heads of methods, and types',
  'ownerwords.ts: const closable': 'types',
  'forgottenfields.ts: const words': 'names in the table of resources',
  'owners.ts: const whole': 'a variant of a resource',
  'owners.ts: const parts': 'a variant of a resource',
  'owners.ts: const filled': 'a variant of a resource',
};

test('conclusions from bodies are kept in a Memo, so that a result says itself what it depends on', () => {
  const lines = files.filter(path => /^src\/(?:leaks|contracts)\//.test(path)).flatMap(path => readFileSync(join(root, path), 'utf8').split('\n').map(text => `${path}: ${text}`))
    .filter(line => /new WeakMap<(?:FuncInfo\b|Package\b|GoFile|Contracts|Resource|Pass\['(?:pkg|contracts)'\])/.test(line));
  expect(lines.filter(line => !Object.keys(FOR_THE_RUN).some(known => line.includes(known)))).toEqual([]);
  expect(Object.keys(FOR_THE_RUN).filter(known => !lines.some(line => line.includes(known)))).toEqual([]);
});

test('nothing above src/program decides by a bare name who is called', () => {
  const checked = files.filter(path => /^(?:rules|src\/(?:leaks|contracts))\//.test(path));
  const lines = checked.flatMap(path => readFileSync(join(root, path), 'utf8').split('\n').map(text => ({ path, text })))
    .filter(({ text }) => /(?:sel\.name|\bbareName)\s*(?:===|!==)|\.(?:test|has|includes)\([\w.]*(?:sel\.name|bareName)/.test(text));
  const unknown = lines.filter(({ text }) => !Object.keys(BY_NAME).some(known => text.includes(known)));
  expect(unknown.map(({ path, text }) => `${path}: ${text.trim()}`)).toEqual([]);
  expect(Object.keys(BY_NAME).filter(known => !lines.some(({ text }) => text.includes(known)))).toEqual([]);
});
