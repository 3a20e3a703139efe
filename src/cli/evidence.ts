/** `--evidence`: findings with what dumps and profiles show of them. */
import type { Diagnostic } from '../finding.ts';
import { Code, filesOf } from '../runtime/code.ts';
import { withObservations } from '../runtime/observe.ts';
import type { Problem } from '../source/problem.ts';
import { readInput } from './inputs.ts';

export interface WithEvidence {
  readonly diagnostics: readonly Diagnostic[];
  readonly problems: readonly Problem[];
}

export async function withEvidence(diagnostics: readonly Diagnostic[], patterns: readonly string[], inputs: readonly string[]): Promise<WithEvidence> {
  const reads = await Promise.all(inputs.map(async name => ({ name, read: await readInput(name) })));
  const problems = reads.flatMap(({ name, read }): Problem[] => {
    if (read.kind === 'unreadable') return [{ level: 'error', id: 'unreadable-evidence', message: `--evidence ${name}: ${read.reason}${/^\.|\/|\.\.\.$/.test(name) ? ' Patterns stand before --evidence.' : ''}` }];
    const { snapshot } = read;
    const lost = [...(snapshot.unparsed ? [`${snapshot.unparsed} lines of it were not understood`] : []), ...(snapshot.truncated ? ['its end is missing'] : [])];
    return lost.length ? [{ level: 'warning', id: 'damaged-evidence', message: `--evidence ${name}: ${lost.join(', and ')}` }] : [];
  });
  const snapshots = reads.flatMap(({ read }) => (read.kind === 'snapshot' ? [read.snapshot] : []));
  return { diagnostics: withObservations(diagnostics, snapshots, new Code(filesOf(process.cwd(), patterns))), problems };
}
