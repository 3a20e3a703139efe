import { abandonedWorkers, describeCall, type Pass, type Rule, siteIn, turnSteps, unstoppedWorkers } from '../src/rule.ts';

export const unstoppedWorker: Rule = {
  id: 'unstopped-worker',
  summary: 'A value whose goroutine only its Stop or Close ends is dropped on some path.',
  severity: 'error',
  *check(pass: Pass) {
    for (const { body, call, starter, variable, way, never } of unstoppedWorkers(pass)) {
      const { parent, stmt } = starter.goroutine;
      const at = siteIn(body.info, { start: call.start, end: call.fun.end });
      const stops = starter.stops.join(' or ');
      const end = way.at.kind === 'return' && way.at.stmt ? way.at.stmt : { start: body.block.end - 1, end: body.block.end };
      yield {
        at,
        confidence: 'medium',
        message: `The goroutine that ${describeCall(call, body)} starts is ${never ? 'never' : 'not on every path'} stopped: only ${stops} of ${variable.name} ends it.`,
        trail: [{ at, note: 'it is started here' }, { at: siteIn(parent.info, { start: stmt.start, end: stmt.start + 2 }), note: 'this is the goroutine' },
          ...turnSteps(way.turns, body.info), { at: siteIn(body.info, end), note: `the function leaves here without ${stops}` }],
      };
    }
    for (const { goroutine: { parent, stmt }, variable, stops, way } of abandonedWorkers(pass)) {
      const at = siteIn(parent.info, { start: stmt.start, end: stmt.start + 2 });
      const end = way.at.kind === 'return' && way.at.stmt ? way.at.stmt : { start: parent.block.end - 1, end: parent.block.end };
      yield {
        at,
        confidence: 'medium',
        message: `The goroutine of ${variable.name} goes on where the function fails: only ${stops[0]?.bareName ?? ''} ends it, and nobody has ${variable.name} to call that.`,
        trail: [{ at, note: 'the goroutine starts here' }, ...turnSteps(way.turns, parent.info), { at: siteIn(parent.info, end), note: `the function leaves here without ${variable.name}` }],
      };
    }
  },
};
