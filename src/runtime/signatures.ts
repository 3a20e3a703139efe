/**
 * Goroutines of libraries that a mistake elsewhere leaves behind: no frame of theirs is in the user's code, so they support
 * every finding of a rule and confirm none.
 */
import { isStuckReader } from './benign.ts';
import type { Op } from './model.ts';
import type { Template } from './templates.ts';

export interface Signature {
  readonly rules: readonly string[];
  /** Completes `10 goroutines …`. */
  readonly what: string;
  readonly is: (template: Template) => boolean;
}

export const SIGNATURES: readonly Signature[] = [
  { rules: ['unclosed-body'], what: 'in net/http that hold a connection whose response body nobody has read to its end or closed; a trace tells which request that was', is: isStuckReader },
  { rules: ['lost-cancel'], what: 'in package context that wait for a parent to end, because cancel was not called', is: has(/^context\.(?:propagateCancel\.func|\(\*cancelCtx\)\.propagateCancel\.func)/) },
  { rules: ['unclosed-rows', 'unfinished-transaction'], what: 'in database/sql that wait for rows or a transaction to be closed', is: has(/^database\/sql\.\(\*(?:Rows|Tx)\)\.awaitDone$/) },
  { rules: ['unclosed-rows', 'unfinished-transaction'], what: 'waiting for a connection of a sql.DB that nobody gives back', is: has(/^database\/sql\.\(\*DB\)\.conn$/, ['select', 'unknown']) },
  { rules: ['unclosed-connection', 'unclosed-resource'], what: 'in gRPC that serve client connections that nobody has closed', is: has(/^google\.golang\.org\/grpc\/internal\/(?:transport\.newHTTP2Client|grpcsync\.\(\*CallbackSerializer\)\.run)/) },
  { rules: ['unwaited-process'], what: 'in os/exec that serve a process that nobody has waited for', is: has(/^os\/exec\.\(\*Cmd\)\.(?:writerDescriptor|stdin|watchCtx|Start)\.func/) },
  { rules: ['unstopped-iterator'], what: 'in iterators of iter.Pull whose stop was not called', is: ({ op }) => op === 'coroutine' },
  { rules: ['unreleased-semaphore'], what: 'waiting for a semaphore that nobody gives back', is: has(/^golang\.org\/x\/sync\/semaphore\.\(\*Weighted\)\.Acquire$/) },
];

/** Rules about a lock whose holder is elsewhere: who waits for it is known by the lock's name and package. */
export const LOCK_RULES: readonly string[] = ['missing-unlock', 'double-lock', 'mismatched-unlock', 'lock-order', 'blocked-under-lock'];

/** The rule about contexts that nobody cancels: who waits for one is known by its line. */
export const CONTEXT_RULE = 'lost-cancel';

function has(func: RegExp, ops?: readonly Op[]): (template: Template) => boolean {
  return template => (!ops || ops.includes(template.op)) && template.frames.some(frame => func.test(frame.func));
}
