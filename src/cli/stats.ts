import type { Share } from '../source/clock.ts';

/** A table of stages; times of several threads are added up. */
export function statsText(shares: Readonly<Record<string, Share>>): string {
  const total = Object.values(shares).reduce((sum, { ms }) => sum + ms, 0);
  const rows = Object.entries(shares).filter(([, { ms }]) => ms >= 0.5).map(([stage, { ms, count }]) => `${stage.padEnd(34)}${Math.round(ms).toString().padStart(8)} ms ${((100 * ms) / (total || 1)).toFixed(1).padStart(5)} % ${count.toString().padStart(9)} x\n`);
  return `${rows.join('')}${'all stages'.padEnd(34)}${Math.round(total).toString().padStart(8)} ms\n`;
}
