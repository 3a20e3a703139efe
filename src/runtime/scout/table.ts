import { escapeControls } from '../../report/paths.ts';
import { shortName } from '../names.ts';
import { growthOf } from './envelope.ts';
import { topGroups } from './groups.ts';
import { heapPoints, type History } from './history.ts';

const SHOWN_GROUPS = 3;

/** For people: one line a target, the largest groups of its goroutines below it. */
export function scoutTable(histories: readonly History[], mostGoroutines: number): string {
  const rows = [['target', 'goroutines', 'heap', 'after GC', 'GCs', ''], ...histories.map(history => row(history, mostGoroutines))];
  const widths = [0, 1, 2, 3, 4, 5].map(i => Math.max(...rows.map(cells => cells[i]?.length ?? 0)));
  const lines = rows.map(cells => cells.map((cell, i) => i > 0 && i < 5 ? cell.padStart(widths[i] ?? 0) : cell.padEnd(widths[i] ?? 0)).join('  ').trimEnd());
  return [lines[0], ...histories.flatMap((history, i) => [lines[i + 1], ...groups(history)])].map(line => `${line}\n`).join('');
}

function row(history: History, mostGoroutines: number): string[] {
  const name = escapeControls(history.target.name);
  const { look } = history;
  if (look?.kind !== 'up') return [name, '-', '-', '-', '-', `does not answer: ${look?.reason ?? 'not asked yet'}`];
  const growth = growthOf(heapPoints(history));
  return [
    name, String(look.goroutines), megabytes(look.memory?.heapInuse), growth === undefined ? '-' : `${growth < 0 ? '' : '+'}${megabytes(growth)}/min`,
    String(look.memory?.collections ?? '-'), look.goroutines > mostGoroutines ? `more than ${mostGoroutines} goroutines` : '',
  ];
}

function groups({ look, snapshots }: History): string[] {
  if (look?.kind !== 'up' || !snapshots.last) return [];
  return topGroups(snapshots.last, SHOWN_GROUPS).map(({ frame, count }) => escapeControls(`  ${count} in ${shortName(frame.func)} ${frame.file}:${frame.line}`));
}

function megabytes(bytes: number | undefined): string {
  return bytes === undefined ? '-' : `${(bytes / 1e6).toFixed(1)} MB`;
}
