import { cutLoose, nameOf } from '../../source/names.ts';

/** Thrown where the text is not what was expected, or nested deeper than anything people write. */
export class NotUnderstood extends Error {
  constructor() {
    super('no Go that this parser knows');
  }
}
// One for all, since nobody asks where it was thrown and a trace would cost more than the parse.
const NOT_UNDERSTOOD = new NotUnderstood();

/** Operators and keywords stand for themselves; `eof` behind the last token. */
export type Token = string;

const KEYWORDS = new Set(['break', 'case', 'chan', 'const', 'continue', 'default', 'defer', 'else', 'fallthrough', 'for', 'func', 'go', 'goto',
  'if', 'import', 'interface', 'map', 'package', 'range', 'return', 'select', 'struct', 'switch', 'type', 'var']);
const LONGEST_KEYWORD = 'fallthrough'.length;
/** Keywords behind which a line ends the statement. */
const ENDING = new Set(['break', 'continue', 'fallthrough', 'return']);

const WORD = /[\p{L}_][\p{L}\p{N}_]*/uy;
const NUMBER = /0[xX][\da-fA-F_]*(?:\.[\da-fA-F_]*)?(?:[pP][+-]?[\d_]+)?i?|0[bB][01_]+i?|0[oO][0-7_]+i?|(?:\d[\d_]*(?:\.[\d_]*)?|\.\d[\d_]*)(?:[eE][+-]?\d[\d_]*)?i?/y;

/** 1 for ASCII letters and `_`, 2 for digits. */
const CLASS = new Uint8Array(128);
for (let code = 0; code < 128; code++) CLASS[code] = /[A-Za-z_]/.test(String.fromCharCode(code)) ? 1 : /\d/.test(String.fromCharCode(code)) ? 2 : 0;

/** The tokens of a piece of text, one at a time; ends of lines are `;` where the spec's semicolon rule puts one. */
export class Lexer {
  token: Token = ';';
  /** Of the token, in the text. */
  start: number;
  end: number;
  /** Where the token before it ends. */
  lastEnd: number;
  /** The precedence of the token as a binary operator; 0 for all others. */
  precedence = 0;
  /** A line that ends behind the token ends the statement. */
  private ending = false;

  constructor(readonly text: string, from: number, private readonly limit: number) {
    this.start = this.end = this.lastEnd = from;
    this.next();
  }

  /** Ends the parse. */
  giveUp(): never {
    throw NOT_UNDERSTOOD;
  }

  /** Where the lexer stands, to come back to it. */
  mark(): readonly [Token, number, number, number, number, boolean] {
    return [this.token, this.start, this.end, this.lastEnd, this.precedence, this.ending];
  }

  reset(mark: ReturnType<Lexer['mark']>): void {
    [this.token, this.start, this.end, this.lastEnd, this.precedence, this.ending] = mark;
  }

  name(): string {
    return nameOf(this.text.slice(this.start, this.end));
  }

  literal(): string {
    return cutLoose(this.text.slice(this.start, this.end));
  }

  at(token: Token): boolean {
    return this.token === token;
  }

  expect(token: Token): void {
    if (this.token !== token) this.giveUp();
    this.next();
  }

  /** Whether it is `token`, which is then behind. */
  skip(token: Token): boolean {
    if (this.token !== token) return false;
    this.next();
    return true;
  }

  next(): void {
    this.lastEnd = this.end;
    this.precedence = 0;
    const code = this.space(this.end);
    if (code < 0) return;
    const { start } = this;
    const kind = code < 128 ? CLASS[code] : 1;
    if (kind === 1) return this.word(start);
    if (kind === 2 || (code === 46 && CLASS[this.text.charCodeAt(start + 1)] === 2)) return this.number(start);
    if (code === 34 || code === 39) return this.quoted(start, code);
    if (code === 96) return this.raw(start);
    this.operator(start, code);
  }

  /** Moves to the next token's start and says its first code; negative where the token is a `;` that nobody wrote, or the end. */
  private space(from: number): number {
    const { text, limit } = this;
    let at = from;
    for (; at < limit; at++) {
      const code = text.charCodeAt(at);
      if (code === 32 || code === 9 || code === 13) continue;
      if (code === 10) {
        if (this.ending) return this.endOfLine(at, at + 1);
        continue;
      }
      if (code !== 47) return this.begin(at, code);
      const following = text.charCodeAt(at + 1);
      if (following === 47) {
        const end = text.indexOf('\n', at);
        at = (end < 0 ? limit : end) - 1;
      } else if (following === 42) {
        const end = text.indexOf('*/', at + 2);
        if (end < 0 || end + 2 > limit) this.giveUp();
        if (this.ending && text.slice(at, end).includes('\n')) return this.endOfLine(at, end + 2);
        at = end + 1;
      } else {
        return this.begin(at, code);
      }
    }
    if (this.ending) return this.endOfLine(limit, limit);
    this.become('eof', limit, limit, false);
    return -1;
  }

  private begin(at: number, code: number): number {
    this.start = at;
    return code;
  }

