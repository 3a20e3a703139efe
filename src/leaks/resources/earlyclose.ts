/** `Close` on what a call gave, before anybody has looked whether the call failed. */
import type { Op } from '../../flow/graph.ts';
import { operations, type Place as Point, search } from '../../flow/search.ts';
import { calleeName, calleeOf } from '../../program/callee.ts';
import { isError, typeOf, typeOfVariable } from '../../program/infer.ts';
import { underlying } from '../../program/resolve.ts';
import { type Call, type Expr, type FuncLit, unparen, type Variable } from '../../syntax/ast.ts';
import { behind, pairsIn } from '../../syntax/glance.ts';
import { walkStmts } from '../../syntax/walk.ts';
import { askedBodies, type Body } from '../bodies.ts';
import type { Pass } from '../pass.ts';
import { placeOf } from '../places/places.ts';
import { isGivenBesideError } from './besideerrors.ts';
import { mentionsAnywhere, type Release, releasesOf } from './releases.ts';

export interface EarlyClose {
  readonly body: Body;
  /** The call that gave the value and the error. */
  readonly made: Call;
  readonly release: Release;
  readonly deferred: boolean;
  readonly value: Variable;
  readonly error: Variable;
  /** With an error the value is nil, and using it then panics. */
  readonly panics: boolean;
  readonly presumed: boolean;
}

interface Made {
  readonly call: Call;
  readonly value: Variable;
  /** Which result of the call the value is. */
  readonly index: number;
  readonly error: Variable;
  readonly from: Point;
}

export function* earlyCloses(pass: Pass): Generator<EarlyClose> {
  for (const body of askedBodies(pass, ({ bodyText }) => mayCloseUnchecked(bodyText))) {
    const seen = new Set<Call>();
    for (const made of callsWithError(body)) {
      if (isOwedOnError(made, body, pass)) continue;
      const found = earlyClose(made, body, pass);
      if (!found || seen.has(found.release.call)) continue;
      seen.add(found.release.call);
      yield found;
    }
  }
}

