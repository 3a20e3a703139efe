/** Zero values of types. */
import type { Program } from '../../program/program.ts';
import { underlying } from '../../program/resolve.ts';
import { type ArrayLength, type Type, typeName } from '../../program/types.ts';
import { constantOf } from './constants.ts';
import { newLock, newUnknown, NotClosed, type Value } from './values.ts';

/** Types of the library that are used as they are made: `var mu sync.Mutex`. */
const READY: Readonly<Record<string, () => Value>> = {
  'sync.Mutex': newLock,
  'sync.RWMutex': newLock,
  'sync.WaitGroup': () => ({ k: 'group', count: 0 }),
  'golang.org/x/sync/errgroup.Group': () => ({ k: 'group', count: 0 }),
  'sync.Once': () => ({ k: 'once', state: 'new' }),
  'sync.Map': () => ({ k: 'dict', cells: new Map() }),
};

const ATOMIC: Readonly<Record<string, Value>> = { Int32: 0, Int64: 0, Uint32: 0, Uint64: 0, Uintptr: 0, Bool: false, Value: null, Pointer: null };

export function zeroOf(type: Type, program: Program): Value {
  const name = type.kind === 'named' ? typeName(type) : '';
  const ready = READY[name];
  if (ready) return ready();
  const atomic = ATOMIC[/^sync\/atomic\.(\w+)/.exec(name)?.[1] ?? ''];
  if (atomic !== undefined) return { k: 'struct', type, fields: new Map([['v', { v: atomic }]]), zero: () => undefined };
  const inner = underlying(type, program);
  switch (inner.kind) {
    case 'basic':
      return inner.name === 'bool' ? false : inner.name === 'string' ? '' : 0;
    case 'struct':
      // What is in the types of other packages is their affair.
      if (type.kind === 'named' && type.def && !type.def.file.pkg.module) return newUnknown();
      return { k: 'struct', type, fields: new Map(), zero: name => {
        const field = inner.fields.find(one => one.name === name);
        return field && zeroOf(field.type, program);
      } };
    case 'slice':
      return inner.array ? { k: 'slice', isArray: true, cells: Array.from({ length: lengthOf(inner.array) }, () => ({ v: zeroOf(inner.elem, program) })) } : null;
    case 'pointer':
    case 'map':
    case 'chan':
    case 'func':
    case 'interface':
      return null;
    default:
      return newUnknown();
  }
}

/** More elements than these nobody makes for a handful of goroutines. */
export const MOST_ELEMENTS = 1000;

export function lengthOf({ of, file }: ArrayLength): number {
  const length = of === '...' ? undefined : constantOf(of, 0, file);
  if (typeof length !== 'number' || length > MOST_ELEMENTS) throw new NotClosed('a size that is not known');
  return length;
}
