import { nilChannels, type Pass, type Rule, siteIn, textOf } from '../src/rule.ts';

const VERBS = { send: 'a send on', receive: 'a receive from', range: 'a range over' };

export const nilChannel: Rule = {
  id: 'nil-channel',
  summary: 'A channel that is never made is used: sends and receives wait for ever.',
  severity: 'error',
  *check(pass: Pass) {
    for (const { verb, body, node, channel } of nilChannels(pass)) {
      const at = siteIn(body.info, node);
      const name = textOf(channel, body.info);
      yield { at, confidence: 'high', message: `${name} is never made, so ${VERBS[verb]} it waits for ever. Make it before it is used.`, trail: [{ at, note: `${name} is nil here` }] };
    }
  },
};
