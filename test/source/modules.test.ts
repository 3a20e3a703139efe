import { mkdirSync, symlinkSync } from 'node:fs';
import { join, relative } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Modules } from '../../src/source/modules.ts';
import type { Problem } from '../../src/source/problem.ts';
import { makeTree } from './tree.ts';

beforeEach(() => {
  vi.stubEnv('GOMODCACHE', '/nonexistent/cache');
  vi.stubEnv('GOWORK', '');
});
afterEach(() => vi.unstubAllEnvs());

function open(files: Readonly<Record<string, string>>) {
  const root = makeTree(files);
  const problems: Problem[] = [];
  const modules = new Modules(problem => problems.push(problem));
  /** Folder of `importPath` seen from the module around `dir`, relative to the root, and that of its module. */
  const from = (dir: string, importPath: string): string | undefined => {
    const place = modules.resolve(modules.moduleOf(join(root, dir)), importPath);
    return place && `${relative(root, place.dir)} in ${relative(root, place.module.root) || '.'}`;
  };
  return { root, problems, modules, from };
}

test('the nearest go.mod upward makes the module', () => {
  const { root, modules } = open({
    'go.mod': 'module example.com/m\ngo 1.22\n', 'a/b/x.go': '', 'tools/go.mod': 'module example.com/m/tools', 'tools/t/x.go': '',
    'c/go.mod/x.txt': '',
  });
  const module = modules.moduleOf(join(root, 'a/b'));
  expect(module).toMatchObject({ root, path: 'example.com/m', go: '1.22' });
  expect(modules.moduleOf(root)).toBe(module);
  expect(modules.moduleOf(join(root, 'c/go.mod'))).toBe(module);
  expect(modules.moduleOf(join(root, 'tools/t')).path).toBe('example.com/m/tools');
  expect(modules.importPathOf(root)).toBe('example.com/m');
  expect(modules.importPathOf(join(root, 'a/b'))).toBe('example.com/m/a/b');
});

test('a tree without go.mod is a module without a path, rooted where it was first asked for', () => {
  const { root, modules, from } = open({ 'a/x.go': '', 'vendor/example.com/v/x.go': '' });
  expect(modules.moduleOf(root)).toEqual({ root, path: '', go: undefined, mod: undefined });
  expect(modules.moduleOf(join(root, 'a'))).toBe(modules.moduleOf(root));
  expect(modules.importPathOf(join(root, 'a'))).toBe('a');
  expect(modules.importPathOf(root)).toBe('.');
  expect(from('.', 'example.com/v')).toBe('vendor/example.com/v in .');
  expect(from('.', 'a')).toBeUndefined();
});

test('vendored packages belong to the module that vendors them, a go.mod of their own notwithstanding', () => {
  const { root, modules, from } = open({
    'go.mod': 'module example.com/m',
    'vendor/example.com/v/go.mod': 'module example.com/v', 'vendor/example.com/v/sub/x.go': '', 'vendor/example.com/w/x.go': '',
    'pkg/vendor/own/x.go': '',
  });
  const module = modules.moduleOf(root);
  expect(modules.moduleOf(join(root, 'vendor/example.com/v/sub'))).toBe(module);
  expect(modules.importPathOf(join(root, 'vendor/example.com/v/sub'))).toBe('example.com/v/sub');
  expect(from('vendor/example.com/v', 'example.com/w')).toBe('vendor/example.com/w in .');
  expect(from('.', 'example.com/v/sub')).toBe('vendor/example.com/v/sub in .');
  expect(modules.importPathOf(join(root, 'pkg/vendor/own'))).toBe('example.com/m/pkg/vendor/own');
});

test('a checkout below a folder named vendor is a module like any other', () => {
  const { root, modules } = open({ 'vendor/m/go.mod': 'module example.com/m', 'vendor/m/a/x.go': '' });
  expect(modules.importPathOf(join(root, 'vendor/m/a'))).toBe('example.com/m/a');
});