/** Something is given beside an error that the next line does not look at. By custom the error is the last of them. */
function mayCloseUnchecked(text: string): boolean {
  if (!text.includes('Close(')) return false;
  return [...pairsIn(text)].some(({ names, end }) => {
    const [line = ''] = behind(text, end).split('\n', 1);
    return text.includes('Close(', end) && (/^defer\b|Close\(/.test(line) || !line.match(/\w+/g)?.includes(names.at(-1) ?? ''));
  });
}

/** By declaration there is something to close even when the call has failed. */
function isOwedOnError({ call }: Made, { env }: Body, { contracts }: Pass): boolean {
  return contracts.resources.acquiredBy(calleeName(calleeOf(call, env)) ?? '')[0]?.resource.evenOnError === true;
}

/** Every `x, err := call()`, once for each value beside the error. */
function* callsWithError(body: Body): Generator<Made> {
  for (const { op, after } of operations(body.graph)) {
    if (op.kind !== 'assign' || op.rhs.length !== 1 || op.lhs.length < 2) continue;
    const [value] = op.rhs;
    const call = value && unparen(value);
    if (call?.kind !== 'call') continue;
    const variables = op.lhs.flatMap(x => (x.kind === 'ident' && x.name !== '_' && x.entity?.kind === 'var' ? [x.entity] : []));
    const error = variables.find(v => isError(typeOfVariable(v, body.env)));
    if (!error) continue;
    for (const [index, x] of op.lhs.entries()) {
      const value = x.kind === 'ident' ? variables.find(v => v === x.entity) : undefined;
      if (value && value !== error && value.owner === body.node) yield { call, value, index, error, from: after };
    }
  }
}

function earlyClose(made: Made, body: Body, pass: Pass): EarlyClose | undefined {
  let closing: { release: Release; op: Op } | undefined;
  search<''>(made.from, '', {
    key: () => '',
    op: op => {
      if (pass.contracts.endsHere(op, body.env)) return undefined;
      const release = closeIn(op, made, body, pass);
      if (release) {
        closing = { release, op };
        return 'arrive';
      }
      return concerns(op, made) ? undefined : '';
    },
    edge: condition => (mentionsAnywhere(condition, made.value) || mentionsAnywhere(condition, made.error) ? undefined : ''),
    returns: () => false,
  });
  if (!closing || isGivenBesideError(made.call, made.index, body, pass) || isNilSafe(closing.release, body) || !isLookedAtAfter(closing.op, made, body)) return undefined;
  const { release, op } = closing;
  const presumed = calleeOf(release.call, body.env).kind === 'presumed';
  const found = { body, made: made.call, release, deferred: op.kind === 'defer', value: made.value, error: made.error, panics: panics(made, release, body), presumed };
  return !found.panics && isJoined(release, made, body) ? undefined : found;
}

/** `err = errors.Join(err, x.Close())`: whoever puts both errors together closes on purpose whatever has come of the call. */
function isJoined({ call: closing }: Release, { error }: Made, { graph }: Body): boolean {
  return operations(graph).some(({ op }) => op.kind === 'call' && op.call.args.some(arg => unparen(arg) === closing) && op.call.args.some(arg => isVariable(unparen(arg), error)));
}

/** The `Close` in an operation, on the value or on a field of it. */
function closeIn(op: Op, { value, error }: Made, body: Body, pass: Pass): Release | undefined {
  if (op.kind === 'call') {
    const callee = calleeOf(op.call, body.env);
    if ((callee.kind !== 'method' && callee.kind !== 'presumed') || !callee.receiver || !callee.name.endsWith('.Close')) return undefined;
    return isOf(callee.receiver, value) ? { call: op.call, subject: callee.receiver, name: callee.name, literal: undefined } : undefined;
  }
  if (op.kind !== 'defer') return undefined;
  return releasesOf(op.stmt, body, pass).find(({ name, subject, literal }) => name?.endsWith('.Close') && isOf(subject, value)
    && !(literal && asks(literal, [value, error])));
}

function isOf(subject: Expr, value: Variable): boolean {
  return placeOf(subject)?.root === value;
}

/** The literal looks at the value or the error before it does anything: `if f != nil { f.Close() }`. */
function asks(literal: FuncLit, variables: readonly Variable[]): boolean {
  let found = false;
  walkStmts(literal.body.stmts, {
    stmt: stmt => {
      const condition = stmt.kind === 'if' ? stmt.cond : stmt.kind === 'switch' ? stmt.tag : undefined;
      // A condition on an error that `Close` itself gave is another variable, or one that was set in the literal.
      found ||= condition !== undefined && variables.some(v => mentionsAnywhere(condition, v));
    },
  });
  return found;
}

/** The operation looks at the error, hands it on, or sets one of the two anew. */
function concerns(op: Op, { value, error }: Made): boolean {
  switch (op.kind) {
    case 'call':
      return op.call.args.some(arg => mentionsAnywhere(arg, error));
    case 'assign':
      return op.lhs.some(x => isVariable(x, value) || isVariable(x, error)) || op.rhs.some(x => mentionsAnywhere(x, error));
    case 'send':
      return mentionsAnywhere(op.stmt.value, error);
    case 'eval':
      return mentionsAnywhere(op.expr, error);
    case 'go':
      return mentionsAnywhere(op.stmt.call, error);
    case 'range':
      return op.stmt.lhs.some(x => isVariable(x, value) || isVariable(x, error));
    case 'defer':
    case 'receive':
      return false;
  }
}

function isVariable(x: Expr, variable: Variable): boolean {
  return x.kind === 'ident' && x.entity === variable;
}

/** The error is looked at, only too late; where nobody ever does, that is another matter. */
function isLookedAtAfter(closing: Op, made: Made, body: Body): boolean {
  const start = operations(body.graph).find(({ op }) => op === closing)?.after;
  if (!start) return false;
  let found = false;
  const look = (x: Expr) => {
    found ||= mentionsAnywhere(x, made.error);
    return found;
  };
  search<''>(start, '', {
    key: () => '',
    op: op => {
      if (op.kind === 'assign') return op.rhs.some(look) ? 'arrive' : op.lhs.some(x => isVariable(x, made.error)) ? undefined : '';
      if (op.kind === 'call') return op.call.args.some(look) ? 'arrive' : '';
      return op.kind === 'eval' && look(op.expr) ? 'arrive' : '';
    },
    edge: condition => (look(condition) ? undefined : ''),
    returns: ({ stmt }) => stmt?.results.some(look) ?? false,
  });
  return found;
}

/** `func (c *Conn) Close() { if c == nil { return } … }`: a method that expects to be called on nothing. */
function isNilSafe({ call, subject }: Release, body: Body): boolean {
  if (unparen(subject).kind !== 'ident') return false;
  const callee = calleeOf(call, body.env);
  const receiver = callee.kind === 'method' ? callee.func?.decl.receiver?.names[0]?.name : undefined;
  return callee.kind === 'method' && receiver !== undefined && new RegExp(`\\b${receiver}\\s*[!=]=\\s*nil\\b`).test(callee.func?.bodyText ?? '');
}

/**
 * A failed call of the standard library gives nil beside its error, and a method of a nil interface, like a field
 * behind a nil pointer, panics. `(*os.File).Close` on nil does not.
 */
function panics({ call, value }: Made, { subject }: Release, body: Body): boolean {
  const callee = calleeOf(call, body.env);
  if ((callee.kind !== 'func' && callee.kind !== 'method') || !callee.func || callee.func.pkg.module) return false;
  const type = typeOfVariable(value, body.env);
  if (unparen(subject).kind !== 'ident') return type.kind === 'pointer';
  return underlying(typeOf(subject, body.env), body.env.program).kind === 'interface';
}
