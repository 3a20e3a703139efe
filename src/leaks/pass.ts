import type { Contracts } from '../contracts/contracts.ts';
import type { GoFile, Package } from '../program/package.ts';
import type { GoVersion } from '../source/goversion.ts';

/** What a rule is run on: one package and what is known around it (the word is go/analysis's). */
export interface Pass {
  readonly pkg: Package;
  readonly contracts: Contracts;
  /** Whether findings in a file are wanted. The others are there to understand it. */
  readonly isAsked: (file: GoFile) => boolean;
  /** No file of the package was asked for alone. */
  readonly isWhole: boolean;
  /** The version of the language that the module asks for; undefined means the newest. */
  readonly go: GoVersion | undefined;
  /** The ids of the rules of this run, for what would be looked for in vain without them. */
  readonly rules: ReadonlySet<string>;
}
