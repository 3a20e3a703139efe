/**
 * Goroutines of a scenario, one step at a time. Who goes on is drawn by lot, with the same numbers in every run of the
 * tool; time passes only while nobody can go on.
 */
import { type Case, type Cond, type Lock, NotClosed, NOTHING, type Outcome, Over, type Routine, type Spot, STEP, type Steps, type Timer, TooLong, Unwind, type Value, type Wait } from './values.ts';

/** More goroutines than these are another kind of program. */
const MOST_ROUTINES = 40;

export function hold(lock: Lock, mode: 'read' | 'write', routine: Routine): void {
  if (mode === 'write') lock.writer = routine;
  else lock.readers.set(routine, (lock.readers.get(routine) ?? 0) + 1);
}

/** How it is drawn who goes on. */
export interface Manner {
  /** How likely a goroutine that can go on does, or that the one with the highest rank does. */
  readonly persistence: number | 'by rank';
  /** Whether what is done may take longer than a timer. */
  readonly isSlow: boolean;
}

/** For each step: a goroutine falls behind all others, a timer fires. */
const LOSES_RANK = 0.05;
const FIRES = 0.05;

export class Machine {
  readonly routines: Routine[] = [];
  readonly timers = new Set<Timer>();
  /** So far. */
  taken = 0;
  /** Whether anything was left to chance. */
  hasChosen = false;
  private now = 0;
  private arrivals = 0;
  private running: Routine | undefined;
  private readonly ranks = new Map<Routine, number>();

  /** `most`: how many steps the run may take. */
  constructor(private readonly lot: () => number, private readonly manner: Manner, private readonly most: number) {}

  get current(): Routine {
    if (!this.running) throw new NotClosed('nobody runs');
    return this.running;
  }

  start(steps: Steps<unknown>, start: Spot | undefined, given: readonly Value[]): void {
    if (this.routines.length >= MOST_ROUTINES) throw new NotClosed('many goroutines');
    this.routines.push({ steps, start, given, frames: [], wait: STEP, outcome: NOTHING, isOver: false });
  }

  /** Counts what is done, so that endless loops end. */
  count(): void {
    if (++this.taken > this.most) throw new TooLong('long');
  }

  /** From 0 to 1. */
  random(): number {
    this.hasChosen = true;
    return this.lot();
  }

  pick<T>(from: readonly T[]): T | undefined {
    return from.length < 2 ? from[0] : from[Math.floor(this.random() * from.length)];
  }

  setTimer(timer: Timer, after: number): void {
    timer.at = this.now + after;
    this.timers.add(timer);
  }

  /** Whether it was running. */
  stopTimer(timer: Timer): boolean {
    timer.at = undefined;
    return this.timers.delete(timer);
  }

  sleep(duration: number): Wait {
    return { kind: 'sleep', until: this.now + Math.max(duration, 1) };
  }

  wake(cond: Cond, all: boolean): null {
    const waiting = this.routines.flatMap(({ wait }) => (wait.kind === 'cond' && wait.cond === cond && !wait.isSignalled ? wait : []));
    for (const wait of all ? waiting : waiting.slice(0, 1)) wait.isSignalled = true;
    return null;
  }

  /** Runs until nobody can go on any more; `fire` starts what `time.AfterFunc` was given. */
  run(fire: (timer: Timer) => void): void {
    for (;;) {
      const ready = this.routines.filter(routine => !routine.isOver && this.isReady(routine));
      if (ready.length === 0) {
        if (!this.advance(fire)) return;
        continue;
      }
      this.count();
      if (this.mayBeSlow() && this.advance(fire)) continue;
      this.running = this.manner.persistence === 'by rank' ? this.foremost(ready) : this.next(ready, this.manner.persistence);
      if (this.running) this.resume(this.running);
    }
  }

  private next(ready: readonly Routine[], persistence: number): Routine | undefined {
    const stays = ready.length > 1 && this.running && ready.includes(this.running) && this.random() < persistence;
    return stays ? this.running : this.pick(ready);
  }

  /** Each has a rank by lot and runs before all behind it, until it loses it. */
  private foremost(ready: readonly Routine[]): Routine | undefined {
    if (ready.length < 2) return ready[0];
    if (this.running && this.random() < LOSES_RANK) this.ranks.set(this.running, this.ranks.size && Math.min(...this.ranks.values()) - 1);
    for (const routine of ready) if (!this.ranks.has(routine)) this.ranks.set(routine, this.random());
    return ready.reduce((a, b) => ((this.ranks.get(a) ?? 0) >= (this.ranks.get(b) ?? 0) ? a : b));
  }

  /** Whether a timer may fire although somebody else could go on. Who sleeps gives the others time on purpose. */
  private mayBeSlow(): boolean {
    if (!this.manner.isSlow || this.timers.size === 0) return false;
    const times = [...this.timers].flatMap(timer => timer.at ?? []);
    const isFirst = this.routines.every(({ isOver, wait }) => isOver || wait.kind !== 'sleep' || wait.until > Math.min(...times));
    return times.length > 0 && isFirst && this.routines.some(routine => this.waitsForTime(routine)) && this.random() < FIRES;
  }

  private waitsForTime(routine: Routine): boolean {
    const { isOver, wait } = routine;
    return !isOver && wait.kind === 'channel' && wait.cases.some(({ channel }) => channel?.isFed || channel?.isOfContext) && !this.isReady(routine);
  }

