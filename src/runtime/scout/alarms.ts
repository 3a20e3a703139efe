/** Conditions that have to hold for some time. They are those of `deploy/prometheus-rules.yml`, for where there is no Prometheus. */

export type Condition = 'GoroutinesHigh' | 'HeapGrowing';

export const HOLD_SECONDS: Readonly<Record<Condition, number>> = { GoroutinesHigh: 300, HeapGrowing: 600 };

export interface Alarm {
  readonly condition: Condition;
  /** The name of the target. */
  readonly target: string;
  /** Since when the condition has held. In seconds since 1970, like the others. */
  readonly since: number;
  readonly state: 'pending' | 'firing' | 'resolved';
}

export class Alarms {
  readonly #alarms = new Map<string, Alarm>();

  /** What is pending or fires, and what has just ended. */
  get all(): readonly Alarm[] {
    return [...this.#alarms.values()];
  }

  /** `now` in seconds. Something that fired is told once more, as resolved, before it is forgotten. */
  update(target: string, condition: Condition, holds: boolean, now: number): Alarm | undefined {
    const key = `${condition} ${target}`;
    const before = this.#alarms.get(key);
    if (holds) {
      const since = before && before.state !== 'resolved' ? before.since : now;
      const alarm: Alarm = { condition, target, since, state: now - since >= HOLD_SECONDS[condition] ? 'firing' : 'pending' };
      this.#alarms.set(key, alarm);
      return alarm;
    }
    if (before?.state !== 'firing') {
      this.#alarms.delete(key);
      return undefined;
    }
    const alarm: Alarm = { ...before, state: 'resolved' };
    this.#alarms.set(key, alarm);
    return alarm;
  }
}
