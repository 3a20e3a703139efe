/** Zero values of types. */
import type { Program } from '../../program/program.ts';
import { underlying } from '../../program/resolve.ts';
import { type Type, typeName } from '../../program/types.ts';
import { newLock, newUnknown, type Value } from './values.ts';

/** Types of the library that are used as they are made: `var mu sync.Mutex`. */
const READY: Readonly<Record<string, () => Value>> = {
  'sync.Mutex': newLock,
  'sync.RWMutex': newLock,
  'sync.WaitGroup': () => ({ k: 'group', count: 0 }),
  'golang.org/x/sync/errgroup.Group': () => ({ k: 'group', count: 0 }),
  'sync.Once': () => ({ k: 'once', state: 'new' }),
};

const ATOMIC = /^sync\/atomic\.(?:Int32|Int64|Uint32|Uint64|Bool|Value)$/;

export function zeroOf(type: Type, program: Program): Value {
  const name = type.kind === 'named' ? typeName(type) : '';
  const ready = READY[name];
  if (ready) return ready();
  if (ATOMIC.test(name)) return { k: 'struct', type, fields: new Map([['v', { v: name.endsWith('Bool') ? false : name.endsWith('Value') ? null : 0 }]]), zero: () => undefined };
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
    case 'pointer':
    case 'slice':
    case 'map':
    case 'chan':
    case 'func':
    case 'interface':
      return null;
    default:
      return newUnknown();
  }
}
