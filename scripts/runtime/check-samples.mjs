// Compares what is read of a program that leaks in known ways with the table of its README:
//   node scripts/runtime/check-samples.mjs DIR...      each with after.debug2.txt, after.debug1.txt, after.pb.gz
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

const MAIN = join(import.meta.dirname, '../../dist/src/cli/main.js');

/** Function, operation, line of the go statement, blocked line, number. */
const EXPECTED = [
  ['ChanSend.func1', 'send', 73, 75, 10], ['ChanReceive.func1', 'receive', 88, 89, 10], ['consume', 'receive', 98, 104, 10],
  ['ChanReceiveNil.func1', 'nil-channel', 113, 114, 10], ['ChanSendNil.func1', 'nil-channel', 123, 124, 10], ['Select.func1', 'select', 133, 135, 10],
  ['SelectEmpty.func1', 'empty-select', 147, 148, 10], ['Sleep.func1', 'sleep', 156, 158, 10], ['Ticker.func1', 'receive', 168, 169, 10],
  ['Mutex.func1', 'lock', 181, 182, 10], ['RWMutexRLock.func1', 'lock', 193, 194, 10], ['RWMutexLock.func1', 'lock', 205, 206, 10],
  ['WaitGroup.func2', 'wait-group', 220, 221, 10], ['Cond.func1', 'cond', 230, 233, 10], ['SlowBody', 'receive', undefined, 243, 10],
  ['IOWait.func1', 'io', 275, 277, 10], ['Syscall.func1', 'syscall', 289, 291, 2], ['LockedThread.func1', 'receive', 300, 302, 2],
  ['Labels.func1.1', 'receive', 346, 347, 10], ['(*pump).run', 'receive', 363, 356, 10], ['(*pump).run', 'receive', 372, 356, 10],
  ['WithArgs.func1', 'send', 379, 384, 10], ['deep', 'receive', 397, 404, 1], ['Nested.func1.1', 'send', 415, 416, 10],
];
const STATES_1_19 = { lock: ['semacquire'], 'wait-group': ['semacquire'] };
const STATES = {
  send: ['chan send'], receive: ['chan receive'], 'nil-channel': ['chan receive (nil chan)', 'chan send (nil chan)'], select: ['select'], 'empty-select': ['select (no cases)'], sleep: ['sleep'],
  lock: ['sync.Mutex.Lock', 'sync.RWMutex.RLock', 'sync.RWMutex.Lock', 'semacquire'], 'wait-group': ['sync.WaitGroup.Wait', 'semacquire'], cond: ['sync.Cond.Wait'], io: ['IO wait'], syscall: ['syscall'],
};

let wrong = 0;
for (const dir of process.argv.slice(2)) {
  for (const file of ['after.debug2.txt', 'after.debug1.txt', 'after.pb.gz']) {
    const path = join(dir, file);
    if (!existsSync(path)) continue;
    const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, 'dump', '--no-source', '--format', 'json', path], { encoding: 'utf8', maxBuffer: 1 << 28 });
    if (status !== 0) { console.log(stderr.trim()); wrong++; continue; }
    const [dump] = JSON.parse(stdout).dumps;
    const mistakes = compare(dump, dir.includes('1.19'));
    wrong += mistakes.length;
    console.log(`${path}: ${dump.total} goroutines, ${dump.unparsed} unparsed, ${mistakes.length ? mistakes.join('; ') : `${EXPECTED.length} kinds as expected`}`);
  }
}
process.exitCode = wrong ? 1 : 0;

function compare(snapshot, isOld) {
  const isText = snapshot.format === 'goroutine text';
  const mistakes = snapshot.total === 261 && snapshot.unparsed === 0 ? [] : [`total ${snapshot.total}, unparsed ${snapshot.unparsed}`];
  for (const [func, op, made, blocked, count] of EXPECTED) {
    const buckets = snapshot.templates.filter(b => b.frames.some(f => f.line === blocked && f.function.endsWith(`leaks.${func}`)) && (!isText || b.createdBy?.line === made || made === undefined));
    const total = buckets.reduce((n, b) => n + b.count, 0);
    const wanted = isText || func !== '(*pump).run' ? count : 20;
    if (total !== wanted) mistakes.push(`${func}:${blocked} has ${total} of ${wanted}`);
    for (const b of buckets) {
      if (isText && !(isOld && STATES_1_19[op] ? STATES_1_19[op] : STATES[op]).includes(b.state)) mistakes.push(`${func} is in state ${b.state}`);
      const ops = isText ? [op] : snapshot.format === 'protobuf' ? (op === 'nil-channel' ? ['send', 'receive'] : [op]) : [op, 'unknown'];
      if (!ops.includes(b.op)) mistakes.push(`${func} waits for ${b.op}`);
    }
  }
  return mistakes;
}
