/**
 * Finds the top-level declarations of a file without parsing: strings, runes and comments are skipped, brackets
 * counted, and statements end where the Go spec's semicolon rule ends them. Most declarations are never asked for, and
 * function bodies alone are three quarters of the bytes of Go code.
 */
import { timed } from '../source/clock.ts';
import { nameOf } from '../source/names.ts';
import { isWordCode, type Span } from '../source/text.ts';
import type { ImportSpec } from './ast.ts';

/** A declaration that has not been parsed. */
export interface Piece extends Span {
  readonly keyword: 'func' | 'type' | 'var' | 'const';
  /** What it declares at package level (for a method, the method's name). */
  readonly names: readonly string[];
  /** One spec out of a group: the keyword stands elsewhere. Groups of constants are not taken apart (`iota`). */
  readonly grouped: boolean;
  /** The type a method is declared on. */
  readonly receiver: { readonly type: string; readonly pointer: boolean } | undefined;
  /** From behind the name of a function to its body. */
  readonly signature: Span | undefined;
  /** The part of the signature behind the parameters. */
  readonly results: Span | undefined;
  /** `{ … }` of a function. */
  readonly body: Span | undefined;
}

/** Made of numbers, since a large program has hundreds of thousands of functions. */
class FuncPiece implements Piece {
  readonly start: number;
  readonly end: number;
  private readonly behindName: number;
  private readonly behindParameters: number;
  /** Negative where there is none. */
  private readonly bodyStart: number;

  constructor(readonly name: string, readonly receiver: Piece['receiver'], at: { start: number; behind: number; results: number; body: number | undefined; end: number }) {
    this.start = at.start;
    this.end = at.end;
    this.behindName = at.behind;
    this.behindParameters = at.results;
    this.bodyStart = at.body ?? -1;
  }

  get keyword(): 'func' {
    return 'func';
  }

  get names(): readonly string[] {
    return [this.name];
  }

  get grouped(): boolean {
    return false;
  }

  get signature(): Span {
    return { start: this.behindName, end: this.headEnd };
  }

  get results(): Span {
    return { start: this.behindParameters, end: this.headEnd };
  }

  get body(): Span | undefined {
    return this.bodyStart < 0 ? undefined : { start: this.bodyStart, end: this.end };
  }

  private get headEnd(): number {
    return this.bodyStart < 0 ? this.end : this.bodyStart;
  }
}

export interface Scan {
  /** Empty where there is no package clause. */
  readonly packageName: string;
  readonly imports: readonly ImportSpec[];
  readonly pieces: readonly Piece[];
  /** Something between the declarations is no Go. */
  readonly hasError: boolean;
}

