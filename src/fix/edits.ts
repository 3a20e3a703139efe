/** Edits of one text, and where its places are afterwards. */
import type { Edit } from '../finding.ts';
import type { Source } from '../source/text.ts';

/** Whether both change the same text. Two insertions at one place go one behind the other, unless they are the same. */
export function overlap(a: Edit, b: Edit): boolean {
  if (a.at.source !== b.at.source) return false;
  if (a.at.start === b.at.start && a.at.end === b.at.end) return a.at.start < a.at.end || a.text === b.text;
  return a.at.start < b.at.end && b.at.start < a.at.end;
}

/** The edits by source, in the order of the text. */
export function bySource(edits: readonly Edit[]): Map<Source, Edit[]> {
  const found = new Map<Source, Edit[]>();
  for (const edit of edits) found.set(edit.at.source, [...found.get(edit.at.source) ?? [], edit]);
  for (const list of found.values()) list.sort((a, b) => a.at.start - b.at.start || a.at.end - b.at.end);
  return found;
}

/** `edits` in order and without overlaps. */
export function applied(text: string, edits: readonly Edit[]): string {
  let end = 0;
  const parts: string[] = [];
  for (const edit of edits) {
    parts.push(text.slice(end, edit.at.start), edit.text);
    end = edit.at.end;
  }
  return [...parts, text.slice(end)].join('');
}

/** Where what stood at `offset` is after the edits; undefined when it is gone. */
export function moved(offset: number, edits: readonly Edit[]): number | undefined {
  let shift = 0;
  for (const { at, text } of edits) {
    if (at.start <= offset && offset < at.end) return undefined;
    if (at.end <= offset) shift += text.length - (at.end - at.start);
  }
  return offset + shift;
}
