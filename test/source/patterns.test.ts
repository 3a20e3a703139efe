import { chmodSync, symlinkSync } from 'node:fs';
import { join, relative } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Modules } from '../../src/source/modules.ts';
import { expandPatterns } from '../../src/source/patterns.ts';
import type { Problem } from '../../src/source/problem.ts';
import { makeTree } from './tree.ts';

beforeEach(() => vi.stubEnv('GOWORK', ''));
afterEach(() => vi.unstubAllEnvs());

function expand(root: string, patterns: readonly string[], below = '.') {
  const problems: Problem[] = [];
  const report = (problem: Problem) => problems.push(problem);
  const folders = expandPatterns(join(root, below), patterns, new Modules(report), report);
  const dirs = folders.map(folder => relative(root, folder.dir) || '.');
  return { folders, problems, dirs, ids: problems.map(p => `${p.level} ${p.id}`) };
}

const ordinary = {
  'go.mod': 'module example.com/m\n', 'm.go': '', 'srv/a.go': '', 'srv/a_test.go': '', 'srv/.hidden.go': '', 'srv/_off.go': '',
  'srv/readme.md': 'x',
  'srv/testdata/t.go': '', 'srv/_und/u.go': '', 'srv/.dot/d.go': '', 'srv/d.go/inner.go': '', 'src2/x/y.go': '', 'onlytest/x_test.go': '',
  'windows/x_windows.go': '', 'node_modules/flatted/f.go': '', 'empty/x.txt': '', 'vendor/example.com/v/v.go': '',
  'vendor/example.com/v/vendor/w/w.go': '',
  'cmd/vendor/main.go': '', 'cmd/vendor/example.com/z/z.go': '', 'nested/go.mod': 'module example.com/m/nested\n', 'nested/n.go': '',
  'nested/in/n.go': '', 'off/go.mod': '', 'off/o.go': '',
};

test('./... as the go command', () => {
  const root = makeTree(ordinary);
  const { dirs, folders, problems } = expand(root, ['./...']);
  expect(dirs).toEqual(['.', 'cmd/vendor', 'node_modules/flatted', 'onlytest', 'src2/x', 'srv', 'srv/d.go', 'windows']);
  expect(problems).toEqual([{
    level: 'note', id: 'nested-module', path: join(root, 'nested'), message: 'a module of its own, which is left out; `./nested/...` reads it',
  }]);
  const srv = folders.find(folder => folder.importPath === 'example.com/m/srv');
  expect(srv).toEqual({
    dir: join(root, 'srv'), importPath: 'example.com/m/srv', module: expect.objectContaining({ root, path: 'example.com/m' }),
    files: [join(root, 'srv/a.go'), join(root, 'srv/a_test.go')],
  });
});

test('what other patterns mean', () => {
  const root = makeTree(ordinary);
  const expected: Record<string, string[]> = {
    '.': ['.'], './srv': ['srv'], 'srv': ['srv'], './srv/': ['srv'], [join(root, 'srv')]: ['srv'], [`${root}/src2/...`]: ['src2/x'],
    './s...': ['src2/x', 'srv', 'srv/d.go'], './.../x': ['src2/x'], './sr.../x': ['src2/x'], 'src2/...': ['src2/x'], '...v': ['srv'],
    './srv/testdata': ['srv/testdata'], './srv/_und': ['srv/_und'], './srv/_und/...': ['srv/_und'], './srv/testdata/...': ['srv/testdata'],
    './vendor/...': ['vendor/example.com/v'], './vendor/example.com/v': ['vendor/example.com/v'],
    './cmd/vendor/...': ['cmd/vendor', 'cmd/vendor/example.com/z'],
    './nested': ['nested'], './nested/...': ['nested', 'nested/in'], 'cmd/...': ['cmd/vendor'],
    'example.com/m': ['.'], 'example.com/m/srv': ['srv'], 'example.com/m/s...': ['src2/x', 'srv', 'srv/d.go'],
    'example.com/m/src2/...': ['src2/x'],
    'example.com/.../x': ['src2/x'], 'example.com/v': ['vendor/example.com/v'], 'example.com/v/...': ['vendor/example.com/v'],
    'example.com/m/...': ['.', 'cmd/vendor', 'node_modules/flatted', 'onlytest', 'src2/x', 'srv', 'srv/d.go', 'windows'],
  };
  for (const [pattern, dirs] of Object.entries(expected)) {
    const found = expand(root, [pattern]);
    expect(found.dirs, pattern).toEqual(dirs);
    expect(found.problems.filter(({ level }) => level !== 'note'), pattern).toEqual([]);
  }
});

