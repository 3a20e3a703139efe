/** Something about the input that the user should know and that is no finding. */
export interface Problem {
  /**
   * `error`: what was asked for could not be done (a missing path, a go.mod that cannot be read).
   * `warning`: a file or a part of it was left out. `note`: of interest only when debugging (`--verbose`).
   */
  readonly level: 'error' | 'warning' | 'note';
  /** Stable name of the kind of problem, the `descriptor.id` of a SARIF notification: `binary-file`, `missing-path`. */
  readonly id: string;
  /** Absolute path where there is one. */
  readonly path?: string;
  /** One-based. */
  readonly line?: number;
  /** What is wrong and what to do about it, without the path. */
  readonly message: string;
}
