/**
 * What a file declares, by a look at the lines that begin with a keyword in the first column: a tenth of the time of a
 * scan, and little of the text is kept. Meant for dependencies, of which clients use a few declarations: gofmt has laid
 * them out, and who asks for a name scans the file then. A name too many (a line of a raw string) does no harm.
 */
import { timed } from '../source/clock.ts';
import { nameOf } from '../source/names.ts';
import { scanFile } from './scan.ts';

/** The first line of a function. */
export interface FuncHead {
  readonly name: string;
  /** The type a method is declared on; empty for a function. */
  readonly receiver: string;
  /** How many it takes, up to one that has a bracket in its type. */
  readonly parameters: number;
  /** What stands behind the parameters. */
  readonly results: string;
}

/** Names stand in one string each, `\nA\nB\n`: a large module has hundreds of thousands of them. */
export interface Survey {
  readonly packageName: string;
  readonly importPaths: readonly string[];
  /** Functions, types, variables and constants. */
  readonly names: string;
  /** `type T = U`: the `U`. */
  readonly aliased: string;
  /** Methods, and the functions that have results, each `\nT.Method\t` and what `headsIn` tells. */
  readonly heads: string;
  /** See `openersIn`. */
  readonly openers: readonly string[];
  /** There are brackets that gofmt has not laid out, or no declarations: other names may be in this file as well. */
  readonly mayHaveMore: boolean;
}

const KEYWORDS = ['func', 'type', 'var', 'const'] as const;
// In Latin-1 every byte beyond ASCII is part of some letter.
const NAMES = /[\w\x80-\xff]+(?:\s*,\s*[\w\x80-\xff]+)*/y;
const ALIAS = /\s*=\s*([\w\x80-\xff]+)\s*$/ym;
const FUNC = /(?:\(\s*(?:[\w\x80-\xff]+\s+)?\*?\s*\(?\s*([\w\x80-\xff]+)\s*(?:\[[^\]]*\])?\s*\)?\s*,?\s*\)\s*)?([\w\x80-\xff]+)/y;

/** `header` is the text up to the first declaration that is no import. */
export function surveyFile(bytes: Buffer): { survey: Survey; header: string } {
  return timed('outline', () => surveyed(bytes));
}

function surveyed(bytes: Buffer): { survey: Survey; header: string } {
  // One byte a character, so that offsets are those of the bytes.
  const text = bytes.toString('latin1');
  const heads: string[] = [];
  const names: string[] = [];
  const aliased: string[] = [];
  let mayHaveMore = false;
  let hasFuncs = false;
  let first = text.length;
  for (const keyword of KEYWORDS) {
    const line = `\n${keyword}`;
    for (let at = text.indexOf(line); at >= 0; at = text.indexOf(line, at + 1)) {
      let from = at + line.length;
      if (text.charCodeAt(from) !== 32 && text.charCodeAt(from) !== 9 && text.charCodeAt(from) !== 40) continue;
      first = Math.min(first, at);
      while (text.charCodeAt(from) === 32 || text.charCodeAt(from) === 9) from++;
      if (keyword === 'func') {
        const { receiver, name, parameters, results } = funcAt(text, from);
        if (!receiver) names.push(name);
        if (receiver || results.length > 1) heads.push(`${receiver ? `${receiver}.` : ''}${name}\t${parameters}\t${oneLine(results)}`);
        hasFuncs = true;
        continue;
      }
      NAMES.lastIndex = from;
      const found = NAMES.exec(text)?.[0];
      const end = found === undefined ? text.indexOf('\n)', from) : from;
      if (found !== undefined) names.push(...(found.includes(',') ? found.split(/\s*,\s*/) : [found]));
      else if (end < 0) mayHaveMore = true;
      else names.push(...namesInGroup(text.slice(from, end)));
      ALIAS.lastIndex = NAMES.lastIndex;
      const of = keyword === 'type' && found !== undefined ? ALIAS.exec(text)?.[1] : undefined;
      if (of !== undefined) aliased.push(of);
    }
  }
  const header = bytes.toString('utf8', 0, first);
  const { packageName, imports } = scanFile(header);
  const survey = {
    packageName, importPaths: imports.map(spec => spec.path), names: lines(names), aliased: lines(aliased), heads: lines(heads),
    openers: openersIn(text).map(nameOf), mayHaveMore: mayHaveMore || (names.length === 0 && !hasFuncs),
  };
  return { survey, header };
}

/** The first lines of the methods, and of the functions that have results. */
export function headsIn({ heads }: Survey): FuncHead[] {
  return heads.split('\n').flatMap(line => {
    const [full, parameters, results] = line.split('\t');
    if (full === undefined || parameters === undefined || results === undefined) return [];
    const dot = full.indexOf('.');
    return { receiver: full.slice(0, Math.max(dot, 0)), name: full.slice(dot + 1), parameters: Number(parameters), results };
  });
}

function lines(names: readonly string[]): string {
  return names.length ? decoded(`\n${names.join('\n')}\n`) : '';
}

/** The names were read as Latin-1. */
function decoded(text: string): string {
  return Buffer.from(text, 'latin1').toString('utf8');
}

function oneLine(text: string): string {
  return text.includes('\n') || text.includes('\t') ? text.replace(/\s+/g, ' ') : text;
}

/** Of `( … )`, what gofmt has put at the first tab stop. */
function namesInGroup(group: string): string[] {
  return [...group.matchAll(/^\t([\w\x80-\xff]+(?:, [\w\x80-\xff]+)*)/gm)].flatMap(([, names = '']) => names.split(', '));
}

