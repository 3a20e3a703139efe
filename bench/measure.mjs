// One command as a whole process, by the operating system's account of it.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const account = join(mkdtempSync(join(tmpdir(), 'bench-')), 'time');

/** Wall and processor seconds and the peak of the largest process in MiB. What it prints is thrown away. */
export function measure([command, ...args], { cwd, env = {} }) {
  const { error } = spawnSync('/usr/bin/time', ['-q', '-o', account, '-f', '%e %U %S %M', command, ...args], { cwd, env: { ...process.env, ...env }, stdio: 'ignore' });
  if (error) throw new Error(`cannot measure ${command}: ${error.message}`);
  const [wall, user, sys, peak] = readFileSync(account, 'utf8').trim().split('\n').at(-1).split(' ').map(Number);
  return { wall, cpu: user + sys, peak: peak / 1024 };
}

export function median(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? NaN;
}

/** Median of each figure. */
export function medians(samples) {
  return Object.fromEntries(['wall', 'cpu', 'peak'].map(figure => [figure, median(samples.map(sample => sample[figure]))]));
}