  isReady(routine: Routine): boolean {
    const { wait } = routine;
    switch (wait.kind) {
      case 'step':
        return true;
      case 'channel':
        return wait.hasDefault || wait.cases.some(one => this.canRun(one, routine));
      case 'lock':
        return this.canLock(wait);
      case 'group':
        return wait.group.count <= 0;
      case 'once':
        return wait.once.state !== 'running';
      case 'cond':
        return wait.isSignalled;
      case 'sleep':
        return wait.until <= this.now;
    }
  }

  private canRun(one: Case, routine: Routine): boolean {
    const { channel } = one;
    if (!channel) return false;
    if (channel.isClosed) return true;
    if (one.does === 'receive' ? channel.buffer.length > 0 : channel.buffer.length < channel.room) return true;
    return this.partners(one, routine).length > 0;
  }

  /** Who waits at the other end. */
  private partners({ channel, does }: Case, routine: Routine): { routine: Routine; index: number; one: Case }[] {
    return this.routines.flatMap(other => {
      const { wait } = other;
      if (other === routine || other.isOver || wait.kind !== 'channel') return [];
      return wait.cases.flatMap((one, index) => (one.channel === channel && one.does !== does ? { routine: other, index, one } : []));
    });
  }

  /** A writer that waits lets no new readers in. */
  private canLock(wait: Wait & { kind: 'lock' }): boolean {
    const { lock, mode } = wait;
    if (wait.arrived === 0) wait.arrived = ++this.arrivals;
    if (lock.writer) return false;
    if (mode === 'write') return lock.readers.size === 0;
    return !this.routines.some(({ isOver, wait: other }) => !isOver && other.kind === 'lock' && other.lock === lock && other.mode === 'write' && other.arrived > 0 && other.arrived < wait.arrived);
  }

  private resume(routine: Routine): void {
    const { wait } = routine;
    try {
      const outcome = wait.kind === 'channel' ? this.communicate(wait, routine) : wait.kind === 'step' ? routine.outcome : NOTHING;
      if (wait.kind === 'lock') this.take(wait, routine);
      routine.outcome = NOTHING;
      routine.wait = STEP;
      const { done, value } = routine.steps.next(outcome);
      if (done) routine.isOver = true;
      else routine.wait = value;
    } catch (error) {
      if (!(error instanceof Unwind)) throw error;
      if (!error.isGoexit) throw new Over('a panic ends the program');
      routine.isOver = true;
    }
  }

  private take({ lock, mode, spot }: Wait & { kind: 'lock' }, routine: Routine): void {
    lock.lockedAt = spot;
    hold(lock, mode, routine);
  }

  private communicate({ cases, hasDefault }: Wait & { kind: 'channel' }, routine: Routine): Outcome {
    const index = this.pick(cases.flatMap((one, i) => (this.canRun(one, routine) ? i : [])));
    const chosen = index === undefined ? undefined : cases[index];
    if (index === undefined || !chosen?.channel) {
      if (!hasDefault) throw new NotClosed('nothing is ready');
      return NOTHING;
    }
    return chosen.does === 'send' ? this.send(chosen, index, routine) : this.receive(chosen, index, routine);
  }

  private send(one: Case & { does: 'send' }, index: number, routine: Routine): Outcome {
    const { channel, value } = one;
    if (channel?.isClosed) throw new Over('a send on a closed channel ends the program');
    const partner = this.pick(this.partners(one, routine));
    if (partner) this.answer(partner.routine, { index: partner.index, value, ok: true });
    else channel?.buffer.push(value);
    return { index, value: null, ok: true };
  }

  private receive(one: Case & { does: 'receive' }, index: number, routine: Routine): Outcome {
    const { channel } = one;
    const partner = channel?.isClosed ? undefined : this.pick(this.partners(one, routine));
    const handed = partner?.one.does === 'send' ? partner.one.value : undefined;
    if (partner) this.answer(partner.routine, { index: partner.index, value: null, ok: true });
    const buffered = channel?.buffer.length ? channel.buffer.shift() : undefined;
    if (buffered !== undefined && handed !== undefined) channel?.buffer.push(handed);
    const value = buffered ?? handed;
    return { index, value: value ?? null, ok: buffered !== undefined || handed !== undefined };
  }

  private answer(routine: Routine, outcome: Outcome): void {
    routine.wait = STEP;
    routine.outcome = outcome;
  }

  /** Time goes on to the next thing that waits for it; whether there was one. */
  private advance(fire: (timer: Timer) => void): boolean {
    const sleeping = this.routines.flatMap(({ isOver, wait }) => (!isOver && wait.kind === 'sleep' ? wait.until : []));
    const times = [...sleeping, ...[...this.timers].flatMap(timer => timer.at ?? [])];
    if (times.length === 0) return false;
    this.count();
    this.now = Math.max(this.now, Math.min(...times));
    for (const timer of [...this.timers]) {
      if (timer.at === undefined || timer.at > this.now) continue;
      if (timer.every === undefined) this.stopTimer(timer);
      else timer.at = this.now + timer.every;
      if (timer.channel && timer.channel.buffer.length < timer.channel.room) timer.channel.buffer.push(null);
      fire(timer);
    }
    return true;
  }
}
