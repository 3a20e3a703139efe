import { describe, expect, test } from 'vitest';
import { Code } from '../../src/runtime/code.ts';
import type { Frame } from '../../src/runtime/model.ts';
import { isBurst, isSuspect, reasonsOf } from '../../src/runtime/trace/ghosts.ts';
import { readerOf } from '../../src/runtime/trace/input.ts';
import { traceJson } from '../../src/runtime/trace/json.ts';
import { isTrace, readTrace, type Trace } from '../../src/runtime/trace/read.ts';
import { type Census, censusOf, type Site } from '../../src/runtime/trace/sites.ts';
import { type TraceReport, traceText } from '../../src/runtime/trace/text.ts';
import { NONE, Numbered, uint, v1, v2 } from './tracewriter.ts';

const call = (func: string, file: string, line: number) => ({ func, file, line });
const MAIN = call('main.main', '/app/main.go', 12);
const SPAWN = call('example.com/app/jobs.Start', '/app/jobs/start.go', 20);
const BODY = call('example.com/app/jobs.Start.func1', '/app/jobs/start.go', 21);
const DIAL = call('net/http.(*Transport).dialConn', '/usr/local/go/src/net/http/transport.go', 1751);
const DIAL_FOR = call('net/http.(*Transport).dialConnFor', '/usr/local/go/src/net/http/transport.go', 1400);
const QUEUE = call('net/http.(*Transport).queueForDial', '/usr/local/go/src/net/http/transport.go', 1419);
const FETCH = call('example.com/app/client.Fetch', '/app/client/fetch.go', 33);
const READ_LOOP = call('net/http.(*persistConn).readLoop', '/usr/local/go/src/net/http/transport.go', 2000);
const TRACING = call('runtime/trace.Start', '/usr/local/go/src/runtime/trace/trace.go', 120);

function read(bytes: Uint8Array): Trace {
  const trace = readTrace(readerOf(bytes));
  if (!trace) throw new Error('not taken for a trace');
  return trace;
}
const code = new Code([]);
const isOwn = (frame: Frame) => code.originOf(frame) === 'own';
const census = (bytes: Uint8Array): Census => censusOf(read(bytes), isOwn);
const report = (trace: Trace): TraceReport => ({ trace, census: censusOf(trace, isOwn), code, matches: () => [], cwd: '/' });
const lineOf = ({ createdBy, created, ended, ghosts }: Site) => `${createdBy?.func ?? '?'}:${createdBy?.line ?? 0} created ${created} ended ${ended} ghosts ${ghosts}`;

/** Twelve goroutines that send for ever, and as many that end; the last 2 s nothing happens. */
function leaky(version: 21 | 23 | 26): Uint8Array {
  const names = new Numbered();
  const [spawn, body, send, ok] = [names.stack(SPAWN, MAIN), names.stack(BODY), names.stack(call('runtime.chansend1', '/usr/local/go/src/runtime/chan.go', 1), BODY), names.stack(MAIN)];
  const ids = Array.from({ length: 12 }, (_, i) => i);
  if (version === 21) {
    const tracing = names.stack(TRACING, MAIN);
    const events = ids.flatMap(i => [[13, 1, 100 + i, body, spawn], [13, 0, 200 + i, body, ok]]);
    const turns = ids.flatMap(i => [[14, 1, 100 + i, 1], [22, 0, send], [14, 1, 200 + i, 1], [15, 0]]);
    return v1(version, names, [
      { p: 1, time: 1500, events: [...turns, [14, 2000, 1, 2], [19, 0, 0]] },
      { p: 0, time: 1000, events: [[13, 0, 1, tracing, tracing], [13, 0, 2, tracing, tracing], [31, 0, 2], [14, 1, 1, 1], ...events] },
    ]);
  }
  const reason = names.string('chan send');
  const events = ids.flatMap(i => [[14, 1, 100 + i, body, spawn], [14, 0, 200 + i, body, ok]]);
  const turns = ids.flatMap(i => [[16, 1, 100 + i, 1], [20, 0, reason, send], [16, 1, 200 + i, 1], [17, 0]]);
  const late = new Numbered();
  return v2(version, [
    { names, batches: [{ m: 7, time: 1500, events: turns }, { m: 3, time: 1000, events: [[25, 0, 1, 3, 2], [25, 0, 2, NONE, 4], ...events] }] },
    { names: late, batches: [{ m: 3, time: 3000, events: [[25, 0, 1, 3, 2], [25, 0, 100, NONE, 4], [37, 500, 1]] }] },
  ]);
}

