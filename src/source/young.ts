/**
 * The engine's space for new objects. It grows with what survives, up to 32 MiB on a run that goes through many packages, and
 * never gives anything back; a third of that does nearly as well. How large it may get cannot be set any more once the
 * process runs, but by how much it grows can.
 */
import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8';

const LARGE_ENOUGH = 12 * 1024 * 1024;
/** A look costs as much as reading a small file. */
const CALLS_PER_LOOK = 4;

let calls = 0;
let isBounded = false;

/** Stops the growth once the space is large enough. To be called where memory is taken, often. */
export function boundYoungGeneration(): void {
  if (isBounded || ++calls % CALLS_PER_LOOK !== 0) return;
  const young = getHeapSpaceStatistics().find(space => space.space_name === 'new_space');
  if (!young || young.space_size < LARGE_ENOUGH) return;
  isBounded = true;
  setFlagsFromString('--semi-space-growth-factor=1');
}
