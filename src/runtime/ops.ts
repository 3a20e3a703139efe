/** What goroutines wait for: from the state that texts print, or from the functions in which they wait. */
import type { Frame, Op } from './model.ts';
import { isRuntime } from './names.ts';

const STATES: Readonly<Record<string, Op>> = {
  'chan send': 'send', 'chan receive': 'receive', 'chan receive (nil chan)': 'nil-channel', 'chan send (nil chan)': 'nil-channel',
  'select': 'select', 'select (no cases)': 'empty-select',
  'sync.Mutex.Lock': 'lock', 'sync.RWMutex.RLock': 'lock', 'sync.RWMutex.Lock': 'lock', 'sync.WaitGroup.Wait': 'wait-group', 'sync.Cond.Wait': 'cond',
  'sleep': 'sleep', 'IO wait': 'io', 'syscall': 'syscall', 'waiting for cgo callback': 'syscall', 'coroutine': 'coroutine',
  'running': 'run', 'runnable': 'run', 'copystack': 'run', 'preempted': 'run', 'idle': 'run', 'dead': 'run',
  'synctest.Run': 'wait-group', 'synctest.Wait': 'wait-group',
};

/** States up to Go 1.19 call every wait in package sync `semacquire`; there, and where there is no state, the stack decides. */
export function opOf(state: string, stack: readonly Frame[]): Op {
  const known = STATES[state];
  if (known) return known;
  return state === '' || state === 'semacquire' ? opOfStack(stack) : 'runtime';
}

/** Functions of the runtime below which a goroutine waits. */
const WAITS: Readonly<Record<string, Op>> = {
  'runtime.chansend1': 'send', 'runtime.chanrecv1': 'receive', 'runtime.chanrecv2': 'receive', 'runtime.selectgo': 'select', 'runtime.block': 'empty-select',
  'runtime.coroswitch': 'coroutine', 'time.Sleep': 'sleep', 'internal/poll.runtime_pollWait': 'io', 'sync.runtime_notifyListWait': 'cond',
  'sync.runtime_SemacquireWaitGroup': 'wait-group', 'sync.(*WaitGroup).Wait': 'wait-group', 'sync.(*Cond).Wait': 'cond',
  'sync.runtime_SemacquireMutex': 'lock', 'internal/sync.runtime_SemacquireMutex': 'lock', 'sync.(*Mutex).Lock': 'lock', 'internal/sync.(*Mutex).Lock': 'lock',
  'sync.(*RWMutex).RLock': 'lock', 'sync.(*RWMutex).Lock': 'lock', 'sync.runtime_SemacquireRWMutexR': 'lock', 'sync.runtime_SemacquireRWMutex': 'lock',
  'sync.runtime_Semacquire': 'wait-group', 'syscall.Syscall': 'syscall', 'syscall.Syscall6': 'syscall', 'syscall.RawSyscall6': 'syscall', 'syscall.syscall': 'syscall',
  'os/signal.signal_recv': 'syscall',
};

/** `stack` with the runtime's frames, where the format has them. */
function opOfStack(stack: readonly Frame[]): Op {
  for (const [i, { func }] of stack.entries()) {
    // Before Go 1.20 a reader of an RWMutex waits in what a WaitGroup waits in.
    if (func === 'sync.runtime_Semacquire' && /^sync\.\(\*RWMutex\)/.test(stack[i + 1]?.func ?? '')) return 'lock';
    const op = WAITS[func];
    if (op) return op;
    if (!isRuntime(func)) return 'unknown';
  }
  return 'runtime';
}
