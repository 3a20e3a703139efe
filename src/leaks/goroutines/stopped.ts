/**
 * Values that a program stops before it ends: `s := newServer(); s.Start(); …; s.Close()`. What such a value has started
 * is meant to end then, although it was started once.
 */
import { operations } from '../../flow/search.ts';
import { calleeOf } from '../../program/callee.ts';
import { targetsOf } from '../../program/implementations.ts';
import { Memo } from '../../program/memo.ts';
import type { FuncInfo } from '../../program/package.ts';
import { RELEASING } from '../../syntax/releasing.ts';
import { bodiesOf } from '../bodies.ts';
import type { Pass } from '../pass.ts';
import { callIn } from '../paths/reach.ts';

/** So many callers up a function is looked for that a stopped value has or comes from. */
const DEPTH = 4;

/** The function belongs to a value that somebody stops, or to one that such a value is made with. */
export function isStopped(info: FuncInfo, pass: Pass): boolean {
  const seen = new Set([info]);
  let level = [info];
  for (let depth = 0; depth <= DEPTH && level.length > 0; depth++) {
    // What a plain function starts belongs to nobody: an interrupt handler.
    const owned = level.filter(func => typesOf(func).size > 0);
    if (owned.some(func => hasStopped(func, pass))) return true;
    level = owned.flatMap(func => func.pkg.mentioning(func.bareName)).filter(caller => !seen.has(caller) && seen.add(caller));
  }
  return false;
}

const stopped = new Memo<FuncInfo, boolean>();

function hasStopped(info: FuncInfo, pass: Pass): boolean {
  let known = stopped.get(info);
  if (known === undefined) stopped.set(info, (known = stopsOf(info).some(stop => isCalled(stop, pass))));
  return known;
}

/** The methods that sound like stopping, of the receiver and of what the function makes. */
function stopsOf(info: FuncInfo): readonly FuncInfo[] {
  return [...typesOf(info)].flatMap(type => info.pkg.methodsOf(type)).filter(func => RELEASING.test(func.bareName) && !func.file.kind.test);
}

/** The type of the receiver, and those of the package among the results. */
function typesOf({ pkg, piece, decl }: FuncInfo): ReadonlySet<string> {
  const results = decl.type.results.map(({ type }) => (type.kind === 'star' ? type.x : type)).flatMap(x => (x.kind === 'ident' && pkg.lookup(x.name)?.kind === 'type' ? x.name : []));
  return new Set([...(piece.receiver ? [piece.receiver.type] : []), ...results]);
}

/** Somebody beside the methods of the same type calls it. */
function isCalled(stop: FuncInfo, pass: Pass): boolean {
  return stop.pkg.mentioning(stop.bareName).filter(caller => caller.piece.receiver?.type !== stop.piece.receiver?.type).some(caller => [...bodiesOf(caller, pass)].some(({ graph, env }) => operations(graph).some(({ op }) => {
    const call = callIn(op);
    return call !== undefined && targetsOf(calleeOf(call, env), env).includes(stop);
  })));
}
