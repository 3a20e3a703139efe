#!/usr/bin/env node
import { setFlagsFromString } from 'node:v8';
import { CommanderError } from 'commander';
import { EXIT, run } from './run.ts';
import { UsageError } from './usage.ts';

// A run has many functions that are warm and few that are hot. Optimizing them as early as Node 20 does by default takes
// a quarter of the processor's time, and saves less; later versions have no such flag.
if (process.versions.node.startsWith('20.')) setFlagsFromString('--interrupt-budget=264000');
// The heap may grow by less before the next collection than the engine would like: a quarter less memory for little more time.
setFlagsFromString('--heap-growing-percent=15');

// A reader that has seen enough (`| head`) is no error.
process.stdout.on('error', error => {
  if ('code' in error && error.code === 'EPIPE') process.exit(EXIT.clean);
  throw error;
});

const status = await run(process.argv.slice(2)).catch(statusOf);
// Once everything is written nothing is waited for: the engine would first finish optimizing what no longer runs.
process.stdout.write('', () => process.stderr.write('', () => process.exit(status)));

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
