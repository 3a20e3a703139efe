import { expect, test } from 'vitest';
import { sharesOf, taken } from '../../src/engine/shares.ts';

test('stretches cover the list, each unit once, and cost about the same', () => {
  const costs = [5, 1, 1, 1, 8, 1, 1, 1, 1, 4];
  expect(sharesOf(costs, 2).stretches).toEqual([{ start: 0, end: 5 }, { start: 5, end: 10 }]);
  expect(sharesOf(costs, 1).stretches).toEqual([{ start: 0, end: 10 }]);
  expect(sharesOf([1, 1], 4).stretches.flatMap(({ start, end }) => [start, end])).toEqual([0, 1, 1, 2]);
  expect(sharesOf([], 3).stretches).toEqual([]);
});

test('a thread goes through its own stretch, then helps the other from that one\'s far end; nothing is taken twice', () => {
  const shares = sharesOf([1, 1, 1, 1, 1, 1, 1, 1], 2);
  const first = taken(shares, 0);
  const second = taken(shares, 1);
  expect([first, second].map(thread => thread.next().value)).toEqual([0, 4]);
  expect([...first]).toEqual([1, 2, 3, 7, 6, 5]);
  expect([...second]).toEqual([]);
});