  private endOfLine(start: number, end: number): number {
    this.become(';', start, end, false);
    return -1;
  }

  private become(token: Token, start: number, end: number, ending: boolean): void {
    this.token = token;
    this.start = start;
    this.end = end;
    this.ending = ending;
  }

  private word(start: number): void {
    const { text, limit } = this;
    let at = start;
    let code = text.charCodeAt(at);
    while (at < limit && code < 128 && CLASS[code]) code = text.charCodeAt(++at);
    if (at < limit && code >= 128) {
      WORD.lastIndex = start;
      const found = WORD.exec(text)?.[0] ?? this.giveUp();
      at = start + found.length;
    }
    const length = at - start;
    if (length > 1 && length <= LONGEST_KEYWORD) {
      const word = text.slice(start, at);
      if (KEYWORDS.has(word)) return this.become(word, start, at, ENDING.has(word));
    }
    this.become('ident', start, at, true);
  }

  private number(start: number): void {
    NUMBER.lastIndex = start;
    const found = NUMBER.exec(this.text)?.[0] ?? this.giveUp();
    const end = start + found.length;
    const code = this.text.charCodeAt(end);
    if (code >= 128 || (CLASS[code] && end < this.limit)) this.giveUp();
    const isHex = /^0[xX]/.test(found);
    const token = found.endsWith('i') ? 'imaginary' : found.includes('.') || (isHex ? /[pP]/ : /[eE]/).test(found) ? 'float' : 'int';
    this.become(token, start, end, true);
  }

  private quoted(start: number, quote: number): void {
    const { text, limit } = this;
    for (let at = start + 1; at < limit; at++) {
      const code = text.charCodeAt(at);
      if (code === 92) at++;
      else if (code === quote) return this.become(quote === 34 ? 'string' : 'rune', start, at + 1, true);
      else if (code === 10) break;
    }
    this.giveUp();
  }

  private raw(start: number): void {
    const end = this.text.indexOf('`', start + 1);
    if (end < 0 || end >= this.limit) this.giveUp();
    this.become('string', start, end + 1, true);
  }

  private operator(start: number, code: number): void {
    const { text } = this;
    const second = start + 1 < this.limit ? text.charCodeAt(start + 1) : 0;
    switch (code) {
      case 40: return this.become('(', start, start + 1, false);
      case 41: return this.become(')', start, start + 1, true);
      case 44: return this.become(',', start, start + 1, false);
      case 46:
        return second === 46 && text.charCodeAt(start + 2) === 46 ? this.become('...', start, start + 3, false) : this.become('.', start, start + 1, false);
      case 58: return second === 61 ? this.become(':=', start, start + 2, false) : this.become(':', start, start + 1, false);
      case 59: return this.become(';', start, start + 1, false);
      case 91: return this.become('[', start, start + 1, false);
      case 93: return this.become(']', start, start + 1, true);
      case 123: return this.become('{', start, start + 1, false);
      case 125: return this.become('}', start, start + 1, true);
      case 126: return this.become('~', start, start + 1, false);
      case 61: return second === 61 ? this.binary('==', start, 3) : this.become('=', start, start + 1, false);
      case 33: return second === 61 ? this.binary('!=', start, 3) : this.become('!', start, start + 1, false);
      case 43: return second === 43 ? this.become('++', start, start + 2, true) : this.binaryOrAssign('+', '+=', start, 4);
      case 45: return second === 45 ? this.become('--', start, start + 2, true) : this.binaryOrAssign('-', '-=', start, 4);
      case 42: return this.binaryOrAssign('*', '*=', start, 5);
      case 47: return this.binaryOrAssign('/', '/=', start, 5);
      case 37: return this.binaryOrAssign('%', '%=', start, 5);
      case 94: return this.binaryOrAssign('^', '^=', start, 4);
      case 124: return second === 124 ? this.binary('||', start, 1) : this.binaryOrAssign('|', '|=', start, 4);
      case 38:
        if (second === 38) return this.binary('&&', start, 2);
        return second === 94 ? this.binaryOrAssign('&^', '&^=', start, 5) : this.binaryOrAssign('&', '&=', start, 5);
      case 60:
        if (second === 45) return this.become('<-', start, start + 2, false);
        if (second === 60) return this.binaryOrAssign('<<', '<<=', start, 5);
        return second === 61 ? this.binary('<=', start, 3) : this.binary('<', start, 3);
      case 62:
        if (second === 62) return this.binaryOrAssign('>>', '>>=', start, 5);
        return second === 61 ? this.binary('>=', start, 3) : this.binary('>', start, 3);
      default: this.giveUp();
    }
  }

  private binary(token: Token, start: number, precedence: number): void {
    this.become(token, start, start + token.length, false);
    this.precedence = precedence;
  }

  private binaryOrAssign(token: Token, assign: Token, start: number, precedence: number): void {
    const end = start + token.length;
    if (end < this.limit && this.text.charCodeAt(end) === 61) this.become(assign, start, end + 1, false);
    else this.binary(token, start, precedence);
  }
}
