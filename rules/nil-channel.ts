import { channelsSetToNil, type Finding, nilChannels, type Pass, type Rule, type SetToNil, siteIn, startSite, textOf } from '../src/rule.ts';

const VERBS = { send: 'a send on', receive: 'a receive from', range: 'a range over' };

export const nilChannel: Rule = {
  id: 'nil-channel',
  summary: 'A channel that is nil is used: sends and receives wait for ever.',
  severity: 'error',
  tellsOfWaits: true,
  *check(pass: Pass) {
    for (const { verb, body, node, channel } of nilChannels(pass)) {
      const at = siteIn(body.info, node);
      const name = textOf(channel, body.info);
      yield { at, confidence: 'high', message: `${name} is never made, so ${VERBS[verb]} it waits for ever. Make it before it is used.`, trail: [{ at, note: `${name} is nil here` }] };
    }
    for (const set of channelsSetToNil(pass)) yield setFinding(set);
  },
};

function setFinding({ body, close, node, channel, goroutine, wait }: SetToNil): Finding {
  const at = siteIn(body.info, node);
  const name = textOf(channel, body.info);
  return {
    at,
    confidence: 'medium',
    severity: 'warning',
    message: `Once ${name} is nil, a goroutine that comes to it waits for ever and never sees that it was closed. Leave it closed, or let the goroutine keep the channel in a variable.`,
    trail: [
      { at: startSite(goroutine), note: 'the goroutine starts here' },
      { at: siteIn(wait.body.info, wait.node), note: `it ends only by ${name}, which it reads here` },
      { at: siteIn(body.info, close), note: `${name} is closed here` },
      { at, note: 'and replaced by nil' },
    ],
  };
}
