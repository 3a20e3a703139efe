/**
 * What a call whose callee is not at hand hands over, told by what the function does with it. What has a status and a body
 * that is read is an HTTP response, what has a next row to scan is a result set, what has a `ResultChan` is a watch. What is closed in the end had to be closed on the ways that left before as well.
 */
import { WATCH } from '../../contracts/libraries.ts';
import type { Resource } from '../../contracts/resource.ts';
import { ANSWER, RESPONSE, ROWS } from '../../contracts/resources.ts';
import { operations } from '../../flow/search.ts';
import { calleeName, calleeOf, lastPart, writtenName } from '../../program/callee.ts';
import { targetsOf } from '../../program/implementations.ts';
import { typeOf } from '../../program/infer.ts';
import type { FuncInfo, GoFile } from '../../program/package.ts';
import type { Env } from '../../program/resolve.ts';
import { type Call, type Expr, unparen, type Variable, variableIn } from '../../syntax/ast.ts';
import { behind, pairsIn } from '../../syntax/glance.ts';
import { walkStmts } from '../../syntax/walk.ts';
import { bodiesOf, type Body } from '../bodies.ts';
import type { Pass } from '../pass.ts';
import type { Acquisition } from './acquisition.ts';

/** Nothing is known of it but the names of its methods, and any of these may end it. */
const CLOSABLE: Resource = {
  rule: 'unclosed-resource', noun: 'resource', released: 'closed', deferrable: true, words: /$^/, acquire: new Map(),
  releases: ['Close', 'CloseNow', 'CloseSend', 'CloseWithError', 'Abort', 'Cancel', 'Commit', 'Delete', 'Destroy', 'Discard', 'Disconnect', 'Done', 'End', 'Finish', 'Free', 'Kill', 'Logout', 'Quit',
    'Release', 'Remove', 'Rollback', 'Shutdown', 'Stop', 'Terminate', 'Unlock', 'Unmount', 'Wait'],
  anyPart: true,
  // `session.Open()` is what opens some of them, and some say themselves that there is nothing: `if cursor.IsNil()`.
  failsReleased: ['Open', 'Connect', 'Dial', 'Listen', 'Init', 'Start', 'Begin'],
  saysNothing: ['Err', 'Error', 'IsNil', 'IsEmpty', 'Empty', 'Closed', 'IsClosed'],
};

