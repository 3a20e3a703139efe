/** What the pages of net/http/pprof say without a profile being taken. */

/** Of the trailer of `heap?debug=1`; bytes. */
export interface MemStats {
  readonly heapAlloc: number;
  readonly heapInuse: number;
  readonly nextGC: number;
  /** Garbage collections so far. */
  readonly collections: number;
}

/** The number of goroutines on the index page, which costs the program nothing; undefined where the page is another. */
export function goroutinesOn(page: string): number | undefined {
  const match = /<td>\s*(\d{1,15})\s*<\/td>\s*<td>\s*<a href=['"]?goroutine\?debug=1['"]?>/.exec(page);
  return match ? Number(match[1]) : undefined;
}

/** Undefined where the profile has no trailer. */
export function memStatsOf(profile: string): MemStats | undefined {
  const trailer = profile.slice(Math.max(0, profile.lastIndexOf('# runtime.MemStats')));
  const values = new Map([...trailer.matchAll(/^# (HeapAlloc|HeapInuse|NextGC|NumGC) = (\d{1,19})\s*$/gm)].map(([, name, value]) => [name, Number(value)]));
  const heapAlloc = values.get('HeapAlloc'), heapInuse = values.get('HeapInuse'), nextGC = values.get('NextGC'), collections = values.get('NumGC');
  return heapAlloc === undefined || heapInuse === undefined || nextGC === undefined || collections === undefined ? undefined
    : { heapAlloc, heapInuse, nextGC, collections };
}