test('modules that a walk leaves out are named, unless another pattern reads them or could not mean them', () => {
  const root = makeTree(ordinary);
  expect(expand(root, ['./...', './nested/...']).ids).toEqual([]);
  expect(expand(root, ['./s...', 'srv']).ids).toEqual([]);
  expect(expand(root, ['example.com/m/...']).ids).toEqual(['note nested-module']);
  expect(expand(root, ['../...'], 'srv').problems[0]?.message).toMatch('`../nested/...`');
});

test('patterns are relative to the working folder', () => {
  const root = makeTree(ordinary);
  expect(expand(root, ['./...'], 'srv').dirs).toEqual(['srv', 'srv/d.go']);
  expect(expand(root, ['../src2/...'], 'srv').dirs).toEqual(['src2/x']);
  expect(expand(root, ['./...'], 'vendor/example.com').dirs).toEqual(['vendor/example.com/v']);
  expect(expand(root, ['./...'], 'vendor').folders[0]).toMatchObject({ importPath: 'example.com/v', module: { path: 'example.com/m' } });
});

test('folders asked for twice appear once, sorted', () => {
  const root = makeTree(ordinary);
  const { dirs } = expand(root, ['./srv', './s...', 'srv', join(root, 'srv'), 'example.com/m/srv', '.']);
  expect(dirs).toEqual(['.', 'src2/x', 'srv', 'srv/d.go']);
});

test('files from many folders: the package is loaded, only they are reported', () => {
  const root = makeTree(ordinary);
  const { folders, problems, dirs } = expand(root, ['srv/a.go', './m.go', 'srv/_off.go', join(root, 'srv/testdata/t.go')]);
  expect(problems).toEqual([]);
  expect(dirs).toEqual(['.', 'srv', 'srv/testdata']);
  expect(folders[1]?.files.map(file => relative(root, file))).toEqual(['srv/_off.go', 'srv/a.go', 'srv/a_test.go']);
  expect([...folders[1]?.only ?? []].map(file => relative(root, file))).toEqual(['srv/a.go', 'srv/_off.go']);
  expect(expand(root, ['srv/a.go', './srv']).folders[0]).not.toHaveProperty('only');
});

test('what cannot be done is an error with a remedy', () => {
  const root = makeTree(ordinary);
  for (const pattern of ['./nosuch', './nosuch/...', 'nosuch.go', 'nosuch', 'nosuch/...', '', 'm.go/...', './m.go/x',
    'example.com/m/nosuch', 'a\0b.go']) {
    const { ids, dirs, problems } = expand(root, [pattern, './srv']);
    expect(ids, pattern).toEqual(['error missing-path']);
    expect(problems[0]?.message).not.toBe('');
    expect(dirs).toEqual(['srv']);
  }
  expect(expand(root, ['./nosuch']).problems[0]?.message).toContain('./...');
  for (const name of ['all', 'std']) expect(expand(root, [name]).ids, name).toEqual(['error unsupported-pattern']);
  expect(expand(root, ['srv/readme.md']).ids).toEqual(['error not-a-go-file']);
});

test('what matches nothing is a warning', () => {
  const root = makeTree(ordinary);
  for (const pattern of ['./empty', './empty/...', './zzz...', 'example.com/m/zzz...']) {
    expect(expand(root, [pattern]).ids, pattern).toEqual(['warning no-packages']);
  }
  expect(expand(root, ['./empty/...']).problems[0]?.message).toBe('"./empty/..." matched no packages');
});

