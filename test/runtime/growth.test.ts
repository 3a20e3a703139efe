import { expect, test } from 'vitest';
import { readBaseline, writeBaseline } from '../../src/runtime/baseline.ts';
import { Code } from '../../src/runtime/code.ts';
import { diffOf } from '../../src/runtime/diff.ts';
import { diffToMarkdown } from '../../src/runtime/diffreport.ts';
import { baselineOf, hasPassed, isSettled, judge, leastOf } from '../../src/runtime/gate.ts';
import { Join } from '../../src/runtime/join.ts';
import { leakedInBoth } from '../../src/runtime/leaks.ts';
import type { Snapshot } from '../../src/runtime/model.ts';
import { rowsOf } from '../../src/runtime/rows.ts';
import { readSnapshot } from '../../src/runtime/read.ts';
import { COUNTED, DUMP, packed, SENDERS } from './samples.ts';
import { goroutine, snapshot } from './shop.ts';

const CODE = new Code([]);
const sender = (id: number, line = 11) => goroutine(id, 'chan send', [`example.com/shop.Take.func1 /src/shop.go:${line}`], 'example.com/shop.Take /src/shop.go:10');
const receiver = (id: number) => goroutine(id, 'chan receive', ['example.com/shop.Await.func1 /src/shop.go:21'], 'example.com/shop.Await /src/shop.go:20');
const library = (id: number) => goroutine(id, 'select', ['example.com/dep.Run /go/pkg/mod/example.com/dep@v1.0.0/dep.go:5'], 'net/http.(*Server).Serve /usr/local/go/src/net/http/server.go:1');
const main = goroutine(1, 'IO wait', ['internal/poll.runtime_pollWait /go/netpoll.go:1', 'main.main /src/main.go:3']);

function profile(bytes: Buffer): Snapshot {
  const read = readSnapshot(bytes, 'profile.pb.gz');
  if (read.kind === 'unreadable') throw new Error(read.reason);
  return read.snapshot;
}

test('growth, what is new and what stayed, by template and in time', () => {
  const diff = diffOf([snapshot(main + sender(5) + receiver(6)), snapshot(main + sender(5) + sender(7)), snapshot(main + sender(5) + sender(7) + sender(8))]);
  expect(diff).toMatchObject({ growth: 1, appeared: 2, ended: 1, isOtherRun: false, grain: 'full' });
  expect(diff.changes.map(c => [c.template.op, c.counts.join(' '), c.growth, c.firstSeen, c.stayed, c.isSteady])).toEqual([
    ['send', '1 2 3', 2, 0, 1, true], ['io', '1 1 1', 0, 0, 1, false], ['receive', '1 0 0', -1, 0, 0, false],
  ]);
});

test('different formats are compared by their stacks', () => {
  const diff = diffOf([snapshot(COUNTED), profile(packed('goroutine', [{ ...SENDERS, count: 10 }]))]);
  expect(diff.grain).toBe('stack');
  expect(diff.changes.find(c => c.growth > 0)).toMatchObject({ growth: 7, counts: [3, 10], stayed: undefined });
  expect(diffOf([snapshot(DUMP), snapshot(COUNTED)]).changes.find(c => c.template.frames[0]?.line === 15)).toMatchObject({ growth: 0 });
});

test('two runs of a program are told apart', () => {
  const run = (from: number) => snapshot(main + [0, 1, 2].map(i => sender(from + i)).join(''));
  expect(diffOf([run(10), run(20)]).isOtherRun).toBe(true);
  expect(diffOf([run(10), run(12)]).isOtherRun).toBe(false);
});

test('names in Markdown cannot end their cell or span', () => {
  const hostile = goroutine(5, 'chan send', ['example.com/a`|x`.f /src/`|a.go:1']);
  const diff = diffOf([snapshot(main), snapshot(main + hostile)]);
  const text = diffToMarkdown({ diff, rows: rowsOf(diff.changes, new Join([], CODE), CODE), code: CODE, cwd: '/', top: 5 });
  expect(text).toContain("| +1 | 0 → 1 | `chan send` | `a'\\|x'.f src/'\\|a.go:1` |");
});

