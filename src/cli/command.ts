import { CommanderError } from 'commander';
import { EXIT, run } from './run.ts';
import { UsageError } from './usage.ts';

/** The command, from its arguments to its exit status. */
export async function command(): Promise<void> {
  // A reader that has seen enough (`| head`) is no error.
  process.stdout.on('error', error => {
    if ('code' in error && error.code === 'EPIPE') process.exit(EXIT.clean);
    throw error;
  });
  const status = await run(process.argv.slice(2)).catch(statusOf);
  // Once everything is written nothing is waited for: the engine would first finish optimizing what no longer runs.
  process.stdout.write('', () => process.stderr.write('', () => process.exit(status)));
}

function statusOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.clean : EXIT.failed;
  if (error instanceof UsageError) {
    for (const line of error.lines) process.stderr.write(`error: ${line}\n`);
    return EXIT.failed;
  }
  const verbose = process.argv.includes('--verbose') || process.argv.includes('-v');
  const text = error instanceof Error ? (verbose ? error.stack : error.message) : String(error);
  process.stderr.write(`error: go-leak-lint failed: ${text}\nThis is a bug; please report it${verbose ? '' : ' with the output of --verbose'}.\n`);
  return EXIT.failed;
}