test('ignore directives hold for patterns, not for what is named', () => {
  const root = makeTree({
    'go.mod': 'module m\nignore ./gen\nignore (\n\tthird/party\n\tskip\n)\n', 'a.go': '',
    'gen/a.go': '', 'gen/in/a.go': '', 'gen2/a.go': '', 'x/gen/a.go': '', 'x/third/party/a.go': '', 'third/a.go': '', 'y/skip/z/a.go': '',
  });
  expect(expand(root, ['./...']).dirs).toEqual(['.', 'gen2', 'third', 'x/gen']);
  expect(expand(root, ['./gen']).dirs).toEqual(['gen']);
  expect(expand(root, ['./gen/...']).dirs).toEqual(['gen', 'gen/in']);
});

test('at the folder of a go.work all its modules below', () => {
  const files = {
    'go.work': 'use (\n\t./a\n\t./_tools\n\t../outside\n)\n', 'top.go': '', 'a/go.mod': 'module a', 'a/x.go': '',
    'a/b/go.mod': 'module a/b', 'a/b/x.go': '',
    'other/go.mod': 'module other', 'other/x.go': '', '_tools/go.mod': 'module tools', '_tools/x.go': '',
  };
  expect(expand(makeTree(files), ['./...']).dirs).toEqual(['_tools', 'a']);
  expect(expand(makeTree(files), ['./...'], 'a').dirs).toEqual(['a']);
  expect(expand(makeTree({ ...files, 'go.mod': 'module top' }), ['./...']).dirs).toEqual(['.', '_tools', 'a']);
  expect(expand(makeTree(files), ['a/...', 'tools']).folders.map(folder => folder.importPath)).toEqual(['tools', 'a']);
  expect(expand(makeTree({ 'go.work': '', 'x/x.go': '' }), ['./...']).dirs).toEqual(['x']);
});

test('without go.mod everything is walked, modules below included', () => {
  const root = makeTree({ 'x/x.go': '', 'a/go.mod': 'module example.com/a', 'a/in/x.go': '', 'a/nested/go.mod': 'module n',
    'a/nested/x.go': '', 'vendor/v/v.go': '' });
  const { folders } = expand(root, ['./...']);
  expect(folders.map(folder => folder.importPath)).toEqual(['example.com/a/in', 'n', 'x']);
  expect(expand(root, ['./x']).folders[0]).toMatchObject({ importPath: 'x', module: { root, path: '', mod: undefined } });
});

test('symbolic links: folders are not followed in walks, files and named folders are', () => {
  const root = makeTree({ 'go.mod': 'module m', 'a/x.go': '', 'out/y.go': '', 'out/raw.txt': 'package p\n' });
  symlinkSync('..', join(root, 'a/loop'));
  symlinkSync(join(root, 'a/self'), join(root, 'a/self'));
  symlinkSync(join(root, 'out'), join(root, 'a/dir.go'));
  symlinkSync(join(root, 'out/raw.txt'), join(root, 'a/z.go'));
  symlinkSync(join(root, 'out'), join(root, 'link'));
  const { folders, dirs, problems } = expand(root, ['./...']);
  expect(dirs).toEqual(['a', 'out']);
  expect(folders[0]?.files.map(file => relative(root, file))).toEqual(['a/x.go', 'a/z.go']);
  expect(problems).toEqual([]);
  expect(expand(root, ['./link']).dirs).toEqual(['out']);
  expect(expand(root, ['./link/...']).dirs).toEqual(['out']);
  expect([...expand(root, ['a/z.go']).folders[0]?.only ?? []]).toEqual([join(root, 'out/raw.txt')]);
  expect(expand(root, ['./a/self']).ids).toEqual(['error missing-path']);
  expect(expand(join(root, 'link'), ['.']).folders[0]?.dir).toBe(join(root, 'out'));
});

// The super-user may read everything.
test.skipIf(process.getuid?.() === 0)('a folder that may not be read is a warning', () => {
  const root = makeTree({ 'go.mod': 'module m', 'a/x.go': '', 'b/x.go': '' });
  chmodSync(join(root, 'a'), 0);
  const { dirs, problems } = expand(root, ['./...']);
  chmodSync(join(root, 'a'), 0o700);
  expect(dirs).toEqual(['b']);
  expect(problems).toEqual([{ level: 'warning', id: 'unreadable-folder', path: join(root, 'a'), message: 'skipped: permission denied' }]);
});
