/**
 * `debug=1` of `/debug/pprof/goroutine`: stacks with how many goroutines have them, but not where these were made nor what
 * they wait for.
 *
 *     goroutine profile: total 261
 *     10 @ 0x48c72a 0x418c9c 0x6bb1d6
 *     # labels: {"tenant":"acme co"}
 *     #	0x6bb1d5	example.com/app.ChanSend.func1+0x35	/src/app.go:75
 */
import { parseLabels } from './labels.ts';
import type { Frame, Snapshot } from './model.ts';
import { normalName } from './names.ts';
import { opOf } from './ops.ts';
import { Buckets, userFrames } from './stack.ts';

const TITLE = /^\s*(\S+) profile: total (\d+)/;
const BUCKET = /^\s*(\d+) @((?: 0x[0-9a-f]+)*)$/;
const LABELS = /^\s*# labels: \{(.*)\}$/;
const ADDRESS = /^\s*#\s+0x[0-9a-f]+(?:\s+|$)/;
const OFFSET = /\+0x[0-9a-f]+\s+/;
const LONGEST_LINE = 64 * 1024;

/** The kind of profile that `text` begins with, `goroutine` or `heap`. */
export function countedKind(text: string): string | undefined {
  return TITLE.exec(text)?.[1];
}

export function readCountedText(text: string, name: string, profile: Snapshot['profile']): Snapshot {
  const reader = new Reader();
  const lines = text.split('\n');
  for (const line of lines.slice(lines.findIndex(l => TITLE.test(l)) + 1)) reader.line(line.trimEnd());
  reader.close();
  const declared = Number(TITLE.exec(text)?.[2] ?? 0);
  return {
    name, format: 'counted text', profile, buckets: reader.buckets.all(), total: declared, system: 0, crash: [], unparsed: reader.unparsed,
    truncated: reader.counted < declared, notes: [],
  };
}

class Reader {
  readonly buckets = new Buckets();
  counted = 0;
  unparsed = 0;
  private open: { readonly count: number; readonly frames: Frame[]; labels: ReadonlyMap<string, string> } | undefined;

  line(line: string): void {
    if (line === '') return;
    if (line.length > LONGEST_LINE) {
      this.unparsed++;
      return;
    }
    const bucket = BUCKET.exec(line);
    if (bucket) {
      this.close();
      this.open = { count: Number(bucket[1]), frames: [], labels: new Map() };
    } else if (!this.open || !this.detail(this.open, line)) this.unparsed++;
  }

  private detail(open: NonNullable<Reader['open']>, line: string): boolean {
    const address = ADDRESS.exec(line);
    if (address) return this.frame(open.frames, line.slice(address[0].length));
    const labels = LABELS.exec(line);
    if (labels) open.labels = parseLabels(labels[1] ?? '');
    return labels !== null;
  }

  /** `example.com/app.F.func1+0x35	/src/app.go:75`; nothing where there is no symbol. */
  private frame(frames: Frame[], text: string): boolean {
    if (text === '') return true;
    const offset = OFFSET.exec(text);
    const place = offset && /^(.+):(\d+)$/.exec(text.slice(offset.index + offset[0].length));
    if (!offset || !place) return false;
    frames.push(this.buckets.frame(normalName(text.slice(0, offset.index)), (place[1] ?? '').replaceAll('\\', '/'), Number(place[2])));
    return true;
  }

  close(): void {
    const { open } = this;
    this.open = undefined;
    if (!open) return;
    this.counted += open.count;
    const { count, frames, labels } = open;
    this.buckets.add({ count, state: '', op: opOf('', frames), leaked: false, minutes: undefined, frames: userFrames(frames), createdBy: undefined, labels, id: undefined });
  }
}