describe.each([21, 23, 26] as const)('a trace in the format of Go 1.%i', version => {
  test('tells what was created, what ended and what stays', () => {
    const found = census(leaky(version));
    expect(found).toMatchObject({ created: 24, ended: 12, system: 0 });
    expect(found.sites.map(lineOf)).toEqual(['example.com/app/jobs.Start:20 created 12 ended 0 ghosts 12', 'main.main:12 created 12 ended 12 ghosts 0']);
    expect(found.sites[0]).toMatchObject({ origin: SPAWN, entry: BODY, alive: 12, creation: [[SPAWN, MAIN]], waiting: [{ state: 'chan send', count: 12 }] });
    expect(found.sites.map(reasonsOf)).toEqual([['none of them ended'], []]);
  });

  test('cut anywhere gives what is there and says that it was cut', () => {
    const whole = leaky(version);
    for (let length = 16; length < whole.length; length++) {
      const trace = read(whole.subarray(0, length));
      censusOf(trace, isOwn);
      expect(trace.lives.created).toBeLessThanOrEqual(24 + 2);
    }
    expect(read(whole.subarray(0, 200)).problem).toBeDefined();
    expect(read(whole).problem).toBeUndefined();
  });

  test('is read the same in small pieces', () => {
    const whole = leaky(version);
    let at = 0;
    const trace = readTrace(into => {
      const part = whole.subarray(at, at + Math.min(3, into.length));
      into.set(part);
      at += part.length;
      return part.length;
    });
    expect(trace && censusOf(trace, isOwn)).toEqual(census(whole));
  });

  test('with any bytes changed is read without a throw', () => {
    const whole = leaky(version);
    const random = numbersFrom(version);
    for (let round = 0; round < 1000; round++) {
      const bytes = mutated(whole, random);
      const trace = readTrace(readerOf(bytes));
      if (trace) traceText(report(trace), { paint: (_, text) => text, others: 3 });
    }
  });
});

/** The same numbers in every run. */
function numbersFrom(seed: number): (below: number) => number {
  let state = seed;
  return below => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor(state / 2 ** 32 * below);
  };
}

/** Bytes changed, taken out, doubled or cut off, behind the header mostly. */
function mutated(whole: Uint8Array, random: (below: number) => number): Uint8Array {
  let bytes = [...whole];
  for (let n = random(6) + 1; n > 0; n--) {
    const at = random(20) ? 16 + random(bytes.length - 16) : random(bytes.length);
    switch (random(5)) {
      case 0: bytes[at] = random(256); break;
      case 1: bytes.splice(at, random(20) + 1); break;
      case 2: bytes.splice(at, 0, ...bytes.slice(at, at + random(40))); break;
      case 3: bytes.splice(at, 0, 0xff, 0xff, 0xff, 0xff, 0x7f); break;
      case 4: if (!random(8)) bytes = bytes.slice(0, at + 1); break;
    }
    if (bytes.length < 17) return Uint8Array.from(bytes);
  }
  return Uint8Array.from(bytes);
}

test('the creator of a goroutine leads from a library to the line of the program', () => {
  const names = new Numbered();
  const [dial, loop, queue, dialFor] = [names.stack(DIAL, DIAL_FOR), names.stack(READ_LOOP), names.stack(QUEUE, FETCH, MAIN), names.stack(DIAL_FOR)];
  const found = census(v2(26, [{ names, batches: [
    // The creator ends on one thread before the other thread's events, which tell of its own creation, are read.
    { m: 2, time: 1100, events: [[16, 0, 10, 1], [14, 1, 11, loop, dial], [17, 1], [16, 1, 11, 1], [20, 1, names.string('select'), loop]] },
    { m: 1, time: 1000, events: [[25, 0, 1, 1, 2], [14, 5, 10, dialFor, queue], [37, 3000, 1]] },
  ] }]));
  expect(found.sites[0]).toMatchObject({ createdBy: DIAL, origin: FETCH, creation: [[DIAL, DIAL_FOR], [QUEUE, FETCH, MAIN]], ghosts: 1 });
  expect(found.sites.map(isSuspect)).toEqual([true, false]);
});

