/** Analyses folders on several threads, this one among them. What comes out never depends on how many there are. */
import { statSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { parentPort, Worker, workerData } from 'node:worker_threads';
import type { Rule } from '../rule.ts';
import { addShares, clockShares, isClockOn, type Share, startClock } from '../source/clock.ts';
import { Analysis, type AnalysisOptions, type Unit } from './analysis.ts';
import type { UnitResult } from './portable.ts';
import { type Shares, sharesOf, taken } from './shares.ts';

export interface Threads {
  /** At most so many, this one included. */
  readonly most: number;
  /** Path of the module that calls `serve`. */
  readonly worker: string;
  /** So much source is worth a thread; with less the engine would warm up in it for longer than that helps. */
  readonly bytesEach?: number;
}

/** What a worker is given. */
interface Task {
  readonly options: AnalysisOptions;
  readonly rules: readonly string[];
  readonly units: readonly Unit[];
  readonly shares: Shares;
  /** The thread's number. */
  readonly own: number;
  readonly isTimed: boolean;
}

interface Done {
  readonly index: number;
  readonly result: UnitResult;
}

const BYTES_EACH = 8_000_000;

/** The results in the order of `units`. `progress` is told how many are done. */
export async function analyseAll(units: readonly Unit[], options: AnalysisOptions, rules: readonly Rule[], threads: Threads | undefined, progress: (done: number) => void): Promise<UnitResult[]> {
  const shares = sharesFor(units, threads);
  const results: (UnitResult | undefined)[] = units.map(() => undefined);
  let done = 0;
  const keep = ({ index, result }: Done) => {
    results[index] = result;
    progress(++done);
  };
  const task = { options, rules: rules.map(rule => rule.id), units, shares, isTimed: isClockOn() };
  const workers = shares.stretches.slice(1).map((_, i) => helped(threads?.worker ?? '', { ...task, own: i + 1 }, keep));
  const analysis = new Analysis(options, rules);
  for await (const finished of analysed(analysis, { ...task, own: 0 })) {
    keep(finished);
    if (workers.length) await setImmediate();
  }
  await Promise.all(workers);
  // Where nothing came back a worker had died over it.
  const all: UnitResult[] = [];
  for (const [index, unit] of units.entries()) all.push(results[index] ?? await analysis.analyse(unit));
  return all;
}

/** What a worker does. */
export async function serve(rules: readonly Rule[]): Promise<void> {
  const task: Task = workerData;
  if (task.isTimed) startClock();
  const analysis = new Analysis(task.options, rules.filter(rule => task.rules.includes(rule.id)));
  for await (const done of analysed(analysis, task)) parentPort?.postMessage(done);
  if (task.isTimed) parentPort?.postMessage({ shares: clockShares() });
}

async function* analysed(analysis: Analysis, { units, shares, own }: Task): AsyncGenerator<Done> {
  for (const index of taken(shares, own)) {
    const unit = units[index];
    if (unit) yield { index, result: await analysis.analyse(unit) };
  }
}

/** Resolves when the worker has ended, however it did. */
function helped(file: string, task: Task, keep: (done: Done) => void): Promise<void> {
  return new Promise(resolve => {
    const worker = new Worker(file, { workerData: task });
    worker.on('message', (message: Done | { shares: Readonly<Record<string, Share>> }) => ('shares' in message ? addShares(message.shares) : keep(message)));
    worker.on('error', () => undefined);
    worker.on('exit', () => resolve());
  });
}

function sharesFor(units: readonly Unit[], threads: Threads | undefined): Shares {
  const costs = units.map(costOf);
  if (!threads || threads.most === 1) return sharesOf(costs, 1);
  const total = costs.reduce((sum, cost) => sum + cost, 0);
  return sharesOf(costs, Math.max(1, Math.min(threads.most, Math.floor(total / (threads.bytesEach ?? BYTES_EACH)))));
}

function costOf({ files }: Unit): number {
  return files.reduce((sum, file) => sum + (statSync(file, { throwIfNoEntry: false })?.size ?? 0), 0);
}
