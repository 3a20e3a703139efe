import { type Finding, type Pass, type Rule, siteIn, type Step, textOf, turnSteps, type UnbufferedSignal, unbufferedSignals, type UnstoppedSignal, unstoppedSignals } from '../src/rule.ts';

export const unstoppedSignal: Rule = {
  id: 'unstopped-signal',
  summary: 'signal.Notify without signal.Stop in a function that returns, or with a channel that can miss the signal.',
  severity: 'warning',
  *check(pass: Pass) {
    for (const found of unstoppedSignals(pass)) yield unstopped(found);
    for (const found of unbufferedSignals(pass)) yield unbuffered(found);
  },
};

function unstopped({ unmet: { body: { info, block }, call, way, never }, when }: UnstoppedSignal): Finding {
  const at = siteIn(info, { start: call.start, end: call.fun.end });
  const end = way?.at.kind === 'return' && way.at.stmt ? way.at.stmt : { start: block.end - 1, end: block.end };
  const late = when === 'signalled' ? ' Signals that come later are swallowed.' : '';
  return {
    at,
    confidence: when === 'always' ? 'high' : 'medium',
    message: `The signal channel is ${never ? 'never stopped' : 'not stopped on every path'}, so the runtime keeps it and goes on sending to it. Call signal.Stop before the function returns.${late}`,
    trail: [{ at, note: 'signals are sent to the channel from here on' }, ...turnSteps(way?.turns ?? [], info), { at: siteIn(info, end), note: 'the function leaves here without signal.Stop' }],
  };
}

function unbuffered({ body: { info }, call, made }: UnbufferedSignal): Finding {
  const at = siteIn(info, { start: call.start, end: call.fun.end });
  const [channel] = call.args;
  const from: Step[] = made ? [{ at: siteIn(info, made), note: 'it is made without a buffer here' }] : [];
  return {
    at,
    confidence: 'high',
    message: `The signal channel ${channel && channel.kind !== 'call' ? `${textOf(channel, info)} ` : ''}has no buffer, so a signal is lost while nobody waits at it. Make it with capacity 1.`,
    trail: [...from, { at, note: 'the runtime sends without waiting' }],
  };
}
