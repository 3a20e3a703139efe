import type { Site } from './source/text.ts';

/** `error`: leaks on some ordinary path. `warning`: under a condition the code does not exclude. `note`: wasteful or risky. */
export type Severity = 'error' | 'warning' | 'note';

/** `high`: every type and callee that matters is resolved. `medium`: one step rests on a name. `low`: a guess. */
export type Confidence = 'high' | 'medium' | 'low';

/** One step of the way on which something leaks: where, and what happens there. */
export interface Step {
  readonly at: Site;
  readonly note: string;
}

/** The text that stands between two offsets is replaced; an insertion where they are equal. */
export interface Edit {
  readonly at: Site;
  readonly text: string;
}

/** A change after which the finding is gone and the program does otherwise what it did. */
export interface Fix {
  /** What it does, as a request: `Defer resp.Body.Close()`. */
  readonly message: string;
  /** Within one file, not overlapping. */
  readonly edits: readonly Edit[];
}

/** What a rule says about one place. */
export interface Finding {
  /** What the finding points at: small, on one line. */
  readonly at: Site;
  /** One or two sentences; the first must stand alone. No full path or line numbers: those are in the trail. */
  readonly message: string;
  readonly confidence: Confidence;
  readonly trail?: readonly Step[];
  /** Lower than the rule's own where this finding deserves it (a leak in a test is at most a warning). */
  readonly severity?: Severity;
  readonly fix?: Fix | undefined;
}

/** What a running program showed of a finding. */
export interface Observation {
  /**
   * `confirmed`: goroutines stay at this very place. `supports`: library goroutines stay that such a mistake leaves behind,
   * or goroutines wait for the lock or the context that the finding is about.
   * `near`: goroutines stay in this function, at lines of another version. `seen`: at this place, and may go on.
   */
  readonly verdict: 'confirmed' | 'supports' | 'near' | 'seen';
  readonly goroutines: number;
  /** A sentence. */
  readonly note: string;
  /** Names of the dumps and profiles. */
  readonly from: readonly string[];
}

/** A finding with the rule that made it: what reports print, in their order. */
export interface Diagnostic extends Finding {
  readonly rule: string;
  readonly severity: Severity;
  /** Name of the function around the finding, `(*Server).serve`; empty at package level. */
  readonly function: string;
  /** Import path of its package. */
  readonly package: string;
  readonly observed?: Observation | undefined;
}
