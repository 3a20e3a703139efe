/**
 * Labels of goroutines: `{"tenant":"acme co", "worker":"mailer"}` in counted text, `{tenant: "acme co", worker: mailer}` in
 * headers since Go 1.27, where an empty value prints nothing.
 */
export function parseLabels(text: string): ReadonlyMap<string, string> {
  const labels = new Map<string, string>();
  let at = 0;
  while (at < text.length) {
    // A key is a literal, or ends at a colon that is skipped: each round gets further.
    const key = word(text, at, ':');
    at = skip(text, key.end, ': ');
    const value = word(text, at, ',');
    at = skip(text, value.end, ', ');
    if (key.text !== '') labels.set(key.text, value.text);
  }
  return labels;
}

interface Word {
  readonly text: string;
  readonly end: number;
}

/** A Go string literal, or what stands before `stop`. */
function word(text: string, at: number, stop: string): Word {
  if (text[at] === '"') {
    let end = at + 1;
    while (end < text.length && text[end] !== '"') end += text[end] === '\\' ? 2 : 1;
    return { text: unquoted(text.slice(at + 1, end)), end: Math.min(end + 1, text.length) };
  }
  const found = text.indexOf(stop, at);
  const end = found < 0 ? text.length : found;
  return { text: text.slice(at, end).trim(), end };
}

function skip(text: string, at: number, what: string): number {
  let next = at;
  while (next < text.length && what.includes(text[next] ?? '')) next++;
  return next;
}

const SIMPLE: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', a: '\u0007', b: '\b', f: '\f', v: '\v' };

function unquoted(body: string): string {
  return body.replace(/\\(?:x([0-9a-f]{2})|u([0-9a-f]{4})|U([0-9a-f]{8})|(.))/g, (_, x?: string, u?: string, long?: string, c?: string) => {
    const hex = x ?? u ?? long;
    if (hex === undefined) return SIMPLE[c ?? ''] ?? c ?? '';
    const code = Number.parseInt(hex, 16);
    return code <= 0x10ffff ? String.fromCodePoint(code) : '\ufffd';
  });
}
