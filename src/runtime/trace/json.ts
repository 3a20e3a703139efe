import { displayPath } from '../../report/paths.ts';
import { positionAt } from '../../source/text.ts';
import type { Frame } from '../model.ts';
import { isBurst, isSuspect, reasonsOf } from './ghosts.ts';
import type { TraceReport } from './text.ts';
import type { Site } from './sites.ts';

/** For programs: every site, those that leave goroutines behind marked. Times are seconds since the trace began. */
export function traceJson(report: TraceReport): string {
  const { version, problem } = report.trace;
  const { seconds, created, ended, system, sites } = report.census;
  return `${JSON.stringify({
    format: `go 1.${version}`, seconds: seconds ?? null, complete: problem === undefined, problem: problem ?? null,
    created, ended, system, sites: sites.map(site => siteJson(site, report)),
  }, undefined, 2)}\n`;
}

function siteJson(site: Site, { census, matches, cwd }: TraceReport) {
  const reasons = reasonsOf(site);
  return {
    leaking: reasons.length > 0, reasons, suspect: isSuspect(site), burst: isBurst(site, census.seconds ?? 0),
    createdBy: frameJson(site.createdBy), entry: frameJson(site.entry), origin: frameJson(site.origin),
    created: site.created, ended: site.ended, alive: site.alive, ghosts: site.ghosts,
    perSecond: rounded(site.perSecond), peakPerSecond: site.peak, first: rounded(site.first), last: rounded(site.last),
    waiting: site.waiting.map(({ state, count, frames }) => ({ state, count, frames: frames.map(frameJson) })),
    creation: site.creation.map(stack => stack.map(frameJson)), goroutines: site.ids,
    findings: matches(site).map(({ finding, verdict, what }) => ({ verdict, what, rule: finding.rule, file: displayPath(finding.at.source.path, cwd), line: positionAt(finding.at.source, finding.at.start).line, message: finding.message })),
  };
}

function frameJson(frame: Frame | undefined) {
  return frame ? { function: frame.func, file: frame.file, line: frame.line } : null;
}

function rounded(n: number): number {
  return Math.round(n * 1000) / 1000;
}
