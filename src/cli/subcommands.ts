/** Commands beside linting. They are loaded when they are asked for, so that linting starts no slower. */
type Run = (args: readonly string[]) => Promise<number>;

export const SUBCOMMANDS: ReadonlyMap<string, () => Promise<Run>> = new Map([
  ['dump', async () => (await import('./dump.ts')).dump],
  ['diff', async () => (await import('./diff.ts')).diff],
  ['leaks', async () => (await import('./leaks.ts')).leaks],
  ['gate', async () => (await import('./gate.ts')).gate],
  ['clean', async () => (await import('./clean.ts')).clean],
  ['trace', async () => (await import('./trace.ts')).trace],
  ['scout', async () => (await import('./scout.ts')).scout],
]);
