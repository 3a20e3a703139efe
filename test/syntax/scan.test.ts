import { expect, test } from 'vitest';
import { scanFile } from '../../src/syntax/scan.ts';

/** Keyword, names and receiver of each piece. */
const piecesOf = (text: string) => scanFile(text).pieces.map(p => `${p.keyword} ${p.receiver ? `${p.receiver.pointer ? '*' : ''}${p.receiver.type}.` : ''}${p.names.join(',')}`);

test('package clause and imports of every form', () => {
  const scan = scanFile('\uFEFF// Doc.\npackage a // tail\nimport "fmt"; import . "os"\nimport (\n\tx "a/b" // why\n\n\t_ `c`\n)\n');
  expect(scan.packageName).toBe('a');
  expect(scan.imports.map(i => `${i.name ?? ''}:${i.path}`)).toEqual([':fmt', '.:os', 'x:a/b', '_:c']);
  expect(scan.hasError).toBe(false);
});

test('groups are taken apart, but for constants', () => {
  const text = 'package a\nconst (\n\tA, B = iota, "}"\n\tC, D\n)\ntype (\n\tS struct {\n\t\tx int\n\t}\n\tI = interface{ M() }\n)\nvar (\n\tv = map[string]func(){\n\t\t"(": func() {},\n\t}\n\tp, q = f()\n)\nvar w int\n';
  expect(piecesOf(text)).toEqual(['const A,B,C,D', 'type S', 'type I', 'var v', 'var p,q', 'var w']);
  const [, s] = scanFile(text).pieces;
  expect(text.slice(s?.start, s?.end)).toBe('S struct {\n\t\tx int\n\t}');
});

test('functions, methods and their receivers', () => {
  expect(piecesOf('package a\nfunc f()\nfunc g[T any, U interface{ M() }](x T) (int, error) { return }\nfunc (s S) M() {}\nfunc (l *List[K, V]) Push(x K) { }\nfunc (*T) n() struct{ a int } { return }\n'))
    .toEqual(['func f', 'func g', 'func S.M', 'func *List.Push', 'func *T.n']);
});

test('a body ends at its own brace, whatever strings, runes and comments hold', () => {
  const text = 'package a\nfunc f() {\n\t_ = "}" + `}\n}` // }\n\t/* } */ x := \'}\'\n}\nfunc g() interface{ M() } { return nil }\n';
  const bodies = scanFile(text).pieces.map(p => text.slice(p.body?.start, p.body?.end));
  expect(bodies).toEqual([text.slice(text.indexOf('{'), text.indexOf('\nfunc g')), '{ return nil }']);
});

test('results stand behind the parameters', () => {
  const text = 'package a\nfunc (c *C) Do[T any](f func(int) error) (*Response, error) {\n}\n';
  const [piece] = scanFile(text).pieces;
  expect(text.slice(piece?.results?.start, piece?.results?.end).trim()).toBe('(*Response, error)');
});

test('a missing brace costs one declaration, not the rest of the file', () => {
  const scan = scanFile('package a\nfunc f() {\n\tif x {\n}\ntype T struct{}\nvar v = 1\nfunc g() {}\n');
  expect(scan.hasError).toBe(true);
  expect(scan.pieces.map(p => p.names[0])).toEqual(['f', 'T', 'v', 'g']);
});

test('garbage between declarations is passed over', () => {
  const scan = scanFile('package a\n<<<<<<< HEAD\nvar a int\n=======\nvar b int\n>>>>>>> other\nfunc f() {}\n}\n)\nvar c int');
  expect(scan.hasError).toBe(true);
  expect(scan.pieces.map(p => p.names[0])).toEqual(['a', 'b', 'f', 'c']);
});
