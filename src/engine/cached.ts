/** Results from the last runs where nothing has changed that they depend on, and new ones for the rest. */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { packageRoot, packageVersion } from '../assets.ts';
import type { Rule } from '../rule.ts';
import { Modules } from '../source/modules.ts';
import { timed } from '../source/clock.ts';
import type { AnalysisOptions, Unit } from './analysis.ts';
import { Cache, type Entry } from './cache.ts';
import { hashed, Keys } from './keys.ts';
import type { UnitResult } from './portable.ts';

export async function throughCache(
  dir: string,
  options: AnalysisOptions,
  rules: readonly Rule[],
  analyse: (units: readonly Unit[]) => Promise<readonly UnitResult[]>,
): Promise<readonly UnitResult[]> {
  const { cwd, units, go = '', declared, tests, generated } = options;
  const run = hashed([toolStamp(), cwd, go, `${tests} ${generated}`, JSON.stringify(declared, plain) ?? '', ...rules.map(rule => rule.id)]);
  const cache = new Cache(dir, run);
  const modules = new Modules(() => undefined);
  modules.moduleOf(cwd);
  const keys = new Keys(modules, units, run, cache.codes);
  const entryOf = (key: string, unit: Unit, result: UnitResult): Entry => ({ key, codes: keys.codesOf(result.looks), beside: keys.beside(unit, result), result });
  const keptOf = (unit: Unit, possible: readonly string[]): UnitResult | undefined => {
    const entry = cache.get(unit.dir);
    if (!entry || !possible.includes(entry.key)) return undefined;
    const now = entryOf(entry.key, unit, entry.result);
    if (now.beside !== entry.beside || !keys.looksTheSame(unit, entry.result.looks, entry.codes)) return undefined;
    // What looks the same need not be looked at again in the next run.
    if (!isDeepStrictEqual(now.codes, entry.codes)) cache.put(unit.dir, now);
    return entry.result;
  };
  const states = timed('keys', () => units.map(unit => {
    const whole = keys.keyOf(unit);
    const key = unit.only ? hashed([whole, ...unit.only]) : whole;
    return { unit, key, result: keptOf(unit, [whole, key]) };
  }));
  const stale = states.filter(({ result }) => !result).map(({ unit }) => unit);
  const fresh = new Map((stale.length ? await analyse(stale) : []).map((result, i) => [stale[i], result]));
  const results = states.flatMap(({ unit, key, result }) => {
    const made = fresh.get(unit);
    // What went wrong may go right the next time.
    if (made && !made.problems.some(problem => problem.id === 'rule-failed')) cache.put(unit.dir, entryOf(key, unit, made));
    return made ?? result ?? [];
  });
  cache.save();
  return results;
}

/** Which build of the tool this is: a version alone does not tell two builds of a checkout apart. */
function toolStamp(): string {
  const dist = join(packageRoot, 'dist');
  // Run from its source the tool is never the same.
  if (!existsSync(dist)) return `${process.pid} ${performance.timeOrigin}`;
  const built = readdirSync(dist, { recursive: true, encoding: 'utf8' }).sort().map(name => {
    const { size, mtimeMs } = statSync(join(dist, name));
    return `${name} ${size} ${mtimeMs}`;
  });
  return hashed([packageVersion(), ...built]);
}

/** Sets, maps and patterns as JSON knows none of them. */
function plain(_: string, value: unknown): unknown {
  return value instanceof Set || value instanceof Map ? [...value] : value instanceof RegExp ? value.source : value;
}
