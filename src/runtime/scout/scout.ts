/** Looks at programs again and again and remembers what it saw. */
import { setTimeout as sleep } from 'node:timers/promises';
import { alertsJson, pushAlerts } from './alertmanager.ts';
import { Alarms, type Condition } from './alarms.ts';
import { growthOf } from './envelope.ts';
import { heapPoints, History, kept } from './history.ts';
import { discover, type Kubernetes } from './kubernetes.ts';
import { metricsText } from './metrics.ts';
import { look, takeSnapshot } from './probe.ts';
import type { Refusal, Target } from './target.ts';

export interface ScoutSettings {
  readonly targets: readonly Target[];
  /** Undefined where no pods are looked for. */
  readonly kubernetes: Kubernetes | undefined;
  /** Of a target every so often; `none` costs the programs nothing. */
  readonly snapshots: 'profile' | 'states' | 'none';
  readonly snapshotSeconds: number;
  /** Snapshots of a target that are kept. */
  readonly keep: number;
  readonly mostGoroutines: number;
  /** Bytes a minute. */
  readonly mostGrowth: number;
  readonly alertmanager: URL | undefined;
  /** A look waits for up to so many milliseconds, so that not all targets answer at once. */
  readonly spread: number;
}

const AT_ONCE = 10;
const MOST_TARGETS = 200;
/** Of all targets together, so that many pods do not fill the memory. */
const MOST_SNAPSHOTS = 600;
/** What is remembered of targets that are gone: a program that ran out of memory is the one to look back at. */
const MOST_GONE = 50;
export class Scout {
  /** By name; those that are gone included. */
  readonly histories = new Map<string, History>();
  readonly alarms = new Alarms();
  #present: ReadonlySet<string> = new Set();
  #discovered: readonly Target[] = [];
  #refused = new Map<string, string>();
  #discovery: number | undefined;
  #lastRound = 0;

  /** `say` gets sentences for a log, `now` tells seconds since 1970. */
  constructor(private readonly settings: ScoutSettings, private readonly say: (line: string) => void, private readonly now = () => Date.now() / 1000) {}

  /** Those that are looked at. */
  get present(): readonly History[] {
    return [...this.histories.values()].filter(({ target }) => this.#present.has(target.name));
  }

  /** When the last round ended, in seconds since 1970; 0 before that. */
  get lastRound(): number {
    return this.#lastRound;
  }

  metrics(): string {
    return metricsText(this.present, { refused: this.#refused.size, discovery: this.#discovery });
  }

  /** Finds the targets and looks at each of them once. */
  async round(): Promise<void> {
    const targets = await this.#targets();
    this.#present = new Set(targets.map(({ name }) => name));
    const waiting = [...targets];
    const work = async () => {
      for (let target = waiting.shift(); target; target = waiting.shift()) await this.#visit(target);
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    for (const { target } of this.alarms.all) if (!this.#present.has(target)) this.#judge(target, undefined);
    this.#forget();
    await this.#push();
    this.#lastRound = this.now();
  }

  async #targets(): Promise<readonly Target[]> {
    const { kubernetes, targets } = this.settings;
    if (kubernetes) {
      const found = await discover(kubernetes);
      if (typeof found === 'string') this.say(`pods could not be listed: ${found}`);
      else {
        this.#discovered = found.targets;
        this.#tellRefused(found.refused);
      }
      this.#discovery = Number(typeof found !== 'string');
    }
    const all = [...new Map([...targets, ...this.#discovered].map(target => [target.name, target])).values()];
    if (all.length > MOST_TARGETS) this.say(`${all.length} targets are too many; only the first ${MOST_TARGETS} are looked at`);
    return all.slice(0, MOST_TARGETS);
  }

  #tellRefused(refused: readonly Refusal[]): void {
    for (const { name, reason } of refused) if (this.#refused.get(name) !== reason) this.say(`${name} is not looked at: ${reason}`);
    this.#refused = new Map(refused.map(({ name, reason }) => [name, reason]));
  }

  async #visit(target: Target): Promise<void> {
    const history = this.#history(target);
    // The first look at a target is not delayed.
    if (history.look) await sleep(Math.random() * this.settings.spread);
    const before = history.look?.kind;
    const began = performance.now();
    const seen = await look(target);
    history.look = seen;
    history.seconds = (performance.now() - began) / 1000;
    history.seen = this.now();
    if (seen.kind === 'down') {
      if (before !== 'down') this.say(`${target.name} (${target.base.href}) does not answer as it should: ${seen.reason}`);
      return this.#judge(target.name, undefined);
    }
    if (before !== 'up') this.say(`${target.name} (${target.base.href}) is looked at`);
    const { goroutines, memory } = seen;
    history.samples.push({ at: history.seen, goroutines, memory });
    this.#judge(target.name, history);
    if (this.#isDue(history)) await this.#snapshot(history, goroutines);
  }

  #history(target: Target): History {
    const known = this.histories.get(target.name);
    const history = known ?? new History(target, this.settings.keep);
    history.target = target;
    // The last in the map is the one that was seen last.
    this.histories.delete(target.name);
    this.histories.set(target.name, history);
    return history;
  }

  #isDue({ snapshots, seen }: History): boolean {
    return this.settings.snapshots !== 'none' && seen - (snapshots.last?.at ?? 0) >= this.settings.snapshotSeconds;
  }

  async #snapshot(history: History, goroutines: number): Promise<void> {
    const snapshot = await takeSnapshot(history.target, this.settings.snapshots === 'states', goroutines);
    if (snapshot) history.snapshots.push(kept(snapshot, this.now()));
  }

  /** Undefined for a target of which nothing is known now. */
  #judge(name: string, history: History | undefined): void {
    const goroutines = history?.samples.last?.goroutines ?? 0;
    const growth = history ? growthOf(heapPoints(history)) ?? 0 : 0;
    this.#condition(name, 'GoroutinesHigh', goroutines > this.settings.mostGoroutines, `it has ${goroutines} goroutines`);
    this.#condition(name, 'HeapGrowing', growth > this.settings.mostGrowth, `its memory grows by ${(growth / 1e6).toFixed(1)} MB a minute`);
  }

  #condition(name: string, condition: Condition, holds: boolean, words: string): void {
    const before = this.alarms.all.find(a => a.target === name && a.condition === condition)?.state;
    const after = this.alarms.update(name, condition, holds, this.now())?.state;
    if (after === before) return;
    if (after === 'firing') this.say(`${name}: ${words}, and has for some time`);
    else if (after === 'pending') this.say(`${name}: ${words}`);
    else if (after === 'resolved') this.say(`${name}: back to normal`);
  }

  #forget(): void {
    const gone = [...this.histories.keys()].filter(name => !this.#present.has(name));
    for (const name of gone.slice(0, Math.max(0, gone.length - MOST_GONE))) this.histories.delete(name);
    const all = [...this.histories.values()];
    for (let many = all.reduce((sum, h) => sum + h.snapshots.items.length, 0) - MOST_SNAPSHOTS; many > 0; many--) {
      all.reduce((a, b) => ((b.snapshots.items[0]?.at ?? Infinity) < (a.snapshots.items[0]?.at ?? Infinity) ? b : a)).snapshots.dropFirst();
    }
  }

  async #push(): Promise<void> {
    const told = this.alarms.all.filter(({ state }) => state !== 'pending');
    if (!this.settings.alertmanager || told.length === 0) return;
    const problem = await pushAlerts(this.settings.alertmanager, alertsJson(told, this.histories, this.now()));
    if (problem !== undefined) this.say(`the Alertmanager did not take the alerts: ${problem}`);
  }
}
