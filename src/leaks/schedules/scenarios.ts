/**
 * Scenarios: functions that make everything they use themselves, goroutines, channels and locks, so that they can be run,
 * over and over, with another goroutine going on each time. Who can go on in none of the ways that are left is stuck.
 * A run that comes to something nobody here knows is given up, and so is the scenario.
 */
import { askedBodies, type Body } from '../bodies.ts';
import type { Pass } from '../pass.ts';
import { apply, call } from './calls.ts';
import { cellOf, evaluate } from './evaluate.ts';
import { runBody } from './execute.ts';
import type { Run } from './frame.ts';
import { waitingForEver } from './liveness.ts';
import { Machine } from './machine.ts';
import { type Func, newUnknown, NotClosed, Over, type Routine, type Spot, type Steps, TooLong, type Unknown } from './values.ts';

/** The goroutines of one run that wait for ever. */
export interface Stuck {
  readonly body: Body;
  readonly routines: readonly Routine[];
  readonly isGuessed: boolean;
}

/** So often a scenario is run at most, with so many steps each and together; tests are many, and few are about schedules. */
interface Effort { readonly runs: number; readonly steps: number; readonly together: number }
const EFFORT: Effort = { runs: 1000, steps: 4000, together: 200_000 };
const EFFORT_FOR_TESTS: Effort = { runs: 12, steps: 1000, together: 2500 };

const memo = new WeakMap<Pass, readonly Stuck[]>();

export function stuckIn(pass: Pass): readonly Stuck[] {
  let found = memo.get(pass);
  if (!found) memo.set(pass, (found = [...findStuck(pass)]));
  return found;
}

const STARTS = /\bgo\s/;
const WAITS = /\bchan\b|\bsync\.|\.R?Lock\(|\.Wait\(|<-/;

function* findStuck(pass: Pass): Generator<Stuck> {
  if (!pass.pkg.withWords(WAITS).length) return;
  for (const body of askedBodies(pass, ({ bodyText }) => STARTS.test(bodyText))) {
    const found = isScenario(body) ? stuckOf(body, pass) : undefined;
    if (found) yield found;
  }
}

/** Of tests those only that make something to wait for themselves. */
const MAKES = /\bmake\(chan\b|\bsync\.(?:Mutex|RWMutex|WaitGroup|Cond|NewCond)\b|\berrgroup\./;

/** It is given nothing, and gives nothing to anybody. */
function isScenario({ node, info }: Body): boolean {
  const { params, results } = node.type;
  if (info.file.kind.test && !MAKES.test(info.bodyText)) return false;
  const isTest = params.length === 1 && info.file.kind.test && /^(?:Test|Benchmark|Fuzz)/.test(info.bareName);
  if (node.kind === 'func' ? node.receiver !== undefined || (params.length > 0 && !isTest) : params.length > 0) return false;
  return results.length === 0 && node.type.typeParams.length === 0;
}

function stuckOf(body: Body, pass: Pass): Stuck | undefined {
  const { runs, steps, together } = body.info.file.kind.test ? EFFORT_FOR_TESTS : EFFORT;
  let left = together;
  for (let number = 0; number < runs && left > 0; number++) {
    const machine = new Machine(numbersFrom(number + 1), { persistence: PERSISTENCE[number % PERSISTENCE.length] ?? 0, isSlow: !body.info.file.kind.test && number % 3 === 2 }, steps);
    const found = runOnce(body, pass, machine);
    if (found === 'given up') return undefined;
    if (found) return found;
    // The next run would be the same.
    if (!machine.hasChosen) return undefined;
    left -= machine.taken;
  }
  return undefined;
}

/** How likely a goroutine that can go on does so, in turns. */
const PERSISTENCE = [0.9, 0, 'by rank', 0.5, 0.75] as const;

function runOnce(body: Body, pass: Pass, machine: Machine): Stuck | 'given up' | undefined {
  const isProgram = body.node.kind === 'func' && body.info.name === 'main' && pass.pkg.name === 'main';
  const run: Run = {
    machine, pass, globals: new Map(), cleanups: [], isProgram, isTest: body.info.file.kind.test, isGuessed: false,
    evaluate: (x, frame) => evaluate(x, frame, run),
    cellOf: (x, frame) => cellOf(x, frame, run),
    call: (x, frame) => call(x, frame, run),
    body: (block, frame) => runBody(block, frame, run),
    apply: (func, args, spot, caller) => apply(func, args, spot, run, caller),
    decide: (about, key) => decide(about, key, run),
  };
  const spot: Spot = { info: body.info, node: body.block };
  const begin: Func = { k: 'func', node: body.node, info: body.info, cells: new Map() };
  try {
    machine.start(whole(begin, run), undefined, []);
    machine.run(({ then }) => {
      if (then !== null) machine.start(run.apply(then, [], spot), spot, [then]);
    });
  } catch (error) {
    if (error instanceof Over) return undefined;
    // Endless recursion ends here.
    if (error instanceof NotClosed || error instanceof RangeError) return 'given up';
    if (!(error instanceof TooLong)) throw error;
  }
  const routines = waitingForEver(machine, isProgram ? [] : [...run.globals.values()], [...run.globals.values()]);
  // With the main function the program ends.
  return routines.length && !(isProgram && machine.routines[0]?.isOver) ? { body, routines, isGuessed: run.isGuessed } : undefined;
}

function* whole(begin: Func, run: Run): Steps<void> {
  const spot: Spot = { info: begin.info, node: begin.node };
  const first = run.isProgram ? run.pass.pkg.funcs.filter(({ name, file }) => name === 'init' && !file.kind.test) : [];
  for (const info of first) yield* run.apply({ k: 'func', node: info.decl, info, cells: new Map() }, [], spot);
  yield* run.apply(begin, begin.node.type.params.length ? [newUnknown()] : [], spot);
  for (let last = run.cleanups.pop(); last !== undefined; last = run.cleanups.pop()) yield* run.apply(last, [], spot);
}

function decide({ decided }: Unknown, key: string, run: Run): boolean {
  const known = decided.get(key);
  if (known !== undefined) return known;
  run.isGuessed = true;
  const answer = run.machine.random() < 0.5;
  decided.set(key, answer);
  return answer;
}

/** The same numbers in every run of the tool, evenly spread over 0 to 1. */
function numbersFrom(seed: number): () => number {
  let state = seed * 0x9e3779b9;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
