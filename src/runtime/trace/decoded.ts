import type { Lives } from './lives.ts';
import type { Stacks } from './stacks.ts';

/** Where a decoder puts what it reads. */
export interface Sink {
  readonly lives: Lives;
  readonly stacks: Stacks;
}

/** What a decoder has to say when the bytes are at an end. */
export interface Decoded {
  /** Ticks a second; 0 where the trace does not say. */
  readonly frequency: number;
  /** Why not all was read. */
  readonly problem: string | undefined;
  /** The number of the stack whose goroutines were there before the trace; 0 for none. */
  readonly existing: number;
}
