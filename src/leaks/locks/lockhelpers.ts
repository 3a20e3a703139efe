/** Functions that return with a mutex locked on purpose: whoever calls them unlocks. */
import { operations, search } from '../../flow/search.ts';
import { resolveFunction } from '../../program/callee.ts';
import type { FuncInfo } from '../../program/package.ts';
import { typeAt } from '../../program/resolve.ts';
import { isNil, unparen } from '../../syntax/ast.ts';
import { walkStmts } from '../../syntax/walk.ts';
import { bodiesOf, type Body } from '../bodies.ts';
import type { Pass } from '../pass.ts';
import { isOwn } from '../places/ownvalues.ts';
import { lockCallsIn, lockFlowOf, targetFor, UNTOUCHED } from './lockflow.ts';
import { lockCallee, type Mutex } from './mutexes.ts';
import { isUnlockedByKey } from './sharedlocks.ts';

/**
 * Whether the body keeps the mutex for its caller. One that keeps it on every way does so when its name or comment says
 * that it locks, or when something in its package unlocks the same field without having locked it. One that keeps it on
 * some ways (`begin() error`) needs a caller who unlocks.
 */
export function isLockHelper(mutex: Mutex, body: Body, pass: Pass): boolean {
  const exits = lockFlowOf(pass).exitsOf(body, targetFor(mutex));
  const keepsAlways = exits.size === 1 && exits.has(1);
  const { info } = body;
  if (keepsAlways && isUnlockedByKey(mutex, body, pass)) return true;
  if (isOwnMutex(mutex, body)) return unlocksIn([info], mutex, body, pass);
  if (body.node.kind === 'funclit') return unlocksIn(keepsAlways ? info.pkg.funcs : [info], mutex, body, pass);
  if (saysLock(info) || (keepsAlways && commentSaysHeld(info))) return true;
  if (keepsOnSuccess(mutex, body, pass) && !isKeptByAnother(mutex, body, pass) && unlocksIn(info.pkg.funcs, mutex, body, pass)) return true;
  return unlocksIn(keepsAlways || givesHandle(info, pass) ? info.pkg.funcs : info.pkg.mentioning(info.bareName), mutex, body, pass);
}

/**
 * `func (s *store) prepare() error`: where it fails, the mutex is given back, and where it does not, it is kept, on every
 * way. When something in the package unlocks what it has not locked, it does so for this function.
 */
function keepsOnSuccess(mutex: Mutex, body: Body, pass: Pass): boolean {
  const last = body.node.type.results.at(-1)?.type;
  if (last?.kind !== 'ident' || last.name !== 'error') return false;
  const ways = new Set<boolean>();
  let isConsistent = true;
  search({ block: body.graph.entry, index: 0 }, UNTOUCHED, {
    ...lockFlowOf(pass).walk(targetFor(mutex), body),
    returns: ({ stmt }, { depth, deferred }) => {
      const isKept = depth + deferred > 0;
      ways.add(isKept);
      isConsistent &&= stmt !== undefined && isNil(stmt.results.at(-1)) === isKept;
      return !isConsistent;
    },
  });
  return isConsistent && ways.size === 2;
}

const LOCKS = /ock\(\)/;

/** `lockAll()`, for which the unlocking may be meant as well. */
function isKeptByAnother(mutex: Mutex, { info }: Body, pass: Pass): boolean {
  const target = { family: mutex.family, key: undefined, mutex: undefined };
  return info.pkg.withWords(LOCKS).some(other => other !== info && [...bodiesOf(other, pass)].some(body => {
    const exits = lockFlowOf(pass).exitsOf(body, target);
    return exits.size === 1 && exits.has(1);
  }));
}

/** A mutex that the function makes for itself: no caller has it, so none can unlock it. */
function isOwnMutex({ place }: Mutex, body: Body): boolean {
  return typeof place.root === 'object' && place.root.owner === body.node && isOwn(place.root);
}

/** `Begin() (*Tx, error)`: what is given out may carry the lock, and a method of it gives it back. */
function givesHandle(info: FuncInfo, pass: Pass): boolean {
  const env = pass.contracts.envOf(info);
  return info.decl.type.results.some(({ type }) => {
    const result = typeAt(type, env);
    const base = result.kind === 'pointer' ? result.elem : result;
    return base.kind === 'named' && base.pkg === info.pkg.path;
  });
}

/** `lockAll`, `RLock`, `acquireLocked`; `block` and `clock` are other words. */
function saysLock({ name }: FuncInfo): boolean {
  return /(?<![bcBC])[lL]ock/.test(name.slice(name.lastIndexOf('.') + 1)) && !/[uU]nlock/.test(name);
}

/** The comment above the function speaks of who unlocks. */
function commentSaysHeld({ file, piece }: FuncInfo): boolean {
  const comment = /(?:(?<=^|\n)[ \t]*\/\/[^\n]*\n)+$/.exec(file.source.text.slice(Math.max(0, piece.start - 2_000), piece.start))?.[0] ?? '';
  return /unlock|\bheld\b|\bholds?\b|\bholding\b|\brelease|\blocked\b|\backquire/i.test(comment);
}

/**
 * One of the functions unlocks the field without having locked it, or a literal in one that does not lock it either: the
 * closures of a function that locks unlock for that function.
 */
function unlocksIn(funcs: readonly FuncInfo[], mutex: Mutex, from: Body, pass: Pass): boolean {
  const flow = lockFlowOf(pass);
  const target = { family: mutex.family, key: undefined, mutex: undefined };
  // Whoever calls this function may then seem to unlock as well.
  const unlocksItself = flow.exitsOf(from, target).has(-1);
  return funcs.some(info => {
    if (!/ock\b/.test(info.bodyText) && info.file !== from.info.file) return false;
    for (const body of bodiesOf(info, pass)) {
      if (body.block !== from.block && !runsInPlace(body, from) && flow.exitsOf(body, target).has(-1) && !(unlocksItself && onlyCalls(body, mutex))) return true;
      if (body.node.kind === 'func' && info !== from.info && locksIn(body, mutex)) return false;
    }
    return false;
  });
}

/** `func() { defer s.mu.Unlock(); … }()`: the function around it unlocks so itself, on the ways that come there. */
function runsInPlace({ node }: Body, from: Body): boolean {
  return node.kind === 'funclit' && operations(from.graph).some(({ op }) => {
    const call = op.kind === 'call' ? op.call : op.kind === 'defer' ? unparen(op.stmt.call) : undefined;
    return call?.kind === 'call' && unparen(call.fun) === node;
  });
}

function onlyCalls({ block, env }: Body, { family }: Mutex): boolean {
  let unlocks = false;
  walkStmts(block.stmts, {
    expr: x => {
      if (x.kind !== 'selector') return;
      const named = lockCallee(resolveFunction(x, env), env);
      unlocks ||= named?.does === 'unlock' && named.mutex.family === family;
    },
  });
  return !unlocks;
}

function locksIn(body: Body, { family }: Mutex): boolean {
  return [...lockCallsIn(body)].some(({ lock }) => lock.does === 'lock' && lock.mutex.family === family);
}
