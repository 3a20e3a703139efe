import { expect, test } from 'vitest';
import { Texts } from '../../src/source/texts.ts';

test('of more text than it may keep the one used last stays, the others are read again', () => {
  const read: string[] = [];
  const texts = new Texts(20);
  const file = (name: string) => texts.keep(name, `${name}-------`, 8, () => {
    read.push(name);
    return `${name}-------`;
  });
  const [a, b, c] = ['a', 'b', 'c'].map(file);
  expect(b?.text).toBe('b-------');
  expect(c?.text).toBe('c-------');
  expect(read).toEqual([]);
  expect(a?.text).toBe('a-------');
  expect(read).toEqual(['a']);
  for (const source of [a, b, c, a, b, c]) expect(source?.text).toHaveLength(8);
  expect(read.length).toBeGreaterThan(1);
});

test('one text is kept, however large', () => {
  let read = 0;
  const source = new Texts(1).keep('a', 'text', 4, () => `${read++}`);
  expect([source.text, source.text]).toEqual(['text', 'text']);
  expect(read).toBe(0);
});
