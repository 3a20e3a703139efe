/** A version of the language as `go.mod` and `--go` write it. */
export interface GoVersion {
  readonly major: number;
  readonly minor: number;
}

/** Reads `1.22`, `1.22.3`, `1.23rc1`, `go1.21`, `go1.21.3-custom`; undefined for anything else. */
export function parseGoVersion(text: string): GoVersion | undefined {
  const match = /^(?:go)?(\d{1,4})(?:\.(\d{1,4})(?:\.\d+)?(?:(?:rc|beta|alpha)\d+)?)?(?:[-+ ].*)?$/.exec(text.trim());
  return match ? { major: Number(match[1]), minor: Number(match[2] ?? 0) } : undefined;
}

/** Whether `version` is at least 1.`minor`; an unknown version counts as the newest. */
export function atLeast(version: GoVersion | undefined, minor: number): boolean {
  return version === undefined || version.major > 1 || (version.major === 1 && version.minor >= minor);
}
