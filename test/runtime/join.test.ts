import { beforeAll, expect, test } from 'vitest';
import { positionAt } from '../../src/source/text.ts';
import { Join } from '../../src/runtime/join.ts';
import { withObservations } from '../../src/runtime/observe.ts';
import { rowsOf } from '../../src/runtime/rows.ts';
import { templatesOf } from '../../src/runtime/templates.ts';
import { goroutine, shop, snapshot } from './shop.ts';

let shopCode: Awaited<ReturnType<typeof shop>>;
beforeAll(async () => {
  shopCode = await shop();
});

const PKG = 'example.com/shop.v2/app/orders';
const at = (line: number, file = '/build/orders/orders.go') => `${file}:${line}`;

/** `confirmed abandoned-sender 11`, for each finding that explains the first template. */
function verdicts(text: string, growth?: number): string[] {
  const { findings, code } = shopCode;
  const [template] = templatesOf(snapshot(text));
  if (!template) throw new Error('no goroutine');
  return new Join(findings, code).matches({ template, growth }).map(({ verdict, finding }) => `${verdict} ${finding.rule} ${positionAt(finding.at.source, finding.at.start).line}`);
}

const sender = (id: number, line = 11, by = 10) => goroutine(id, 'chan send', [`${PKG}.Take.func1 ${at(line)}`], `${PKG}.Take ${at(by)}`);

test('several goroutines at the line of a finding confirm it, one is merely seen', () => {
  expect(verdicts(sender(5) + sender(6))).toEqual(['confirmed abandoned-sender 11']);
  expect(verdicts(sender(5))).toEqual(['seen abandoned-sender 11']);
  expect(verdicts(sender(5).replace('chan send', 'chan send, 3 minutes'))).toEqual(['confirmed abandoned-sender 11']);
  expect(verdicts(sender(5).replace('chan send', 'chan send (leaked)'))).toEqual(['confirmed abandoned-sender 11']);
});

test('between two looks growth decides', () => {
  expect(verdicts(sender(5) + sender(6), 0)).toEqual(['seen abandoned-sender 11']);
  expect(verdicts(sender(5), 1)).toEqual(['confirmed abandoned-sender 11']);
});

test('a select is at its keyword, the finding at its case', () => {
  const waiting = (id: number) => goroutine(id, 'select', [`${PKG}.Await.func1 ${at(18)}`]);
  expect(verdicts(waiting(5) + waiting(6))).toEqual(expect.arrayContaining(['confirmed abandoned-receiver 19']));
});

test('an endless loop is confirmed by its go statement, wherever in the loop the goroutine is', () => {
  const looping = (id: number) => goroutine(id, 'runnable', [`${PKG}.work ${at(33)}`, `${PKG}.Poll.func1 ${at(28)}`], `${PKG}.Poll ${at(26)}`);
  expect(verdicts(looping(5) + looping(6))).toEqual(['confirmed endless-goroutine 27']);
});

test('who waits for a lock supports the finding about its holder', () => {
  expect(verdicts(goroutine(5, 'sync.Mutex.Lock', ['sync.(*Mutex).Lock /usr/local/go/src/sync/mutex.go:1', `${PKG}.(*Desk).Close ${at(45)}`]))).toEqual(['supports missing-unlock 38']);
});

test('who waits for the end of a context supports the finding that nobody cancels it', () => {
  expect(verdicts(goroutine(5, 'chan receive', [`${PKG}.Watch.func1 ${at(61)}`]))).toEqual(['supports lost-cancel 58']);
});

test('a reader of net/http that waits for its body supports findings about bodies, an idle one does not', () => {
  const reader = (state: string) => goroutine(5, state, ['net/http.(*persistConn).readLoop /usr/local/go/src/net/http/transport.go:2395']);
  expect(verdicts(reader('select'))).toEqual(['supports unclosed-body 50']);
  expect(verdicts(reader('IO wait'))).toEqual([]);
});

test('lines of another version are near, and only where the line cannot be meant', () => {
  expect(verdicts(sender(5, 9, 8) + sender(6, 9, 8))).toEqual(['near abandoned-sender 11']);
  expect(verdicts(goroutine(5, 'chan receive', [`${PKG}.Take.func1 ${at(19)}`]))).toEqual([]);
  expect(verdicts(goroutine(5, 'chan send', [`${PKG}.Take.func1 ${at(500)}`]))).toEqual([]);
  expect(verdicts(goroutine(5, 'chan send', [`${PKG}.Fetch ${at(9)}`]))).toEqual([]);
});

test('a request that is under way is no evidence of an unclosed body', () => {
  expect(verdicts(goroutine(5, 'select', ['net/http.(*persistConn).roundTrip /usr/local/go/src/net/http/transport.go:1', `${PKG}.Fetch ${at(50)}`]))).toEqual([]);
});

test.each([
  ['the build machine', '/app/src/orders/orders.go'], ['-trimpath', 'example.com/shop.v2/app/orders/orders.go'], ['Windows', 'C:\\build\\app\\orders\\orders.go'],
])('paths of %s', (_, file) => {
  const { root } = shopCode;
  const [row] = rowsOf(templatesOf(snapshot(goroutine(5, 'chan send', [`${PKG}.Take.func1 ${file}:11`]))).map(template => ({ template })), new Join(shopCode.findings, shopCode.code), shopCode.code);
  expect(row?.verdict).toBe('seen');
  expect(row && row.frame && shopCode.code.sourceOf(row.frame)?.path).toBe(`${root}/orders/orders.go`);
});

test('a downloaded module and another package with a file of the same name are other code', () => {
  expect(verdicts(goroutine(5, 'chan send', [`example.com/dep/orders.Take.func1 /go/pkg/mod/example.com/dep@v1.2.3/orders/orders.go:11`]))).toEqual([]);
  expect(verdicts(goroutine(5, 'chan send', [`example.com/else/orders.Take.func1 /build/orders/orders.go:11`]))).toEqual([]);
});

test('what most programs have is folded away unless a finding is about it', () => {
  const text = goroutine(1, 'IO wait', ['internal/poll.runtime_pollWait /go/netpoll.go:1', `main.main ${at(3, '/build/main.go')}`])
    + goroutine(2, 'syscall', ['os/signal.signal_recv /go/sigqueue.go:1']) + sender(3);
  const rows = rowsOf(templatesOf(snapshot(text)).map(template => ({ template })), new Join(shopCode.findings, shopCode.code), shopCode.code);
  expect(rows.map(row => row.usual ?? row.verdict).sort()).toEqual(['seen', 'the main goroutine', 'waits for signals']);
});

test('findings with evidence come first and say what was seen', () => {
  const { findings, code } = shopCode;
  const [first, ...rest] = withObservations(findings, [snapshot(sender(5), 'a.txt'), snapshot(sender(5) + sender(6), 'b.txt')], code);
  expect(first?.rule).toBe('abandoned-sender');
  expect(first?.observed).toEqual({ verdict: 'confirmed', goroutines: 2, note: '2 goroutines parked here (chan send).', from: ['b.txt'] });
  expect(rest.every(d => d.observed === undefined)).toBe(true);
});
