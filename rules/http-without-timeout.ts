import { describeCall, type Finding, type LimitlessClient, limitlessClients, type LimitlessServer, limitlessServers, type Pass, type Rule, siteIn } from '../src/rule.ts';

export const httpWithoutTimeout: Rule = {
  id: 'http-without-timeout',
  summary: 'An HTTP server that waits for slow clients for ever, or a client that waits for a slow server for ever.',
  severity: 'warning',
  *check(pass: Pass) {
    for (const server of limitlessServers(pass)) yield ofServer(server);
    for (const client of limitlessClients(pass)) yield ofClient(client);
  },
};

function ofServer({ body, call, made }: LimitlessServer): Finding {
  const serves = siteIn(body.info, { start: call.start, end: call.fun.end });
  const keeps = 'a client that sends its request slowly, or not at all, keeps a connection and its goroutine for as long as it likes';
  if (!made) {
    const message = `The server of ${describeCall(call, body)} has no timeouts: ${keeps}. Make an http.Server with ReadHeaderTimeout.`;
    return { at: serves, confidence: 'high', message };
  }
  return {
    at: made,
    confidence: 'high',
    message: `This http.Server has neither ReadHeaderTimeout nor ReadTimeout: ${keeps}. Set ReadHeaderTimeout.`,
    trail: [{ at: made, note: 'the server is made without them' }, { at: serves, note: 'it serves here' }],
  };
}

function ofClient({ body, call, made, isStream }: LimitlessClient): Finding {
  return {
    at: made,
    confidence: isStream ? 'low' : 'high',
    message: `This http.Client has no Timeout, and ${describeCall(call, body)} sends a request that has no deadline: a server that does not answer keeps the goroutine for ever. Set Timeout, or give the request a context with a deadline.`,
    trail: [
      { at: made, note: 'the client is made without a timeout' },
      { at: siteIn(body.info, call), note: 'this request has no deadline' },
    ],
  };
}
