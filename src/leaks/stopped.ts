/**
 * Values that a program stops before it ends: `s := newServer(); s.Start(); …; s.Close()`. What such a value has started
 * is meant to end then, although it was started once.
 */
import { operations } from '../flow/search.ts';
import { calleeOf } from '../program/callee.ts';
import { targetsOf } from '../program/implementations.ts';
import type { FuncInfo } from '../program/package.ts';
import { bodiesOf } from './bodies.ts';
import type { Pass } from './pass.ts';
import { RELEASING } from './releasing.ts';
import { callIn } from './taken.ts';

/** So many callers up a function is looked for that a stopped value has or comes from. */
const DEPTH = 4;

/** The function belongs to a value that somebody stops, or its callers make one and stop it. */
export function isStopped(info: FuncInfo, pass: Pass, depth = DEPTH): boolean {
  if (stopsOf(info).some(stop => isCalled(stop, pass))) return true;
  return depth > 0 && info.pkg.mentioning(info.bareName).some(caller => caller !== info && isStopped(caller, pass, depth - 1));
}

/** The methods that sound like stopping, of the receiver and of what the function makes. */
function stopsOf({ pkg, piece, decl }: FuncInfo): readonly FuncInfo[] {
  const results = decl.type.results.map(({ type }) => (type.kind === 'star' ? type.x : type)).flatMap(x => (x.kind === 'ident' ? x.name : []));
  const types = new Set([...(piece.receiver ? [piece.receiver.type] : []), ...results]);
  return types.size ? pkg.funcs.filter(func => func.piece.receiver && types.has(func.piece.receiver.type) && RELEASING.test(func.bareName) && !func.file.kind.test) : [];
}

/** Somebody beside the methods of the same type calls it. */
function isCalled(stop: FuncInfo, pass: Pass): boolean {
  return stop.pkg.mentioning(stop.bareName).filter(caller => caller.piece.receiver?.type !== stop.piece.receiver?.type).some(caller => [...bodiesOf(caller, pass)].some(({ graph, env }) => operations(graph).some(({ op }) => {
    const call = callIn(op);
    return call !== undefined && targetsOf(calleeOf(call, env), env).includes(stop);
  })));
}
