/** Waits that never return, or that undo what the goroutines are for, as findings. */
import type { Finding } from '../../finding.ts';
import { siteIn } from '../bodies.ts';
import { startSite } from '../goroutines/goroutines.ts';
import type { Pass } from '../pass.ts';
import { textOf } from '../words.ts';
import { type MissingDone, missingDones } from './missingdones.ts';
import { declarationOf } from './waitgroups.ts';
import { type WaitInside, waitsInside } from './waitinside.ts';
import { type WaitInLoop, waitsInLoops } from './waitloops.ts';
import { type Need, waitsTooEarly, type WaitTooEarly } from './waitorder.ts';

export function* deadlockedWaits(pass: Pass): Generator<Finding> {
  for (const alone of missingDones(pass)) if (!alone.starts.length) yield waitsForNobody(alone);
  for (const inLoop of waitsInLoops(pass)) yield waitsInLoop(inLoop);
  for (const inside of waitsInside(pass)) yield waitsForItself(inside);
  for (const early of waitsTooEarly(pass)) yield waitsFirst(early);
}

function waitsForNobody({ add, group, body, wait }: MissingDone): Finding {
  const name = textOf(group, body.info);
  const at = siteIn(wait.body.info, wait.node);
  return {
    at,
    confidence: 'high',
    message: `This waits for ever: nothing calls Done as often as ${name} was counted up.`,
    trail: [{ at: siteIn(body.info, add), note: `${name} is counted up here` }, { at, note: 'and this waits for a Done that never comes' }],
  };
}

function waitsInLoop({ why, body, wait, group, add, start }: WaitInLoop): Finding {
  const name = textOf(group, body.info);
  const at = siteIn(body.info, wait);
  const declared = declarationOf(group);
  const trail = [
    ...(declared ? [{ at: siteIn(body.info, declared), note: `${name} is declared here` }] : []),
    { at: siteIn(body.info, add), note: `${name} is counted up here${why === 'deadlock' ? ' for all rounds of the loop' : ''}` },
    { at: siteIn(body.info, { start: start.start, end: start.start + 2 }), note: 'each round starts a goroutine' },
    { at, note: why === 'deadlock' ? 'the first round waits for those of later ones' : 'and waits for it' },
  ];
  if (why === 'deadlock') return { at, confidence: 'high', message: `${name}.Wait inside the loop waits for goroutines that later rounds would start. Move it behind the loop.`, trail };
  return { at, confidence: 'high', severity: 'note', message: `${name}.Wait inside the loop makes the goroutines run one after the other. Move it behind the loop.`, trail };
}

function waitsForItself({ goroutine, body, wait, group, done }: WaitInside): Finding {
  const name = textOf(group, body.info);
  const at = siteIn(body.info, wait);
  return {
    at,
    confidence: 'high',
    message: `The goroutine waits for ${name}, which counts the goroutine itself, so neither ever ends. Call Done before, or wait elsewhere.`,
    trail: [
      { at: startSite(goroutine), note: 'the goroutine starts here' },
      { at: siteIn(body.info, done), note: 'it calls Done when it ends' },
      { at, note: 'but waits here until all have called it' },
    ],
  };
}

function waitsFirst({ need, body, wait, group, channel, goroutine, blocked, answer, room }: WaitTooEarly): Finding {
  const name = textOf(group, body.info);
  const at = siteIn(body.info, wait);
  return {
    at,
    confidence: 'high',
    severity: need === 'send' && room > 0 ? 'warning' : 'error',
    message: `${name}.Wait may never return: ${WHY[need](channel.name, room)}.`,
    trail: [
      { at: siteIn(body.info, channel.ident), note: need === 'done' ? 'the context is made here' : need !== 'send' ? 'the channel is made here' : room === 0 ? 'the channel has no buffer' : `the buffer has room for ${room}` },
      { at: startSite(goroutine), note: 'a goroutine that is waited for starts here' },
      { at: siteIn(blocked.body.info, blocked.node), note: 'it blocks here before it comes to its Done' },
      { at, note: 'this waits for it' },
      { at: siteIn(body.info, answer), note: 'and what it needs comes only here' },
    ],
  };
}

/** Why the goroutines do not come to their end, by what they wait for. */
export const WHY: Readonly<Record<Need, (channel: string, room: number) => string>> = {
  send: (channel, room) => (room === 0 ? `the goroutines wait for somebody to receive from ${channel}, which happens only after it. Receive first, and wait in a goroutine of its own`
    : `the goroutines may send more to ${channel} than its buffer holds, and it is read only after it. Receive first, or make the buffer large enough`),
  done: context => `the goroutines wait for the end of ${context}, which is cancelled only after it. Cancel it first`,
  receive: channel => `the goroutines wait for ${channel}, which is sent to or closed only after it. Do that first`,
  range: channel => `the goroutines range over ${channel}, which is closed only after it. Close it first`,
};
