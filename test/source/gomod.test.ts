import { expect, test } from 'vitest';
import { isFolderTarget, parseGoMod, parseGoWork } from '../../src/source/gomod.ts';

test('every directive, in blocks and alone, with comments and quotes', () => {
  const mod = parseGoMod(`\uFEFF// Deprecated: old
module "example.com/m" // the module

go 1.22.3\r
toolchain go1.23.1
require example.com/a v1.0.0 // indirect
require (
	// a comment
	example.com/b/v2 v2.3.4//indirect
	\`example.com/c\` v0.0.0-20240101000000-abcdefabcdef
)
require ()
exclude example.com/a v0.9.0
retract [v1.0.0, v1.1.0]
tool example.com/a/cmd
replace example.com/a => ../a
replace (
	example.com/b/v2 v2.3.4 => example.com/fork/v2 v2.0.0
)
ignore ./node_modules
ignore (
	generated
)
`);
  expect(mod).toEqual({
    module: 'example.com/m',
    go: '1.22.3',
    requires: new Map([
      ['example.com/a', 'v1.0.0'], ['example.com/b/v2', 'v2.3.4'], ['example.com/c', 'v0.0.0-20240101000000-abcdefabcdef'],
    ]),
    replaces: [
      { path: 'example.com/a', target: '../a' },
      { path: 'example.com/b/v2', version: 'v2.3.4', target: 'example.com/fork/v2', targetVersion: 'v2.0.0' },
    ],
    ignores: ['./node_modules', 'generated'],
    errors: [],
  });
});

test('a broken file gives its errors with their lines, and the rest', () => {
  const mod = parseGoMod(`module example.com/m
go latest
modul x
require (
<<<<<<< HEAD
	example.com/a v1.0.0
=======
	example.com/b
)
replace example.com/a ../a
module example.com/other
require (
	example.com/c v1.2.3
`);
  expect(mod.errors.map(e => e.line).sort((a, b) => a - b)).toEqual([2, 3, 5, 7, 8, 10, 11, 12]);
  expect(mod.errors.every(e => e.message !== '')).toBe(true);
  expect(mod.module).toBe('example.com/m');
  expect(mod.go).toBeUndefined();
  expect([...mod.requires.keys()]).toEqual(['example.com/a', 'example.com/c']);
});

test('an empty go.mod, which keeps the go command out of a folder, is no error', () => {
  expect(parseGoMod('').errors).toEqual([]);
  expect(parseGoMod('// nothing\n').errors).toEqual([]);
  expect(parseGoMod('go 1.22\n').errors).toEqual([{ line: 1, message: 'no module directive' }]);
  expect(parseGoMod('\0\x01\x02').errors.length).toBeGreaterThan(0);
});

test('go.work', () => {
  const text = 'go 1.22\n\nuse .\nuse (\n\t./a // first\n\t"./with space"\n)\nreplace example.com/x v1.0.0 => ./x\nmodule m\n';
  expect(parseGoWork(text)).toEqual({
    go: '1.22',
    uses: [{ dir: '.', line: 3 }, { dir: './a', line: 5 }, { dir: './with space', line: 6 }],
    replaces: [{ path: 'example.com/x', version: 'v1.0.0', target: './x' }],
    errors: [{ line: 9, message: 'unknown directive: module' }],
  });
});

test('which replacements are folders', () => {
  for (const folder of ['.', '..', './a', '../a', '/a', 'C:\\a', '.\\a']) expect(isFolderTarget(folder), folder).toBe(true);
  for (const path of ['example.com/a', 'a', '.hidden/a', '...']) expect(isFolderTarget(path), path).toBe(false);
});
