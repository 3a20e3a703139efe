import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import type { Snapshot } from '../../src/runtime/model.ts';
import { readSnapshot } from '../../src/runtime/read.ts';
import { COUNTED, DUMP, packed, profile, SENDERS } from './samples.ts';

function read(input: string | Buffer): Snapshot {
  const result = readSnapshot(Buffer.from(input), 'input');
  if (result.kind === 'unreadable') throw new Error(result.reason);
  return result.snapshot;
}

const reason = (input: string | Buffer) => {
  const result = readSnapshot(Buffer.from(input), 'input');
  return result.kind === 'unreadable' ? result.reason : 'was read';
};

/** `3 send Take.func1 orders.go:15 <- Take 14`, a line a bucket. */
function shown(snapshot: Snapshot): string[] {
  const last = (text: string | undefined) => text?.split(/[/.]/).at(-1);
  return snapshot.buckets.map(b => `${b.count} ${b.op} ${last(b.frames[0]?.func)}:${b.frames[0]?.line} <- ${last(b.createdBy?.func)}:${b.createdBy?.line}`);
}

test('debug=2: states, places of creation, ids and minutes', () => {
  const snapshot = read(DUMP);
  expect(shown(snapshot)).toEqual(['3 send func1:15 <- Take:14', '1 run writeGoroutineStacks:764 <- Serve:3454', '1 io runtime_pollWait:351 <- undefined:undefined']);
  expect(snapshot.buckets[0]).toMatchObject({ state: 'chan send', ids: [20, 21, 22], minutes: { least: 0, most: 4 } });
  expect(snapshot).toMatchObject({ total: 5, system: 0, unparsed: 0, truncated: false, format: 'goroutine text' });
});

test('a dump out of a log: prefixes, CRLF, UTF-16 and a byte order mark', () => {
  const expected = shown(read(DUMP));
  const prefixed = DUMP.split('\n').map((line, i) => `app-1  | 2026-01-01T10:00:${10 + (i % 50)}Z ${line}`).join('\n');
  expect(shown(read(prefixed))).toEqual(expected);
  expect(shown(read(DUMP.replaceAll('\n', '\r\n')))).toEqual(expected);
  expect(shown(read(DUMP.replaceAll('\t', '    ')))).toEqual(expected);
  expect(shown(read(Buffer.from(`\ufeff${DUMP}`, 'utf16le')))).toEqual(expected);
  expect(shown(read(`\ufeff${DUMP}`))).toEqual(expected);
});

test.each([
  ['chan receive (leaked)', 'chan receive', 'receive', true], ['select (no cases)', 'select (no cases)', 'empty-select', false],
  ['chan send (nil chan), 12 minutes', 'chan send (nil chan)', 'nil-channel', false], ['sync.WaitGroup.Wait (durable), synctest bubble 1', 'sync.WaitGroup.Wait', 'wait-group', false],
  ['select (leaked) (scan), 2 minutes, locked to thread', 'select', 'select', true], ['sync.RWMutex.RLock', 'sync.RWMutex.RLock', 'lock', false],
])('the header [%s]', (head, state, op, leaked) => {
  expect(read(`goroutine 7 gp=0xc0000061c0 m=nil [${head}]:\nmain.f()\n\t/a.go:1 +0x1\n`).buckets[0]).toMatchObject({ state, op, leaked });
});

test('a test run that took too long, also as JSON', () => {
  const text = `panic: test timed out after 2s\n\trunning tests:\n\t\tTestHang/sub (2s)\n\n${DUMP}`;
  const json = text.split('\n').map(line => JSON.stringify({ Action: 'output', Output: `${line}\n` })).join('\n');
  for (const input of [text, json, JSON.stringify({ level: 'error', stack: text })]) {
    const snapshot = read(input);
    expect(shown(snapshot)).toEqual(shown(read(DUMP)));
    expect(snapshot.crash).toEqual(['panic: test timed out after 2s', 'running tests:', 'TestHang/sub (2s)']);
  }
});