test('order: own, go.work, replace, vendor, cache', () => {
  const cache = makeTree({ 'example.com/all@v1.0.0/x.go': '', 'example.com/c@v1.0.0/x.go': '' });
  vi.stubEnv('GOMODCACHE', cache);
  const vendored = { 'm/vendor/example.com/all/x.go': '', 'm/vendor/example.com/v/x.go': '' };
  const mod = 'module example.com/m\nrequire example.com/all v1.0.0\nrequire example.com/c v1.0.0\n';
  const replaced = { 'all-replaced/x.go': '', 'all-replaced/go.mod': 'module example.com/all' };
  const worked = { 'go.work': 'use ./m\nuse ./all-worked', 'all-worked/go.mod': 'module example.com/all', 'all-worked/x.go': '' };
  const replace = 'replace example.com/all => ../all-replaced\n';
  const everywhere = open({ 'm/go.mod': mod + replace, ...vendored, ...replaced, ...worked });
  expect(everywhere.from('m', 'example.com/all')).toBe('all-worked in all-worked');
  expect(open({ 'm/go.mod': mod + replace, ...vendored, ...replaced }).from('m', 'example.com/all')).toBe('all-replaced in all-replaced');
  expect(open({ 'm/go.mod': mod, ...vendored }).from('m', 'example.com/all')).toBe('m/vendor/example.com/all in m');
  expect(open({ 'm/go.mod': mod, ...vendored }).from('m', 'example.com/c')).toContain('example.com/c@v1.0.0');
});

test('the module cache: escaped capitals, longest prefix, replacements, versions of the importing module', () => {
  const cache = makeTree({
    'github.com/!burnt!sushi/toml@v1.0.0/Internal/x.go': '',
    'example.com/a@v1.0.0/b/x.go': '', 'example.com/a/b@v1.0.0/x.go': '',
    'example.com/a/b@v1.0.0/go.mod': 'module example.com/a/b\nnonsense',
    'example.com/fork@v2.0.0/x.go': '', 'example.com/dep@v1.5.0/x.go': '',
  });
  vi.stubEnv('GOMODCACHE', cache);
  const { from, modules, problems } = open({
    'go.mod': `module example.com/m
      require github.com/BurntSushi/toml v1.0.0
      require example.com/a v1.0.0
      require example.com/a/b v1.0.0
      require example.com/orig v1.0.0
      require example.com/dep v1.5.0
      replace example.com/orig v1.0.0 => example.com/fork v2.0.0`,
  });
  expect(from('.', 'github.com/BurntSushi/toml/Internal')).toContain('github.com/!burnt!sushi/toml@v1.0.0/Internal');
  expect(from('.', 'example.com/a/b')).toContain('/example.com/a/b@v1.0.0 in');
  expect(from('.', 'example.com/orig')).toContain('/example.com/fork@v2.0.0 in');
  expect(from('.', 'example.com/absent')).toBeUndefined();
  const inner = modules.moduleOf(join(cache, 'example.com/a/b@v1.0.0'));
  expect(modules.resolve(inner, 'example.com/dep')?.dir).toBe(join(cache, 'example.com/dep@v1.5.0'));
  const bare = modules.moduleOf(join(cache, 'github.com/!burnt!sushi/toml@v1.0.0/Internal'));
  expect(bare.path).toBe('github.com/BurntSushi/toml');
  expect(problems).toEqual([]);
});

test('GOPATH says where the cache is when GOMODCACHE does not', () => {
  const gopath = makeTree({ 'pkg/mod/example.com/a@v1.0.0/x.go': '' });
  vi.stubEnv('GOMODCACHE', '');
  vi.stubEnv('GOPATH', `${gopath}:/elsewhere`);
  expect(open({ 'go.mod': 'module m\nrequire example.com/a v1.0.0' }).from('.', 'example.com/a')).toContain('example.com/a@v1.0.0');
});

test('go.work: its replaces win, its vendor folder serves all, GOWORK=off turns it off', () => {
  const files = {
    'go.work': 'go 1.22\nuse (\n\t./a\n\t./b\n)\nreplace example.com/r => ./r-work\n',
    'a/go.mod': 'module example.com/a\nreplace example.com/r => ../r-own', 'b/go.mod': 'module example.com/b', 'b/sub/x.go': '',
    'r-work/x.go': '', 'r-own/x.go': '', 'vendor/example.com/v/x.go': '', 'vendor/example.com/w/x.go': '',
  };
  const { from } = open(files);
  expect(from('a', 'example.com/b/sub')).toBe('b/sub in b');
  expect(from('a', 'example.com/r')).toBe('r-work in r-work');
  expect(from('a', 'example.com/v')).toBe('vendor/example.com/v in .');
  expect(from('vendor/example.com/v', 'example.com/w')).toBe('vendor/example.com/w in .');
  vi.stubEnv('GOWORK', 'off');
  expect(open(files).from('a', 'example.com/b/sub')).toBeUndefined();
  expect(open(files).from('a', 'example.com/r')).toBe('r-own in r-own');
  vi.stubEnv('GOWORK', join(open(files).root, 'go.work'));
  expect(open({ 'go.mod': 'module m' }).from('.', 'example.com/b/sub')).toMatch(/b\/sub in .*b$/);
});