const NAME = /[\p{L}_][\p{L}\p{N}_]*/uy;
const NAMES = /[\p{L}_][\p{L}\p{N}_]*(?:\s*,\s*[\p{L}_][\p{L}\p{N}_]*)*/uy;
const RECEIVER = /(\*?)\s*\(?\s*([\p{L}_][\p{L}\p{N}_]*)\s*(?:\[[^]*\])?\s*\)?\s*,?\s*$/u;
const DECLARATION = /^(?:func|type|var|const|import)\b[ \t(]/gm;

export function scanFile(text: string): Scan {
  return timed('outline', () => scanned(text));
}

function scanned(text: string): Scan {
  const scanner = new Scanner(text);
  scanner.file();
  const { packageName, imports, pieces, hasError } = scanner;
  return { packageName, imports, pieces, hasError };
}

class Scanner {
  packageName = '';
  readonly imports: ImportSpec[] = [];
  readonly pieces: Piece[] = [];
  hasError = false;
  private at = 0;
  private receiver: Piece['receiver'];

  constructor(private readonly text: string) {
    if (text.charCodeAt(0) === 0xfeff) this.at = 1;
  }

  file(): void {
    for (this.space(); this.at < this.text.length; this.space()) {
      const start = this.at;
      const word = this.match(NAME);
      if (word === 'package') this.packageClause();
      else if (word === 'import') this.specs(start, from => this.importSpec(from));
      else if (word === 'func') this.func(start);
      else if (word === 'const') this.constants(start);
      else if (word === 'type' || word === 'var') this.specs(start, (from, grouped) => this.spec(word, from, grouped));
      else this.garbage(start);
    }
  }

  private packageClause(): void {
    this.space();
    this.packageName ||= nameOf(this.match(NAME) ?? '');
  }

  private garbage(start: number): void {
    this.hasError = true;
    this.at = Math.max(endOf(this.text, '\n', start, 0), start + 1);
  }

  /** One spec, or all of a group; `each` reads one and moves behind it. */
  private specs(start: number, each: (from: number, grouped: boolean) => void): void {
    this.space();
    if (this.text[this.at] !== '(') return each(start, false);
    this.at++;
    for (this.space(); this.at < this.text.length && this.text[this.at] !== ')'; this.space()) {
      const from = this.at;
      if (this.breaksOff(from)) return;
      each(from, true);
      if (this.at === from) this.at++;
    }
    this.at++;
  }

  private importSpec(start: number): void {
    const name = this.text[this.at] === '.' ? '.' : this.match(NAME);
    if (name === '.') this.at++;
    this.space();
    const quote = this.at;
    this.at = this.statementEnd(quote);
    const path = /^(["`])(.*?)\1/.exec(this.text.slice(quote, this.at));
    if (path) this.imports.push({ start, end: quote + path[0].length, name: name && nameOf(name), path: nameOf(path[2] ?? '') });
  }

  private spec(keyword: 'type' | 'var', start: number, grouped: boolean): void {
    const names = namesIn(this.match(NAMES) ?? '');
    this.at = this.statementEnd(this.at);
    this.push(keyword, start, keyword === 'type' ? names.slice(0, 1) : names, grouped);
  }

  private constants(start: number): void {
    const names: string[] = [];
    this.specs(start, () => {
      names.push(...namesIn(this.match(NAMES) ?? ''));
      this.at = this.statementEnd(this.at);
    });
    this.push('const', start, names, false);
  }

  private push(keyword: 'type' | 'var' | 'const', start: number, names: readonly string[], grouped: boolean): void {
    const known = names.filter(name => name !== '');
    if (!known.length) this.hasError = true;
    else this.pieces.push({ keyword, start, end: this.at, names: known, grouped, receiver: undefined, signature: undefined, results: undefined, body: undefined });
  }

  private func(start: number): void {
    this.space();
    let receiver: Piece['receiver'];
    if (this.text[this.at] === '(') {
      const open = this.at;
      this.at = this.closing(open);
      const found = RECEIVER.exec(this.text.slice(open + 1, this.at - 1));
      receiver = this.receiverOf(found?.[2] ?? '', found?.[1] === '*');
      this.space();
    }
    const name = this.match(NAME);
    const behind = this.at;
    this.parameters();
    const results = this.at;
    const body = this.body()?.start;
    const end = this.at;
    if (name === undefined) this.hasError = true;
    else this.pieces.push(new FuncPiece(nameOf(name), receiver, { start, behind, results, body, end }));
  }

  /** The same for one method after the other. */
  private receiverOf(type: string, pointer: boolean): NonNullable<Piece['receiver']> {
    const { receiver } = this;
    return receiver?.type === type && receiver.pointer === pointer ? receiver : (this.receiver = { type: nameOf(type), pointer });
  }

  /** Moves behind the parameters and, before them, type parameters. */
  private parameters(): void {
    this.space();
    if (this.text[this.at] === '[') this.at = this.closing(this.at);
    this.space();
    if (this.text[this.at] === '(') this.at = this.closing(this.at);
  }

  /** The body that follows a signature; undefined for a declaration without one. */
  private body(): Span | undefined {
    let depth = 0;
    while (this.at < this.text.length) {
      const { at, text } = this;
      const code = text.charCodeAt(at);
      const skipped = skipToken(text, at, code);
      if (skipped > at) {
        this.at = skipped;
        continue;
      }
      if ((code === 10 || code === 59) && depth === 0) return undefined;
      if (code === 10 && this.breaksOff(at + 1)) return undefined;
      if (code === 123 && depth === 0 && !/\b(?:struct|interface)\s*$/.test(text.slice(Math.max(0, at - 24), at))) {
        this.at = this.closing(at);
        return { start: at, end: this.at };
      }
      if (code === 40 || code === 91 || code === 123) depth++;
      if (code === 41 || code === 93 || code === 125) depth--;
      this.at++;
    }
    return undefined;
  }

  /** Where the spec or statement that goes on at `from` ends: at a newline or semicolon, or before a closing bracket. */
  private statementEnd(from: number): number {
    const { text } = this;
    let last = text.charCodeAt(from - 1);
    for (let at = from; at < text.length; ) {
      const code = text.charCodeAt(at);
      const skipped = skipToken(text, at, code);
      if (skipped > at) {
        if (code !== 47) last = code;
        at = skipped;
      } else if (code === 59 || code === 41 || code === 93 || code === 125 || (code === 10 && (endsStatement(last) || this.breaksOff(at + 1)))) {
        return at;
      } else if (code === 40 || code === 91 || code === 123) {
        at = this.closing(at);
        last = 41;
      } else {
        if (!isSpace(code)) last = code;
        at++;
      }
    }
    return text.length;
  }

  /** Behind the bracket that closes the one at `open`. Where it is missing, the next declaration in the first column. */
  private closing(open: number): number {
    const { text } = this;
    let depth = 0;
    for (let at = open; at < text.length; ) {
      const code = text.charCodeAt(at);
      if (code === 123 || code === 40 || code === 91) depth++;
      else if (code === 125 || code === 41 || code === 93) {
        if (--depth === 0) return at + 1;
      } else if (code === 10) {
        if (text.startsWith('func ', at + 1)) break;
      } else if (code === 34 || code === 39 || code === 47 || code === 96) {
        const skipped = skipToken(text, at, code);
        if (skipped > at) {
          at = skipped;
          continue;
        }
      }
      at++;
    }
    this.hasError = true;
    DECLARATION.lastIndex = open;
    return DECLARATION.exec(text)?.index ?? text.length;
  }

  /** A `func` in the first column is a declaration, whatever the brackets say: the code before it is broken. */
  private breaksOff(at: number): boolean {
    return this.text.startsWith('func ', at) && (at === 0 || this.text.charCodeAt(at - 1) === 10);
  }

  private match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text)?.[0];
    this.at += found?.length ?? 0;
    return found;
  }

  /** Moves over white space, comments and semicolons. */
  private space(): void {
    const { text } = this;
    while (this.at < text.length) {
      const code = text.charCodeAt(this.at);
      if (code === 47) {
        const skipped = skipToken(text, this.at, code);
        if (skipped === this.at) return;
        this.at = skipped;
      } else if (isSpace(code) || code === 59) {
        this.at++;
      } else {
        return;
      }
    }
  }
}

function isSpace(code: number): boolean {
  return code === 32 || code === 10 || code === 9 || code === 13;
}

/** The spec's semicolon rule: a line that ends in an identifier, a literal or a closing bracket ends the statement. */
export function endsStatement(last: number): boolean {
  return last === 41 || last === 93 || last === 125 || last === 34 || last === 39 || last === 96 || isWordCode(last);
}

/** The end of the comment, string or rune that begins at `at`; `at` itself where none does. */
export function skipToken(text: string, at: number, code: number): number {
  if (code === 47) {
    const next = text.charCodeAt(at + 1);
    if (next === 47) return endOf(text, '\n', at, 0);
    if (next === 42) return endOf(text, '*/', at + 2, 2);
    return at;
  }
  if (code === 96) return endOf(text, '`', at + 1, 1);
  if (code === 34 || code === 39) {
    for (let i = at + 1; i < text.length; i++) {
      const c = text.charCodeAt(i);
      if (c === 92) i++;
      else if (c === code) return i + 1;
      else if (c === 10) return i;
    }
    return text.length;
  }
  return at;
}

function namesIn(list: string): string[] {
  return list.split(',').map(name => nameOf(name.trim()));
}

function endOf(text: string, mark: string, from: number, length: number): number {
  const found = text.indexOf(mark, from);
  return found < 0 ? text.length : found + length;
}
