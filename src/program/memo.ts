/**
 * What was concluded from bodies, kept as long as these are: until the unit is done. A result then says everything that
 * it depends on itself, and does not hang on what an earlier one has left behind.
 */
let age = 0;

export class Memo<K extends object, V> {
  private kept = new WeakMap<K, V>();
  private age = age;

  get(key: K): V | undefined {
    return this.current().get(key);
  }

  has(key: K): boolean {
    return this.current().has(key);
  }

  set(key: K, value: V): void {
    this.current().set(key, value);
  }

  private current(): WeakMap<K, V> {
    if (this.age !== age) {
      this.kept = new WeakMap();
      this.age = age;
    }
    return this.kept;
  }
}

/** Empties all of them. */
export function forgetConclusions(): void {
  age++;
}
