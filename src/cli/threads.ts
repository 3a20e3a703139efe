import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { packageRoot } from '../assets.ts';

/** How many threads may work at once, and what they run; `jobs` as asked for on the command line. */
export function threadsFor(jobs: number | undefined): { readonly most: number; readonly worker: string } {
  return { most: jobs ?? Math.min(availableParallelism(), 4), worker: join(packageRoot, 'dist/src/cli/worker.js') };
}
