import { expect, test } from 'vitest';
import { disagreements, readWants } from './want.ts';

const short = (text: string) => readWants(text).map(({ line, kind, pattern }) => `${line} ${kind} ${pattern.source}`);

test('reads kinds, lines and several patterns', () => {
  expect(short('a() // want "one" "two"\nb() // miss "x"\r\nc() // noise `a "b"`')).toEqual(['1 want one', '1 want two', '2 miss x', '3 noise a "b"']);
});

test('comments of several kinds stand on one line', () => {
  expect(short('a() // want "one" // miss "two"')).toEqual(['1 want one', '1 miss two']);
});

test('escapes are those of regexps, but for the quote', () => {
  const [want] = readWants(String.raw`a() // want "http\.Get \"x\""`);
  expect(want?.pattern.test('http.Get "x"')).toBe(true);
  expect(want?.pattern.test('http_Get "x"')).toBe(false);
});

test('prose is no expectation', () => {
  expect(readWants('// want to be read\n// nothing\nx := "// "')).toEqual([]);
});

test('a pattern that is not closed is an error that names the line', () => {
  expect(() => readWants('\na() // want "one')).toThrow(/line 2/);
  expect(() => readWants('a() // want "one" and more')).toThrow(/line 1/);
});

test('agreement is silent, also with known mistakes', () => {
  const wants = readWants('a() // want "leak"\nb() // miss "leak"\nc() // noise "leak"');
  expect(disagreements(wants, [{ line: 1, message: 'a leak' }, { line: 3, message: 'a leak' }])).toEqual([]);
});

test('everything else is said line by line', () => {
  const wants = readWants('a() // want "leak"\nb() // miss "leak"\nc() // noise "leak"\nd() // want "leak"');
  const found = [2, 4, 4, 5].map(line => ({ line, message: 'a leak' }));
  expect(disagreements(wants, found)).toEqual([
    '1: missing: /leak/',
    '2: cured, make it a want: a leak',
    '3: cured, remove the noise: /leak/',
    '4: unexpected: a leak',
    '5: unexpected: a leak',
  ]);
});

test('a miss takes no finding that a want is for', () => {
  expect(disagreements(readWants('a() // miss "leak" // want "leak"'), [{ line: 1, message: 'a leak' }])).toEqual([]);
});
