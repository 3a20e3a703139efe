import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { packageRoot } from '../../src/assets.ts';
import { parseBlock, parseDecl, parseFunc, parseHead } from '../../src/syntax/parser/parser.ts';
import { type Piece, scanFile } from '../../src/syntax/scan.ts';
import { Lowering } from '../../src/syntax/tolerant/lower.ts';
import { loadGrammar, parsePiece } from '../../src/syntax/tolerant/parse.ts';

const folder = join(packageRoot, 'fixtures');
const fixtures = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(name => name.endsWith('.go')).map(name => readFileSync(join(folder, name), 'utf8'));

function own(text: string, piece: Piece): unknown {
  return piece.keyword !== 'func' ? parseDecl(text, piece) : piece.body ? parseFunc(text, piece) : parseHead(text, piece);
}

/** The same by tree-sitter; undefined where it finds an error. */
function tolerant(text: string, piece: Piece): unknown {
  const { root, hasError } = parsePiece(text, piece, { before: piece.grouped ? `${piece.keyword} ` : '' });
  if (hasError) return undefined;
  const lowering = new Lowering(text);
  const decl = lowering.decls(root)[0];
  const body = root.children[0]?.children.find(child => child.field === 'body');
  return piece.body ? { decl, body: body && lowering.block(body) } : decl;
}

/** Where tree-sitter has other ends: types of functions go on to the end of the body, clauses to that of the line. */
function withoutEnds(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const isType = 'kind' in value && value.kind === 'functype';
  const isClause = 'body' in value && Array.isArray(value.body);
  return isType || isClause ? { ...value, end: undefined } : value;
}

/** To tree-sitter `chan<- chan T` is a channel of `<-chan T`. */
const MISREAD = /\bchan\s*<-\s*chan\b/;

test('our parser and tree-sitter read the same in all fixtures', async () => {
  await loadGrammar();
  let count = 0;
  for (const text of fixtures) {
    for (const piece of scanFile(text).pieces) {
      const expected = tolerant(text, piece);
      if (expected === undefined || MISREAD.test(text.slice(piece.start, piece.end))) continue;
      expect(JSON.stringify(own(text, piece), withoutEnds), text.slice(piece.start, piece.end)).toBe(JSON.stringify(expected, withoutEnds));
      count++;
    }
  }
  expect(count).toBeGreaterThan(3000);
});

/** In Go's own notation, with all brackets that the tree implies. */
function shapeOf(statement: string): string {
  const text = `{ ${statement} }`;
  const [first] = parseBlock(text, { start: 0, end: text.length })?.stmts ?? [];
  return first === undefined ? 'given up' : JSON.stringify(first, (key, value: unknown) => (key === 'start' || key === 'end' ? undefined : value));
}

test.each([
  ['*(*[]T)(p)', '"kind":"star","x":{"kind":"call"'],
  ['f(*(*T)(p))', '"args":[{"kind":"star","x":{"kind":"call"'],
  ['_ = make(chan <- chan int)', '"kind":"chan","dir":"send"'],
  ['var c chan<- chan int', '"kind":"chan","dir":"send","elem":{"kind":"chan","dir":"both"'],
  ['_ = (<-chan int)(c)', '"fun":{"kind":"paren","x":{"kind":"chan","dir":"receive"'],
  ['<-<-c', '"kind":"unary","op":"<-","x":{"kind":"unary","op":"<-"'],
  ['new(a + b)', '"args":[{"kind":"binary","op":"+"'],
  ['if x == (T{}) { f() }', '"y":{"kind":"paren","x":{"kind":"composite"'],
  ['if x == y { f() }', '"then":{"kind":"block","stmts":[{"kind":"expr"'],
  ['for range ch { }', '"kind":"range","lhs":[],"define":false'],
  ['for _, x := range []T{{1}, {2}} { }', '"x":{"kind":"composite","type":{"kind":"array"'],
  ['if f := func() T { return T{} }; f().ok { }', '"init":{"kind":"assign"'],
  ['switch x := y.(type) { case *T, nil: default: }', '"kind":"typeswitch","bind":{"kind":"ident","name":"x"}'],
  ['switch f(); { }', '"kind":"switch","init":{"kind":"expr"'],
  ['L: for { break L }', '"kind":"labeled","label":"L","stmt":{"kind":"for"'],
  ['g[A, B](x)', '"fun":{"kind":"index"'],
  ['_ = a[i:]', '"kind":"slice"'],
  ['var f func(a, b int, c ...T) (x, y error)', '"variadic":true'],
  ['var f func(int, []T, M[K, V], pkg.T)', '"params":[{"names":[],"type":{"kind":"ident","name":"int"},"variadic":false},{"names":[],"type":{"kind":"array"'],
  ['type l [n + 1]int', '"length":{"kind":"binary"'],
  ['type l[P, Q any] []P', '"typeParams":[{"names":[{"kind":"ident","name":"P"},{"kind":"ident","name":"Q"}]'],
  ['type s struct { l[int]; *p.T `tag`; a, b [n]T; f [n + 1]T }', '"names":[{"kind":"ident","name":"f"}],"type":{"kind":"array"'],
  ['type i interface { f(int) error; ~int | *T; io.Reader }', '"embeds":[{"kind":"binary","op":"|","x":{"kind":"unary","op":"~"'],
  ['x := 0x1p-2 + 1_000i + .5e3 + 0b1', '"token":"float","text":"0x1p-2"'],
  ['return\nf()', '{"kind":"return","results":[]}'],
  ['x := a /* a\nb */\n+b()', '"rhs":[{"kind":"ident","name":"a"}]'],
  ['größe := 世界', '"name":"größe"'],
])('%s', (statement, expected) => {
  expect(shapeOf(statement)).toContain(expected);
});

test.each(['f(', 'x :=', 'if x {', 'a b', 'for i := range', 'x = = y', "'a", '"a', '`a', '/* a', 'case x:', 'x.', 'a[]', 'a[1:2:3:4]', 'func f() {}', 'if T{} { }', 'f(a b)', '1x', 'var', 'go', '#', 'else { }',
  `f(${'('.repeat(5000)}1${')'.repeat(5000)})`])('what is no Go is given up: %s', statement => {
  expect(shapeOf(statement)).toBe('given up');
});

test('of a row too long for recursion the beginning is cut off, the rest stays', () => {
  expect(shapeOf(`x := ${'"a" + '.repeat(5000)}last`)).toMatch(/"kind":"bad".*"name":"last"/);
});
