/** `wg.Add(len(urls))` before a loop over the same, of which some round starts no goroutine that would call `Done`. */
import { type Loop, loopsOf } from '../../flow/loops.ts';
import { operations } from '../../flow/search.ts';
import type { Call } from '../../syntax/ast.ts';
import type { Pass } from '../pass.ts';
import { holdsSpan, type Span, spanOf } from '../paths/reach.ts';
import { type LocalGroup, localGroups, mostDones } from './balance.ts';
import { mayCountDownAt } from './countdown.ts';
import type { GroupUse } from './groupuses.ts';
import { type Count, countOf, plus, timesOf } from './times.ts';
import { type Unstarted, wayToWait } from './unstarted.ts';

export function* emptyRounds(pass: Pass): Generator<Unstarted> {
  for (const group of localGroups(pass)) {
    const { body, uses, family } = group;
    const wait = uses.find(use => use.kind === 'call' && use.does === 'wait');
    const [add, ...more] = operations(body.graph).filter(({ op }) => op.kind === 'call' && uses.some(use => use.kind === 'call' && use.does === 'add' && use.call === op.call));
    if (wait?.kind !== 'call' || add?.op.kind !== 'call' || more.length || !mostDones(uses, body, pass)) continue;
    const { call } = add.op;
    const { head } = loopCounted(call, group, pass) ?? {};
    const way = head?.end.kind === 'branch' ? wayToWait(add.op, { block: head.end.then, index: 0 }, family, body, pass) : undefined;
    if (way) yield { body, add: call, group: wait.group, turns: way.turns, wait: { node: wait.call, body } };
  }
}

/** The loop that starts one goroutine for each that the `Add` before it has counted. */
function loopCounted(add: Call, { body, family, uses }: LocalGroup, pass: Pass): Loop | undefined {
  const [start, ...others] = operations(body.graph).flatMap(({ op }) => (mayCountDownAt(op, family, body, pass) ? [spanOf(op)] : []));
  const [delta] = add.args;
  if (!start || others.length || !delta || uses.some(use => isOutside(use, start))) return undefined;
  const [loop, ...outer] = loopsOf(body.graph).filter(({ stmt }) => holdsSpan(stmt.body, start));
  const often = timesOf(start, body);
  return loop && !outer.length && add.end <= loop.stmt.start && often && isEqual(countOf(delta, body), often) ? loop : undefined;
}

/** Something else than what the loop starts may call `Done`. */
function isOutside(use: GroupUse, start: Span): boolean {
  return (use.kind === 'passed' || (use.kind === 'call' && use.does === 'done')) && !holdsSpan(start, use.node);
}

/** The same number, which is no constant: of those the loop may skip what is not meant. */
function isEqual(a: Count, b: Count): boolean {
  return [...plus(a, b, -1).values()].every(n => n === 0) && [...a.keys()].some(key => key !== '');
}
