/** What a call hands over. */
import type { Held } from '../../contracts/effects.ts';
import type { Giving, Resource } from '../../contracts/resource.ts';

export interface Acquisition {
  readonly resource: Resource;
  readonly result: Giving;
  readonly held: Held;
  /** The call of the table that it comes from. */
  readonly by?: string | undefined;
  /** Other results that release it when they are called: `f, cleanup, err := setup()`. */
  readonly closers?: readonly number[];
  /** The context at this place among the arguments ends it as well, so only one that never ends leaves anything behind. */
  readonly parent?: number | undefined;
  /** Only ways that leave in front of this place count: what follows it may mean to keep the resource. */
  readonly before?: number | undefined;
  /** Nothing but memory stays behind as long as nobody waits for it. */
  readonly isIdle?: boolean | undefined;
  /** `sure`: the callee is known to give a fresh one; `likely`: its type says so; `doubtful`: it may hold nothing. */
  readonly evidence: 'sure' | 'likely' | 'doubtful';
}
