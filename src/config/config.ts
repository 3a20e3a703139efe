import type { Declared } from '../contracts/declared.ts';

export const FAIL_ON = ['error', 'warning', 'note', 'never'] as const;
export const CONFIDENCES = ['high', 'medium', 'low'] as const;

/** What a configuration file says; undefined where it says nothing. */
export interface Config {
  readonly declared: Declared;
  readonly enable: readonly string[] | undefined;
  readonly disable: readonly string[] | undefined;
  readonly minConfidence: (typeof CONFIDENCES)[number] | undefined;
  readonly failOn: (typeof FAIL_ON)[number] | undefined;
  /** Globs, relative to the folder of the file. */
  readonly exclude: readonly string[];
  readonly tests: boolean | undefined;
}
