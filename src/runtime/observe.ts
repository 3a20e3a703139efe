/** Findings with what dumps and profiles show of them. */
import type { Diagnostic, Observation } from '../finding.ts';
import { Join, type Match, VERDICTS } from './join.ts';
import type { Code } from './code.ts';
import type { Snapshot } from './model.ts';
import { templatesOf } from './templates.ts';

/** Those that were observed come first, the strongest verdict before the rest; otherwise the order stays. */
export function withObservations(findings: readonly Diagnostic[], snapshots: readonly Snapshot[], code: Code): Diagnostic[] {
  const join = new Join(findings, code);
  const seen = new Map<Diagnostic, Sighting[]>();
  for (const snapshot of snapshots) {
    for (const template of templatesOf(snapshot)) {
      for (const match of join.matches({ template })) {
        const sightings = seen.get(match.finding) ?? [];
        seen.set(match.finding, [...sightings, { match, count: template.count, from: snapshot.name }]);
      }
    }
  }
  return findings.map(finding => ({ ...finding, observed: observationOf(seen.get(finding) ?? []) })).sort((a, b) => rank(a) - rank(b));
}

interface Sighting {
  readonly match: Match;
  readonly count: number;
  readonly from: string;
}

function rank({ observed }: Diagnostic): number {
  return observed ? VERDICTS.indexOf(observed.verdict) : VERDICTS.length;
}

/** Of several inputs the one with the most goroutines; they may show one moment in several formats. */
function observationOf(sightings: readonly Sighting[]): Observation | undefined {
  const best = VERDICTS.find(verdict => sightings.some(s => s.match.verdict === verdict));
  if (best === undefined) return undefined;
  const relevant = sightings.filter(s => s.match.verdict === best);
  const from = [...new Set(relevant.map(s => s.from))];
  const totals = from.map(name => relevant.filter(s => s.from === name)).map(ofInput => ({ ofInput, total: ofInput.reduce((sum, s) => sum + s.count, 0) }));
  const most = totals.reduce((a, b) => (b.total > a.total ? b : a));
  const [first] = [...most.ofInput].sort((a, b) => b.count - a.count);
  const growth = growthOf(totals.map(t => t.total), from);
  return { verdict: best, goroutines: most.total, note: `${counted(most.total)} ${first?.match.what ?? ''}${growth}.`, from };
}

function growthOf(totals: readonly number[], from: readonly string[]): string {
  const [first = 0] = totals;
  const last = totals.at(-1) ?? 0;
  return totals.length > 1 && last > first ? `; there were ${first} in ${from[0]}` : '';
}

export function counted(n: number): string {
  return `${n.toLocaleString('en-US')} ${Math.abs(n) === 1 ? 'goroutine' : 'goroutines'}`;
}
