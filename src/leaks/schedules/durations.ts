/** The library's units of time, in nanoseconds. */
const UNITS: ReadonlyMap<string, number> = new Map([
  ['time.Nanosecond', 1], ['time.Microsecond', 1e3], ['time.Millisecond', 1e6], ['time.Second', 1e9], ['time.Minute', 6e10], ['time.Hour', 3.6e12],
]);

export function durationOf(name: string): number | undefined {
  return UNITS.get(name);
}
