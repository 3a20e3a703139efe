/**
 * `debug=2` of `/debug/pprof/goroutine`, and what a program prints when it panics or gets SIGQUIT: one block a goroutine.
 *
 *     goroutine 287 [chan send, 2 minutes, locked to thread]:
 *     example.com/app.(*pump).run(0xc000012345?, {0x1, 0x2})
 *     	/src/app.go:356 +0x25
 *     created by example.com/app.Method in goroutine 283
 *     	/src/app.go:363 +0x5b
 *
 * Texts come out of log collectors, chats and terminals, so a prefix before every line, lost tabs and CRLF are borne.
 */
import { parseLabels } from './labels.ts';
import type { Frame, Snapshot } from './model.ts';
import { normalName } from './names.ts';
import { opOf } from './ops.ts';
import { Buckets, isSystem, userFrames } from './stack.ts';

/** Go cuts a dump here. */
const CUT_AT = 64 * 1024 * 1024;
/** No line of a dump comes near; longer ones are not looked at. */
const LONGEST_LINE = 64 * 1024;

const HEADER = /^goroutine (\d+)(?: gp=\S+ m=(?:nil|\d+ mp=\S+))? \[(.+):$/;
/** What a cut leaves of one. */
const CUT_HEADER = /(?:^|\W)goroutine \d+(?: gp=[^[\]]*)?(?: \[.*| ?)$/;
const CREATED = /^created by (\S.*?)(?: in goroutine \d+)?$/;
const CALL = /^[^\s(].*\)$/;
const FILE = /^\s*(\S.*):(\d+)(?: \+0x[0-9a-f]+)?(?: fp=0x[0-9a-f]+ sp=0x[0-9a-f]+(?: pc=0x[0-9a-f]+)?)?$/;
/** Lines that say something of the stack and are no frames of it. */
const ASIDE = /^(?:\.\.\.(?:\d+|additional) frames elided\.\.\.|\s*goroutine running on other thread; stack unavailable|non-Go function( at pc=\S+)?|\s*non-Go function at pc=\S+|\s*cgo-function .*|\s*goroutine in C code; stack unavailable)$/;
const ANCESTOR = /^\[originating from goroutine \d+\]:$/;
const MOST_MESSAGE_LINES = 20;
const MESSAGE = /^\s*(?:panic: |fatal error: |\[signal |runtime: goroutine stack exceeds )/;

/** Whether `text` holds such a block; `text` may be the beginning of a file. */
export function isGoroutineText(text: string): boolean {
  for (let at = text.indexOf('goroutine '); at >= 0; at = text.indexOf('goroutine ', at)) {
    const end = text.indexOf('\n', at);
    const line = text.slice(at, end < 0 ? text.length : end);
    if (line.length <= LONGEST_LINE && HEADER.test(line.trimEnd())) return true;
    at += line.length;
  }
  return false;
}

export function readGoroutineText(text: string, name: string, bytes: number): Snapshot {
  const reader = new Reader();
  let start = 0;
  for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', start)) {
    reader.line(text.slice(start, text.charCodeAt(end - 1) === 13 ? end - 1 : end));
    start = end + 1;
  }
  const rest = text.slice(start);
  if (rest.trim() !== '') reader.line(rest);
  const isCut = bytes >= CUT_AT && bytes <= CUT_AT + 4096;
  const isIncomplete = reader.finish(rest);
  // The runtime looked at all of them and found nobody who could go on.
  const isDeadlock = reader.crash.some(line => line.includes('all goroutines are asleep - deadlock'));
  const buckets = reader.buckets.all().map(bucket => (isDeadlock && bucket.op !== 'run' ? { ...bucket, leaked: true } : bucket));
  return {
    name, format: 'goroutine text', profile: 'goroutine', buckets, total: reader.total, system: reader.system,
    crash: reader.crash, unparsed: reader.unparsed, truncated: isCut || isIncomplete,
    notes: isCut ? ['Go cuts such a text at 64 MiB, so this one lacks goroutines; take the protobuf profile of a program this large.'] : [],
  };
}

/** The goroutine that is being read. */
interface Open {
  readonly id: number;
  readonly head: Head;
  readonly stack: Frame[];
  createdBy: Frame | undefined;
  /** A line that a file must follow. */
  pending: { readonly kind: 'call' | 'creation'; readonly func: string } | undefined;
  isInAncestors: boolean;
  /** Lines that are not understood, after the last one that is. */
  strays: number;
}

class Reader {
  readonly buckets = new Buckets();
  readonly crash: string[] = [];
  total = 0;
  system = 0;
  unparsed = 0;
  private open: Open | undefined;
  private hasCreators = false;
  private isInMessage = false;
  private prefix = '';
  private shape = '';
  private readonly places = new Map<string, { readonly file: string; readonly line: number } | undefined>();

  line(raw: string): void {
    if (raw.length > LONGEST_LINE) {
      if (this.open) this.unparsed++;
      return;
    }
    if (this.isHeader(raw)) return;
    if (!this.open) {
      this.message(raw);
      return;
    }
    const line = this.prefix === '' ? raw : this.withoutPrefix(raw);
    if (line.trim() === '') this.close();
    else if (!this.open.isInAncestors && !this.isPlace(this.open, line)) this.statement(this.open, line);
  }

  /**
   * Whether the text ends within a goroutine, which is then left out: its stack would be another one. `rest` is what stands
   * behind the last newline.
   */
  finish(rest: string): boolean {
    const { open } = this;
    const isIncomplete = open ? open.pending !== undefined || this.lacksCreator(open) || (rest !== '' && isPart(open, rest.trim())) : CUT_HEADER.test(rest.slice(-LONGEST_LINE));
    if (isIncomplete) this.open = undefined;
    else this.close();
    return isIncomplete;
  }

  /** Cut between two frames. Goroutine 1 has no creator, the others have one, but for texts that have none at all. */
  private lacksCreator({ id, createdBy }: Open): boolean {
    return id !== 1 && createdBy === undefined && this.hasCreators;
  }

  private isHeader(raw: string): boolean {
    const at = raw.indexOf('goroutine ');
    if (at < 0) return false;
    const match = HEADER.exec(raw.slice(at).trimEnd());
    if (!match) return false;
    this.close();
    this.prefix = raw.slice(0, at);
    this.shape = shapeOf(this.prefix);
    this.open = { id: Number(match[1]), head: parseHead(match[2] ?? ''), stack: [], createdBy: undefined, pending: undefined, isInAncestors: false, strays: 0 };
    return true;
  }

  /** A log's prefix holds times, so digits may differ. */
  private withoutPrefix(raw: string): string {
    const { length } = this.prefix;
    if (raw.startsWith(this.prefix) || shapeOf(raw.slice(0, length)) === this.shape) return raw.slice(length);
    return raw.trim() === this.prefix.trim() ? '' : raw;
  }

  /** The line of file and line number after a call. */
  private isPlace(open: Open, line: string): boolean {
    const { pending } = open;
    if (!pending) return false;
    const place = this.placeOf(line);
    const frame = this.buckets.frame(pending.func, place?.file ?? '', place?.line ?? 0);
    if (pending.kind === 'creation') {
      open.createdBy = frame;
      this.hasCreators = true;
    } else open.stack.push(frame);
    open.pending = undefined;
    this.unparsed += open.strays;
    open.strays = 0;
    return place !== undefined;
  }

  private placeOf(line: string): { readonly file: string; readonly line: number } | undefined {
    if (this.places.has(line)) return this.places.get(line);
    const match = FILE.exec(line);
    const place = match ? { file: (match[1] ?? '').replaceAll('\\', '/'), line: Number(match[2]) } : undefined;
    this.places.set(line, place);
    return place;
  }

  private statement(open: Open, text: string): void {
    const line = text.trimEnd();
    const created = line.startsWith('created by ') ? CREATED.exec(line) : undefined;
    if (created) open.pending = { kind: 'creation', func: normalName(created[1] ?? '') };
    else if (CALL.test(line) && !/\s/.test(nameOf(line))) open.pending = { kind: 'call', func: normalName(nameOf(line)) };
    else if (ANCESTOR.test(line)) open.isInAncestors = true;
    else if (!ASIDE.test(line)) this.stray(open, line);
  }

  /** The last goroutine has no empty line behind it: what follows may be no part of it. */
  private stray(open: Open, line: string): void {
    // A scheduler on a thread of C is shown as a dump of its memory.
    if (open.id !== 0) open.strays++;
    this.message(line);
  }

  /** A message may go on over lines, such as the tests that were running, up to an empty one. */
  private message(line: string): void {
    this.isInMessage = MESSAGE.test(line) || (this.isInMessage && line.trim() !== '');
    if (this.isInMessage && this.crash.length < MOST_MESSAGE_LINES) this.crash.push(line.trim().slice(0, 500));
  }

  private close(): void {
    const { open } = this;
    this.open = undefined;
    if (!open) return;
    if (open.pending) this.isPlace(open, '');
    if (open.stack.length === 0 && !open.createdBy) this.unparsed += open.strays;
    // Goroutine 0 of a thread is its scheduler.
    if (open.id === 0 || isSystem(open.stack)) {
      this.system++;
      return;
    }
    const { state, leaked, minutes, labels } = open.head;
    this.total++;
    this.buckets.add({ count: 1, state, op: opOf(state, open.stack), leaked, minutes, frames: userFrames(open.stack), createdBy: open.createdBy, labels, id: open.id });
  }
}

/** Whether a last line without a newline is the beginning of one: a file without an offset, a name without arguments. */
function isPart({ stack, strays }: Open, rest: string): boolean {
  return stack.length === 0 || !/\s/.test(rest) || (strays > 0 && /^(?:created|goroutine)\b/.test(rest));
}

/** `example.com/app.(*T).m` of `example.com/app.(*T).m({0x1, 0x2})`: arguments hold no parentheses. */
function nameOf(call: string): string {
  return call.slice(0, call.lastIndexOf('('));
}

function shapeOf(text: string): string {
  return text.replace(/\d/g, '0');
}

interface Head {
  readonly state: string;
  readonly leaked: boolean;
  readonly minutes: number | undefined;
  readonly labels: ReadonlyMap<string, string>;
}

const NO_LABELS: ReadonlyMap<string, string> = new Map();

/** `chan receive (leaked), 2 minutes, locked to thread]`, with ` {k: v}` behind (Go 1.27) or ` labels:{"k": "v"}` inside (1.26). */
function parseHead(rest: string): Head {
  const inside = rest.indexOf(' labels:{');
  const bracket = rest.indexOf(']');
  const isInside = inside >= 0 && (bracket < 0 || inside < bracket);
  const state = isInside ? rest.slice(0, inside) : bracket < 0 ? rest : rest.slice(0, bracket);
  const labels = isInside ? rest.slice(inside + ' labels:{'.length).replace(/\}?\]?$/, '') : /^\] \{(.*)\}$/.exec(rest.slice(Math.max(bracket, 0)))?.[1];
  const [reason = '', ...details] = state.split(', ');
  const minutes = details.map(detail => /^(\d+) minutes$/.exec(detail)?.[1]).find(n => n !== undefined);
  return {
    state: reason.replace(/(?: \((?:leaked|scan|durable|synctest)\))+$/, ''), leaked: / \(leaked\)/.test(reason),
    minutes: minutes === undefined ? undefined : Number(minutes), labels: labels === undefined ? NO_LABELS : parseLabels(labels),
  };
}