test('labels in headers, inside the brackets and behind them', () => {
  const labels = (head: string) => [...read(`goroutine 7 [${head}:\nmain.f()\n\t/a.go:1 +0x1\n`).buckets[0]?.labels ?? []];
  expect(labels('chan receive] {tenant: "acme, \\"co\\"", empty: , worker: mailer}')).toEqual([['tenant', 'acme, "co"'], ['empty', ''], ['worker', 'mailer']]);
  expect(labels('chan receive labels:{"tenant": "a]b", "worker": "m\\u00fc"}]')).toEqual([['tenant', 'a]b'], ['worker', 'mü']]);
});

test('before Go 1.20 the stack says what semacquire waits for', () => {
  const op = (...funcs: string[]) => read(`goroutine 7 [semacquire]:\n${funcs.map(f => `${f}(0x1)\n\t/a.go:1 +0x1\n`).join('')}`).buckets[0]?.op;
  expect(op('sync.runtime_Semacquire', 'sync.(*WaitGroup).Wait', 'main.f')).toBe('wait-group');
  expect(op('sync.runtime_SemacquireMutex', 'sync.(*Mutex).lockSlow', 'main.f')).toBe('lock');
  expect(op('sync.runtime_Semacquire', 'sync.(*RWMutex).RLock', 'main.f')).toBe('lock');
});

test('SIGQUIT: frames and goroutines of the runtime are left out, the message is kept; in a deadlock nobody can go on', () => {
  const snapshot = read(`fatal error: all goroutines are asleep - deadlock!

goroutine 0 gp=0x5 m=0 mp=0x6 [idle]:
runtime.futex(0x1)
	/go/os.go:1 +0x2 fp=0x7ff sp=0x7fe pc=0x1

goroutine 1 gp=0xc1 m=nil [chan receive]:
runtime.gopark(0x1?)
	/go/proc.go:1 +0x2 fp=0xc1 sp=0xc0 pc=0x2
main.f(...)
	/src/a.go:4
main.main()
	/src/a.go:9 +0x1 fp=0xc1 sp=0xc0 pc=0x2
runtime.main()
	/go/proc.go:283 +0x1 fp=0xc1 sp=0xc0 pc=0x2
runtime.goexit({})
	/go/asm.s:1 +0x1 fp=0xc1 sp=0xc0 pc=0x2

goroutine 2 gp=0xc2 m=nil [force gc (idle)]:
runtime.gopark(0x1?)
	/go/proc.go:1 +0x2 fp=0xc1 sp=0xc0 pc=0x2
runtime.goexit({})
	/go/asm.s:1 +0x1 fp=0xc1 sp=0xc0 pc=0x2
created by runtime.init.7 in goroutine 1
	/go/proc.go:3 +0x2

rax    0x0
exit status 2
`);
  expect(snapshot).toMatchObject({ total: 1, system: 2, unparsed: 0, truncated: false, crash: ['fatal error: all goroutines are asleep - deadlock!'] });
  expect(snapshot.buckets[0]?.frames.map(f => `${f.func}:${f.line}`)).toEqual(['main.f:4', 'main.main:9']);
  expect(snapshot.buckets[0]?.leaked).toBe(true);
});

test('ancestors are no part of a stack, elided frames no strangers', () => {
  const snapshot = read(`goroutine 9 [select]:
main.f()
	/a.go:1 +0x1
...51 frames elided...
main.g()
	/a.go:2 +0x1
created by main.h in goroutine 3
	/a.go:3 +0x1
[originating from goroutine 3]:
main.h(...)
	/a.go:4 +0x1
`);
  expect(snapshot.buckets[0]?.frames).toHaveLength(2);
  expect(snapshot).toMatchObject({ total: 1, unparsed: 0 });
});

test('lines that are not understood are counted, text behind the dump is not', () => {
  expect(read(DUMP.replace('main.main()', '2026/01/01 hello from another goroutine\nmain.main()')).unparsed).toBe(1);
  expect(read(`${DUMP}FAIL\nexit status 1\n`).unparsed).toBe(0);
});

test('a dump that was cut gives the goroutines before the cut', () => {
  const cut = read(DUMP.slice(0, -80));
  expect(cut).toMatchObject({ total: 4, truncated: true });
  for (let end = DUMP.length - 2; end > DUMP.indexOf('goroutine 22 [chan') + 12; end--) {
    const { total, truncated } = read(DUMP.slice(0, end));
    // Only the offset, which does not matter, may be cut off unnoticed.
    expect([total, truncated], DUMP.slice(end - 20, end)).toEqual(end > DUMP.lastIndexOf(' +0x') + 1 ? [5, false] : [4, true]);
  }
  expect(read(DUMP.trimEnd())).toMatchObject({ total: 5, truncated: false });
});