/** A function without these words says nothing of the kind. */
const SAYS_USE = /\.Body\b|\.Close\(\)|\.Scan\(&|\.ResultChan\(\)/;

/** Whether the text of a body says that what it does with something may oblige it, of what the rules are about that are asked for. */
export function mayTellByUse({ rules }: Pass): (text: string) => boolean {
  const [closes, reads] = [rules.has(CLOSABLE.rule), rules.has(ROWS.rule)];
  return text => text.includes('.Body') || (closes && mayLeaveBeforeClosing(text)) || (closes && text.includes('.ResultChan()')) || (reads && text.includes('.Scan(&') && text.includes('.Next()'));
}

/** Some variable is closed, and before that the function may leave or give the variable another value. Most check the error there and do nothing else. */
function mayLeaveBeforeClosing(text: string): boolean {
  if (!text.includes('.Close()')) return false;
  for (const { names, end } of pairsIn(text)) {
    for (const variable of names.slice(0, -1)) {
      const closed = text.lastIndexOf(`${variable}.Close()`);
      const between = closed > end ? withoutCheck(behind(text.slice(0, closed), end), names.at(-1) ?? '') : '';
      if (LEAVES.test(between) || (between.includes(variable) && new RegExp(`\\b${variable}(?:\\s*,\\s*\\w+)*\\s*:?=(?!=)`).test(between))) return true;
    }
  }
  return false;
}

const LEAVES = /\b(?:return|goto|break|continue)\b/;

/** The text behind a call without the check of the call's error. */
function withoutCheck(text: string, error: string): string {
  const check = /^(?:;\s*)?if (\w+) != nil \{[^{}]*\}/.exec(text);
  return check?.[1] === error ? text.slice(check[0].length) : text;
}

/** What a function does with what a variable holds. */
interface Uses {
  readonly closed: number[];
  /** `x.Body` is read, or closed: it is a stream, no text. */
  hasStream: boolean;
  /** Its status is asked for. */
  hasStatus: boolean;
  /** It is gone through row by row, and of a row several columns may be read. */
  hasNext: boolean;
  hasScan: boolean;
  /** Its events are received: it is a watch of the Kubernetes API. */
  hasEvents: boolean;
}

/** What `x, err := open()` hands over, as far as the rest of the function, or of the package, says so. */
export function givenByUse(call: Call, body: Body, pass: Pass): Acquisition | undefined {
  const uses = usesIn(body).get(call) ?? [];
  const [first] = uses;
  if (first?.hasStream && uses.length === 1 && typeOf(call, body.env).kind === 'unknown' && !MAIL.test(nameOf(call, body)) && !isDecoded(call)) {
    return { resource: first.hasStatus ? RESPONSE : ANSWER, result: 0, held: 'whole', evidence: 'likely' };
  }
  if (first?.hasNext && first.hasScan && uses.length === 1 && typeOf(call, body.env).kind === 'unknown' && !ONE.test(nameOf(call, body))) return { resource: ROWS, result: 0, held: 'resource', evidence: 'likely' };
  if (first?.hasEvents && uses.length === 1 && typeOf(call, body.env).kind === 'unknown') return { resource: WATCH, result: 0, held: 'resource', evidence: 'likely' };
  if (!uses.length || isHarmless(call, body)) return undefined;
  const result = uses.findIndex(use => use !== undefined && use.closed.length > 0);
  if (result >= 0) return { resource: CLOSABLE, result, held: 'resource', evidence: 'likely', before: Math.max(...uses[result]?.closed ?? []) };
  return first && uses.length === 1 && isClosedElsewhere(call, body, pass) ? { resource: CLOSABLE, result: 0, held: 'resource', evidence: 'likely' } : undefined;
}

/** So many other functions of the package must close what the same call gives them. */
const ENOUGH = 2;

function isClosedElsewhere(call: Call, body: Body, pass: Pass): boolean {
  const name = calleeName(calleeOf(call, body.env));
  const closers = name === undefined ? undefined : closersNamed(lastPart(name), pass).get(name);
  return closers !== undefined && [...closers].filter(info => info !== body.info).length >= ENOUGH;
}

type Closers = ReadonlyMap<string, ReadonlySet<FuncInfo>>;
const closers = new WeakMap<Pass, { readonly byWords: ReadonlyMap<string, readonly FuncInfo[]>; readonly byName: Map<string, Closers> }>();

/** Who closes what a call gives, by the full name of the callee, of those with that bare name. */
function closersNamed(bare: string, pass: Pass): Closers {
  const { byWords, byName } = closersOf(pass);
  let found = byName.get(bare);
  if (!found) byName.set(bare, (found = findClosers(byWords.get(bare) ?? [], bare, pass)));
  return found;
}

function closersOf(pass: Pass) {
  let known = closers.get(pass);
  if (!known) closers.set(pass, (known = { byWords: closersByWords(pass), byName: new Map() }));
  return known;
}

function findClosers(infos: readonly FuncInfo[], bare: string, pass: Pass): Closers {
  const found = new Map<string, Set<FuncInfo>>();
  for (const body of infos.flatMap(info => [...bodiesOf(info, pass)])) {
    for (const [call, [first, ...more]] of usesIn(body)) {
      if (writtenName(call) !== bare || !first?.closed.length || more.length) continue;
      const callee = calleeOf(call, body.env);
      const name = targetsOf(callee, body.env).length ? undefined : calleeName(callee);
      if (name !== undefined) found.set(name, (found.get(name) ?? new Set()).add(body.info));
    }
  }
  return found;
}

/**
 * `x, err := store.Open(); …; x.Close()`, in as many functions as it takes; not of a function that can be looked into, and
 * only of names with which something is opened as well that is not closed.
 */
function closersByWords(pass: Pass): ReadonlyMap<string, readonly FuncInfo[]> {
  const { pkg, contracts: { program } } = pass;
  const byName = new Map<string, Set<FuncInfo>>();
  const isAtHand = (file: GoFile, qualifier: string) => {
    const path = program.importPathOf(file, qualifier);
    return path !== undefined && program.imported(file, path) !== undefined;
  };
  for (const info of pkg.withWords(CLOSES)) {
    for (const [, variable = '', qualifier = '', name = ''] of info.bodyText.matchAll(GIVEN)) {
      if (!info.bodyText.includes(`${variable}.Close()`) || (qualifier && isAtHand(info.file, qualifier))) continue;
      byName.set(name, (byName.get(name) ?? new Set()).add(info));
    }
  }
  const often = new Map([...byName].filter(([, closing]) => closing.size >= ENOUGH));
  return new Map([...openedNames(often, pass)].map(name => [name, [...often.get(name) ?? []]]));
}

const CLOSES = /\.Close\(\)/;

/** Those names that some function calls without closing what it gets, or more than once: the text does not say what is closed then. */
function openedNames(closing: ReadonlyMap<string, ReadonlySet<FuncInfo>>, { pkg, isAsked }: Pass): ReadonlySet<string> {
  const opened = new Set<string>();
  if (!closing.size) return opened;
  const call = new RegExp(`\\b(${[...closing.keys()].join('|')})\\(`, 'g');
  for (const info of pkg.funcs) {
    if (!isAsked(info.file)) continue;
    const seen = new Set<string>();
    for (const [, name = ''] of info.bodyText.matchAll(call)) {
      if (seen.has(name) || !closing.get(name)?.has(info)) opened.add(name);
      seen.add(name);
    }
  }
  return opened;
}

/** A variable for what is given beside an error, and the name of the last call before the arguments. */
const GIVEN = /\b(\w+), \w+ :?= (?:[\w.()[\]]*\.)??(?:(\w+)\.)?(\w+)\(/g;

/** The bare names of the calls that two functions of the package close what they give of. */
export function closedElsewhere(pass: Pass): readonly string[] {
  if (!pass.rules.has(CLOSABLE.rule)) return [];
  return [...closersOf(pass).byWords.keys()].filter(bare => [...closersNamed(bare, pass).values()].some(({ size }) => size >= ENOUGH));
}

const memo = new WeakMap<Body['node'], ReadonlyMap<Call, readonly (Uses | undefined)[]>>();

/** The calls whose results variables of the function get, and what is done with each of those. */
function usesIn(body: Body): ReadonlyMap<Call, readonly (Uses | undefined)[]> {
  const known = memo.get(body.node);
  if (known) return known;
  const given = givenIn(body);
  const found = new Map<Variable, Uses>();
  for (const variable of given.flatMap(([, variables]) => variables)) if (variable) found.set(variable, { closed: [], hasStream: false, hasStatus: false, hasNext: false, hasScan: false, hasEvents: false });
  if (found.size && SAYS_USE.test(body.info.bodyText)) walkStmts(body.block.stmts, { expr: x => note(x, found, body.env) });
  const uses = new Map(given.map(([call, variables]) => [call, variables.map(variable => variable && found.get(variable))]));
  memo.set(body.node, uses);
  return uses;
}

/** By custom the last result is the error: `stdin, stdout, err := streams()` gives two things that may have to be closed. */
function givenIn(body: Body): readonly (readonly [Call, readonly (Variable | undefined)[]])[] {
  return operations(body.graph).flatMap(({ op }) => {
    if (op.kind !== 'assign' || op.rhs.length !== 1 || op.lhs.length < 2 || !op.rhs[0]) return [];
    const call = unparen(op.rhs[0]);
    const variables = op.lhs.slice(0, -1).map(variableIn).map(variable => (variable?.owner === body.node ? variable : undefined));
    return call.kind === 'call' && variables.some(variable => variable) ? [[call, variables] as const] : [];
  });
}

function note(x: Expr, found: ReadonlyMap<Variable, Uses>, env: Env): void {
  if (x.kind === 'selector') {
    const uses = usesOf(x.x, found);
    if (uses && /^Status(?:Code)?$/.test(x.sel.name)) uses.hasStatus = true;
  }
  if (x.kind !== 'call') return;
  const fun = unparen(x.fun);
  const receiver = fun.kind === 'selector' ? unparen(fun.x) : undefined;
  if (fun.kind === 'selector' && receiver && /^(?:Next|Scan)$/.test(fun.sel.name)) noteRow(x, usesOf(receiver, found), fun.sel.name);
  const events = fun.kind === 'selector' && receiver && fun.sel.name === 'ResultChan' && x.args.length === 0 ? usesOf(receiver, found) : undefined;
  if (events) events.hasEvents = true;
  if (fun.kind === 'selector' && receiver && /^(?:Close|Read)$/.test(fun.sel.name)) {
    if (fun.sel.name === 'Close' && x.args.length === 0) usesOf(receiver, found)?.closed.push(x.start);
    noteStream(receiver, found);
  }
  if (x.args.length && READING.has(calleeName(calleeOf(x, env)) ?? '')) for (const arg of x.args) noteStream(arg, found);
}

/** `rows.Next()`, `rows.Scan(&a, &b)`. */
function noteRow({ args }: Call, uses: Uses | undefined, method: string): void {
  if (uses && method === 'Next' && args.length === 0) uses.hasNext = true;
  if (uses && method === 'Scan' && args.length > 0) uses.hasScan = true;
}

function noteStream(x: Expr, found: ReadonlyMap<Variable, Uses>): void {
  const body = unparen(x);
  const uses = body.kind === 'selector' && body.sel.name === 'Body' ? usesOf(body.x, found) : undefined;
  if (uses) uses.hasStream = true;
}

function usesOf(x: Expr, found: ReadonlyMap<Variable, Uses>): Uses | undefined {
  const variable = variableIn(unparen(x));
  return variable && found.get(variable);
}

/** What is given to one of these is a stream, and no text. */
const READING: ReadonlySet<string> = new Set(['io.ReadAll', 'io/ioutil.ReadAll', 'io.ReadFull', 'io.Copy', 'io.CopyN', 'io.CopyBuffer', 'io.LimitReader', 'io.TeeReader', 'bufio.NewReader', 'bufio.NewScanner',
  'compress/gzip.NewReader', 'encoding/json.NewDecoder', 'encoding/xml.NewDecoder', 'encoding/csv.NewReader']);

/** `QueryOne`, `QueryRow`: the result of one statement, or one row of it, is all there. */
const ONE = /(?:One|Row|First)(?:[A-Z]\w*)?$/;
/** The bodies of mails and their parts are views of one stream. */
const MAIL = /\.\w*(?:Part|Message|Entity|Mail)$/;
/** `zstd.NewReader(r)`, `CompressStream(w)`: what wraps a stream holds memory. */
const WRAPS = /^[^(].*\.New\w*(?:Reader|Writer|Encoder|Decoder|Compressor)(?:Level|Size|Dict)?$|\.Compress\w*$/;
/** `GetNode(env)`: what is got may be everybody's, but for what is opened to be got. */
const GETS = /\.Get(?:(?!Object|Blob|Reader|Writer|Stream|Conn|Session|Snapshot|Iterator|Cursor)[A-Z]\w*)$/;

/** `gormDB.DB()`: the pool below, which is closed with what was opened. */
const LENDS = /\.DB$/;

/** A command closes the ends of its pipes when it could not be started, and when it was waited for. */
const PIPES = /\.Std(?:in|out|err)Pipe$/;

/** By its name the callee gives nothing that the caller alone has to close. */
function isHarmless(call: Call, body: Body): boolean {
  const name = nameOf(call, body);
  return WRAPS.test(name) || GETS.test(name) || LENDS.test(name) || PIPES.test(name);
}

/** `client.Do(req, &found)`: who is told where to put what the answer says has read and closed it; what comes first is the question. */
export function isDecoded({ args }: Call): boolean {
  return args.slice(1).map(unparen).some(arg => arg.kind === 'unary' && arg.op === '&' && variableIn(arg.x) !== undefined);
}

/** The full name of the callee, or how it is written. */
function nameOf(call: Call, { env, info }: Body): string {
  return calleeName(calleeOf(call, env)) ?? info.file.source.text.slice(call.fun.start, call.fun.end);
}
