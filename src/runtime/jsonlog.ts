/** Logs of JSON objects, one a line, with a dump in their texts: `go test -json`, containers' logs, structured loggers. */

/** Keys under which text is kept, the likeliest first: `Output` of test2json, `log` of Docker, those of common loggers. */
const KEYS = ['Output', 'log', 'message', 'msg', 'stack', 'stacktrace', 'stack_trace', 'error', 'line', 'textPayload'];
const LONGEST_LINE = 4 * 1024 * 1024;

/** The texts in the order of the lines; undefined for what is no such log. */
export function textInJson(text: string): string | undefined {
  if (!/^\s*\{/.test(text)) return undefined;
  const parts: string[] = [];
  for (const line of text.split('\n')) {
    const value = line.startsWith('{') && line.length <= LONGEST_LINE ? parsed(line) : undefined;
    for (const key of KEYS) {
      const part = value?.get(key);
      if (typeof part === 'string') parts.push(key === 'Output' || key === 'log' ? part : `${part}\n`);
    }
  }
  return parts.length ? parts.join('') : undefined;
}

function parsed(line: string): ReadonlyMap<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? new Map(Object.entries(value)) : undefined;
  } catch {
    return undefined;
  }
}