test('debug=1: counts and labels, no states', () => {
  const snapshot = read(COUNTED);
  expect(shown(snapshot)).toEqual(['3 unknown func1:15 <- undefined:undefined', '1 io runtime_pollWait:351 <- undefined:undefined', '1 unknown writeRuntimeProfile:796 <- undefined:undefined']);
  expect([...snapshot.buckets[0]?.labels ?? []]).toEqual([['tenant', 'acme "co"'], ['worker', 'mailer']]);
  expect(snapshot.buckets[1]?.frames).toHaveLength(2);
  expect(read(COUNTED.slice(0, 200)).truncated).toBe(true);
});

test('protobuf, packed or not: what is waited for is in the runtime frames, type arguments are as in texts', () => {
  for (const bytes of [profile('goroutine', [SENDERS]), packed('goroutine', [SENDERS])]) {
    const snapshot = read(bytes);
    expect(snapshot).toMatchObject({ total: 3, format: 'protobuf', profile: 'goroutine', unparsed: 0, truncated: false });
    expect(snapshot.buckets[0]).toMatchObject({ op: 'send', frames: [{ func: 'example.com/shop/orders.(*Desk[...]).Take.func1', line: 15 }] });
    expect([...snapshot.buckets[0]?.labels ?? []]).toEqual([['tenant', 'acme']]);
  }
});

test('a difference of two profiles has negative counts, a leak profile leaked goroutines', () => {
  expect(read(packed('goroutine', [{ ...SENDERS, count: -1 }])).total).toBe(-1);
  expect(read(packed('goroutineleak', [SENDERS])).buckets[0]?.leaked).toBe(true);
});

test('what is none says what it is', () => {
  expect(reason('')).toBe('It is empty.');
  expect(reason('<html><body>')).toMatch(/web page/);
  expect(reason('heap profile: 1: 2 [3: 4] @ heap/1048576\n')).toMatch(/heap profile/);
  expect(reason(packed('alloc_objects', []))).toMatch(/profile of alloc_objects/);
  expect(reason('go 1.8 trace\0\0\0\0')).toMatch(/trace of a Go before 1.11/);
  expect(reason('panic: boom\n\n')).toMatch(/GOTRACEBACK/);
  expect(reason('hello')).toMatch(/no goroutine dump/);
  expect(reason(Buffer.from([0x1f, 0x8b, 1, 2, 3]))).toMatch(/damaged/);
});

test('a gzip bomb is not unpacked', () => {
  expect(reason(gzipSync(Buffer.alloc(130 * 1024 * 1024)))).toMatch(/more than 128 MiB/);
});

test('a packed file that ends too early gives what is there', () => {
  const bytes = gzipSync(DUMP.repeat(50));
  expect(read(bytes.subarray(0, bytes.length - 40))).toMatchObject({ truncated: true });
});

/** The same numbers in every run. */
function random(seed: number): (below: number) => number {
  let state = seed;
  return below => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state % below;
  };
}

test.each([['debug=2', Buffer.from(DUMP)], ['debug=1', Buffer.from(COUNTED)], ['protobuf', profile('goroutine', [SENDERS, SENDERS])], ['gzip', packed('goroutine', [SENDERS])]])('a thousand damaged inputs: %s', (_, original) => {
  const below = random(7);
  for (let i = 0; i < 1000; i++) {
    const bytes = Buffer.from(original);
    for (let n = 1 + below(8); n > 0; n--) bytes[below(bytes.length)] = below(256);
    const from = below(bytes.length);
    const mutated = below(4) === 0 ? Buffer.concat([bytes.subarray(0, from), bytes.subarray(below(bytes.length))]) : below(4) === 0 ? bytes.subarray(0, from) : bytes;
    const result = readSnapshot(mutated, 'input');
    if (result.kind === 'snapshot') for (const bucket of result.snapshot.buckets) expect(Number.isSafeInteger(bucket.count)).toBe(true);
  }
});
