/** The gate's baseline as a file: JSON with one template a line, so that a change of it reads well in a review. */
import type { Baseline, Entry } from './gate.ts';

const VERSION = 1;

export function writeBaseline({ profile, format, total, entries }: Baseline): string {
  const head = { version: VERSION, profile, format, total };
  const lines = entries.map(entry => `    ${JSON.stringify(entry)}`);
  return `${JSON.stringify(head, undefined, 2).slice(0, -2)},\n  "templates": [\n${lines.join(',\n')}${lines.length ? '\n' : ''}  ]\n}\n`;
}

/** A sentence where the text is no baseline. */
export function readBaseline(text: string): Baseline | string {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return `It is not valid JSON: ${error instanceof Error ? error.message : String(error)}.`;
  }
  if (!isRecord(value) || value['version'] === undefined) return 'It is no baseline of go-leak-lint gate; write one with --update.';
  if (value['version'] !== VERSION) return `It has version ${String(value['version'])}, and this go-leak-lint reads version ${VERSION}; write it anew with --update.`;
  const { profile, format, total, templates } = value;
  if ((profile !== 'goroutine' && profile !== 'goroutineleak') || (format !== 'goroutine text' && format !== 'counted text' && format !== 'protobuf')) return 'Its profile or format is none that is known; write it anew with --update.';
  if (!isCount(total) || !Array.isArray(templates)) return 'Its total or its templates are missing; write it anew with --update.';
  const entries = templates.map(entryFrom);
  const wrong = entries.findIndex(entry => entry === undefined);
  return wrong >= 0 ? `Its template ${wrong + 1} is incomplete; write it anew with --update.` : { profile, format, total, entries: entries.filter(entry => entry !== undefined) };
}

function entryFrom(value: unknown): Entry | undefined {
  if (!isRecord(value)) return undefined;
  const { count, op, functions, createdBy, at } = value;
  if (!isCount(count) || typeof op !== 'string' || typeof createdBy !== 'string' || !Array.isArray(functions)) return undefined;
  const names = functions.filter(name => typeof name === 'string');
  return names.length === functions.length ? { count, op, functions: names, createdBy, at: typeof at === 'string' ? at : '' } : undefined;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}