test('modules of one repository see each other when nothing else has the package', () => {
  const { from } = open({
    '.git/HEAD': '', 'go.mod': 'module example.com/m', 'x/x.go': '', 'api/go.mod': 'module example.com/m/api', 'api/types/x.go': '',
    'vendor/example.com/v/x.go': '',
  });
  expect(from('.', 'example.com/m/api/types')).toBe('api/types in api');
  expect(from('api', 'example.com/m/x')).toBe('x in .');
  expect(from('api', 'example.com/v')).toBe('vendor/example.com/v in .');
});

test('replacements by folders with and without go.mod, single-word modules, the longest prefix', () => {
  const { from } = open({
    'go.mod': 'module m\nreplace lib => ./lib\nreplace lib/deep => ./other\nreplace gone => ./gone\n',
    'lib/x.go': '', 'lib/deep/x.go': '', 'other/x.go': '', 'other/go.mod': 'module lib/deep',
  });
  expect(from('.', 'lib')).toBe('lib in lib');
  expect(from('.', 'lib/deep')).toBe('other in other');
  expect(from('.', 'gone')).toBeUndefined();
});

test('a Go source tree: no prefix, its vendored packages found, the rest unknown', () => {
  const { root, modules, from } = open({ 'src/go.mod': 'module std', 'src/net/http/x.go': '', 'src/vendor/golang.org/x/net/x.go': '' });
  expect(modules.importPathOf(join(root, 'src/net/http'))).toBe('net/http');
  expect(from('src', 'net/http')).toBe('src/net/http in src');
  expect(from('src/net', 'golang.org/x/net')).toBe('src/vendor/golang.org/x/net in src');
  expect(from('src', 'C')).toBeUndefined();
});

test('what is no import path leads nowhere', () => {
  const { from } = open({ 'go.mod': 'module example.com/m', 'a/x.go': '', 'vendor/v/x.go': '' });
  for (const path of ['', '.', './a', '../a', '/a', 'a//b', 'v/../v', 'a\0b', 'fmt', 'net/http', 'C', 'example.com/mx']) {
    expect(from('.', path), path).toBeUndefined();
  }
  expect(from('.', 'example.com/m')).toBe(' in .');
});

test('symbolic links to packages are resolved', () => {
  const { root, from } = open({ 'go.mod': 'module example.com/m', 'staging/v/x.go': '', 'staging/v/go.mod': 'module example.com/v' });
  mkdirSync(join(root, 'vendor/example.com'), { recursive: true });
  symlinkSync(join(root, 'staging/v'), join(root, 'vendor/example.com/v'));
  expect(from('.', 'example.com/v')).toBe('staging/v in staging/v');
});

test('a bad go.mod or go.work is one problem and the rest of it is used', () => {
  const { root, modules, problems, from } = open({
    'go.work': 'use ./m\nuse ./gone\n', 'm/go.mod': 'module example.com/m\nfoo bar\nrequire x\n', 'm/a/x.go': '',
  });
  expect(from('m', 'example.com/m/a')).toBe('m/a in m');
  modules.resolve(modules.moduleOf(join(root, 'm/a')), 'example.com/other');
  expect(problems).toEqual([
    { level: 'warning', id: 'bad-go-mod', path: join(root, 'm/go.mod'), line: 2,
      message: expect.stringMatching(/^unknown directive: foo \(and 1 more\); .+/) },
    { level: 'warning', id: 'bad-go-work', path: join(root, 'go.work'), line: 2,
      message: expect.stringMatching(/^use \.\/gone: no go\.mod there; .+/) },
  ]);
});
