/** Fixes of locks: the unlock that is missing, or that was meant. */
import type { Fix } from '../../finding.ts';
import { type Call, type Ident, unparen } from '../../syntax/ast.ts';
import { statementLists } from '../../syntax/walk.ts';
import { type Body, siteIn } from '../bodies.ts';
import { lineAfter } from '../lines.ts';
import type { Pass } from '../pass.ts';
import { isRepeated } from '../resources/deferfix.ts';
import type { KeptLock } from './locks.ts';
import type { LockCall } from './mutexes.ts';
import type { Mismatch } from './unlockmodes.ts';

const UNLOCK = { write: 'Unlock', read: 'RUnlock' } as const;

/** `defer mu.Unlock()` behind a Lock that nothing gives back; `Unlock` for a deferred `Lock`. */
export function unlockFix(kept: KeptLock, pass: Pass): Fix | undefined {
  const { body, call, lock, leaves } = kept;
  switch (kept.why) {
    case 'deferred':
      return renamed(deferredCallAt(leaves[0]?.start, body), lock, body);
    case 'returns':
      return kept.never && !isRepeated(call, body, pass) ? deferredUnlock(call, lock, body) : undefined;
    case 'again':
      return undefined;
  }
}

/** The method that fits the lock. */
export function unlockModeFix({ unlocked, lock, body }: Mismatch): Fix | undefined {
  return renamed(unlocked, lock, body);
}

function deferredUnlock(call: Call, lock: LockCall, body: Body): Fix | undefined {
  const method = methodIn(call);
  const stmt = statementLists(body.block).flat().find(s => s.kind === 'expr' && unparen(s.x) === call);
  if (!method || !stmt) return undefined;
  const release = `${body.info.file.source.text.slice(call.start, method.start)}${UNLOCK[lock.mode]}()`;
  const added = /\s/.test(release) ? undefined : lineAfter(stmt, `defer ${release}`, body.info);
  return added && { message: `Defer ${release}.`, edits: [added] };
}

function renamed(call: Call | undefined, lock: LockCall, body: Body): Fix | undefined {
  const method = call && methodIn(call);
  const right = UNLOCK[lock.mode];
  return method && { message: `Call ${right} instead of ${method.name}.`, edits: [{ at: siteIn(body.info, method), text: right }] };
}

function methodIn(call: Call): Ident | undefined {
  const fun = unparen(call.fun);
  return fun.kind === 'selector' ? fun.sel : undefined;
}

function deferredCallAt(start: number | undefined, body: Body): Call | undefined {
  const stmt = statementLists(body.block).flat().find(s => s.kind === 'defer' && s.start === start);
  const call = stmt?.kind === 'defer' ? unparen(stmt.call) : undefined;
  return call?.kind === 'call' ? call : undefined;
}
