/** Findings that explain what a trace shows. */
import { positionAt } from '../../source/text.ts';
import type { Code } from '../code.ts';
import type { Join, Match } from '../join.ts';
import { statementAround } from '../lines.ts';
import type { Site } from './sites.ts';
import { templatesOfSite } from './snapshot.ts';

/** The findings that the ghosts of a site have to do with. */
export function matchesOf(site: Site, join: Join, code: Code): Match[] {
  if (site.ghosts === 0) return [];
  const found = templatesOfSite(site).flatMap(template => join.matches({ template, growth: site.ghosts }));
  const all = [...new Map(found.map(match => [match.finding, match])).values()];
  return all.flatMap(match => match.verdict === 'supports' ? throughOrigin(match, site, code) : [match]);
}

/** Library goroutines in a trace have a line of the program that led to them, so they tell nothing of findings elsewhere. */
function throughOrigin(match: Match, { origin }: Site, code: Code): Match[] {
  if (!origin) return [match];
  const path = code.sourceOf(origin)?.path;
  const { finding } = match;
  const places = [finding.at, ...(finding.trail ?? []).map(step => step.at)];
  const isThere = places.some(at => {
    const { first, last } = statementAround(at.source, positionAt(at.source, at.start).line);
    return at.source.path === path && first <= origin.line && origin.line <= last;
  });
  return isThere ? [{ ...match, verdict: 'confirmed' }] : [];
}
