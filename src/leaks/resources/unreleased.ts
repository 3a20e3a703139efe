/** Unmet obligations as findings. */
import type { Resource } from '../../contracts/resource.ts';
import type { Finding, Step } from '../../finding.ts';
import { type Body, siteIn } from '../bodies.ts';
import type { Pass } from '../pass.ts';
import { describeCall, turnSteps } from '../words.ts';
import { deferredRelease } from './deferfix.ts';
import { type Unmet, unmetObligations } from './obligations.ts';

/** What the rule `rule` has to say about a package. */
export function* unreleased(rule: string, pass: Pass): Generator<Finding> {
  for (const unmet of unmetObligations(rule, pass)) yield { ...finding(unmet), fix: deferredRelease(unmet, pass) };
}

const CONFIDENCE = { sure: 'high', likely: 'medium', doubtful: 'low' } as const;

function finding(unmet: Unmet): Finding {
  const { call, acquisition: { resource, evidence }, body } = unmet;
  const { info } = body;
  const at = siteIn(info, { start: call.start, end: call.fun.end });
  const what = `The ${resource.noun} of ${describeCall(call, body)}`;
  const confidence = CONFIDENCE[evidence];
  const acquired: Step = { at, note: `the ${resource.noun} is acquired` };
  if (unmet.handedTo) {
    const taker = siteIn(info, { start: unmet.handedTo.start, end: unmet.handedTo.fun.end });
    return { at, confidence, message: `${what} is never ${resource.released}: ${describeCall(unmet.handedTo, body)}, which alone gets it, does not do so.`, trail: [acquired, { at: taker, note: 'this gets it, and neither releases nor keeps it' }] };
  }
  if (!unmet.way) return { at, confidence, message: `${what} is never ${resource.released}: the result is thrown away.`, trail: [{ ...acquired, note: `${acquired.note} and dropped` }] };
  const there = unmet.leftTo?.body ?? body;
  const end = { at: siteIn(there.info, endOf(unmet.way, there)), note: endNote(unmet, resource) };
  const started: readonly Step[] = unmet.leftTo ? [{ at: siteIn(info, unmet.leftTo.start), note: 'a goroutine takes it over' }] : [];
  return { at, confidence, message: `${what} is ${howMissed(unmet, resource)}.`, trail: [acquired, ...started, ...turnSteps(unmet.way.turns, there.info), end] };
}

function howMissed({ never, why, leftTo }: Unmet, { released }: Resource): string {
  if (leftTo) return `not ${released} on every path of the goroutine that takes it over`;
  if (why === 'overwritten') return `not ${released} before its variable is given another value`;
  return never ? `never ${released}` : `not ${released} on every path`;
}

function endNote({ why, leftTo }: Unmet, { noun, released }: Resource): string {
  if (leftTo) return `the goroutine ends here, and the ${noun} is not ${released}`;
  return why === 'overwritten' ? 'the variable is overwritten here' : `the function leaves here, and the ${noun} is not ${released}`;
}

function endOf(way: NonNullable<Unmet['way']>, { block }: Body): { start: number; end: number } {
  if (way.at.kind === 'op') return way.at.op.kind === 'assign' ? way.at.op.node : { start: block.start, end: block.start };
  return way.at.stmt ?? { start: block.end - 1, end: block.end };
}
