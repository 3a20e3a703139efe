/** Which creation sites leave goroutines behind. */
import type { Site } from './sites.ts';

/** A site with more ghosts a second than this is reported, whatever else of it ends. */
export const MOST_PER_SECOND = 50;
/** So is one of whose goroutines a smaller part than this ended. */
export const LEAST_ENDED = 0.1;
/** With fewer than these one cannot tell, also because a rate over a trace of some milliseconds says nothing. */
export const LEAST_GHOSTS = 10;
/** Goroutines that were all made within this part of the trace may be workers that were started once. */
const BURST = 0.1;

/** Why a site is reported, as phrases; empty where it is not. */
export function reasonsOf(site: Site): string[] {
  const reasons: string[] = [];
  if (site.ghosts < LEAST_GHOSTS) return reasons;
  if (Math.max(site.perSecond, site.peak) > MOST_PER_SECOND) reasons.push(`more than ${MOST_PER_SECOND} a second stay`);
  if (hardlyEnds(site)) reasons.push(site.ended === 0 ? 'none of them ended' : 'less than a tenth of them ended');
  return reasons;
}

/** Whether hardly any goroutine of the site ended, but there are too few of them to tell. */
export function isSuspect(site: Site): boolean {
  return site.ghosts > 0 && hardlyEnds(site) && reasonsOf(site).length === 0;
}

function hardlyEnds({ created, ended }: Site): boolean {
  return ended < created * LEAST_ENDED;
}

/** Whether all were made at about the same moment of a trace of that many seconds, so that one cannot tell a leak from a pool. */
export function isBurst(site: Site, seconds: number): boolean {
  return seconds > 0 && site.created > 1 && site.last - site.first < seconds * BURST;
}
