/** A mistake in what the user asked for; each line says what to do instead. */
export class UsageError extends Error {
  constructor(readonly lines: readonly string[]) {
    super(lines.join('\n'));
  }
}
