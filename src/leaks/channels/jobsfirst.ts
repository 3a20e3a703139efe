/**
 * Functions that hand out all jobs before they take the first result: `for _, j := range jobs { work <- j }` and only then
 * `for range jobs { <-results }`. Each worker waits with its first result until somebody receives it, so when all of them do,
 * nobody takes the next job.
 */
import type { Op } from '../../flow/graph.ts';
import { operations } from '../../flow/search.ts';
import type { Call, Go } from '../../syntax/ast.ts';
import { askedBodies, type Body } from '../bodies.ts';
import { mayExceed, timesOf } from '../groups/times.ts';
import type { Pass } from '../pass.ts';
import { isRepeated, placeAfter, reaches, type Span, spanOf } from '../paths/reach.ts';
import { withNames } from './bindings.ts';
import type { Run } from './callees.ts';
import { isInLoop } from './forgotten.ts';
import { channelsMadeIn, type Made } from './makes.ts';
import { namesOf } from './places.ts';
import { Reading, type Waiting } from './traffic.ts';

export interface JobsFirst {
  readonly body: Body;
  /** Where the function sends the jobs. */
  readonly send: Span;
  readonly jobs: Made;
  readonly start: Go | Call;
  /** Where a worker sends its result. */
  readonly result: Waiting;
  readonly results: Made;
  /** Where the function takes results, too late. */
  readonly receive: Span;
}

interface Read {
  readonly made: Made;
  readonly reading: Reading;
}

export function* jobsSentFirst(pass: Pass): Generator<JobsFirst> {
  for (const body of askedBodies(pass, ({ bodyText, file }) => !file.kind.test && (bodyText.match(/\bmake\(\s*chan\b/g)?.length ?? 0) > 1 && /\bfor\b/.test(bodyText))) {
    const read = [...channelsMadeIn(body)].flatMap((made): Read[] => {
      // With more room it depends on how many there are.
      if (made.capacity !== 0 && made.capacity !== 1) return [];
      const reading = new Reading(body, withNames(namesOf([made.place]), body), pass);
      return reading.escapes || reading.isReturned ? [] : [{ made, reading }];
    });
    for (const jobs of read) for (const results of read) if (jobs !== results) yield* foundIn(jobs, results, body, pass);
  }
}

function* foundIn(jobs: Read, results: Read, body: Body, pass: Pass): Generator<JobsFirst> {
  const all = operations(body.graph).map(({ op }) => op);
  const takers = all.filter(op => results.reading.doesAt(op, 'receive', 'range'));
  const late = takers.find(op => op.kind === 'receive' || op.kind === 'range');
  // Somebody else may take results meanwhile.
  if (!late || !takers.every(op => op.kind === 'receive' || op.kind === 'range')) return;
  const workers = all.filter(op => jobs.reading.doesAt(op, 'receive', 'range')).map(op => workerAt(op, jobs, results, body, pass));
  const [worker] = workers;
  if (!worker || !workers.every(other => other !== undefined)) return;
  const send = all.find(op => op.kind === 'send' && jobs.reading.doesAt(op, 'send'));
  if (!send || !handsOutMany(send, jobs.made, worker.start, body)) return;
  const isTaker = (op: Op) => takers.some(taker => taker === op);
  const isSend = (op: Op) => op === send;
  const after = placeAfter(send, body);
  if (!reaches(after, isSend, isTaker) || !reaches(after, op => op === late, isSend)) return;
  // Who takes one in each round but the first keeps step.
  if (takers.some(op => reaches(placeAfter(op, body), isSend))) return;
  yield { body, send: spanOf(send), jobs: jobs.made, start: worker.start, result: worker.result, results: results.made, receive: spanOf(late) };
}

/** A goroutine that takes jobs in rounds and waits with a result in each. */
function workerAt(op: Op, jobs: Read, results: Read, body: Body, pass: Pass): { readonly start: Go | Call; readonly result: Waiting } | undefined {
  const start = op.kind === 'go' ? op.stmt : op.kind === 'call' ? op.call : undefined;
  const [run, ...others] = jobs.reading.runsAt(op);
  if (!start || !run?.started || others.length) return undefined;
  const result = results.reading.waits.find(({ verb, starts, body: sender }) => verb === 'send' && starts.length === 1 && starts[0]?.body === body && sender.block === run.body.block);
  return result && answersInRounds(run, result, pass) ? { start, result } : undefined;
}

function answersInRounds({ body, names }: Run, { node }: Waiting, pass: Pass): boolean {
  const reading = new Reading(body, withNames(names, body), pass);
  const send = operations(body.graph).find(({ op }) => op.kind === 'send' && op.stmt.start === node.start)?.op;
  return send !== undefined && isRepeated(send, body, pass) && operations(body.graph).some(({ op }) => (op.kind === 'receive' || op.kind === 'range') && reading.doesAt(op, 'receive', 'range') && isRepeated(op, body, pass));
}

/** More than there are workers, as far as anybody can tell. */
function handsOutMany(send: Op, { call, capacity = 0 }: Made, start: Span, body: Body): boolean {
  if (!isInLoop(spanOf(send), body)) return false;
  const [jobs, workers] = [timesOf(spanOf(send), body, call), timesOf(start, body, call)];
  if (!jobs || !mayExceed(jobs, capacity)) return false;
  // `for range jobs { go work() }`: one for each.
  return !workers || [...jobs].some(([symbols, n]) => symbols !== '' && n > (workers.get(symbols) ?? 0));
}
