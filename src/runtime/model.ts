/**
 * What was observed in a running program: goroutines, counted by what they have in common. Every reader (texts of
 * `/debug/pprof/goroutine`, crashes, protobuf profiles, traces) ends in these types, and everything else begins with them.
 */

/**
 * What a goroutine waits for. `unknown` where a format does not say: the counted text hides the frames that would, so
 * there a send and a receive look alike.
 */
export type Op =
  | 'send' | 'receive' | 'nil-channel' | 'select' | 'empty-select' | 'lock' | 'wait-group' | 'cond' | 'sleep' | 'io' | 'syscall'
  | 'coroutine' | 'run' | 'runtime' | 'unknown';

/** One call on a stack. */
export interface Frame {
  /** As Go prints it, type arguments as `[...]`: `example.com/app/queue.(*Queue[...]).run.func1`. */
  readonly func: string;
  /** As the compiler was given it; relative to a module or to GOROOT in a build with `-trimpath`. */
  readonly file: string;
  /** One-based; 0 where it is not known. */
  readonly line: number;
}

/** Least and most of the minutes that the runtime prints. They count from a garbage collection, so they are a rough guide. */
export interface Minutes {
  readonly least: number;
  readonly most: number;
}

/** Goroutines that are in the same state on the same stack. */
export interface Bucket {
  /** Negative in a profile that is the difference of two. */
  readonly count: number;
  /** The reason as Go prints it, `chan receive`; empty where the format has none. */
  readonly state: string;
  readonly op: Op;
  /** The runtime itself proved that nothing can wake them. */
  readonly leaked: boolean;
  readonly minutes: Minutes | undefined;
  /** Innermost first, without the frames of package runtime. */
  readonly frames: readonly Frame[];
  /** The `go` statement that made them, and its function; undefined where the format does not say. */
  readonly createdBy: Frame | undefined;
  readonly labels: ReadonlyMap<string, string>;
  /** Empty where the format has none. */
  readonly ids: readonly number[];
}

/** `debug=1`, `debug=2` and crashes, `debug=0`, an execution trace. */
export type Format = 'counted text' | 'goroutine text' | 'protobuf' | 'trace';

/** One look at a program. */
export interface Snapshot {
  /** The file or address it came from, for messages. */
  readonly name: string;
  readonly format: Format;
  /** `goroutine`, or `goroutineleak` where only leaked ones are listed. */
  readonly profile: 'goroutine' | 'goroutineleak';
  readonly buckets: readonly Bucket[];
  /** How many goroutines there were, as the format itself says or as they were counted. */
  readonly total: number;
  /** The runtime's own goroutines, which only crash texts show; they are in no bucket. */
  readonly system: number;
  /** Panic and fatal error messages before the goroutines. */
  readonly crash: readonly string[];
  /** Lines or records among the goroutines that could not be read. */
  readonly unparsed: number;
  /** Some of the goroutines are missing: the text was cut, or its end is damaged. */
  readonly truncated: boolean;
  /** What else a reader of the result should know, in sentences. */
  readonly notes: readonly string[];
}

/** Whether the format says where goroutines were made and what state they are in. */
export function hasStates(snapshot: Snapshot): boolean {
  return snapshot.format === 'goroutine text' || snapshot.format === 'trace';
}