const LOOSE = { slack: 0, totalSlack: 10, all: false };
const judged = (now: string, base: string, allowance: Partial<typeof LOOSE> = {}) => judge(snapshot(now), baselineOf(snapshot(base)), CODE, { ...LOOSE, ...allowance });

test('the gate: a template that is new or grew fails, one that ended or moved does not', () => {
  expect(judged(main + sender(5) + sender(6), main + sender(5)).grown).toMatchObject([{ allowed: 1, count: 2, template: { op: 'send' } }]);
  expect(judged(main + receiver(6), main + sender(5)).grown).toMatchObject([{ allowed: 0, count: 1, template: { op: 'receive' } }]);
  expect(hasPassed(judged(main, main + sender(5)))).toBe(true);
  expect(hasPassed(judged(main + sender(9, 99), main + sender(5)))).toBe(true);
  expect(hasPassed(judged(main + sender(5) + sender(6), main + sender(5), { slack: 1 }))).toBe(true);
});

test('the gate: libraries are ignored with a reason, and counted', () => {
  const verdict = judged(main + library(5) + library(6), main);
  expect(hasPassed(verdict)).toBe(true);
  expect(verdict.ignored.map(({ why }) => why)).toEqual(['the main goroutine', 'library code alone (--all looks at it too)']);
  expect(verdict.total).toBe(2);
  expect(hasPassed(judged(main + library(5) + library(6), main, { totalSlack: 1 }))).toBe(false);
  expect(judged(main + library(5), main, { all: true }).grown).toHaveLength(1);
});

test('the gate: a baseline of another format is compared by functions', () => {
  const verdict = (count: number) => judge(profile(packed('goroutine', [{ ...SENDERS, count }])), baselineOf(snapshot(DUMP)), CODE, LOOSE);
  expect(hasPassed(verdict(3))).toBe(true);
  expect(verdict(4).grown).toMatchObject([{ allowed: 3, count: 4 }]);
});

test('a program at rest: the least of each stack, and two looks alike', () => {
  const looks = [snapshot(main + sender(5) + sender(6) + receiver(7)), snapshot(main + sender(5))];
  expect(leastOf(looks)).toMatchObject({ total: 2 });
  expect(isSettled(snapshot(main + sender(5)), snapshot(sender(8) + main))).toBe(true);
  expect(isSettled(snapshot(main + sender(5)), snapshot(main))).toBe(false);
});

test('a baseline is read as it was written; another file says what is wrong with it', () => {
  const baseline = baselineOf(snapshot(main + sender(5) + receiver(6)));
  const text = writeBaseline(baseline);
  expect(readBaseline(text)).toEqual(baseline);
  expect(text.split('\n').filter(line => line.includes('"functions"'))).toHaveLength(2);
  expect(readBaseline('{')).toMatch(/not valid JSON/);
  expect(readBaseline('{}')).toMatch(/no baseline/);
  expect(readBaseline(text.replace('"version": 1', '"version": 9'))).toMatch(/version 9/);
  expect(readBaseline(text.replace('"count":1', '"count":-1'))).toMatch(/incomplete/);
  expect(readBaseline(writeBaseline({ ...baseline, entries: [] }))).toMatchObject({ entries: [] });
});

test('leaked twice: by ids where there are any, else by numbers', () => {
  const leaked = (...ids: number[]) => snapshot(main + ids.map(id => sender(id).replace('chan send', 'chan send (leaked)')).join('') + receiver(99));
  expect(leakedInBoth(leaked(5, 6, 7), leaked(6, 7, 8))).toMatchObject({ total: 2, buckets: [{ ids: [6, 7], leaked: true }] });
  const numbers = (count: number) => profile(packed('goroutineleak', [{ ...SENDERS, count }]));
  expect(leakedInBoth(numbers(5), numbers(3)).total).toBe(3);
  expect(leakedInBoth(numbers(3), numbers(5)).total).toBe(3);
});
