import type { Snapshot } from './model.ts';
import type { Read } from './read.ts';

/** Several programs' goroutines as if they were one program's. */
export function merge(snapshots: readonly Snapshot[]): Read {
  const [first, ...rest] = snapshots;
  if (!first) return { kind: 'unreadable', reason: 'Nothing was given.' };
  const other = rest.find(s => s.format !== first.format || s.profile !== first.profile);
  if (other) return { kind: 'unreadable', reason: `${first.name} and ${other.name} have different formats, so they cannot be counted together.` };
  const sum = (numberOf: (snapshot: Snapshot) => number) => snapshots.reduce((total, s) => total + numberOf(s), 0);
  return {
    kind: 'snapshot',
    snapshot: {
      ...first, name: snapshots.map(s => s.name).join(', '), buckets: snapshots.flatMap(s => s.buckets), total: sum(s => s.total), system: sum(s => s.system),
      unparsed: sum(s => s.unparsed), truncated: snapshots.some(s => s.truncated), crash: snapshots.flatMap(s => s.crash), notes: snapshots.flatMap(s => s.notes),
    },
  };
}
