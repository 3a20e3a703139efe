import { describe, expect, test } from 'vitest';
import { floorsOf, growthOf, type HeapPoint } from '../../src/runtime/scout/envelope.ts';

const MB = 1e6;

interface Program {
  readonly minutes: number;
  /** Bytes that are left after a collection at that minute. */
  readonly live: (minute: number) => number;
  readonly collections?: (minute: number) => number;
}

/** A look every half minute at a program that collects at twice what was left, seen at an arbitrary point of its sawtooth. */
function looks({ minutes, live, collections = minute => Math.floor(minute * 3) }: Program): HeapPoint[] {
  let state = 7;
  return Array.from({ length: minutes * 2 }, (_, i) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    const left = live(i / 2);
    return { at: 1000 + i * 30, allocated: left * (1 + state / 2 ** 32), goal: left * 2, collections: collections(i / 2) };
  });
}

const growth = (program: Program) => (growthOf(looks(program)) ?? NaN) / MB;

describe('memory that is left after collections', () => {
  test('grows as it does, under a sawtooth that is a hundred times as high', () => {
    expect(growth({ minutes: 30, live: m => (1000 + m * 10) * MB })).toBeGreaterThan(9);
    expect(growth({ minutes: 30, live: m => (1000 + m * 10) * MB })).toBeLessThan(11.5);
    expect(growth({ minutes: 12, live: m => (50 + m * 6) * MB })).toBeGreaterThan(5);
  });

  test('does not grow in a busy program that keeps nothing', () => {
    for (const minutes of [15, 20, 30, 60]) expect(growth({ minutes, live: () => 1000 * MB })).toBeLessThan(1);
  });

  test('does not grow because of what a program loads when it starts', () => {
    for (const minutes of [20, 25, 30, 40]) expect(growth({ minutes, live: m => (m < 5 ? 100 : 400) * MB })).toBeLessThan(1);
  });

  test('does not grow where the program was started anew', () => {
    const points = looks({ minutes: 40, live: m => (m < 20 ? 100 + m * 10 : 60) * MB, collections: m => m < 20 ? 100 + m * 3 : Math.floor((m - 20) * 3) });
    expect(growthOf(points) ?? NaN).toBeLessThan(MB);
  });

  test('grows under a limit on memory, at which the goal stands still', () => {
    const points = looks({ minutes: 30, live: m => (500 + m * 12) * MB }).map((p, i) => ({ ...p, goal: 1000 * MB, allocated: (500 + i * 6) * MB + (p.allocated % MB) }));
    expect((growthOf(points) ?? NaN) / MB).toBeGreaterThan(10);
  });

  test('is not known before ten minutes have been seen, nor without collections', () => {
    expect(growthOf(looks({ minutes: 9, live: m => m * 100 * MB }))).toBeUndefined();
    expect(growthOf(looks({ minutes: 60, live: m => m * 100 * MB, collections: () => 4 }))).toBeUndefined();
    expect(growthOf([])).toBeUndefined();
  });

  test('is the least of a window in which a collection ran', () => {
    const at = (seconds: number, allocated: number, collections: number): HeapPoint => ({ at: seconds, allocated, goal: 100, collections });
    expect(floorsOf([at(0, 30, 1), at(30, 50, 1), at(120, 90, 1), at(150, 20, 2), at(180, 60, 2), at(300, 25, 3)])).toEqual([
      { at: 0, bytes: 30, goal: 100 }, { at: 150, bytes: 20, goal: 100 },
    ]);
  });
});