test('one library line that two places lead to is two sites', () => {
  const names = new Numbered();
  const [dial, loop] = [names.stack(DIAL, DIAL_FOR), names.stack(READ_LOOP)];
  const callers = [names.stack(QUEUE, FETCH), names.stack(QUEUE, MAIN)];
  const events = callers.flatMap((queue, i) => [[14, 0, 20 + i, loop, queue], [16, 1, 20 + i, 1], [14, 0, 30 + i, loop, dial], [17, 1], [16, 1, 1, 1]]);
  const found = census(v2(23, [{ names, batches: [{ m: 1, time: 1000, events: [[25, 0, 1, 1, 2], ...events] }] }]));
  expect(found.sites.filter(s => s.createdBy?.func === DIAL.func).map(s => s.origin?.func).sort()).toEqual([FETCH.func, MAIN.func]);
});

test('an end whose goroutine only another thread names', () => {
  const names = new Numbered();
  const found = census(v2(23, [{ names, batches: [
    { m: 5, time: 1000, events: [[23, 1], [17, 1]] },
    { m: 6, time: 1000, events: [[14, 0, 50, 0, names.stack(SPAWN)], [25, 0, 50, 5, 3]] },
  ] }]));
  expect(found.sites.map(lineOf)).toEqual(['example.com/app/jobs.Start:20 created 1 ended 1 ghosts 0']);
});

test('coroutines, switches and calls from C', () => {
  const names = new Numbered();
  const pull = names.stack(call('iter.Pull', '/usr/local/go/src/iter/iter.go', 60), SPAWN);
  const events = [
    [25, 0, 1, 1, 2], [47, 1, 60, 0, pull], [47, 1, 61, 0, pull], [45, 1, 60, 1], [45, 1, 1, 2], [45, 1, 61, 1], [46, 1, 1, 3],
    [37, 2000, 1], [20, 0, names.string('sleep'), 0], [15, 1, 70], [24, 0], [18, 0], [15, 1, 71], [18, 1],
  ];
  const found = census(v2(26, [{ names, batches: [{ m: 1, time: 1000, events }] }]));
  expect(found.sites.map(lineOf)).toEqual(['iter.Pull:60 created 2 ended 1 ghosts 1', '?:0 created 2 ended 1 ghosts 0']);
  expect(found.sites[0]).toMatchObject({ origin: SPAWN, waiting: [{ state: 'coroutine' }] });
});

test('a reason that is known outlives the status of the next generation', () => {
  const names = new Numbered();
  const spawn = names.stack(SPAWN);
  const first = { names, batches: [{ m: 1, time: 1000, events: [[25, 0, 1, 1, 2], [14, 0, 9, spawn, spawn], [16, 0, 1, 1], [16, 0, 9, 1], [20, 0, names.string('select'), spawn]] }] };
  const next = new Numbered();
  const second = { names: next, batches: [{ m: 1, time: 5000, events: [[48, 0, 9, NONE, 4, next.stack(BODY, SPAWN)]] }] };
  expect(census(v2(23, [first, second])).sites[0]).toMatchObject({ ghosts: 1, waiting: [{ state: 'select', frames: [BODY, SPAWN] }] });
});

test('goroutines of the runtime and of tracing are left out', () => {
  const names = new Numbered();
  const of = (func: string) => names.stack(call(func, '/usr/local/go/src/runtime/x.go', 1));
  const events = [[25, 0, 1, 1, 2], [14, 0, 2, of('runtime.bgsweep'), 0], [14, 0, 3, of('runtime/trace.Start.func1'), of('runtime/trace.Start')], [14, 0, 4, of('main.work'), names.stack(MAIN)]];
  expect(census(v2(23, [{ names, batches: [{ m: 1, time: 10, events }] }]))).toMatchObject({ created: 3, system: 2, sites: [{ created: 1 }] });
});

test('many a second are reported although most end, and a burst is called one', () => {
  const names = new Numbered();
  const spawn = names.stack(SPAWN);
  const ids = Array.from({ length: 200 }, (_, i) => 1000 + i);
  const turns = ids.flatMap(id => [[14, 1, id, spawn, spawn], [16, 1, id, 1], ...(id % 3 ? [[17, 0]] : [[20, 0, names.string('chan receive'), spawn]])]);
  const found = census(v2(23, [{ names, batches: [{ m: 1, time: 1000, events: [...turns, [37, 9000, 1]] }] }]));
  const [site] = found.sites;
  expect(site && reasonsOf(site)).toEqual(['more than 50 a second stay']);
  expect(site && isBurst(site, found.seconds ?? 0)).toBe(true);
});