const OPENED = String.raw`io\.ReadCloser|\*http\.Response|\*(?:sqlx?|pgx)\.\w+|pgx\.\w+|net\.(?:Conn|Listener)|\*os\.File|(?:fs|http)\.File|watch\.Interface`;
const OPENED_FIRST = new RegExp(`(?:${OPENED}), `);
const OPENS = String.raw`\([^()\n]*\)\s*\((?:\w+ )?(${OPENED}), (?:[^()\n]*, )?(?:\w+ )?error\)`;
const OPENING_METHOD = new RegExp(String.raw`^\s+(\w+)${OPENS}`, 'gm');
const OPENING_VALUE = new RegExp(String.raw`\b(\w+)\s+func${OPENS}`, 'g');

/**
 * The names of interface methods, fields, parameters and function types that give a reader, a response or the like to be closed and
 * an error, which no function declares: `Get(key string) (io.ReadCloser, error)`, `fetch func(string) (*http.Response, error)`.
 */
export function openersIn(text: string): string[] {
  const lines = openingLines(text);
  if (!lines) return [];
  const values = [...lines.matchAll(OPENING_VALUE)].flatMap(openerOf);
  // `fetch Fetcher`, where that is the name of a function type.
  const typed = values.filter(name => text.includes(`type ${name} func`)).flatMap(type => [...text.matchAll(new RegExp(String.raw`\b(\w+)\s+${type}\b`, 'g'))].map(([, name = '']) => name));
  return [...[...lines.matchAll(OPENING_METHOD)].flatMap(openerOf), ...values, ...typed];
}

/** Connections are opened by who says so; others may give again what they keep. */
function openerOf([, name = '', opened = '']: readonly string[]): string[] {
  return !opened.startsWith('net.') || /dial|accept|listen/i.test(name) ? [name] : [];
}

/** The lines that may have one, each with a line break before it: a pattern over the whole text would take ten times as long. */
function openingLines(text: string): string {
  let found = '';
  for (let at = text.indexOf('error)'); at >= 0;) {
    const start = text.lastIndexOf('\n', at) + 1;
    const next = text.indexOf('\n', at);
    const end = next < 0 ? text.length : next;
    const line = text.slice(start, end);
    if ((!line.startsWith('func ') || line.includes(' func(')) && OPENED_FIRST.test(line)) found += `\n${line}`;
    at = text.indexOf('error)', end);
  }
  return found;
}

function funcAt(text: string, from: number): FuncHead {
  const { receiver, name, end: behind } = plainNameAt(text, from) ?? nameAt(text, from);
  const results = afterParams(text, behind);
  return { name, receiver, parameters: parametersAt(text, behind), results: text.slice(results, bodyOrEnd(text, results)) };
}

/** What a declaration is called, with the type that a method belongs to. */
interface FuncName {
  readonly receiver: string;
  readonly name: string;
  readonly end: number;
}

/** `Get(`, `(c *Client) Do(`: as nearly all are written. */
function plainNameAt(text: string, from: number): FuncName | undefined {
  const isMethod = text.charCodeAt(from) === 40;
  const type = isMethod ? text.indexOf(')', from) : from;
  const start = isMethod ? type + 2 : from;
  const end = wordEnd(text, start);
  if (type < 0 || end === start || (isMethod && text.charCodeAt(type + 1) !== 32)) return undefined;
  if (!isMethod) return { receiver: '', name: text.slice(start, end), end };
  const receiver = wordStart(text, type);
  const before = text.charCodeAt(receiver - 1);
  return receiver === type || (before !== 42 && before !== 32) ? undefined : { receiver: text.slice(receiver, type), name: text.slice(start, end), end };
}

function nameAt(text: string, from: number): FuncName {
  FUNC.lastIndex = from;
  const [whole = '', receiver = '', name = ''] = FUNC.exec(text) ?? [];
  return { receiver, name, end: from + whole.length };
}

function wordEnd(text: string, from: number): number {
  let at = from;
  while (isLetter(text.charCodeAt(at))) at++;
  return at;
}

function wordStart(text: string, end: number): number {
  let at = end;
  while (at > 0 && isLetter(text.charCodeAt(at - 1))) at--;
  return at;
}

function isLetter(code: number): boolean {
  return (code >= 97 && code <= 122) || (code >= 65 && code <= 90) || (code >= 48 && code <= 57) || code === 95 || (code >= 128 && code <= 255);
}

/** How many parameters a signature has, up to one with a bracket in its type. */
export function parametersIn(signature: string): number {
  return parametersAt(signature, 0);
}

function parametersAt(text: string, open: number): number {
  if (text.charCodeAt(open) !== 40) return 0;
  let commas = 0;
  let isEmpty = true;
  for (let at = open + 1; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 40 || code === 41) break;
    if (code === 44) commas++;
    if (code > 32) isEmpty = false;
  }
  return isEmpty ? 0 : commas + 1;
}

/** Behind the parameters and, before them, type parameters. */
function afterParams(text: string, from: number): number {
  const at = text[from] === '[' ? closing(text, from) : from;
  return text[at] === '(' ? closing(text, at) : at;
}

function closing(text: string, open: number): number {
  let depth = 0;
  for (let at = open; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 40 || code === 91 || code === 123) depth++;
    else if ((code === 41 || code === 93 || code === 125) && --depth === 0) return at + 1;
  }
  return text.length;
}

/** Where the results end: at the body, or with the line of a function without one. */
function bodyOrEnd(text: string, from: number): number {
  let depth = 0;
  let isBlank = true;
  for (let at = from; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (depth === 0 && (code === 10 || (code === 123 && (isBlank || !/\b(?:struct|interface)\s*$/.test(text.slice(Math.max(from, at - 12), at)))))) return at;
    if (code === 40 || code === 91 || code === 123) depth++;
    else if (code === 41 || code === 93 || code === 125) depth--;
    if (code !== 32) isBlank = false;
  }
  return text.length;
}
