/**
 * Who waits for ever although others go on and on: nobody who goes on has in hand what would wake him up, nor has anybody
 * who may be woken up in turn. A garbage collector asks the same of memory.
 */
import type { Machine } from './machine.ts';
import { type Cell, isObject, type Lock, type Routine, strip, type Value } from './values.ts';

/** `outside`: what others may have in hand; `shared`: what everybody has who goes on. */
export function waitingForEver(machine: Machine, outside: readonly Cell[], shared: readonly Cell[]): readonly Routine[] {
  const left = new Set(machine.routines.filter(({ isOver }) => !isOver));
  const reached = new Reached();
  for (const { channel, then } of machine.timers) [channel ?? null, then].forEach(value => reached.add(value));
  for (const { v } of outside) reached.add(v);
  const goesOn = new Set<Routine>();
  const woken = () => [...left].filter(routine => routine.wait.kind === 'sleep' || machine.isReady(routine) || mayBeWoken(routine, reached, goesOn));
  let more = woken();
  if (more.length > 0 || machine.timers.size > 0) for (const { v } of shared) reached.add(v);
  while (more.length > 0) {
    for (const routine of more) {
      left.delete(routine);
      goesOn.add(routine);
      reached.addAllOf(routine);
    }
    more = woken();
  }
  return [...left];
}

function mayBeWoken({ wait }: Routine, reached: Reached, goesOn: ReadonlySet<Routine>): boolean {
  switch (wait.kind) {
    case 'channel':
      return wait.cases.some(({ channel }) => channel !== null && (channel.isFed || reached.has(channel)));
    case 'lock':
      return holdersOf(wait.lock).some(holder => goesOn.has(holder)) || [...goesOn].some(({ wait: other }) => other.kind === 'lock' && other.lock === wait.lock);
    case 'group':
      return reached.has(wait.group);
    case 'cond':
      return wait.isSignalled || reached.has(wait.cond);
    case 'once':
      return reached.has(wait.once);
    default:
      return true;
  }
}

export function holdersOf({ writer, readers }: Lock): readonly Routine[] {
  return writer ? [writer] : [...readers.keys()];
}

/** What somebody has in hand, and what that leads to. */
class Reached {
  private readonly seen = new Set<unknown>();

  has(object: unknown): boolean {
    return this.seen.has(object);
  }

  addAllOf({ given, frames, wait }: Routine): void {
    given.forEach(value => this.add(value));
    for (const { cells, defers, held } of frames) {
      for (const { v } of cells.values()) this.add(v);
      for (const { func, args } of defers) [func, ...args].forEach(value => this.add(value));
      held.forEach(value => this.add(value));
    }
    for (const one of wait.kind === 'channel' ? wait.cases : []) {
      this.add(one.channel);
      if (one.does === 'send') this.add(one.value);
    }
  }

  add(value: Value): void {
    const bare = strip(value);
    if (!isObject(bare) || this.seen.has(bare)) return;
    this.seen.add(bare);
    for (const inner of partsOf(bare)) this.add(inner);
  }
}

function partsOf(value: Exclude<Value, number | string | boolean | null>): readonly Value[] {
  const inside = (cells: Iterable<Cell>) => [...cells].map(({ v }) => v);
  switch (value.k) {
    case 'struct':
      return inside(value.fields.values());
    case 'pointer':
      return [value.cell.v];
    case 'slice':
      return inside(value.cells);
    case 'dict':
      return [...value.cells.values()].flatMap(({ key, cell }) => [key, cell.v]);
    case 'func':
      return [...inside(value.cells.values()), value.receiver ?? null];
    case 'bound':
      return [value.of];
    case 'tuple':
      return value.values;
    case 'spread':
      return [value.of];
    case 'chan':
      return value.buffer;
    case 'cond':
      return [value.locker];
    case 'context':
      return [value.done ?? null, ...value.children];
    case 'timer':
      return [value.channel ?? null, value.then];
    default:
      return [];
  }
}