test('two goroutines in a trace of some milliseconds are no rate', () => {
  const names = new Numbered();
  const spawn = names.stack(SPAWN);
  const found = census(v2(23, [{ names, batches: [{ m: 1, time: 1000, events: [[25, 0, 1, 1, 2], [14, 0, 8, 0, spawn], [14, 0, 9, 0, spawn], [16, 1, 8, 1], [20, 0, 0, spawn], [16, 1, 9, 1], [20, 0, 0, spawn], [37, 30, 1]] }] }]));
  expect(found.sites[0]).toMatchObject({ ghosts: 2 });
  expect(found.sites.map(site => [reasonsOf(site).length, isSuspect(site)])).toEqual([[0, true]]);
});

test('a stopped trace whose ticks nobody explains still tells the counts', () => {
  const whole = leaky(21);
  const frequency = Buffer.from(whole).lastIndexOf(Buffer.from([2, ...uint(1000)]));
  const trace = read(whole.subarray(0, frequency));
  expect(trace.problem).toContain('tables');
  expect(censusOf(trace, isOwn)).toMatchObject({ seconds: undefined, created: 24, ended: 12 });
});

test('what is no trace, or one of a Go before 1.11, is told so', () => {
  const bytes = (s: string) => new TextEncoder().encode(s);
  for (const text of ['', 'go 1.', 'go 1.8 trace\0\0\0\0', 'go 1.26 trace', 'goroutine 1 [running]:\nmain.main()\n', '\x1f\x8b\b\0\0\0\0\0\0\0\0\0\0\0\0\0\0']) {
    expect(readTrace(readerOf(bytes(text)))).toBeUndefined();
  }
  expect(isTrace(leaky(26))).toBe(true);
  expect(read(Uint8Array.from([...bytes('go 1.31 trace\0\0\0'), 99])).problem).toContain('newer');
});

test('what of a batch cannot be understood is told', () => {
  const names = new Numbered();
  const bytes = v2(23, [{ names, batches: [{ m: 1, time: 1, events: [[14, 0, 9, 0, names.stack(SPAWN)], [200, 1, 2]] }] }]);
  expect(read(bytes)).toMatchObject({ problem: '1 batch has events that are not known', lives: { created: 1 } });
});

test('a file that is made to fill the memory does not', () => {
  const batch = (i: number) => [1, 1, ...uint(i), 1, 2, 17, 0];
  const header = [...new TextEncoder().encode('go 1.23 trace\0\0\0')];
  const many = readTrace(readerOf(Uint8Array.from([...header, ...Array.from({ length: 200_001 }, (_, i) => batch(i)).flat()])));
  expect(many?.problem).toContain('far too many batches');
  const creations = Array.from({ length: 3000 }, (_, i) => [14, 0, i + 1, 0, 0]);
  expect(read(v2(23, [{ names: new Numbered(), batches: [{ m: 1, time: 1, events: creations }] }])).lives.created).toBe(3000);
});

test('no more is read than asked for', () => {
  const trace = readTrace(readerOf(leaky(23)), 300);
  expect(trace?.problem).toBe('the trace is longer than what is read at most');
});

test('text for people and JSON for programs', () => {
  const trace = read(leaky(26));
  expect(traceText(report(trace), { paint: (_, text) => text, others: 5 })).toBe(`Trace of 2.5 s (format of Go 1.26): 24 goroutines created, 12 ended.

jobs.Start jobs/start.go:20: 12 goroutines stay, 12 a second: none of them ended
  created 12, ended 0, alive 12, each runs example.com/app/jobs.Start.func1
  all created at about the same time: a pool of workers that is started once looks the same
  12 in chan send at jobs.Start.func1 jobs/start.go:21
  created in
    jobs.Start jobs/start.go:20
    main.main app/main.go:12

Other creation sites:
created  ended  alive  ghosts
     12     12      0       0   main.main app/main.go:12
`);
  expect(JSON.parse(traceJson(report(trace)))).toMatchObject({
    format: 'go 1.26', seconds: 2.5, complete: true, created: 24, ended: 12,
    sites: [{ leaking: true, burst: true, createdBy: { function: SPAWN.func, line: 20 }, ghosts: 12, peakPerSecond: 12 }, { leaking: false }],
  });
});
